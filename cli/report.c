#include "cli/import.h"
#include "results/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  const char *database, *output, *heap;
  struct cli_words lines, google_benchmarks, hyperfines;
};

enum { OPTION_DATABASE = 256, OPTION_IMPORT, OPTION_GOOGLE_BENCHMARK, OPTION_HYPERFINE };

static const struct argp_option options[] = {
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {"output", 'o', "FILE", 0, "Where the report goes (report.html)", 0},
    {"import", OPTION_IMPORT, "FILE", 0, "First adds a file of result lines; may be repeated", 0},
    {"google-benchmark", OPTION_GOOGLE_BENCHMARK, "FILE", 0, "First adds what Google Benchmark wrote as JSON",
     0},
    {"hyperfine", OPTION_HYPERFINE, "FILE", 0, "First adds what hyperfine wrote as JSON", 0},
    {"heap", 'H', "NAME", 0, "The heap of results that do not say which they are of", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case 'o':
    arguments->output = value;
    return 0;
  case OPTION_IMPORT:
    cli_words_add(&arguments->lines, value);
    return 0;
  case OPTION_GOOGLE_BENCHMARK:
    cli_words_add(&arguments->google_benchmarks, value);
    return 0;
  case OPTION_HYPERFINE:
    cli_words_add(&arguments->hyperfines, value);
    return 0;
  case 'H':
    arguments->heap = value;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Writes one HTML file about everything that was measured so far; it opens from disk.\v"
    "Exit codes: 0 written, 1 written and a heap broke something, 2 usage, 3 nothing was measured or it "
    "could not "
    "be written.",
    NULL,
    NULL,
    NULL,
};

static bool import_files(struct ht_store *store, const struct cli_words *files, enum ht_store_format format,
                         const char *heap) {
  bool imported = true;
  for (size_t i = 0; i < files->count; i++) {
    enum import_outcome outcome = import_file(store, files->words[i], format, heap, stderr);
    imported &= outcome == IMPORT_WHOLE || outcome == IMPORT_EMPTY;
  }
  return imported;
}

static bool import_all(struct ht_store *store, const struct arguments *arguments) {
  bool lines = import_files(store, &arguments->lines, HT_STORE_LINES, "");
  bool google_benchmarks =
      import_files(store, &arguments->google_benchmarks, HT_STORE_GOOGLE_BENCHMARK, arguments->heap);
  bool hyperfines = import_files(store, &arguments->hyperfines, HT_STORE_HYPERFINE, arguments->heap);
  return lines && google_benchmarks && hyperfines;
}

int cli_report(int argc, char **argv) {
  struct arguments arguments = {.database = "results.db", .output = "report.html", .heap = ""};
  cli_parse(&argp, argc, argv, &arguments);
  bool adds = arguments.lines.count + arguments.google_benchmarks.count + arguments.hyperfines.count > 0;
  char error[HT_ERROR_SIZE];
  struct ht_report_summary summary = {0};
  int code = CLI_USAGE;
  struct ht_store *store = ht_store_open(arguments.database, adds ? HT_STORE_WRITE : HT_STORE_READ, error);
  if (!store) {
    cli_say("%s", error);
  } else if (!import_all(store, &arguments)) {
    code = CLI_USAGE;
  } else if (ht_report_write(store, arguments.output, &summary, error) != 0) {
    cli_say("%s", error);
    code = CLI_NO_VERDICT;
  } else {
    printf("report: %s\n", arguments.output);
    if (summary.lines == 0) cli_say("%s holds no results", arguments.database);
    code = summary.lines == 0                                                        ? CLI_NO_VERDICT
           : summary.broken_heaps + summary.surviving_mutants + summary.false_alarms ? CLI_FINDING
                                                                                     : CLI_FINE;
  }
  ht_store_close(store);
  free(arguments.lines.words);
  free(arguments.google_benchmarks.words);
  free(arguments.hyperfines.words);
  return code;
}
