#include "cli/cli.h"
#include "results/export/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
  const char *database, *output, *run;
  enum ht_export_format format;
  bool latest;
};

enum { OPTION_DATABASE = 256, OPTION_LATEST, OPTION_RUN };

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0,
     "benchstat, github-action-benchmark, github-action-benchmark-bigger, bencher, openmetrics, junit or "
     "sarif",
     0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {"output", 'o', "FILE", 0, "Where it goes (standard output)", 0},
    {"latest", OPTION_LATEST, NULL, 0,
     "Of each series the run that was started last (as it is unless --run is given)", 0},
    {"run", OPTION_RUN, "RUN", 0, "The results of this run", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'f':
    arguments->format = ht_export_named(value);
    if (arguments->format == HT_EXPORT_FORMATS)
      argp_error(state, "there is no format \"%s\"; heaptrial export --help lists them", value);
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case 'o':
    arguments->output = value;
    return 0;
  case OPTION_LATEST:
    arguments->latest = true;
    return 0;
  case OPTION_RUN:
    if (!*value) argp_error(state, "--run takes the name of a run");
    arguments->run = value;
    return 0;
  case ARGP_KEY_END:
    if (arguments->format == HT_EXPORT_FORMATS) argp_error(state, "which --format?");
    if (arguments->latest && arguments->run) argp_error(state, "either --latest or --run");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Writes results as other programs read them. benchstat: a line a process, for Go's benchstat. "
    "github-action-benchmark: customSmallerIsBetter, and with -bigger customBiggerIsBetter. bencher: the "
    "Bencher "
    "Metric Format. openmetrics: for Prometheus. junit: a test case a series, of benchmarks, campaigns and "
    "trials. "
    "sarif: what campaigns and trials found."
    "\v"
    "Exit codes: 0 written, 2 usage, 3 there is nothing to export or it could not be written.",
    NULL,
    NULL,
    NULL,
};

// A file that is cut short would look like fewer results.
static bool write_out(const char *path, const char *text, size_t size) {
  FILE *out = path ? fopen(path, "we") : stdout;
  errno = out ? 0 : errno;
  bool written = out && fwrite(text, 1, size, out) == size && fflush(out) == 0;
  int reason = errno;
  if (out && path && fclose(out) != 0 && written) {
    written = false;
    reason = errno;
  }
  if (written) return true;
  cli_say("%s: cannot be written: %s", path ? path : "standard output", strerror(reason));
  struct stat there;
  if (out && path && stat(path, &there) == 0 && S_ISREG(there.st_mode)) unlink(path);
  return false;
}

int cli_export(int argc, char **argv) {
  struct arguments arguments = {.database = "results.db", .format = HT_EXPORT_FORMATS};
  cli_parse(&argp, argc, argv, &arguments);
  char error[HT_ERROR_SIZE];
  struct ht_store *store = ht_store_open(arguments.database, HT_STORE_READ, error);
  if (!store) {
    cli_say("%s", error);
    return CLI_USAGE;
  }
  size_t size;
  char *text = ht_export_text(store, arguments.format, arguments.run, &size, error);
  ht_store_close(store);
  if (!text) cli_say("%s", error);
  bool written = text && write_out(arguments.output, text, size);
  free(text);
  return written ? CLI_FINE : CLI_NO_VERDICT;
}
