/* A card a curve: the drawing, its legend, and the table behind it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

/* What is known of a curve by its name; others are drawn under their own. */
struct words {
  const char *name, *title, *x_title, *y_title, *about;
  /* WINDOWS: as short as one likes, and what holds of the shortest that was looked at holds of all below it.
   * OF_PERCENTILES: x is n where one value in n is larger. */
  enum { FITTING, FROM_ZERO, WINDOWS, OF_PERCENTILES } x_axis;
};

static struct words words_of(const char *name) {
  static const struct words known[] = {
      {"resident", "Resident memory over time", "Time", "Resident memory", "What the process has in memory.",
       FROM_ZERO},
      {"utilisation", "Minimum mutator utilisation", "Window", "Mutators\u2019 share of the window",
       "Of all windows of a length the worst: how much of it the mutators had.", WINDOWS},
      {"pause", "Pauses", "Percentile", "Pause", "So many percent of the pauses were no longer.",
       OF_PERCENTILES},
      {"latency", "Latency", "Percentile", "Latency", "So many percent of the operations took no longer.",
       OF_PERCENTILES},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(known[i].name, name) == 0) return known[i];
  return (struct words){name, name, "", name, "", FITTING};
}

/* Both axes over the curves of all heaps; false if no line that ran well has it. */
static bool fit_axes(struct ht_line *const *lines, size_t count, const struct words *words, struct axis *x,
                     struct axis *y) {
  const struct ht_line_curve *first = NULL;
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (size_t i = 0; i < count; i++) {
    if (lines[i]->status != HT_LINE_OK) continue;
    const struct ht_line_curve *curve = ht_line_find_curve(lines[i], words->name);
    if (!curve) continue;
    if (!first) first = curve;
    if (strcmp(curve->x_unit, first->x_unit) != 0 || strcmp(curve->y_unit, first->y_unit) != 0) continue;
    low[0] = fmin(low[0], curve->x[0]);
    high[0] = fmax(high[0], curve->x[curve->count - 1]);
    for (size_t k = 0; k < curve->count; k++) {
      low[1] = fmin(low[1], curve->y[k]);
      high[1] = fmax(high[1], curve->y[k]);
    }
  }
  if (!first) return false;
  enum axis_kind kind = words->x_axis == FROM_ZERO ? AXIS_LINEAR : axis_kind_for(low[0], high[0]);
  if (words->x_axis == OF_PERCENTILES && low[0] >= 1) {
    kind = AXIS_PERCENTILE;
    low[0] = 1;
  }
  axis_fit(x, kind, low[0], high[0], first->x_unit);
  /* A share is read against nothing and all, wherever the measured ones lie. */
  bool share = strcmp(first->y_unit, "ratio") == 0 && low[1] >= 0 && high[1] <= 1;
  axis_fit(y, share ? AXIS_LINEAR : axis_kind_for(low[1], high[1]), share ? 0 : low[1], share ? 1 : high[1],
           share ? "" : first->y_unit);
  return true;
}

static void put_legend(struct report *report, const struct curve_summary *curves, size_t count) {
  fputs("<ul class=\"legend\">", report->out);
  for (size_t i = 0; i < count; i++) {
    fprintf(report->out, "<li data-heap=\"%u\">", curves[i].heap->number);
    put_swatch(report, curves[i].heap);
    put_heap(report, curves[i].heap);
    fputs("</li>", report->out);
  }
  fputs("</ul>\n", report->out);
}

/* A row a tick of the x axis: what was measured there or next after it. */
static void put_table(struct report *report, const struct axis *x, const struct axis *y, const char *x_title,
                      const struct curve_summary *curves, size_t count) {
  double ticks[AXIS_TICKS];
  char text[NUMBER_TEXT];
  fputs("<details><summary>The numbers</summary><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th "
        "scope=\"col\" class=\"number\">",
        report->out);
  put_text(report, *x_title ? x_title : "x");
  fputs("</th>", report->out);
  for (size_t i = 0; i < count; i++) {
    fputs("<th scope=\"col\" class=\"number\">", report->out);
    put_heap(report, curves[i].heap);
    fprintf(report->out, "<small>%zu process%s</small></th>", curves[i].processes,
            curves[i].processes == 1 ? "" : "es");
  }
  fputs("</tr></thead>\n<tbody>\n", report->out);
  size_t tick_count = axis_ticks(x, ticks);
  for (size_t k = 0; k < tick_count; k++) {
    fputs("<tr><th scope=\"row\" class=\"number\">", report->out);
    put_text(report, axis_text(x, ticks[k], text));
    fputs("</th>", report->out);
    for (size_t i = 0; i < count; i++) {
      size_t at = curve_at(&curves[i], ticks[k]);
      fputs("<td class=\"number\">", report->out);
      put_text(report, at < curves[i].count ? axis_text(y, curves[i].middle[at], text) : "\u2014");
      fputs("</td>", report->out);
    }
    fputs("</tr>\n", report->out);
  }
  fputs("</tbody></table></div></details>\n", report->out);
}

/* The numbers for the chart that can be zoomed: scaled, and with no words, so that nothing in it needs
 * escaping. */
static void put_data(struct report *report, const struct axis *x, const struct axis *y,
                     const struct curve_summary *curves, size_t count) {
  if (!*report_charts) return;
  fputs("<script type=\"application/json\">[", report->out);
  for (size_t i = 0; i < count; i++) {
    fprintf(report->out, "%s[%u,[", i ? "," : "", curves[i].heap->number);
    for (size_t k = 0; k < curves[i].count; k++)
      fprintf(report->out, "%s%.6g", k ? "," : "", curves[i].x[k] / x->scale.divisor);
    fputs("],[", report->out);
    for (size_t k = 0; k < curves[i].count; k++)
      fprintf(report->out, "%s%.4g", k ? "," : "", curves[i].middle[k] / y->scale.divisor);
    fputs("]]", report->out);
  }
  fputs("]</script>\n", report->out);
}

static void put_attribute(struct report *report, const char *name, const char *value) {
  fprintf(report->out, " data-%s=\"", name);
  put_text(report, value);
  fputc('"', report->out);
}

static void put_card(struct report *report, const struct words *words, const struct axis *x,
                     const struct axis *y, const struct curve_summary *curves, size_t count) {
  static const char *const kinds[] = {
      [AXIS_LINEAR] = "linear", [AXIS_LOGARITHMIC] = "logarithmic", [AXIS_PERCENTILE] = "percentile"};
  bool several = false;
  for (size_t i = 0; i < count; i++) several |= curves[i].processes > 1;
  fputs("<article class=\"card curves\"", report->out);
  put_attribute(report, "x", words->x_title);
  put_attribute(report, "x-unit", x->kind == AXIS_PERCENTILE ? "" : x->scale.unit);
  put_attribute(report, "x-kind", kinds[x->kind]);
  put_attribute(report, "y", words->y_title);
  put_attribute(report, "y-unit", y->scale.unit);
  put_attribute(report, "y-kind", kinds[y->kind]);
  fputs(">\n<h5>", report->out);
  put_text(report, words->title);
  fputs("</h5><p>", report->out);
  put_text(report, words->about);
  fprintf(report->out, "%s</p>\n", several ? " Line: median of the processes; band: their range." : "");
  fputs("<div class=\"plot\">\n", report->out);
  draw_curves(report, words->title, x, y, words->x_title, words->y_title, curves, count);
  fputs("</div>\n", report->out);
  put_legend(report, curves, count);
  put_table(report, x, y, words->x_title, curves, count);
  put_data(report, x, y, curves, count);
  fputs("</article>\n", report->out);
}

void put_curve_card(struct report *report, struct ht_line *const *lines, size_t count, const char *name) {
  struct axis x, y;
  struct words words = words_of(name);
  if (!fit_axes(lines, count, &words, &x, &y)) return;
  curve_plot_room(&x, &y);
  struct curve_summary *curves = calloc(report->heap_count + 1, sizeof *curves);
  size_t drawn = 0;
  if (!curves) {
    report->no_memory = true;
    return;
  }
  for (size_t i = 0; i < report->heap_count; i++) {
    curves[drawn] =
        curve_summarise(report, lines, count, &report->heaps[i], name, &x, words.x_axis == WINDOWS);
    if (curves[drawn].count)
      drawn++;
    else
      curve_summary_free(&curves[drawn]);
  }
  put_card(report, &words, &x, &y, curves, drawn);
  for (size_t i = 0; i < drawn; i++) curve_summary_free(&curves[i]);
  free(curves);
}
