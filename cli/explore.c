#include "cli/attempt.h"

#include "fuzz/program/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS_MAX = 64, WORD_BYTES = 512 };

// What the heap's own program is told (fuzz/schedule/explorer.c), a word each.
struct arguments {
  const char *heap, *program;
  char words[WORDS_MAX][WORD_BYTES];
  size_t count;
};

enum {
  OPTION_PREEMPTIONS = 256,
  OPTION_BUFFERS,
  OPTION_NO_REDUCTION,
  OPTION_DRAW,
  OPTION_DEPTH,
  OPTION_SEED,
  OPTION_BYTES,
  OPTION_SCHEDULE,
  OPTION_SAVE,
  OPTION_RUNS,
  OPTION_COLUMNS
};

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "A heap of this project, with its options: python:threads=lock", 0},
    {"program", 'P', "FILE", 0, "A heap program: bytes a fuzzer saved, or text", 0},
    {"preemptions", OPTION_PREEMPTIONS, "N", 0,
     "Every schedule with at most so many switches away from a thread that could go on (2); any: every one",
     0},
    {"buffers", OPTION_BUFFERS, "WHICH", 0,
     "Stores become visible late, in order (total, as x86-64's) or out of it (partial); none (the default)",
     0},
    {"no-reduction", OPTION_NO_REDUCTION, NULL, 0,
     "Also schedules that differ from others in the order of independent steps alone", 0},
    {"draw", OPTION_DRAW, "N", 0, "Instead: so many schedules by random priorities (PCT)", 0},
    {"depth", OPTION_DEPTH, "D", 0, "Of the bugs that draws look for: 1 to 8 orderings (3)", 0},
    {"seed", OPTION_SEED, "N", 0, "Of draws (0)", 0},
    {"from-program", OPTION_BYTES, NULL, 0, "Instead: the schedule that the program's own bytes say", 0},
    {"schedule", OPTION_SCHEDULE, "FILE", 0, "Instead: a schedule that was saved", 0},
    {"save", OPTION_SAVE, "FILE", 0, "Write the schedule of a finding here", 0},
    {"columns", OPTION_COLUMNS, NULL, 0,
     "Print the schedule of a finding, or the one that was asked for, step by step, a column a thread", 0},
    {"runs", OPTION_RUNS, "N", 0, "At most so many schedules", 0},
    {"time", 'T', "TIME", 0, "At most so much CPU time", 0},
    {0},
};

static void add(struct arguments *arguments, const char *word, const char *value) {
  if (arguments->count == WORDS_MAX ||
      snprintf(arguments->words[arguments->count], WORD_BYTES, "%s=%s", word, value) >= WORD_BYTES) {
    cli_say("too much is asked for at once: %s", value);
    exit(CLI_USAGE);
  }
  arguments->count++;
}

static void add_number(struct arguments *arguments, struct argp_state *state, const char *word,
                       const char *option, const char *value, uint64_t least) {
  char text[24];
  snprintf(text, sizeof text, "%llu",
           (unsigned long long)cli_number(state, option, value, least, UINT32_MAX));
  add(arguments, word, text);
}

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    arguments->heap = value;
    return 0;
  case 'P':
    arguments->program = value;
    return 0;
  case OPTION_PREEMPTIONS:
    if (strcmp(value, "any") == 0)
      add(arguments, "preemptions", "1000000");
    else
      add_number(arguments, state, "preemptions", "--preemptions", value, 0);
    return 0;
  case OPTION_BUFFERS:
    if (strcmp(value, "none") != 0 && strcmp(value, "total") != 0 && strcmp(value, "partial") != 0)
      argp_error(state, "--buffers takes none, total or partial, not \"%s\"", value);
    add(arguments, "buffers", value);
    return 0;
  case OPTION_NO_REDUCTION:
    add(arguments, "reduce", "no");
    return 0;
  case OPTION_DRAW:
    add(arguments, "mode", "drawn");
    add_number(arguments, state, "runs", "--draw", value, 1);
    return 0;
  case OPTION_DEPTH:
    add_number(arguments, state, "depth", "--depth", value, 1);
    return 0;
  case OPTION_SEED:
    add_number(arguments, state, "seed", "--seed", value, 0);
    return 0;
  case OPTION_BYTES:
    add(arguments, "mode", "bytes");
    return 0;
  case OPTION_SCHEDULE:
    add(arguments, "mode", "recorded");
    add(arguments, "trace", value);
    return 0;
  case OPTION_SAVE:
    add(arguments, "save", value);
    return 0;
  case OPTION_COLUMNS:
    add(arguments, "columns", "yes");
    return 0;
  case OPTION_RUNS:
    add_number(arguments, state, "runs", "--runs", value, 1);
    return 0;
  case 'T': {
    char seconds[24];
    double asked = cli_seconds(state, "--time", value);
    snprintf(seconds, sizeof seconds, "%.0f", asked < 1 ? 1 : asked);
    add(arguments, "seconds", seconds);
    return 0;
  }
  case ARGP_KEY_ARG:
    argp_error(state, "what is %s? A program comes with --program", value);
    return 0;
  case ARGP_KEY_END:
    if (!arguments->program) argp_error(state, "which --program?");
    if (!arguments->heap) argp_error(state, "on which --heap?");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Runs a heap program under every schedule of its mutators, in a simulated world: threads are fibers, and "
    "at "
    "each atomic operation, lock and safepoint another may go on.\v"
    "Exit codes: 0 nothing broke in all schedules (or in all that were drawn), 1 something did, 2 usage, 3 "
    "not "
    "all were tried, or the heap cannot run in that world.",
    NULL,
    NULL,
    NULL,
};

// The bytes of a program, in a file that goes with this process.
static int program_file(const char *path) {
  static struct ht_program program;
  static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
  if (!program_read(path, &program)) return -1;
  size_t size = ht_program_encode(&program, bytes, sizeof bytes);
  int file = memfd_create("program", 0);
  if (file < 0 || write(file, bytes, size) != (ssize_t)size) {
    cli_say("no memory for the program: %s", strerror(errno));
    return -1;
  }
  return file;
}

int cli_explore(int argc, char **argv) {
  static struct arguments arguments;
  cli_parse(&argp, argc, argv, &arguments);
  struct ht_plugin_choice choice;
  char message[1024], path[4200], descriptor[64];
  if (!ht_plugin_choose(arguments.heap, &choice, message, sizeof message)) return cli_usage("%s", message);
  for (size_t i = 0; i < choice.setting_count; i++) {
    char setting[WORD_BYTES];
    snprintf(setting, sizeof setting, "%s=%s", choice.settings[i].name, choice.settings[i].value);
    add(&arguments, "set", setting);
  }
  snprintf(path, sizeof path, HEAPTRIAL_EXPLORERS "/explore-%s", choice.heap);
  if (access(path, X_OK) != 0) {
    cli_say(
        "%s cannot run in the simulated world: that takes a heap of this tree, compiled for it, on x86-64",
        choice.name);
    return CLI_NO_VERDICT;
  }
  int file = program_file(arguments.program);
  if (file < 0) return CLI_USAGE;
  snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", file);
  add(&arguments, "program", descriptor);
  if (isatty(STDERR_FILENO)) add(&arguments, "show", "yes");
  const char *words[WORDS_MAX + 2] = {path};
  for (size_t i = 0; i < arguments.count; i++) words[i + 1] = arguments.words[i];
  execv(path, (char **)words);
  cli_say("%s cannot be started: %s", path, strerror(errno));
  return CLI_NO_VERDICT;
}
