/* The details of every trial: a card a measure (the drawing, and behind it the table), and a card a curve. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

/* The lines of one trial, one summary a heap that took part. */
struct trial {
  struct ht_line *const *lines;
  size_t count;
  size_t row_count;
  struct {
    const struct heap *heap;
    struct summary summary;
    size_t runs, failed;
    const struct ht_line *failure; /* one of the failed */
    char label[128], note[96];
  } * rows;
};

static void fill_row(struct report *report, struct trial *trial, const struct heap *heap,
                     const char *metric) {
  size_t at = trial->row_count;
  memset(&trial->rows[at], 0, sizeof trial->rows[at]);
  for (size_t i = 0; i < trial->count; i++) {
    if (heap_of(report, trial->lines[i]) != heap) continue;
    trial->rows[at].runs++;
    if (trial->lines[i]->status == HT_LINE_OK) continue;
    trial->rows[at].failed++;
    trial->rows[at].failure = trial->lines[i];
  }
  struct summary summary = summarise(report, trial->lines, trial->count, heap, metric);
  /* A heap that ran well and does not have this measure, such as malloc and pauses, has no row. */
  if (trial->rows[at].runs == 0 || (summary.value_count == 0 && trial->rows[at].failed == 0)) {
    summary_free(&summary);
    return;
  }
  trial->rows[at].heap = heap;
  trial->rows[at].summary = summary;
  snprintf(trial->rows[at].label, sizeof trial->rows[at].label, "%s%s%s", heap->name,
           *heap->variant ? " \u00b7 " : "", heap->variant);
  if (summary.value_count == 0)
    snprintf(trial->rows[at].note, sizeof trial->rows[at].note, "\u2717 %s: no result",
             ht_line_status_name(trial->rows[at].failure->status));
  trial->row_count++;
}

static void put_comparison(struct report *report, const struct summary *own,
                           const struct summary *reference) {
  char ratio_text[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
  struct ht_ratio ratio = ht_stats_ratio(reference->values, reference->value_count, own->values,
                                         own->value_count, false, HT_STATS_CONFIDENCE, 1);
  struct ht_mann_whitney test =
      ht_stats_mann_whitney(reference->values, reference->value_count, own->values, own->value_count);
  fprintf(report->out, "<td class=\"number\">%s", quantity_text(ratio_text, ratio.ratio, "ratio"));
  if (ratio.interval.known)
    fprintf(report->out, "<small>%s \u2013 %s</small>", number_text(low, ratio.interval.low),
            number_text(high, ratio.interval.high));
  if (test.p < 1e-3)
    fputs("</td><td class=\"number\">&lt; 0.001</td>", report->out);
  else
    fprintf(report->out, "</td><td class=\"number\">%.3f</td>", test.p);
}

/* Every sample, in the order in which it came, in the unit of their median. */
static void put_samples(struct report *report, const struct summary *summary) {
  struct scale scale = scale_of(summary->median, summary->unit);
  char text[NUMBER_TEXT];
  fputs("<td class=\"samples\">", report->out);
  for (size_t i = 0; i < summary->dot_count; i++)
    fprintf(report->out, "%s%s", i ? " " : "", number_text(text, summary->dots[i] / scale.divisor));
  fputs(" ", report->out);
  put_text(report, scale.unit);
  fputs("</td>", report->out);
}

static void put_table_row(struct report *report, const struct trial *trial, size_t at,
                          const struct summary *reference) {
  const struct summary *summary = &trial->rows[at].summary;
  char text[NUMBER_TEXT], other[NUMBER_TEXT];
  fprintf(report->out, "<tr data-heap=\"%u\"><th scope=\"row\">", trial->rows[at].heap->number);
  put_text(report, trial->rows[at].label);
  if (trial->rows[at].failed) {
    fprintf(report->out, "<small>%zu of %zu runs ", trial->rows[at].failed, trial->rows[at].runs);
    put_text(report, ht_line_status_name(trial->rows[at].failure->status));
    fputs("</small>", report->out);
  }
  fprintf(report->out, "</th><td class=\"number\">%zu</td>", summary->value_count);
  if (summary->value_count == 0) {
    fprintf(report->out, "<td colspan=\"%d\" class=\"text\">", reference ? 5 : 3);
    put_text(report, trial->rows[at].failure->reason);
    fputs("</td></tr>\n", report->out);
    return;
  }
  fprintf(report->out, "<td class=\"number\">%s", quantity_text(text, summary->median, summary->unit));
  if (summary->interval.known)
    fprintf(report->out, "<small>%s \u2013 %s</small></td>",
            quantity_text(text, summary->interval.low, summary->unit),
            quantity_text(other, summary->interval.high, summary->unit));
  else
    fputs("<small>too few for an interval</small></td>", report->out);
  fprintf(report->out, "<td class=\"number\">%s \u2013 %s</td>",
          quantity_text(text, ht_stats_quantile(summary->values, summary->value_count, 0), summary->unit),
          quantity_text(other, ht_stats_quantile(summary->values, summary->value_count, 1), summary->unit));
  if (reference && summary != reference)
    put_comparison(report, summary, reference);
  else if (reference)
    fputs("<td class=\"number soft\">reference</td><td></td>", report->out);
  put_samples(report, summary);
  fputs("</tr>\n", report->out);
}

static void put_table(struct report *report, const struct trial *trial) {
  const struct summary *reference = NULL;
  for (size_t i = 0; i < trial->row_count; i++)
    if (trial->rows[i].heap == reference_heap(report) && trial->rows[i].summary.value_count)
      reference = &trial->rows[i].summary;
  fprintf(report->out,
          "<details><summary>The numbers</summary><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th "
          "scope=\"col\">Heap</th>"
          "<th scope=\"col\" class=\"number\">n</th><th scope=\"col\" class=\"number\">Median, interval</th>"
          "<th scope=\"col\" class=\"number\">Range</th>%s"
          "<th scope=\"col\">Samples</th></tr></thead>\n<tbody>\n",
          reference ? "<th scope=\"col\" class=\"number\">To malloc</th>"
                      "<th scope=\"col\" class=\"number\" title=\"Mann-Whitney, two-sided\">p</th>"
                    : "");
  for (size_t i = 0; i < trial->row_count; i++) put_table_row(report, trial, i, reference);
  fputs("</tbody></table></div></details>\n", report->out);
}

static void put_card(struct report *report, struct trial *trial, const char *metric) {
  trial->row_count = 0;
  for (size_t i = 0; i < report->heap_count; i++) fill_row(report, trial, &report->heaps[i], metric);
  struct drawn_row *drawn = calloc(trial->row_count + 1, sizeof *drawn);
  if (!drawn) {
    report->no_memory = true;
    return;
  }
  for (size_t i = 0; i < trial->row_count; i++)
    drawn[i] = (struct drawn_row){.label = trial->rows[i].label,
                                  .colour = trial->rows[i].heap->number % COLOURS,
                                  .heap = trial->rows[i].heap,
                                  .summary = &trial->rows[i].summary,
                                  .note = trial->rows[i].note};
  fputs("<article class=\"card\"><h5 id=\"", report->out);
  put_trial_anchor(report, trial->lines[0]);
  fprintf(report->out, "-%s\">", metric);
  put_text(report, metric_title(metric));
  fputs("</h5>\n", report->out);
  draw_rows(report, metric, drawn, trial->row_count);
  put_table(report, trial);
  fputs("</article>\n", report->out);
  free(drawn);
  for (size_t i = 0; i < trial->row_count; i++) summary_free(&trial->rows[i].summary);
}

/* Names of the trial's curves, each once; those that are known come in the order of the measures. */
static size_t curve_names(const struct trial *trial, const char **names, size_t capacity) {
  size_t count = 0;
  for (size_t i = 0; i < trial->count; i++) {
    if (trial->lines[i]->status != HT_LINE_OK) continue;
    for (size_t k = 0; k < trial->lines[i]->curve_count; k++) {
      size_t at = 0;
      while (at < count && strcmp(names[at], trial->lines[i]->curves[k].name) != 0) at++;
      if (at == count && count < capacity) names[count++] = trial->lines[i]->curves[k].name;
    }
  }
  return count;
}

/* More curves in one trial than anybody would look at; their numbers are in the store. */
enum { MOST_CURVES = 12 };

static void put_trial(struct report *report, struct trial *trial, bool open) {
  static const char *const *const groups[] = {throughput_metrics, pause_metrics, space_metrics};
  const struct ht_line *line = trial->lines[0];
  fprintf(report->out, "<details class=\"workload\"%s><summary><h4>", open ? " open" : "");
  put_text(report, line->benchmark);
  fputs("</h4> <span>", report->out);
  put_settings(report, line);
  fputs("</span></summary>\n<div class=\"cards\" id=\"", report->out);
  put_trial_anchor(report, line);
  fputs("\">\n", report->out);
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
    const char *metric = first_metric(trial->lines, trial->count, groups[i]);
    if (metric) put_card(report, trial, metric);
  }
  const char *names[MOST_CURVES];
  size_t count = curve_names(trial, names, MOST_CURVES);
  for (size_t i = 0; i < count; i++) put_curve_card(report, trial->lines, trial->count, names[i]);
  fputs("</div>\n", report->out);
  put_all_measures(report, trial->lines, trial->count);
  fputs("</details>\n", report->out);
}

/* With more trials than this only their names are shown at first. */
enum { MOST_OPEN = 8 };

void put_benchmarks(struct report *report) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  struct trial trial = {0};
  if (lines->line_count == 0) return;
  trial.rows = calloc(report->heap_count + 1, sizeof *trial.rows);
  if (!trial.rows) {
    report->no_memory = true;
    return;
  }
  fputs("<section>\n", report->out);
  put_heading(report, 2, "benchmarks", "Workloads");
  fputs("<p class=\"lead\">A dot is a sample, the upright line their median, the band its 95 % interval. A "
        "sample is a process. CPU time decides; a run that crashed, ran out of time or lost its checksum has "
        "no time.</p>\n",
        report->out);
  const char *benchmark = NULL;
  bool open = trial_count(report) <= MOST_OPEN;
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    trial.lines = lines->lines + begin;
    trial.count = end - begin;
    if (!benchmark || strcmp(benchmark, trial.lines[0]->benchmark) != 0) {
      if (benchmark) fputs("</div>\n", report->out);
      benchmark = trial.lines[0]->benchmark;
      fputs("<div class=\"group\">\n", report->out);
      char anchor[160];
      snprintf(anchor, sizeof anchor, "of-%s", benchmark);
      put_heading(report, 3, anchor, benchmark);
    }
    put_trial(report, &trial, open);
  }
  fputs("</div>\n</section>\n", report->out);
  free(trial.rows);
}
