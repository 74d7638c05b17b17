#include "cli/import.h"

#include <stdio.h>
#include <stdlib.h>

struct arguments {
  const char *database, *heap;
  enum ht_store_format format;
  struct cli_words files;
};

enum { OPTION_DATABASE = 256 };
// A file that is something else altogether has a broken line a line.
enum { BROKEN_SHOWN = 10 };

static const struct argp_option options[] = {
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {"format", 'f', "FORMAT", 0, "line, google-benchmark or hyperfine (told from the contents)", 0},
    {"heap", 'H', "NAME", 0, "The heap of results that do not say which they are of", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case 'f':
    arguments->format = ht_store_format_named(value);
    if (arguments->format == HT_STORE_FORMATS)
      argp_error(state, "there is no format \"%s\"; there are line, google-benchmark and hyperfine", value);
    return 0;
  case 'H':
    arguments->heap = value;
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->files, value);
    return 0;
  case ARGP_KEY_END:
    if (arguments->files.count == 0) argp_error(state, "which FILE?");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "FILE...",
    "Adds results to those that are kept: lines as heaptrial writes them, or JSON of Google Benchmark "
    "(--benchmark_out_format=json) or hyperfine (--export-json). What is known already is not added again."
    "\v"
    "Machine and commit of other programs' results: --benchmark_context=machine=NAME of Google Benchmark, or "
    "HEAPTRIAL_MACHINE, HEAPTRIAL_COMMIT and HEAPTRIAL_COMMIT_SEQ in the environment.\n\n"
    "Exit codes: 0 all of it is kept, 1 something in the files was refused and the rest is kept, 2 usage, 3 "
    "nothing could be read.",
    NULL,
    NULL,
    NULL,
};

static void say_broken(const struct ht_line_file *file, const char *path) {
  for (size_t i = 0; i < file->broken_count && i < BROKEN_SHOWN; i++) cli_say("%s", file->broken[i].text);
  if (file->broken_count > BROKEN_SHOWN)
    cli_say("%s: and %zu more that are broken", path, file->broken_count - BROKEN_SHOWN);
}

enum import_outcome import_file(struct ht_store *store, const char *path, enum ht_store_format format,
                                const char *heap, FILE *out) {
  char error[HT_ERROR_SIZE];
  struct ht_line_file file = {0};
  struct ht_store_added added;
  if (format == HT_STORE_FORMATS) format = ht_store_format_of(path, error);
  if (format == HT_STORE_FORMATS ||
      ht_store_import_as(store, path, format, heap, &file, &added, error) != 0) {
    cli_say("%s", error);
    return IMPORT_NONE;
  }
  say_broken(&file, path);
  size_t refused = file.broken_count, kept = added.added + added.known;
  ht_line_file_free(&file);
  if (kept == 0 && refused == 0) cli_say("%s: holds no results", path);
  if (kept == 0) return refused ? IMPORT_NONE : IMPORT_EMPTY;
  fprintf(out, "%s: %zu results added, %zu known already\n", path, added.added, added.known);
  return refused ? IMPORT_IN_PART : IMPORT_WHOLE;
}

int cli_import(int argc, char **argv) {
  struct arguments arguments = {.database = "results.db", .heap = "", .format = HT_STORE_FORMATS};
  cli_parse(&argp, argc, argv, &arguments);
  char error[HT_ERROR_SIZE];
  struct ht_store *store = ht_store_open(arguments.database, HT_STORE_WRITE, error);
  size_t outcomes[IMPORT_NONE + 1] = {0};
  if (!store) {
    cli_say("%s", error);
    free(arguments.files.words);
    return CLI_USAGE;
  }
  for (size_t i = 0; i < arguments.files.count; i++)
    outcomes[import_file(store, arguments.files.words[i], arguments.format, arguments.heap, stdout)]++;
  ht_store_close(store);
  // An empty file is what a shard without work leaves: beside others it is no mistake.
  int code = outcomes[IMPORT_WHOLE] + outcomes[IMPORT_IN_PART] == 0  ? CLI_NO_VERDICT
             : outcomes[IMPORT_IN_PART] + outcomes[IMPORT_NONE] == 0 ? CLI_FINE
                                                                     : CLI_FINDING;
  free(arguments.files.words);
  return code;
}
