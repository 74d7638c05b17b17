/* One row a heap: the four measures of a memory manager. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

#define BAR_WIDTH 150.0

/* What the trials say of a heap, over all its lines. */
struct safety {
  size_t broken, kept, silent; /* lines by verdict; silent: without one */
  double checks, findings;
};

static double total(const struct ht_line *line, const char *metric) {
  const struct ht_line_measure *measure = ht_line_find(line, metric);
  double sum = 0;
  for (size_t i = 0; measure && i < measure->sample_count; i++) sum += measure->samples[i];
  return sum;
}

static struct safety safety_of(const struct report *report, const struct heap *heap) {
  struct safety safety = {0};
  const struct ht_line_file *trials = &report->kinds[HT_LINE_TRIAL];
  for (size_t i = 0; i < trials->line_count; i++) {
    const struct ht_line *line = trials->lines[i];
    if (heap_of(report, line) != heap) continue;
    const char *verdict = ht_line_find_param(line, "verdict");
    if (verdict && strcmp(verdict, "broken") == 0)
      safety.broken++;
    else if (verdict && strcmp(verdict, "kept") == 0 && line->status == HT_LINE_OK)
      safety.kept++;
    else
      safety.silent++;
    safety.checks += total(line, "safety_checks");
    safety.findings += total(line, "safety_findings");
  }
  return safety;
}

void put_safety_badge(struct report *report, const struct heap *heap) {
  struct safety safety = safety_of(report, heap);
  if (safety.broken)
    fputs("<span class=\"badge bad\">\u2717 broken</span>", report->out);
  else if (safety.silent || !safety.kept)
    fprintf(report->out, "<span class=\"badge none\">\u2013 %s</span>",
            safety.silent ? "no verdict" : "not tried");
  else
    fputs("<span class=\"badge good\">\u2713 kept</span>", report->out);
}

static void put_safety(struct report *report, const struct heap *heap) {
  struct safety safety = safety_of(report, heap);
  char text[NUMBER_TEXT];
  fprintf(report->out, "<td data-value=\"%d\">", safety.broken ? 2 : safety.silent || !safety.kept ? 1 : 0);
  put_safety_badge(report, heap);
  if (safety.checks > 0) {
    fprintf(report->out, "<small>%s checks</small>", number_text(text, safety.checks));
    fprintf(report->out, "<small>%s finding%s</small>",
            safety.findings > 0 ? number_text(text, safety.findings) : "no", safety.findings == 1 ? "" : "s");
  }
  fputs("</td>", report->out);
}

/* Geometric mean of relative_speed over the trials that both ran. */
static double mean_speed(struct report *report, const struct heap *heap, const struct heap *reference,
                         size_t *benchmarks) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  double logarithms = 0;
  *benchmarks = 0;
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    double speed = relative_speed(report, lines->lines + begin, end - begin, heap, reference, false).ratio;
    if (!(speed > 0)) continue;
    logarithms += log(speed);
    ++*benchmarks;
  }
  return *benchmarks ? exp(logarithms / (double)*benchmarks) : NAN;
}

enum folding { LARGEST, GEOMETRIC_MEAN };

/* The medians of a metric over a heap's benchmarks, as one number; NAN if nothing measured it. */
static double fold(struct report *report, const struct heap *heap, const char *metric, enum folding folding,
                   const char **unit) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_BENCH];
  double largest = NAN, logarithms = 0;
  size_t count = 0;
  for (size_t begin = 0, end; begin < lines->line_count; begin = end) {
    end = trial_end(lines, begin);
    struct summary summary = summarise(report, lines->lines + begin, end - begin, heap, metric);
    if (summary.value_count && (folding == LARGEST || summary.median > 0)) {
      largest = fmax(largest, summary.median);
      if (folding == GEOMETRIC_MEAN) logarithms += log(summary.median);
      *unit = summary.unit;
      count++;
    }
    summary_free(&summary);
  }
  if (count == 0 || folding == LARGEST) return largest;
  return exp(logarithms / (double)count);
}

static void put_nothing(struct report *report, const char *why) {
  fprintf(report->out, "<td><span class=\"soft\">\u2014</span><small>%s</small></td>", why);
}

static void put_bar(struct report *report, const struct heap *heap, double fraction) {
  fprintf(
      report->out,
      "<svg class=\"bar\" viewBox=\"0 0 %.0f 6\" aria-hidden=\"true\"><rect class=\"back\" width=\"%.0f\" "
      "height=\"6\" rx=\"3\"/><rect class=\"k%u\" width=\"%.1f\" height=\"6\" rx=\"3\"/></svg>",
      BAR_WIDTH, BAR_WIDTH, heap->number % COLOURS, fmax(2, fmin(1, fraction) * BAR_WIDTH));
}

static void put_throughput(struct report *report, const struct heap *heap, double fastest) {
  const struct heap *reference = reference_heap(report);
  size_t benchmarks = 0;
  char text[NUMBER_TEXT];
  const char *unit = "";
  double speed = reference ? mean_speed(report, heap, reference, &benchmarks) : NAN;
  if (isnan(speed)) {
    put_nothing(report,
                reference ? "no benchmark in common with malloc" : "malloc was not measured beside it");
    return;
  }
  fprintf(report->out, "<td data-value=\"%.6g\"><span class=\"value\">%s</span>", speed,
          quantity_text(text, speed, "ratio"));
  put_bar(report, heap, speed / fastest);
  fprintf(report->out, "<small>over %zu benchmark%s</small>", benchmarks, benchmarks == 1 ? "" : "s");
  double share = fold(report, heap, "collector_share", LARGEST, &unit);
  if (!isnan(share))
    fprintf(report->out, "<small>collector up to %s %%</small>", number_text(text, 100 * share));
  fputs("</td>", report->out);
}

static void put_pause(struct report *report, const struct heap *heap) {
  const char *unit = "ns";
  char text[NUMBER_TEXT];
  double longest = fold(report, heap, "pause_max", LARGEST, &unit);
  if (isnan(longest)) {
    put_nothing(report, "none reported");
    return;
  }
  fprintf(report->out, "<td data-value=\"%.6g\"><span class=\"value\">%s</span><small>longest</small>",
          longest, quantity_text(text, longest, unit));
  double most = fold(report, heap, "pause_p99", LARGEST, &unit);
  if (!isnan(most)) fprintf(report->out, "<small>99 %% within %s</small>", quantity_text(text, most, unit));
  fputs("</td>", report->out);
}

static void put_space(struct report *report, const struct heap *heap, double most_space) {
  const char *unit = "ratio";
  char text[NUMBER_TEXT];
  double ratio = fold(report, heap, "resident_over_live", GEOMETRIC_MEAN, &unit);
  if (!isnan(ratio)) {
    fprintf(report->out, "<td data-value=\"%.6g\"><span class=\"value\">%s</span>", ratio,
            quantity_text(text, ratio, unit));
    put_bar(report, heap, ratio / most_space);
    fputs("<small>resident over live</small>", report->out);
  }
  double peak = fold(report, heap, "peak_resident", LARGEST, &unit);
  if (isnan(ratio) && isnan(peak)) {
    put_nothing(report, "not measured");
    return;
  }
  if (isnan(ratio))
    fprintf(report->out, "<td><span class=\"value\">%s</span><small>largest peak</small>",
            quantity_text(text, peak, unit));
  else if (!isnan(peak))
    fprintf(report->out, "<small>peak %s</small>", quantity_text(text, peak, unit));
  fputs("</td>", report->out);
}

void put_overview(struct report *report) {
  const struct heap *reference = reference_heap(report);
  double fastest = 0, most_space = 0;
  const char *unit;
  size_t benchmarks;
  fputs("<section>\n", report->out);
  put_heading(report, 2, "overview", "Overview");
  fputs("<p class=\"lead\">Safety: did every promise hold in every program tried. Throughput: work done in "
        "the CPU time "
        "in which ",
        report->out);
  if (reference)
    put_heap(report, reference);
  else
    fputs("malloc", report->out);
  fputs(" does it once, geometric mean; more is better. Pause: how long a mutator was stopped. Space: "
        "resident over "
        "live memory; less is better.</p>\n<div class=\"card scroll\" tabindex=\"0\"><table class=\"overview "
        "sortable\">"
        "<caption>The four measures of every heap</caption>\n<thead><tr>"
        "<th scope=\"col\">Heap</th><th scope=\"col\">Safety</th><th scope=\"col\">Throughput</th>"
        "<th scope=\"col\">Pause</th><th scope=\"col\">Space</th></tr></thead>\n<tbody>\n",
        report->out);
  for (size_t i = 0; i < report->heap_count; i++) {
    if (reference) fastest = fmax(fastest, mean_speed(report, &report->heaps[i], reference, &benchmarks));
    most_space =
        fmax(most_space, fold(report, &report->heaps[i], "resident_over_live", GEOMETRIC_MEAN, &unit));
  }
  for (size_t i = 0; i < report->heap_count; i++) {
    const struct heap *heap = &report->heaps[i];
    fprintf(report->out, "<tr data-heap=\"%u\"><th scope=\"row\">", heap->number);
    put_swatch(report, heap);
    put_heap(report, heap);
    fputs("</th>", report->out);
    put_safety(report, heap);
    put_throughput(report, heap, fastest);
    put_pause(report, heap);
    put_space(report, heap, most_space);
    fputs("</tr>\n", report->out);
  }
  fputs("</tbody></table></div>\n", report->out);
  put_grid(report);
  fputs("</section>\n", report->out);
}
