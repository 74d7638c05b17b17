/* Noise: how far the processes of a series lie apart, and what disturbed them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

/* Measures of what else went on while a process ran. Those that no line has get no column. */
static const struct {
  const char *metric, *title;
} disturbances[] = {
    {"preemptions", "Pre-emptions"},          {"context_switches", "Context switches"},
    {"foreign_load", "CPUs busy by others"},  {"stolen_load", "CPUs withheld"},
    {"load_1min", "Load of the last minute"},
};
enum { DISTURBANCES = sizeof disturbances / sizeof disturbances[0] };

/* A series: the lines of a trial that belong to one heap. */
struct series {
  struct ht_line *const *lines; /* of the trial */
  size_t count;
  const struct heap *heap;
  const char *metric; /* the time that decides */
  struct summary summary;
};

static void find_disturbances(const struct report *report, bool measured[DISTURBANCES]) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  for (size_t k = 0; k < DISTURBANCES; k++) {
    measured[k] = false;
    for (size_t i = 0; i < lines->line_count && !measured[k]; i++)
      measured[k] = ht_line_find(lines->lines[i], disturbances[k].metric) != NULL;
  }
}

/* In percent of the series' median. */
static double deviation(double value, double median) {
  return 100 * fabs(value / median - 1);
}

static void put_names(struct report *report, const bool measured[DISTURBANCES]) {
  for (size_t k = 0; k < DISTURBANCES; k++)
    if (measured[k])
      fprintf(report->out, "<th scope=\"col\" class=\"number\">%s</th>", disturbances[k].title);
}

static void put_series_row(struct report *report, const struct series *series,
                           const bool measured[DISTURBANCES]) {
  char text[NUMBER_TEXT], other[NUMBER_TEXT];
  double median = series->summary.median, furthest = 0;
  const double *values = series->summary.values;
  size_t count = series->summary.value_count;
  for (size_t i = 0; i < count; i++) furthest = fmax(furthest, deviation(values[i], median));
  double quarters =
      100 * (ht_stats_quantile(values, count, 0.75) - ht_stats_quantile(values, count, 0.25)) / median;
  fprintf(report->out, "<tr data-heap=\"%u\"><th scope=\"row\">", series->heap->number);
  put_text(report, series->lines[0]->benchmark);
  fputs("<small>", report->out);
  put_settings(report, series->lines[0]);
  fputs("</small></th><td class=\"keep\">", report->out);
  put_heap(report, series->heap);
  fprintf(report->out,
          "</td><td class=\"number\">%zu</td><td class=\"number\" data-value=\"%.6g\">%s\u00a0%%</td>"
          "<td class=\"number\" data-value=\"%.6g\">%s\u00a0%%</td>",
          count, quarters, number_text(text, quarters), furthest, number_text(other, furthest));
  for (size_t k = 0; k < DISTURBANCES; k++) {
    if (!measured[k]) continue;
    struct summary summary =
        summarise(report, series->lines, series->count, series->heap, disturbances[k].metric);
    if (summary.value_count) {
      double most = ht_stats_quantile(summary.values, summary.value_count, 1);
      fprintf(report->out, "<td class=\"number\" data-value=\"%.6g\">%s<small>at most %s</small></td>",
              summary.median, quantity_text(text, summary.median, summary.unit),
              quantity_text(other, most, summary.unit));
    } else {
      fputs("<td class=\"number\">\u2014</td>", report->out);
    }
    summary_free(&summary);
  }
  fputs("</tr>\n", report->out);
}

static void put_process_rows(struct report *report, const struct series *series,
                             const bool measured[DISTURBANCES]) {
  char text[NUMBER_TEXT];
  for (size_t i = 0; i < series->count; i++) {
    const struct ht_line *line = series->lines[i];
    const struct ht_line_measure *time = ht_line_find(line, series->metric);
    if (line->status != HT_LINE_OK || heap_of(report, line) != series->heap || !time) continue;
    double value = ht_stats_median(time->samples, time->sample_count);
    double away = 100 * (value / series->summary.median - 1);
    fprintf(report->out, "<tr data-heap=\"%u\"><th scope=\"row\">", series->heap->number);
    put_text(report, line->benchmark);
    fputs("</th><td class=\"keep\">", report->out);
    put_heap(report, series->heap);
    fputs("</td><td class=\"keep\">", report->out);
    char clock[24];
    snprintf(clock, sizeof clock, "%.19s", line->started);
    put_text(report, clock);
    fprintf(report->out, "</td><td class=\"number\" data-value=\"%.6g\">%s</td>", value,
            quantity_text(text, value, time->unit));
    fprintf(report->out, "<td class=\"number\" data-value=\"%.6g\">%s%s\u00a0%%</td>", away,
            away > 0 ? "+" : "", number_text(text, away));
    for (size_t k = 0; k < DISTURBANCES; k++) {
      if (!measured[k]) continue;
      const struct ht_line_measure *measure = ht_line_find(line, disturbances[k].metric);
      double most = measure ? ht_stats_quantile(measure->samples, measure->sample_count, 1) : NAN;
      fprintf(report->out, "<td class=\"number\">%s</td>",
              measure ? quantity_text(text, most, measure->unit) : "\u2014");
    }
    fputs("</tr>\n", report->out);
  }
}

/* Calls `put` for each series that has a time, in the order of the workloads. */
static void each_series(struct report *report, const bool measured[DISTURBANCES],
                        void put(struct report *, const struct series *, const bool *)) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    struct series series = {.lines = lines->lines + begin, .count = end - begin};
    series.metric = first_metric(series.lines, series.count, throughput_metrics);
    for (size_t i = 0; series.metric && i < report->heap_count; i++) {
      series.heap = &report->heaps[i];
      series.summary = summarise(report, series.lines, series.count, series.heap, series.metric);
      if (series.summary.value_count && series.summary.median > 0) put(report, &series, measured);
      summary_free(&series.summary);
    }
  }
}

/* All deviations of one heap, over its series. */
static void add_deviations(struct report *report, struct summary *to, const struct summary *from) {
  if (from->value_count < 2 || !(from->median > 0)) return;
  double *grown = reallocarray(to->dots, to->dot_count + from->value_count, sizeof *grown);
  if (!grown) {
    report->no_memory = true;
    return;
  }
  to->dots = grown;
  for (size_t i = 0; i < from->value_count; i++)
    grown[to->dot_count++] = deviation(from->values[i], from->median);
  to->unit = "%";
  to->better = HT_LINE_LOWER;
}

static void collect_deviations(struct report *report, struct summary *heaps) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    const char *metric = first_metric(lines->lines + begin, end - begin, throughput_metrics);
    for (size_t i = 0; metric && i < report->heap_count; i++) {
      struct summary one = summarise(report, lines->lines + begin, end - begin, &report->heaps[i], metric);
      add_deviations(report, &heaps[i], &one);
      summary_free(&one);
    }
  }
}

#define LABEL_TEXT 128

static void put_drawing(struct report *report) {
  struct summary *summaries = calloc(report->heap_count + 1, sizeof *summaries);
  struct drawn_row *rows = calloc(report->heap_count + 1, sizeof *rows);
  char(*labels)[LABEL_TEXT] = calloc(report->heap_count + 1, sizeof *labels);
  size_t count = 0;
  if (!summaries || !rows || !labels) {
    report->no_memory = true;
    goto out;
  }
  collect_deviations(report, summaries);
  for (size_t i = 0; i < report->heap_count; i++) {
    const struct heap *heap = &report->heaps[i];
    if (summaries[i].dot_count == 0) continue;
    summaries[i].median = ht_stats_median(summaries[i].dots, summaries[i].dot_count);
    snprintf(labels[count], LABEL_TEXT, "%s%s%s", heap->name, *heap->variant ? " \u00b7 " : "",
             heap->variant);
    rows[count] = (struct drawn_row){
        .label = labels[count], .colour = heap->number % COLOURS, .heap = heap, .summary = &summaries[i]};
    count++;
  }
  if (count == 0) goto out;
  fputs("<article class=\"card\"><h4>Noise</h4><p>How far each process was from the median of its series: "
        "smaller differences than these are hard to see</p>\n",
        report->out);
  draw_rows(report, "deviation", rows, count);
  fputs("</article>\n", report->out);
out:
  for (size_t i = 0; summaries && i < report->heap_count; i++) summary_free(&summaries[i]);
  free(summaries);
  free(rows);
  free(labels);
}

void put_noise(struct report *report) {
  bool measured[DISTURBANCES];
  if (report->kinds[HT_LINE_BENCH].line_count == 0) return;
  find_disturbances(report, measured);
  put_heading(report, 3, "noise", "Noise, and what disturbed the runs");
  fputs("<div class=\"cards\">\n", report->out);
  put_drawing(report);
  fputs("</div>\n<details class=\"card after\"><summary>By series</summary><div class=\"scroll tall\" "
        "tabindex=\"0\"><table class=\"sortable\"><caption>Noise of every series</caption><thead><tr><th "
        "scope=\"col\">Workload</th><th scope=\"col\">Heap</th><th scope=\"col\" class=\"number\">n</th>"
        "<th scope=\"col\" class=\"number\">Middle half within</th><th scope=\"col\" "
        "class=\"number\">Furthest</th>",
        report->out);
  put_names(report, measured);
  fputs("</tr></thead>\n<tbody>\n", report->out);
  each_series(report, measured, put_series_row);
  fputs("</tbody></table></div></details>\n<details class=\"card after\"><summary>By process</summary><div "
        "class=\"scroll tall\" tabindex=\"0\"><table class=\"sortable\"><caption>Every process and what "
        "disturbed it</caption><thead><tr><th scope=\"col\">Workload</th><th scope=\"col\">Heap</th>"
        "<th scope=\"col\">Started, UTC</th><th scope=\"col\" class=\"number\">Time</th><th scope=\"col\" "
        "class=\"number\">From the median</th>",
        report->out);
  put_names(report, measured);
  fputs("</tr></thead>\n<tbody>\n", report->out);
  each_series(report, measured, put_process_rows);
  fputs("</tbody></table></div></details>\n", report->out);
}
