#include "results/report/test_series.h"

#include <math.h>
#include <string.h>

static const char *const heaps[TEST_HEAPS] = {"malloc", "jemalloc", "boehm", "go",     "balanced",
                                              "python", "counting", "bump",  "</b><i", "semispace"};

/* The same numbers each time: a linear congruential generator, from 0 to 1. */
static double next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double)(*state >> 11) / (double)(UINT64_C(1) << 53);
}

static void add_curves(struct ht_line *line, int heap, double pause, uint64_t *state) {
  enum { POINTS = 198 };
  double x[POINTS], y[POINTS];
  for (int i = 0; i < POINTS; i++) {
    x[i] = i * 0.01 + next_random(state) * 0.001;
    y[i] = (4 << 20) * (1 + heap * 0.4 + sin(i * 0.3 + heap) * 0.3 + next_random(state) * 0.1);
  }
  ht_line_curve(line, "resident", "s", "bytes", x, y, POINTS);
  for (int i = 0; i < 80; i++) {
    x[i] = floor(exp2(12 + i / 4.0));
    y[i] = fmax(0, 1 - pause / x[i]);
  }
  ht_line_curve(line, "utilisation", "ns", "ratio", x, y, 80);
  for (int i = 0; i < 60; i++) {
    x[i] = exp2(i / 4.0);
    y[i] = 90 * (1 + heap) + pause * (1 - exp(-x[i] / 4000));
  }
  ht_line_curve(line, "latency", "", "ns", x, y, 60);
}

static struct ht_line *bench(int heap, int workload, int process, uint64_t *state) {
  static const char *const benchmarks[] = {"churn", "binary-trees", "message-ring", "<set>", "graph"};
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, heaps[heap], benchmarks[workload % 5]);
  if (!line) return NULL;
  double speed = (1 + heap * 0.35) * (1 + workload), pause = 2e4 * (1 + heap * 3 + next_random(state));
  ht_line_run(line, "made-up");
  ht_line_started(line, INT64_C(1760000000000000000) +
                            (process * 200 + workload * 10 + heap) * INT64_C(1000000000));
  ht_line_param_number(line, "live", INT64_C(1024) << (workload / 5));
  ht_line_param_number(line, "seed", process);
  ht_line_environment(line);
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 20 * speed * (1 + 0.05 * next_random(state)));
  if (heap > 1) ht_line_sample(line, "pause_max", "ns", HT_LINE_LOWER, pause);
  ht_line_sample(line, "resident_over_live", "ratio", HT_LINE_LOWER,
                 1 + heap * 0.3 + 0.02 * next_random(state));
  ht_line_sample(line, "peak_resident", "bytes", HT_LINE_LOWER, (8 << 20) * (1 + heap * 0.3));
  ht_line_sample(line, "preemptions", "count", HT_LINE_NONE, floor(20 * next_random(state)));
  ht_line_sample(line, "foreign_load", "cpus", HT_LINE_NONE, next_random(state));
  add_curves(line, heap, pause, state);
  if (heap == 7 && workload == 3 && process < 3)
    ht_line_fail(line, HT_LINE_CRASHED, "ended by signal 11 (Segmentation fault) & <more>");
  return line;
}

static struct ht_line *mutant(int number, int seed) {
  char name[32];
  snprintf(name, sizeof name, "mutant-%d", number);
  struct ht_line *line = ht_line_new(HT_LINE_MUTANT, heaps[3 + number % 3], name);
  if (!line) return NULL;
  ht_line_run(line, "made-up");
  ht_line_param(line, "breaks", number % 2 ? "GEN-2" : "BAR-3");
  ht_line_param(line, "engine", seed % 2 ? "aflpp" : "libfuzzer");
  ht_line_param_number(line, "seed", seed);
  bool caught = number % 9 != 8;
  ht_line_sample(line, "caught", "count", HT_LINE_HIGHER, caught);
  ht_line_sample(line, "executions", "count", HT_LINE_LOWER, 100.0 * (number + 1) * (seed + 1));
  ht_line_sample(line, "cpu_seconds", "s", HT_LINE_LOWER, 0.2 * (number + 1));
  return line;
}

static struct ht_line *campaign(int heap) {
  struct ht_line *line = ht_line_new(HT_LINE_FUZZ, heaps[heap], "campaign");
  if (!line) return NULL;
  ht_line_run(line, "made-up");
  ht_line_param(line, "engine", "libfuzzer");
  ht_line_sample(line, "executions", "count", HT_LINE_NONE, 1e6 * (heap + 1));
  ht_line_sample(line, "findings", "count", HT_LINE_LOWER, heap == 7);
  return line;
}

static struct ht_line *verdict(int heap) {
  struct ht_line *line = ht_line_new(HT_LINE_TRIAL, heaps[heap], "safety");
  if (!line) return NULL;
  ht_line_run(line, "made-up");
  ht_line_param(line, "verdict", heap == 7 ? "broken" : "kept");
  ht_line_sample(line, "safety_checks", "count", HT_LINE_NONE, 1e6);
  ht_line_sample(line, "safety_findings", "count", HT_LINE_LOWER, heap == 7 ? 2 : 0);
  return line;
}

enum { MOST_LINES = TEST_HEAPS * TEST_WORKLOADS * TEST_PROCESSES + 4 * 40 + 2 * TEST_HEAPS };

int test_series_add(struct ht_store *store, char *error) {
  static struct ht_line *lines[MOST_LINES];
  size_t count = 0;
  uint64_t state = 1;
  for (int heap = 0; heap < TEST_HEAPS; heap++) {
    for (int workload = 0; workload < TEST_WORKLOADS; workload++)
      for (int process = 0; process < TEST_PROCESSES; process++)
        lines[count++] = bench(heap, workload, process, &state);
    lines[count++] = campaign(heap);
    lines[count++] = verdict(heap);
  }
  for (int number = 0; number < 40; number++)
    for (int seed = 0; seed < 4; seed++) lines[count++] = mutant(number, seed);
  struct ht_store_added added;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; i++)
    if (!lines[i]) {
      snprintf(error, HT_ERROR_SIZE, "no memory");
      result = -1;
    }
  if (result == 0) result = ht_store_add(store, lines, count, &added, error);
  for (size_t i = 0; i < count; i++) ht_line_free(lines[i]);
  return result;
}
