#include "cli/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  struct cli_words heaps, files;
  struct attempt_options attempt;
  bool trace, text;
};

enum { OPTION_TEXT = 256, OPTION_CHECK };

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "The heap to run on: a name (see heaptrial list) or the path of a library", 0},
    {"text", OPTION_TEXT, NULL, 0, "Only show the programs, as text that can be edited and replayed", 0},
    {"trace", 't', NULL, 0, "Show every operation as it is done, with the objects it meets", 0},
    {"check", OPTION_CHECK, "every", 0, "Compare everything after every operation", 0},
    {"time", 'T', "TIME", 0, "How long one program may run (20s)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    cli_words_add(&arguments->heaps, value);
    return 0;
  case OPTION_TEXT:
    arguments->text = true;
    return 0;
  case 't':
    arguments->trace = true;
    return 0;
  case OPTION_CHECK:
    if (strcmp(value, "every") != 0) argp_error(state, "--check takes \"every\", not \"%s\"", value);
    arguments->attempt.every = true;
    return 0;
  case 'T':
    arguments->attempt.seconds = cli_seconds(state, "--time", value);
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->files, value);
    return 0;
  case ARGP_KEY_END:
    if (arguments->files.count == 0) argp_error(state, "which FILE?");
    if (!arguments->text && arguments->heaps.count != 1)
      argp_error(state, "on which heap? Give one --heap, or --text to only show the program");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "FILE...",
    "Runs heap programs from files on a heap, each in a process of its own, and says what they break.\v"
    "A file holds the bytes a fuzzer saves, or text as --text prints it. "
    "Exit codes: 0 nothing broke, 1 something did, 2 usage, 3 the heap cannot run here.",
    NULL,
    NULL,
    NULL,
};

static enum cli_exit replay(const struct cli_heap *heap, const char *file, const struct ht_program *program,
                            const struct arguments *arguments, struct attempt_record *record) {
  struct attempt_options attempt = arguments->attempt;
  printf("# %s\n", file);
  if (arguments->trace)
    attempt.trace = stdout;
  else
    ht_program_print(program, stdout);
  struct attempt_result result;
  attempt_fork(heap, program, &attempt, record, &result);
  switch (result.kind) {
  case ATTEMPT_KEPT:
    printf("# kept by %s: %llu operations done\n", heap->choice.name,
           (unsigned long long)record->counts.operations);
    return CLI_FINE;
  case ATTEMPT_BROKEN:
    printf("%s\n", result.message);
    return CLI_FINDING;
  case ATTEMPT_CRASHED:
  case ATTEMPT_HUNG:
    printf("%s heap %s: %s\n", result.kind == ATTEMPT_HUNG ? "HANG" : "CRASH", heap->choice.name,
           result.message);
    return CLI_FINDING;
  case ATTEMPT_NO_VERDICT:
  case ATTEMPT_INTERRUPTED:
    break;
  }
  cli_say("%s on %s: no verdict: %s", file, heap->choice.name, result.message);
  return CLI_NO_VERDICT;
}

// A finding weighs more than a file without an answer.
static enum cli_exit worse(enum cli_exit one, enum cli_exit other) {
  return one == CLI_FINDING || other == CLI_FINDING ? CLI_FINDING : one > other ? one : other;
}

int cli_replay(int argc, char **argv) {
  struct arguments arguments = {.attempt = {.seconds = 20}};
  cli_parse(&argp, argc, argv, &arguments);
  static struct ht_program program;
  struct cli_heaps heaps = {0};
  struct attempt_record *record = attempt_record_new();
  int code = CLI_FINE;
  if (!record) {
    cli_say("no memory");
    return CLI_NO_VERDICT;
  }
  if (!arguments.text) {
    if (!cli_heaps_open(&arguments.heaps, &heaps)) {
      code = CLI_USAGE;
      goto out;
    }
    cli_preload(&heaps.heaps[0].choice, argv);
    ht_process_interruptible();
  }
  for (size_t i = 0; i < arguments.files.count && !ht_process_interrupted(); i++) {
    const char *file = arguments.files.words[i];
    if (!program_read(file, &program))
      code = worse(code, CLI_USAGE);
    else if (arguments.text)
      ht_program_print(&program, stdout);
    else
      code = worse(code, replay(&heaps.heaps[0], file, &program, &arguments, record));
  }
  if (ht_process_interrupted()) code = worse(code, CLI_NO_VERDICT);
out:
  cli_heaps_close(&heaps);
  attempt_record_free(record);
  free(arguments.heaps.words);
  free(arguments.files.words);
  return code;
}
