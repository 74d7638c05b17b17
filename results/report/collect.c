/* What goes into a report, and its grouping. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

const struct heap *heap_of(const struct report *report, const struct ht_line *line) {
  for (size_t i = 0; i < report->heap_count; i++)
    if (strcmp(report->heaps[i].name, line->heap) == 0 &&
        strcmp(report->heaps[i].variant, line->variant) == 0)
      return &report->heaps[i];
  return NULL;
}

static int by_name(const void *a, const void *b) {
  const struct heap *x = a, *y = b;
  int names = strcmp(x->name, y->name);
  return names ? names : strcmp(x->variant, y->variant);
}

static int note_heap(struct report *report, const struct ht_line *line) {
  if (heap_of(report, line)) return 0;
  struct heap *grown = reallocarray(report->heaps, report->heap_count + 1, sizeof *grown);
  if (!grown) return -1;
  report->heaps = grown;
  grown[report->heap_count++] = (struct heap){.name = line->heap, .variant = line->variant};
  return 0;
}

int collect(struct report *report, struct ht_store *store, char *error) {
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) {
    struct ht_line_file *lines = &report->kinds[kind];
    if (ht_store_latest(store, (enum ht_line_kind)kind, lines, error) != 0) return -1;
    report->summary.lines += lines->line_count;
    for (size_t i = 0; i < lines->line_count; i++) {
      report->summary.failures += has_no_result(lines->lines[i]);
      if (note_heap(report, lines->lines[i]) != 0) {
        snprintf(error, HT_ERROR_SIZE, "no memory");
        return -1;
      }
    }
  }
  report->summary.heaps = report->heap_count;
  if (report->heap_count) qsort(report->heaps, report->heap_count, sizeof *report->heaps, by_name);
  for (size_t i = 0; i < report->heap_count; i++) report->heaps[i].number = (unsigned)i;
  return 0;
}

void forget(struct report *report) {
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) ht_line_file_free(&report->kinds[kind]);
  free(report->heaps);
  report->heaps = NULL;
}

size_t trial_end(const struct ht_line_file *lines, size_t begin) {
  size_t end = begin + 1;
  while (end < lines->line_count && ht_line_same_trial(lines->lines[begin], lines->lines[end])) end++;
  return end;
}

size_t trial_count(const struct report *report) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  size_t count = 0;
  for (size_t begin = 0; begin < lines->line_count; begin = trial_end(lines, begin)) count++;
  return count;
}

const struct heap *reference_heap(const struct report *report) {
  static const char *const variants[] = {"", "glibc"};
  for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
    for (size_t k = 0; k < report->heap_count; k++)
      if (strcmp(report->heaps[k].name, "malloc") == 0 && strcmp(report->heaps[k].variant, variants[i]) == 0)
        return &report->heaps[k];
  return NULL;
}

const char *const throughput_metrics[] = {"cpu_per_op", "wall_per_op", "cpu", "wall", NULL};
const char *const pause_metrics[] = {"pause_max", "pause_p99", NULL};
const char *const space_metrics[] = {"resident_over_live", "peak_resident", "resident_mean", NULL};

const char *first_metric(struct ht_line *const *lines, size_t count, const char *const *metrics) {
  for (; *metrics; metrics++)
    for (size_t i = 0; i < count; i++)
      if (lines[i]->status == HT_LINE_OK && ht_line_find(lines[i], *metrics)) return *metrics;
  return NULL;
}

static bool counts(const struct report *report, const struct ht_line *line, const struct heap *heap) {
  return line->status == HT_LINE_OK && (!heap || heap_of(report, line) == heap);
}

struct summary summarise(struct report *report, struct ht_line *const *lines, size_t count,
                         const struct heap *heap, const char *metric) {
  struct summary summary = {.median = -1};
  size_t dots = 0, processes = 0;
  for (size_t i = 0; i < count; i++) {
    const struct ht_line_measure *measure = ht_line_find(lines[i], metric);
    if (!measure || !counts(report, lines[i], heap)) continue;
    if (!summary.unit) summary.unit = measure->unit;
    if (strcmp(summary.unit, measure->unit) != 0) continue;
    summary.better = measure->better;
    dots += measure->sample_count;
    processes++;
  }
  summary.dots = calloc(dots + 1, sizeof *summary.dots);
  summary.values = calloc(dots + 1, sizeof *summary.values);
  if (!summary.dots || !summary.values) {
    report->no_memory = true;
    summary_free(&summary);
    return summary;
  }
  for (size_t i = 0; i < count; i++) {
    const struct ht_line_measure *measure = ht_line_find(lines[i], metric);
    if (!measure || !counts(report, lines[i], heap) || strcmp(summary.unit, measure->unit) != 0) continue;
    memcpy(summary.dots + summary.dot_count, measure->samples, measure->sample_count * sizeof(double));
    summary.dot_count += measure->sample_count;
    /* The replicate is the process: what it repeated inside is one number. */
    summary.values[summary.value_count++] = ht_stats_median(measure->samples, measure->sample_count);
  }
  if (processes == 1) {
    memcpy(summary.values, summary.dots, dots * sizeof(double));
    summary.value_count = dots;
  }
  summary.median = ht_stats_median(summary.values, summary.value_count);
  summary.interval = ht_stats_median_interval(summary.values, summary.value_count, HT_STATS_CONFIDENCE);
  return summary;
}

void summary_free(struct summary *summary) {
  free(summary->dots);
  free(summary->values);
  *summary = (struct summary){0};
}

struct ht_ratio relative_speed(struct report *report, struct ht_line *const *lines, size_t count,
                               const struct heap *heap, const struct heap *reference, bool with_interval) {
  struct ht_ratio speed = {.ratio = NAN};
  const char *metric = first_metric(lines, count, throughput_metrics);
  if (!metric || !reference) return speed;
  struct summary own = summarise(report, lines, count, heap, metric);
  struct summary other = summarise(report, lines, count, reference, metric);
  if (own.value_count && other.value_count && own.median > 0 && other.median > 0)
    speed.ratio = other.median / own.median;
  if (with_interval && !isnan(speed.ratio))
    speed = ht_stats_ratio(own.values, own.value_count, other.values, other.value_count, false,
                           HT_STATS_CONFIDENCE, 1);
  summary_free(&own);
  summary_free(&other);
  return speed;
}
