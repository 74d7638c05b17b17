// The child of a trial: runs programs on one heap, in this process, and keeps the record up to date. It may
// crash, hang or be ended at any time; its watcher reads the record.
#include "cli/attempt.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct arguments {
  const char *heap, *record;
  struct cli_words files;
  uint64_t seed, programs;
  size_t operations;
  double seconds;
  bool trace;
};

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "The heap", 0},
    {"record", 'r', "FILE", 0, "What is shared with the watcher", 0},
    {"seed", 's', "N", 0, "Of the generated programs", 0},
    {"programs", 'n', "N", 0, "How many are generated", 0},
    {"operations", 'o', "N", 0, "Of a generated program", 0},
    {"time", 'T', "TIME", 0, "Ends between two programs after that", 0},
    {"trace", 't', NULL, 0, "Keeps the operation being done in the record", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    arguments->heap = value;
    return 0;
  case 'r':
    arguments->record = value;
    return 0;
  case 's':
    arguments->seed = cli_number(state, "--seed", value, 0, UINT64_MAX);
    return 0;
  case 'n':
    arguments->programs = cli_number(state, "--programs", value, 0, UINT64_MAX);
    return 0;
  case 'o':
    arguments->operations = cli_number(state, "--operations", value, 1, HT_OPERATIONS_MAX);
    return 0;
  case 'T':
    arguments->seconds = cli_seconds(state, "--time", value);
    return 0;
  case 't':
    arguments->trace = true;
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->files, value);
    return 0;
  case ARGP_KEY_END:
    if (!arguments->heap || !arguments->record) argp_error(state, "--heap and --record are needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "[FILE...]",
    "Runs heap programs in this process: what heaptrial trial starts for each heap. Without files, those of "
    "the "
    "corpus and then generated ones.",
    NULL,
    NULL,
    NULL,
};

static struct attempt_record *map_record(const char *path) {
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || lseek(file, 0, SEEK_END) < (off_t)sizeof(struct attempt_record)) {
    if (file >= 0) close(file);
    return NULL;
  }
  void *memory = mmap(NULL, sizeof(struct attempt_record), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? NULL : memory;
}

// nftw has no argument for its caller.
static struct cli_words *found;

static int note_file(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status, (void)place;
  if (kind == FTW_F) {
    char *copy = strdup(path);
    if (copy) cli_words_add(found, copy);
  }
  return 0;
}

static int by_name(const void *one, const void *other) {
  return strcmp(*(const char *const *)one, *(const char *const *)other);
}

// The kept programs, sorted, so that every run meets them in the same order. None is no error.
static void find_corpus(struct cli_words *files) {
  static const char *const folders[] = {"programs", "regressions", "killers"};
  enum { DESCRIPTORS = 16 };
  found = files;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/%s", HEAPTRIAL_CORPUS, folders[i]);
    nftw(folder, note_file, DESCRIPTORS, FTW_PHYS);
  }
  if (files->count) qsort(files->words, files->count, sizeof *files->words, by_name);
}

static int run_all(const struct arguments *arguments, struct ht_runner *runner,
                   struct attempt_record *record) {
  static struct ht_program program;
  struct cli_words corpus = {0};
  const struct cli_words *files = &arguments->files;
  uint64_t generated = files->count ? 0 : arguments->programs;
  if (files->count == 0) {
    find_corpus(&corpus);
    files = &corpus;
  }
  double end = cli_now() + arguments->seconds;
  int code = CLI_FINE;
  for (uint64_t i = 0; code == CLI_FINE && i < files->count + generated && cli_now() < end; i++) {
    if (i >= files->count)
      ht_program_generate(&program, arguments->operations, arguments->seed + (i - files->count));
    else if (!program_read(files->words[i], &program))
      continue;
    code = attempt_run(runner, &program, record);
  }
  for (size_t i = 0; i < corpus.count; i++) free((char *)corpus.words[i]);
  free(corpus.words);
  return code;
}

int cli_attempt(int argc, char **argv) {
  struct arguments arguments = {.operations = 200, .seconds = 60};
  cli_parse(&argp, argc, argv, &arguments);
  struct attempt_record *record = map_record(arguments.record);
  if (!record) return cli_usage("%s: no record of a trial", arguments.record);
  struct cli_words names = {0};
  struct cli_heaps heaps;
  cli_words_add(&names, arguments.heap);
  if (!cli_heaps_open(&names, &heaps)) return CLI_USAGE;
  FILE *trace = arguments.trace ? attempt_trace(record, NULL) : NULL;
  struct ht_runner *runner = attempt_open(&heaps.heaps[0], false, trace, record);
  int code = runner ? run_all(&arguments, runner, record) : CLI_NO_VERDICT;
  // A broken heap may not be closed, and nobody needs what this process holds.
  fflush(NULL);
  _exit(code);
}
