#include "bench/bench.h"
#include "cli/cli.h"
#include "process/process.h"
#include "results/compare/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

// Processes of about 60 ms, most of it in the measured region.
#define WORKLOAD "churn:size=64,live=4096,operations=4194304"

static const char *const metrics[] = {"cpu_per_op", "cpu_per_op_quartile"};
enum { QUARTILE = 1 }; // of the metrics the one that scatters least
enum { METRICS = sizeof metrics / sizeof *metrics, HEAP_TEXT = 4096, REPORT_SECONDS = 10 };
enum { FAILED_ONE_IN = 10 }; // processes; if more fail, what is left says nothing
static const double planted_share = 0.01;

struct arguments {
  size_t comparisons, pairs, trials, trial_pairs;
  uint64_t seed;
  bool in_turns, counts;
  int cpu;
};

enum {
  OPTION_COMPARISONS = 256,
  OPTION_PAIRS,
  OPTION_TRIALS,
  OPTION_TRIAL_PAIRS,
  OPTION_SEED,
  OPTION_CPU,
  OPTION_FULL,
  OPTION_NO_COUNTS,
  OPTION_ONE_AFTER_THE_OTHER
};
enum { COUNT_MOST = 100000, PAIRS_MOST = 1000, CPU_MOST = 4095 };

static const struct argp_option options[] = {
    {"full", OPTION_FULL, NULL, 0, "300 comparisons and 100 trials: half an hour or more", 0},
    {"comparisons", OPTION_COMPARISONS, "N", 0, "Of a heap with itself (30); 0: none", 0},
    {"pairs", OPTION_PAIRS, "N", 0, "In each of them (10)", 0},
    {"trials", OPTION_TRIALS, "N", 0, "With a heap that takes 1 % more CPU time (10); 0: none", 0},
    {"trial-pairs", OPTION_TRIAL_PAIRS, "N", 0, "In each of them (30)", 0},
    {"no-counts", OPTION_NO_COUNTS, NULL, 0, "Do not count the instructions of the trials: callgrind is slow",
     0},
    {"one-after-the-other", OPTION_ONE_AFTER_THE_OTHER, NULL, 0, "Instead of in step (bench --in-step)", 0},
    {"cpu", OPTION_CPU, "N", 0, "Run on this CPU (the last one there is)", 0},
    {"seed", OPTION_SEED, "N", 0, "Of order and environment (1)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case OPTION_FULL:
    arguments->comparisons = 300;
    arguments->trials = 100;
    return 0;
  case OPTION_COMPARISONS:
    arguments->comparisons = cli_number(state, "--comparisons", value, 0, COUNT_MOST);
    return 0;
  case OPTION_PAIRS:
    arguments->pairs = cli_number(state, "--pairs", value, 6, PAIRS_MOST);
    return 0;
  case OPTION_TRIALS:
    arguments->trials = cli_number(state, "--trials", value, 0, COUNT_MOST);
    return 0;
  case OPTION_TRIAL_PAIRS:
    arguments->trial_pairs = cli_number(state, "--trial-pairs", value, 6, PAIRS_MOST);
    return 0;
  case OPTION_NO_COUNTS:
    arguments->counts = false;
    return 0;
  case OPTION_ONE_AFTER_THE_OTHER:
    arguments->in_turns = false;
    return 0;
  case OPTION_CPU:
    arguments->cpu = (int)cli_number(state, "--cpu", value, 0, CPU_MOST);
    return 0;
  case OPTION_SEED:
    arguments->seed = cli_number(state, "--seed", value, 0, INT64_MAX);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "What a comparison of two heaps is worth on this machine: how often it calls a difference between a heap "
    "and itself, and how often it finds a heap that takes 1 % more CPU time.\v"
    "A process that fails costs its pair; an interrupt (Ctrl-C) ends it with what was measured so far. "
    "Exit codes: 0 fit, 1 false alarms are more than 5 % beyond chance, 2 usage, 3 nothing or not all could "
    "be measured.",
    NULL,
    NULL,
    NULL,
};

// Values of a metric by heap and round; NAN where there is none.
struct taking {
  size_t rounds;
  double *values[METRICS][2];
  double instructions[2], reported;
};

static void take(void *context, const struct ht_bench_progress *progress) {
  struct taking *t = context;
  const struct ht_line *line = progress->line;
  if (line && line->status != HT_LINE_OK) cli_say("%s: %s", progress->heap, line->reason);
  if (!line || line->status != HT_LINE_OK) return;
  const struct ht_line_measure *count = ht_line_find(line, "instructions");
  if (count) t->instructions[progress->heap_index] = count->samples[0];
  const char *round = ht_line_find_param(line, "round");
  size_t at = round ? strtoull(round, NULL, 10) - 1 : t->rounds;
  for (size_t i = 0; i < METRICS && at < t->rounds; i++) {
    const struct ht_line_measure *measure = ht_line_find(line, metrics[i]);
    if (measure) t->values[i][progress->heap_index][at] = measure->samples[0];
  }
  if (cli_now() - t->reported < REPORT_SECONDS) return;
  t->reported = cli_now();
  cli_say("%zu of %zu processes", progress->done, progress->total);
}

static void taking_free(struct taking *t) {
  for (size_t i = 0; i < METRICS; i++)
    for (size_t side = 0; side < 2; side++) free(t->values[i][side]);
}

static bool is_too_many(size_t failed, const struct ht_bench_summary *summary) {
  return failed * FAILED_ONE_IN > failed + summary->ok;
}

// Runs two heaps with loops of so many turns. False: nothing was measured, and that is said.
static bool run(const struct arguments *arguments, unsigned one_turns, unsigned other_turns, size_t rounds,
                struct taking *t) {
  char one[HEAP_TEXT], other[HEAP_TEXT];
  const char *const heaps[2] = {one, other};
  snprintf(one, sizeof one, "%s:loop=%u", ht_bench_planted_heap, one_turns);
  snprintf(other, sizeof other, "%s:loop=%u", ht_bench_planted_heap, other_turns);
  static const char *const workloads[] = {WORKLOAD};
  char error[HT_ERROR_SIZE], output[64];
  struct ht_bench_summary summary;
  *t = (struct taking){.rounds = rounds};
  for (size_t i = 0; i < METRICS; i++)
    for (size_t side = 0; side < 2; side++) {
      t->values[i][side] = calloc(rounds + 1, sizeof(double));
      for (size_t k = 0; t->values[i][side] && k < rounds; k++) t->values[i][side][k] = NAN;
      if (!t->values[i][side]) {
        cli_say("no memory");
        return false;
      }
    }
  int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
  snprintf(output, sizeof output, "/proc/self/fd/%d", file);
  struct ht_bench_plan plan = {.heaps = heaps,
                               .heap_count = 2,
                               .workloads = workloads,
                               .workload_count = 1,
                               .replicates = rounds ? (unsigned)rounds : 1,
                               .only_instructions = rounds == 0,
                               .seed = arguments->seed,
                               .output = output,
                               .pinned = arguments->cpu >= 0,
                               .cpu = arguments->cpu,
                               .paired = true,
                               .in_step = arguments->in_turns,
                               .warmups = 1,
                               .failures = (unsigned)rounds / FAILED_ONE_IN,
                               .progress = take,
                               .context = t};
  int code = ht_bench_run(&plan, &summary, error);
  if (file >= 0) close(file);
  size_t failed =
      summary.failed + summary.crashed + summary.timed_out + summary.checksum + summary.no_verdict;
  if (*error)
    cli_say("%s", error);
  else if (failed)
    cli_say("%zu of %zu processes failed: %s", failed, failed + summary.ok,
            is_too_many(failed, &summary) ? "no verdict" : "their pairs do not count");
  return (code == CLI_FINE || code == CLI_FINDING) && !is_too_many(failed, &summary);
}

// Whole pairs move to the front; returns how many there are.
static size_t whole_pairs(struct taking *t, size_t metric) {
  size_t kept = 0;
  double *a = t->values[metric][0], *b = t->values[metric][1];
  for (size_t i = 0; i < t->rounds; i++) {
    if (isnan(a[i]) || isnan(b[i])) continue;
    a[kept] = a[i];
    b[kept++] = b[i];
  }
  return kept;
}

// How many instructions more with the loop than without, as a share; 0 after a message.
static double count_planted(const struct arguments *arguments, unsigned turns) {
  struct taking t;
  struct arguments apart = *arguments;
  apart.in_turns = false;
  bool counted = run(&apart, 0, turns, 0, &t) && t.instructions[0] > 0 && t.instructions[1] > 0;
  double share = counted ? t.instructions[1] / t.instructions[0] - 1 : 0;
  taking_free(&t);
  return share;
}

// So many turns of the planted loop that a run takes 1 % more CPU time; 0 after a message. A loop that is
// long enough to be measured well tells what a turn costs; one that is much longer tells of another cost, as
// processors hide part of a short one.
static unsigned plant(const struct arguments *arguments) {
  enum { PROBE = 100, PROBE_PAIRS = 60 };
  struct taking t;
  struct ht_compare_series series = {0};
  bool measured = run(arguments, 0, PROBE, PROBE_PAIRS, &t);
  if (measured) {
    size_t count = whole_pairs(&t, QUARTILE);
    measured = ht_compare_try(t.values[QUARTILE][0], t.values[QUARTILE][1], count, count, &series) &&
               series.ratio > 1 + planted_share;
    if (!measured) cli_say("a loop of %d turns could not be told from none", PROBE);
  }
  taking_free(&t);
  if (!measured) return 0;
  unsigned turns = (unsigned)lround(planted_share / (series.ratio - 1) * PROBE);
  return turns ? turns : 1;
}

static void say_interval(const struct ht_interval *interval) {
  printf(" (95 %%: %.1f to %.1f %%)", 100 * interval->low, 100 * interval->high);
}

static bool print_alarms(struct taking *t, const struct arguments *arguments, size_t metric) {
  struct ht_compare_series series;
  static const size_t counts[] = {10, 30, 60};
  const double *a = t->values[metric][0], *b = t->values[metric][1];
  size_t count = whole_pairs(t, metric);
  if (!ht_compare_try(a, b, count, arguments->pairs, &series)) {
    cli_say("%s: %zu pairs are not one comparison of %zu", metrics[metric], count, arguments->pairs);
    return true;
  }
  size_t alarms = series.faster + series.slower;
  printf("%s: %zu of %zu comparisons of %zu pairs with itself call a difference: %.1f %%", metrics[metric],
         alarms, series.comparisons, arguments->pairs, 100 * (double)alarms / (double)series.comparisons);
  say_interval(&series.called);
  printf("; %zu faster, %zu slower; p-values uniform: p = %.2g\n", series.faster, series.slower,
         series.uniform);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    double share = ht_compare_detectable(a, b, count, counts[i], HT_COMPARE_POWER);
    if (!isnan(share)) printf("  %zu pairs find %.2g %% in 80 of 100 cases\n", counts[i], 100 * share);
  }
  // More than chance makes of 5 %.
  return series.called.low <= HT_COMPARE_LEVEL;
}

static void print_power(struct taking *t, const struct arguments *arguments, size_t metric) {
  struct ht_compare_series series;
  size_t count = whole_pairs(t, metric);
  if (!ht_compare_try(t->values[metric][0], t->values[metric][1], count, arguments->trial_pairs, &series)) {
    cli_say("%s: %zu pairs are not one trial of %zu", metrics[metric], count, arguments->trial_pairs);
    return;
  }
  printf("%s: %zu of %zu trials of %zu pairs find it", metrics[metric], series.slower, series.comparisons,
         arguments->trial_pairs);
  say_interval(&series.found);
  printf("; %zu call it faster; over all pairs it is %.2f %% slower (95 %%: %.2f to %.2f)\n", series.faster,
         100 * (series.ratio - 1), 100 * (series.interval.low - 1), 100 * (series.interval.high - 1));
}

static int try_itself(const struct arguments *arguments) {
  struct taking t;
  bool fit = true;
  bool measured = run(arguments, 0, 0, arguments->comparisons * arguments->pairs, &t);
  for (size_t i = 0; measured && i < METRICS; i++) fit &= print_alarms(&t, arguments, i);
  taking_free(&t);
  return !measured ? CLI_NO_VERDICT : fit ? CLI_FINE : CLI_FINDING;
}

// Each trial counts anew: a count that varied would show.
static int try_counts(const struct arguments *arguments, unsigned turns) {
  size_t found = 0, counted = 0;
  double least = 0, most = 0;
  for (size_t i = 0; i < arguments->trials && !ht_process_interrupted(); i++) {
    double share = count_planted(arguments, turns);
    if (share == 0) continue;
    found += share > HT_COMPARE_EXACT;
    least = counted == 0 || share < least ? share : least;
    most = share > most ? share : most;
    counted++;
  }
  if (counted)
    printf("instructions: %zu of %zu trials find it; %.4f to %.4f %% more\n", found, counted, 100 * least,
           100 * most);
  return (arguments->trials - counted) * FAILED_ONE_IN <= arguments->trials ? CLI_FINE : CLI_NO_VERDICT;
}

static int try_planted(const struct arguments *arguments, unsigned turns) {
  struct taking t;
  bool measured = run(arguments, 0, turns, arguments->trials * arguments->trial_pairs, &t);
  for (size_t i = 0; measured && i < METRICS; i++) print_power(&t, arguments, i);
  taking_free(&t);
  if (!measured) return CLI_NO_VERDICT;
  return arguments->counts && !ht_process_interrupted() ? try_counts(arguments, turns) : CLI_FINE;
}

int cli_calibrate(int argc, char **argv) {
  struct arguments arguments = {.comparisons = 30,
                                .pairs = 10,
                                .trials = 10,
                                .trial_pairs = 30,
                                .seed = 1,
                                .in_turns = true,
                                .counts = true,
                                .cpu = -1};
  cli_parse(&argp, argc, argv, &arguments);
  if (arguments.cpu < 0) arguments.cpu = cli_last_cpu();
  ht_process_interruptible();
  unsigned turns = 0;
  int code = CLI_FINE, planted = CLI_FINE;
  if (arguments.comparisons) code = try_itself(&arguments);
  fflush(stdout);
  if (arguments.trials && !ht_process_interrupted()) {
    turns = plant(&arguments);
    if (turns) printf("planted: a loop of %u turns, 1 %% more CPU time\n", turns);
    planted = turns ? try_planted(&arguments, turns) : CLI_NO_VERDICT;
  }
  if (ht_process_interrupted()) {
    cli_say("interrupted: what was measured is partial");
    return CLI_NO_VERDICT;
  }
  return code != CLI_FINE ? code : planted;
}
