/* The grid: a row a workload, a column a heap, the four measures in each cell. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

/* Steps of the colour behind a cell, by how often the heap does the reference's work in its time. Slower and
 * faster are told by an arrow too. */
static const struct {
  double from;
  const char *class;
} shades[] = {{4, "f3"}, {2, "f2"}, {1.1, "f1"}, {1 / 1.1, "f0"}, {0.5, "s1"}, {0.25, "s2"}, {0, "s3"}};

static const char *shade(const struct ht_ratio *speed) {
  /* What the interval leaves open is no difference. */
  if (isnan(speed->ratio) || (speed->interval.known && speed->interval.low <= 1 && speed->interval.high >= 1))
    return "f0";
  size_t at = 0;
  while (speed->ratio < shades[at].from) at++;
  return shades[at].class;
}

/* What happened in the runs of a cell. */
struct runs {
  size_t count, failed;
  const struct ht_line *failure;
};

static struct runs count_runs(const struct report *report, struct ht_line *const *lines, size_t count,
                              const struct heap *heap) {
  struct runs runs = {0};
  for (size_t i = 0; i < count; i++) {
    if (heap_of(report, lines[i]) != heap) continue;
    runs.count++;
    if (lines[i]->status == HT_LINE_OK) continue;
    runs.failed++;
    runs.failure = lines[i];
  }
  return runs;
}

/* Safety: that all runs ended well, with the checksum that every heap has to reach. */
static void put_runs(struct report *report, const struct runs *runs) {
  if (runs->failed == 0) {
    fprintf(report->out, "<small class=\"ok\">\u2713 %zu run%s</small>", runs->count,
            runs->count == 1 ? "" : "s");
    return;
  }
  fprintf(report->out, "<small class=\"%s\" title=\"",
          runs->failure->status == HT_LINE_NO_VERDICT ? "soft" : "wrong");
  put_text(report, runs->failure->reason);
  fprintf(report->out, "\">%s %zu of %zu ", runs->failure->status == HT_LINE_NO_VERDICT ? "\u2013" : "\u2717",
          runs->failed, runs->count);
  put_text(report, ht_line_status_name(runs->failure->status));
  fputs("</small>", report->out);
}

static void put_measure(struct report *report, struct ht_line *const *lines, size_t count,
                        const struct heap *heap, const char *const *metrics, const char *name) {
  char text[NUMBER_TEXT];
  for (; *metrics; metrics++) {
    struct summary summary = summarise(report, lines, count, heap, *metrics);
    if (summary.value_count) {
      fprintf(report->out, "<small><i>%s</i> %s</small>", name,
              quantity_text(text, summary.median, summary.unit));
      summary_free(&summary);
      return;
    }
    summary_free(&summary);
  }
}

static void put_throughput(struct report *report, struct ht_line *const *lines, size_t count,
                           const struct heap *heap, const struct ht_ratio *speed) {
  char text[NUMBER_TEXT];
  const char *metric = first_metric(lines, count, throughput_metrics);
  if (!isnan(speed->ratio)) {
    const char *class = shade(speed);
    fprintf(report->out, "<b>%s%s</b>", quantity_text(text, speed->ratio, "ratio"),
            class[0] == 's'   ? " <i>\u25be</i>"
            : class[1] != '0' ? " <i>\u25b4</i>"
                              : "");
    return;
  }
  if (!metric) return;
  struct summary summary = summarise(report, lines, count, heap, metric);
  if (summary.value_count)
    fprintf(report->out, "<b>%s</b>", quantity_text(text, summary.median, summary.unit));
  summary_free(&summary);
}

static void put_cell(struct report *report, struct ht_line *const *lines, size_t count,
                     const struct heap *heap) {
  struct runs runs = count_runs(report, lines, count, heap);
  if (runs.count == 0) {
    fprintf(report->out, "<td data-heap=\"%u\" class=\"soft\">\u2014</td>", heap->number);
    return;
  }
  struct ht_ratio speed = relative_speed(report, lines, count, heap, reference_heap(report), true);
  fprintf(report->out, "<td data-heap=\"%u\" class=\"%s\"", heap->number,
          runs.count == runs.failed ? "s0" : shade(&speed));
  if (!isnan(speed.ratio)) fprintf(report->out, " data-value=\"%.6g\"", speed.ratio);
  fputs("><a href=\"#", report->out);
  put_trial_anchor(report, lines[0]);
  fputs("\">", report->out);
  if (runs.count > runs.failed) {
    put_throughput(report, lines, count, heap, &speed);
    put_measure(report, lines, count, heap, pause_metrics, "pause");
    put_measure(report, lines, count, heap, space_metrics, "space");
  }
  put_runs(report, &runs);
  fputs("</a></td>", report->out);
}

static void put_row(struct report *report, struct ht_line *const *lines, size_t count) {
  fputs("<tr><th scope=\"row\"><a href=\"#", report->out);
  put_trial_anchor(report, lines[0]);
  fputs("\">", report->out);
  put_text(report, lines[0]->benchmark);
  fputs("<small>", report->out);
  put_settings(report, lines[0]);
  fputs("</small></a></th>", report->out);
  for (size_t i = 0; i < report->heap_count; i++) put_cell(report, lines, count, &report->heaps[i]);
  fputs("</tr>\n", report->out);
}

void put_grid(struct report *report) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  const struct heap *reference = reference_heap(report);
  if (lines->line_count == 0) return;
  put_heading(report, 3, "grid", "Heaps and workloads");
  fputs("<p class=\"lead\">", report->out);
  if (reference) {
    fputs("Large: work done in the CPU time in which ", report->out);
    put_heap(report, reference);
    fputs(" does it once; \u25b4 is more, \u25be less, without an arrow the interval leaves it open or it is "
          "within a tenth. ",
          report->out);
  } else {
    fputs("Large: time. ", report->out);
  }
  fputs("Then the longest pause, resident over live memory (or the peak), and whether every run ended well "
        "with its checksum. A cell leads to its details.</p>\n"
        "<div class=\"card scroll tall\" tabindex=\"0\"><table class=\"grid sortable\"><caption>Heaps and "
        "workloads</caption>\n<thead><tr><th scope=\"col\">Workload</th>",
        report->out);
  for (size_t i = 0; i < report->heap_count; i++) {
    fprintf(report->out, "<th scope=\"col\" data-heap=\"%u\">", report->heaps[i].number);
    fputs("<span class=\"name\">", report->out);
    put_swatch(report, &report->heaps[i]);
    put_heap(report, &report->heaps[i]);
    fputs("</span>", report->out);
    put_safety_badge(report, &report->heaps[i]);
    fputs("</th>", report->out);
  }
  fputs("</tr></thead>\n<tbody>\n", report->out);
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    put_row(report, lines->lines + begin, end - begin);
  }
  fputs("</tbody></table></div>\n", report->out);
}
