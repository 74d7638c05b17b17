/* Every measure of a trial, a row a measure, a column a heap: what has no drawing is here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

static void put_cell(struct report *report, struct ht_line *const *lines, size_t count,
                     const struct heap *heap, const char *metric) {
  char text[NUMBER_TEXT], other[NUMBER_TEXT];
  struct summary summary = summarise(report, lines, count, heap, metric);
  fprintf(report->out, "<td class=\"number\" data-heap=\"%u\">", heap->number);
  if (summary.value_count) {
    fputs(quantity_text(text, summary.median, summary.unit), report->out);
    if (summary.interval.known)
      fprintf(report->out, "<small>%s \u2013 %s</small>",
              quantity_text(text, summary.interval.low, summary.unit),
              quantity_text(other, summary.interval.high, summary.unit));
  } else {
    fputs("\u2014", report->out);
  }
  fputs("</td>", report->out);
  summary_free(&summary);
}

static bool took_part(const struct report *report, struct ht_line *const *lines, size_t count,
                      const struct heap *heap) {
  for (size_t i = 0; i < count; i++)
    if (heap_of(report, lines[i]) == heap && lines[i]->status == HT_LINE_OK) return true;
  return false;
}

/* True for the first measure of that name among the lines that ran well. */
static bool is_first(struct ht_line *const *lines, size_t at_line, size_t at_measure) {
  const char *metric = lines[at_line]->measures[at_measure].metric;
  for (size_t i = 0; i < at_line; i++)
    if (lines[i]->status == HT_LINE_OK && ht_line_find(lines[i], metric)) return false;
  return true;
}

void put_all_measures(struct report *report, struct ht_line *const *lines, size_t count) {
  fputs("<details class=\"all\"><summary>All measures</summary><div class=\"scroll\" tabindex=\"0\"><table>"
        "<thead><tr><th scope=\"col\">Median, interval</th>",
        report->out);
  for (size_t i = 0; i < report->heap_count; i++) {
    if (!took_part(report, lines, count, &report->heaps[i])) continue;
    fprintf(report->out, "<th scope=\"col\" class=\"number\" data-heap=\"%u\">", report->heaps[i].number);
    put_heap(report, &report->heaps[i]);
    fputs("</th>", report->out);
  }
  fputs("</tr></thead>\n<tbody>\n", report->out);
  for (size_t i = 0; i < count; i++) {
    if (lines[i]->status != HT_LINE_OK) continue;
    for (size_t k = 0; k < lines[i]->measure_count; k++) {
      if (!is_first(lines, i, k)) continue;
      const struct ht_line_measure *measure = &lines[i]->measures[k];
      fputs("<tr><th scope=\"row\">", report->out);
      put_text(report, metric_title(measure->metric));
      fprintf(report->out, "<small>%s</small></th>", better_text(measure->better));
      for (size_t h = 0; h < report->heap_count; h++)
        if (took_part(report, lines, count, &report->heaps[h]))
          put_cell(report, lines, count, &report->heaps[h], measure->metric);
      fputs("</tr>\n", report->out);
    }
  }
  fputs("</tbody></table></div></details>\n", report->out);
}
