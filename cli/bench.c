#include "bench/bench.h"
#include "bench/native/native.h"
#include "cli/keep.h"
#include "cli/speed.h"
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  struct cli_words heaps, workloads;
  const char *suite;
  bool unpinned, replicates_given;
  struct ht_bench_plan plan;
  const char *database;
};

enum {
  OPTION_CPU_TIME = 256,
  OPTION_PROCESS_TIME,
  OPTION_CPU,
  OPTION_UNPINNED,
  OPTION_IN_STEP,
  OPTION_OVER_TIME,
  OPTION_INSTRUCTIONS,
  OPTION_ONLY_INSTRUCTIONS,
  OPTION_SUITE,
  OPTION_DATABASE
};
enum { REPLICATES = 7, PAIRS = 30, REPLICATES_MAX = 10000, CPU_MAX = 4095 };

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0,
     "A name (see heaptrial list), the path of a library, a native twin such as native:go, or a limit such "
     "as limit:bump; may be repeated; all heaps",
     0},
    {"workload", 'w', "NAME[:PARAMETER=N,...]", 0,
     "What to run (see heaptrial list); may be repeated; suite quick", 0},
    {"suite", OPTION_SUITE, "quick|full|instructions", 0, "The workloads of a suite", 0},
    {"replicates", 'n', "N", 0, "Processes for each heap and workload (7; 30 if heaps are arguments)", 0},
    {"pairs", 'p', "N", 0, "The same", 0},
    {"time", 'T', "TIME", 0, "Start nothing after that", 0},
    {"seed", 's', "N", 0, "Of the workloads and of the order of runs (1)", 0},
    {"cpu-time", OPTION_CPU_TIME, "TIME", 0, "Runs are made shorter until one takes about that (2s)", 0},
    {"process-time", OPTION_PROCESS_TIME, "TIME", 0, "A process that takes longer is ended (60s)", 0},
    {"cpu", OPTION_CPU, "N", 0, "Run on this CPU only (the last one there is)", 0},
    {"unpinned", OPTION_UNPINNED, NULL, 0, "Run on any CPU", 0},
    {"in-step", OPTION_IN_STEP, NULL, 0,
     "Two heaps run at the same time, in turns of less than a millisecond", 0},
    {"over-time", OPTION_OVER_TIME, NULL, 0,
     "Memory over time, by one more process for each heap and workload (done unless heaps are arguments)", 0},
    {"instructions", OPTION_INSTRUCTIONS, NULL, 0, "Count instructions too, with callgrind", 0},
    {"only-instructions", OPTION_ONLY_INSTRUCTIONS, NULL, 0, "Count instructions and run nothing else", 0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    cli_words_add(&arguments->heaps, value);
    return 0;
  case 'w':
    cli_words_add(&arguments->workloads, value);
    return 0;
  case OPTION_SUITE:
    arguments->suite = value;
    return 0;
  case 'n':
  case 'p':
    arguments->plan.replicates =
        (unsigned)cli_number(state, key == 'n' ? "--replicates" : "--pairs", value, 1, REPLICATES_MAX);
    arguments->replicates_given = true;
    return 0;
  case 'T':
    arguments->plan.total_seconds = cli_seconds(state, "--time", value);
    return 0;
  case 's':
    arguments->plan.seed = cli_number(state, "--seed", value, 0, INT64_MAX);
    return 0;
  case OPTION_CPU_TIME:
    arguments->plan.cpu_seconds = cli_seconds(state, "--cpu-time", value);
    return 0;
  case OPTION_PROCESS_TIME:
    arguments->plan.process_seconds = cli_seconds(state, "--process-time", value);
    return 0;
  case OPTION_CPU:
    arguments->plan.cpu = (int)cli_number(state, "--cpu", value, 0, CPU_MAX);
    arguments->plan.pinned = true;
    return 0;
  case OPTION_UNPINNED:
    arguments->unpinned = true;
    return 0;
  case OPTION_IN_STEP:
    arguments->plan.in_step = true;
    return 0;
  case OPTION_OVER_TIME:
    arguments->plan.over_time = true;
    return 0;
  case OPTION_ONLY_INSTRUCTIONS:
    arguments->plan.only_instructions = true;
    return 0;
  case OPTION_INSTRUCTIONS:
    arguments->plan.instructions = true;
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->heaps, value);
    arguments->plan.paired = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "[HEAP HEAP...]",
    "Measures heaps: every heap with every workload, each run a fresh process, pinned, in rounds of random "
    "order.\v"
    "Heaps that are arguments are to be compared: they run the same lengths, are called the same way, and "
    "heaptrial compare A B says what came out. Each line records what disturbed its process.\n\n"
    "Exit codes: 0 measured, 1 a heap failed, crashed or lost its checksum, 2 usage, 3 not all could be "
    "measured.",
    NULL,
    NULL,
    NULL,
};

static void print_table(const struct ht_bench_plan *plan, const struct speed *speeds) {
  struct table table = {.columns = 6};
  table_add(&table, (const char *const[]){"heap", "runs", "failed", "throughput", "pause", "space"});
  for (size_t i = 0; i < plan->heap_count; i++) {
    char runs[SPEED_TEXT], failed[SPEED_TEXT], throughput[SPEED_TEXT], pause[SPEED_TEXT], space[SPEED_TEXT];
    snprintf(runs, sizeof runs, "%zu", speeds[i].good);
    snprintf(failed, sizeof failed, "%zu", speeds[i].bad);
    table_add(&table, (const char *const[]){
                          plan->heaps[i], runs, failed, speed_time(throughput, speeds[i].throughput),
                          speed_pause(pause, &speeds[i]), speed_ratio(space, speeds[i].space)});
  }
  table_print(&table);
  table_free(&table);
}

// Lines of one heap could not be told from its own.
static bool named_twice(const struct cli_words *heaps) {
  for (size_t i = 0; i < heaps->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(heaps->words[i], heaps->words[k]) == 0) {
        cli_say("%s is named twice; heaptrial doctor --calibrate compares a heap with itself",
                heaps->words[i]);
        return true;
      }
  return false;
}

// What --suite, or nothing, stands for. Freed with the list. False after a message.
static bool add_suite(struct arguments *arguments) {
  const char *suite = arguments->suite ? arguments->suite : "quick";
  char text[HT_WORKLOAD_VARIANT_SIZE];
  size_t count = 0;
  if (arguments->workloads.count && !arguments->suite) return true;
  for (; ht_workload_variant(suite, count, text, sizeof text); count++) {
    char *copy = strdup(text);
    if (!copy) {
      cli_say("no memory");
      return false;
    }
    cli_words_add(&arguments->workloads, copy);
  }
  if (count == 0) cli_say("there is no suite \"%s\"; there are quick, full and instructions", suite);
  return count > 0;
}

static int bench(struct arguments *arguments) {
  struct ht_bench_plan *plan = &arguments->plan;
  struct cli_heaps heaps = {0};
  struct cli_words names = {0}, loaded = {0};
  for (size_t i = 0; i < arguments->heaps.count; i++) {
    cli_words_add(&names, arguments->heaps.words[i]);
    if (!ht_native_is(arguments->heaps.words[i])) cli_words_add(&loaded, arguments->heaps.words[i]);
  }
  // Twins and limits are programs: there is nothing to load.
  if ((loaded.count || !names.count) && !cli_heaps_open(&loaded, &heaps)) {
    free(names.words);
    free(loaded.words);
    return CLI_USAGE;
  }
  if (!names.count)
    for (size_t i = 0; i < heaps.count; i++) cli_words_add(&names, heaps.heaps[i].choice.text);
  plan->heaps = names.words;
  plan->heap_count = names.count;
  plan->workloads = arguments->workloads.words;
  plan->workload_count = arguments->workloads.count;

  int code = CLI_USAGE;
  struct keep keep;
  struct speed *speeds = calloc(names.count, sizeof *speeds);
  if (!speeds) {
    cli_say("no memory");
    code = CLI_NO_VERDICT;
  } else if (keep_open(&keep, arguments->database)) {
    ht_process_interruptible();
    cli_doctor_warning();
    size_t left_out;
    code = speed_measure(plan, &keep, speeds, &left_out);
    // A plan that only counts has no throughput to miss.
    for (size_t i = 0; i < plan->heap_count && !plan->only_instructions; i++) left_out += speeds[i].missing;
    if (code == CLI_FINE && left_out) code = CLI_NO_VERDICT;
    if (code != CLI_USAGE) print_table(plan, speeds);
    if (!keep_close(&keep) && code == CLI_FINE) code = CLI_NO_VERDICT;
  }
  free(speeds);
  free(names.words);
  free(loaded.words);
  cli_heaps_close(&heaps);
  return code;
}

int cli_bench(int argc, char **argv) {
  struct arguments arguments = {.plan = {.replicates = REPLICATES, .seed = 1, .warmups = 1},
                                .database = "results.db"};
  struct ht_bench_plan *plan = &arguments.plan;
  cli_parse(&argp, argc, argv, &arguments);
  if (plan->paired && !arguments.replicates_given) plan->replicates = PAIRS;
  if (!plan->paired && !plan->only_instructions) plan->over_time = true;
  if (arguments.unpinned) plan->pinned = false;
  if (!arguments.unpinned && !plan->pinned) {
    plan->cpu = cli_last_cpu();
    plan->pinned = plan->cpu >= 0;
  }
  size_t named = arguments.workloads.count;
  int code = CLI_USAGE;
  if (!named_twice(&arguments.heaps) && add_suite(&arguments)) code = bench(&arguments);
  for (size_t i = named; i < arguments.workloads.count; i++) free((char *)arguments.workloads.words[i]);
  free(arguments.heaps.words);
  free(arguments.workloads.words);
  return code;
}
