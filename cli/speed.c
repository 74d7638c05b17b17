#include "cli/speed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Of one metric, on one heap and workload.
struct samples {
  size_t count;
  double *values;
};

enum metric { THROUGHPUT, PAUSE, SPACE, METRICS };
static const char *const metric_names[METRICS] = {"cpu_per_op", "pause_max", "resident_over_live"};

struct measuring {
  struct ht_bench_plan *plan;
  struct keep *keep;
  struct speed *speeds;
  struct samples *pairs[METRICS]; // heap_count * workload_count each
  double reported;
};

enum { REPORT_SECONDS = 10 };

static size_t index_of(const char *const *words, size_t count, const char *word) {
  size_t i = 0;
  while (i < count && strcmp(words[i], word) != 0) i++;
  return i;
}

// A workload is named with its parameters in the plan and without in its progress.
static size_t workload_of(const struct ht_bench_plan *plan, const struct ht_line *line) {
  size_t length = strlen(line->benchmark);
  for (size_t i = 0; i < plan->workload_count; i++)
    if (strncmp(plan->workloads[i], line->benchmark, length) == 0 &&
        (plan->workloads[i][length] == 0 || plan->workloads[i][length] == ':'))
      return i;
  return plan->workload_count;
}

static void add_sample(struct samples *samples, double value) {
  double *grown = realloc(samples->values, (samples->count + 1) * sizeof *grown);
  if (!grown) return; // one sample less in a table; the line is kept
  samples->values = grown;
  samples->values[samples->count++] = value;
}

static void take(struct measuring *m, size_t heap, const struct ht_line *line) {
  struct speed *speed = &m->speeds[heap];
  if (line->status != HT_LINE_OK) {
    speed->bad += line->status != HT_LINE_NO_VERDICT;
    return;
  }
  // What was watched for its memory was not timed.
  if (!ht_line_find(line, metric_names[THROUGHPUT]) && !ht_line_find(line, "instructions")) return;
  speed->good++;
  size_t workload = workload_of(m->plan, line);
  for (enum metric i = 0; i < METRICS && workload < m->plan->workload_count; i++) {
    const struct ht_line_measure *measure = ht_line_find(line, metric_names[i]);
    for (size_t k = 0; measure && k < measure->sample_count; k++)
      add_sample(&m->pairs[i][heap * m->plan->workload_count + workload], measure->samples[k]);
  }
}

static void progressed(void *context, const struct ht_bench_progress *progress) {
  struct measuring *m = context;
  size_t heap = index_of(m->plan->heaps, m->plan->heap_count, progress->heap);
  if (progress->line) {
    keep_line(m->keep, progress->line);
    if (heap < m->plan->heap_count) take(m, heap, progress->line);
    if (progress->line->status != HT_LINE_OK)
      cli_say("%s: %s: %s", progress->heap, progress->workload, progress->line->reason);
  }
  if (cli_now() - m->reported < REPORT_SECONDS) return;
  m->reported = cli_now();
  cli_say("measuring: %zu of %zu runs: %s on %s", progress->done, progress->total, progress->workload,
          progress->heap);
}

static int by_value(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

static double median(struct samples *samples) {
  qsort(samples->values, samples->count, sizeof *samples->values, by_value);
  size_t middle = samples->count / 2;
  return samples->count % 2 ? samples->values[middle]
                            : (samples->values[middle - 1] + samples->values[middle]) / 2;
}

// Geometric mean over the workloads that gave a sample.
static double fold(struct samples *pairs, size_t count) {
  double logarithms = 0;
  size_t taken = 0;
  for (size_t i = 0; i < count; i++) {
    if (pairs[i].count == 0) continue;
    double value = median(&pairs[i]);
    if (value <= 0) continue;
    logarithms += log(value);
    taken++;
  }
  return taken ? exp(logarithms / (double)taken) : NAN;
}

// The largest median.
static double largest(struct samples *pairs, size_t count) {
  double most = NAN;
  for (size_t i = 0; i < count; i++)
    if (pairs[i].count) most = fmax(most, median(&pairs[i]));
  return most;
}

const char *speed_time(char text[SPEED_TEXT], double ns) {
  static const struct {
    double divisor;
    const char *unit;
  } units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
  size_t unit = 0;
  if (isnan(ns)) return "-";
  while (unit + 1 < sizeof units / sizeof *units && ns >= units[unit + 1].divisor) unit++;
  snprintf(text, SPEED_TEXT, "%.3g %s", ns / units[unit].divisor, units[unit].unit);
  return text;
}

const char *speed_ratio(char text[SPEED_TEXT], double ratio) {
  if (isnan(ratio)) return "-";
  snprintf(text, SPEED_TEXT, "%.2f x live", ratio);
  return text;
}

const char *speed_pause(char text[SPEED_TEXT], const struct speed *speed) {
  return speed->good && isnan(speed->pause) ? "none" : speed_time(text, speed->pause);
}

int speed_measure(struct ht_bench_plan *plan, struct keep *keep, struct speed *speeds, size_t *left_out) {
  char error[HT_ERROR_SIZE], output[64];
  struct ht_bench_summary summary;
  struct measuring m = {.plan = plan, .keep = keep, .speeds = speeds, .reported = cli_now()};
  size_t pairs = plan->heap_count * plan->workload_count;
  int code = CLI_NO_VERDICT;
  *left_out = pairs * plan->replicates;
  for (size_t i = 0; i < plan->heap_count; i++)
    speeds[i] = (struct speed){.throughput = NAN, .pause = NAN, .space = NAN};
  for (enum metric i = 0; i < METRICS; i++)
    if (!(m.pairs[i] = calloc(pairs, sizeof **m.pairs))) {
      cli_say("no memory");
      goto out;
    }
  // The plan wants a file for its lines; the copy that counts is in the database, so memory will do.
  int file = memfd_create("heaptrial-lines", MFD_CLOEXEC);
  if (file < 0) {
    cli_say("no memory: %s", strerror(errno));
    goto out;
  }
  snprintf(output, sizeof output, "/proc/self/fd/%d", file);
  plan->output = output;
  plan->progress = progressed;
  plan->context = &m;
  code = ht_bench_run(plan, &summary, error);
  if (code == CLI_USAGE || code == CLI_NO_VERDICT) cli_say("%s", error);
  *left_out = summary.not_run;
  if (summary.not_run)
    cli_say("%zu runs were left out: no time, an interrupt, or one of them failed", summary.not_run);
  close(file);
  for (size_t i = 0; i < plan->heap_count; i++) {
    size_t first = i * plan->workload_count;
    for (size_t k = 0; k < plan->workload_count; k++)
      speeds[i].missing += m.pairs[THROUGHPUT][first + k].count == 0;
    speeds[i].throughput = fold(m.pairs[THROUGHPUT] + first, plan->workload_count);
    speeds[i].pause = largest(m.pairs[PAUSE] + first, plan->workload_count);
    speeds[i].space = fold(m.pairs[SPACE] + first, plan->workload_count);
  }
out:
  for (enum metric i = 0; i < METRICS; i++) {
    for (size_t k = 0; m.pairs[i] && k < pairs; k++) free(m.pairs[i][k].values);
    free(m.pairs[i]);
  }
  return code;
}
