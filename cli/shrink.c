#include "cli/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  const char *heap, *file, *output;
  size_t attempts;
  double seconds;
};

enum { OPTION_ATTEMPTS = 256 };

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "The heap that it breaks: a name (see heaptrial list) or the path of a library",
     0},
    {"output", 'o', "OUT", 0, "Where the small program goes; text if it is named .txt", 0},
    {"attempts", OPTION_ATTEMPTS, "N", 0, "How many programs are tried (2000)", 0},
    {"time", 'T', "TIME", 0, "How long one of them may run (10s)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    arguments->heap = value;
    return 0;
  case 'o':
    arguments->output = value;
    return 0;
  case OPTION_ATTEMPTS:
    arguments->attempts = cli_number(state, "--attempts", value, 1, 1000000);
    return 0;
  case 'T':
    arguments->seconds = cli_seconds(state, "--time", value);
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->file) argp_error(state, "one FILE at a time");
    arguments->file = value;
    return 0;
  case ARGP_KEY_END:
    if (!arguments->file) argp_error(state, "which FILE?");
    if (!arguments->heap) argp_error(state, "on which heap? Give --heap");
    if (!arguments->output) argp_error(state, "where to? Give --output");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "FILE",
    "Makes a heap program that breaks something as small as it goes while it breaks the same.\v"
    "Exit codes: 0 shrunk, 2 usage, 3 the program breaks nothing, or the heap cannot run here.",
    NULL,
    NULL,
    NULL,
};

struct search {
  const struct cli_heap *heap;
  struct attempt_options attempt;
  struct attempt_record *record;
  struct attempt_result wanted;
};

// The same invariant, or the same end of the process: another bug that the search meets is left for later.
static bool fails_alike(void *context, const struct ht_program *program) {
  struct search *search = context;
  struct attempt_result result;
  attempt_fork(search->heap, program, &search->attempt, search->record, &result);
  return result.kind == search->wanted.kind && result.invariant == search->wanted.invariant &&
         result.signal == search->wanted.signal;
}

static enum cli_exit shrink(struct search *search, struct ht_program *program,
                            const struct arguments *arguments) {
  attempt_fork(search->heap, program, &search->attempt, search->record, &search->wanted);
  switch (search->wanted.kind) {
  case ATTEMPT_BROKEN:
  case ATTEMPT_CRASHED:
  case ATTEMPT_HUNG:
    break;
  case ATTEMPT_KEPT:
    cli_say("%s breaks nothing on %s: there is nothing to shrink towards", arguments->file,
            search->heap->choice.name);
    return CLI_NO_VERDICT;
  case ATTEMPT_NO_VERDICT:
  case ATTEMPT_INTERRUPTED:
    cli_say("%s on %s: %s", arguments->file, search->heap->choice.name, search->wanted.message);
    return CLI_NO_VERDICT;
  }
  size_t before = program->operation_count;
  size_t attempts = ht_program_shrink(program, fails_alike, search, arguments->attempts);
  if (!program_write(arguments->output, program)) return CLI_NO_VERDICT;
  printf("%s: %zu operations, from %zu, after %zu attempts: %s\n", arguments->output,
         program->operation_count, before, attempts, search->wanted.what);
  ht_program_print(program, stdout);
  if (ht_process_interrupted()) {
    cli_say("interrupted: what was reached so far is in %s", arguments->output);
    return CLI_NO_VERDICT;
  }
  return CLI_FINE;
}

int cli_shrink(int argc, char **argv) {
  struct arguments arguments = {.attempts = 2000, .seconds = 10};
  cli_parse(&argp, argc, argv, &arguments);
  static struct ht_program program;
  if (!program_read(arguments.file, &program)) return CLI_USAGE;
  struct cli_heaps heaps;
  struct cli_words names = {0};
  cli_words_add(&names, arguments.heap);
  int code = CLI_USAGE;
  if (cli_heaps_open(&names, &heaps)) {
    cli_preload(&heaps.heaps[0].choice, argv);
    ht_process_interruptible();
    struct search search = {
        .heap = &heaps.heaps[0], .attempt = {.seconds = arguments.seconds}, .record = attempt_record_new()};
    if (search.record) {
      code = shrink(&search, &program, &arguments);
    } else {
      cli_say("no memory");
      code = CLI_NO_VERDICT;
    }
    attempt_record_free(search.record);
    cli_heaps_close(&heaps);
  }
  free(names.words);
  return code;
}
