/* A drawing: a row a heap, every sample a dot, the median a line, its interval a band. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

/* In units of the view box, which is scaled to the card's width. */
#define WIDTH 640.0
#define LABELS 205.0 /* left of the dots */
#define VALUES 96.0  /* right of them */
#define ROW 36.0
#define TOP 6.0
#define AXIS 46.0 /* below the rows: ticks and the axis' name */
#define RADIUS 3.2
#define SPREAD 18.0 /* height over which dots of a row are scattered */

/* Beyond this ratio of largest to smallest a linear axis presses the small ones together. */
#define LOG_FROM 30.0
#define TICKS 5

struct axis {
  double low, high; /* as drawn, in the scaled unit */
  bool logarithmic;
  struct scale scale;
};

static double place(const struct axis *axis, double value) {
  double scaled = value / axis->scale.divisor, fraction;
  if (axis->logarithmic)
    fraction = log(scaled / axis->low) / log(axis->high / axis->low);
  else
    fraction = (scaled - axis->low) / (axis->high - axis->low);
  return LABELS + fraction * (WIDTH - LABELS - VALUES);
}

static void widen(double value, double *low, double *high) {
  *low = fmin(*low, value);
  *high = fmax(*high, value);
}

/* 1, 2 or 5 times a power of ten, at least `step`. */
static double round_up(double step) {
  double power = pow(10, floor(log10(step)));
  double rest = step / power;
  return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static double linear_step(const struct axis *axis) {
  return round_up((axis->high - axis->low) / TICKS);
}

static bool make_axis(struct axis *axis, const struct drawn_row *rows, size_t count) {
  double low = INFINITY, high = -INFINITY;
  const char *unit = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct summary *summary = rows[i].summary;
    for (size_t k = 0; summary && k < summary->dot_count; k++) widen(summary->dots[k], &low, &high);
    if (summary && summary->unit) unit = summary->unit;
  }
  if (!unit || low > high) return false;
  axis->scale = scale_of(high, unit);
  axis->low = low / axis->scale.divisor;
  axis->high = high / axis->scale.divisor;
  axis->logarithmic = axis->low > 0 && axis->high / axis->low > LOG_FROM;
  if (axis->logarithmic) {
    axis->low = pow(10, floor(log10(axis->low)));
    axis->high = pow(10, ceil(log10(axis->high * 1.0001)));
    return true;
  }
  /* Lengths on a linear axis are compared from zero. */
  axis->low = fmin(axis->low, 0);
  if (axis->high <= axis->low) axis->high = axis->low + 1;
  double step = linear_step(axis);
  axis->high = step * ceil(axis->high / step);
  axis->low = step * floor(axis->low / step);
  return true;
}

static void put_tick(struct report *report, const struct axis *axis, double value, double bottom) {
  char text[NUMBER_TEXT];
  double x = place(axis, value * axis->scale.divisor);
  /* Ticks are round numbers: no zeros to fill them up. */
  const char *label = text;
  if (fabs(value) < 1e4)
    snprintf(text, sizeof text, "%.4g", value);
  else
    label = number_text(text, value);
  fprintf(report->out,
          "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
          "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
          x, TOP, x, bottom, x, bottom + 17, label);
}

static void put_axis(struct report *report, const struct axis *axis, const char *metric,
                     enum ht_line_better better, double bottom) {
  if (axis->logarithmic) {
    double decades = log10(axis->high / axis->low);
    double factor = pow(10, ceil(decades / 6));
    for (double value = axis->low; value <= axis->high * 1.001; value *= factor)
      put_tick(report, axis, value, bottom);
  } else {
    double step = linear_step(axis);
    long ticks = lround((axis->high - axis->low) / step);
    for (long i = 0; i <= ticks; i++) put_tick(report, axis, axis->low + step * (double)i, bottom);
  }
  const char *words = better_text(better);
  fprintf(report->out,
          "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
          "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
          LABELS, bottom, WIDTH - VALUES, bottom, (LABELS + WIDTH - VALUES) / 2, bottom + 36);
  put_text(report, metric_title(metric));
  if (*axis->scale.unit) fprintf(report->out, ", in ");
  put_text(report, axis->scale.unit);
  fprintf(report->out, "%s%s%s</text>\n", axis->logarithmic ? ", logarithmic" : "", *words ? " \u2014 " : "",
          words);
}

/* Where a dot stands above or below its row's line: spread evenly and the same in every report, for a random
 * scatter would make two reports of the same samples differ. */
static double scatter(size_t number) {
  double golden = 0.6180339887498949;
  return (fmod(((double)number + 0.5) * golden, 1) - 0.5) * SPREAD;
}

/* Characters of a label that fit left of the dots; the whole one is in its title. */
#define LABEL_CHARACTERS 28

static void put_label(struct report *report, const struct drawn_row *row, double y) {
  char cut[4 * LABEL_CHARACTERS + sizeof "\u2026"];
  size_t characters = 0, end = 0;
  for (const char *at = row->label; *at; at++) {
    /* A byte that begins a character, not one that continues it. */
    if (((unsigned char)*at & 0xc0) == 0x80) continue;
    if (++characters == LABEL_CHARACTERS) end = (size_t)(at - row->label);
  }
  bool fits = characters <= LABEL_CHARACTERS;
  if (!fits) snprintf(cut, sizeof cut, "%.*s\u2026", (int)end, row->label);
  fprintf(report->out, "<text x=\"0\" y=\"%.1f\"><title>", y + 4.5);
  put_text(report, row->label);
  fputs("</title>", report->out);
  put_text(report, fits ? row->label : cut);
  fputs("</text>\n", report->out);
}

static void put_row(struct report *report, const struct axis *axis, const struct drawn_row *row, double y) {
  char text[NUMBER_TEXT];
  const struct summary *summary = row->summary;
  put_label(report, row, y);
  if (!summary || summary->dot_count == 0) {
    fprintf(report->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", LABELS + 4, y + 4.5);
    put_text(report, row->note ? row->note : "");
    fputs("</text>\n", report->out);
    return;
  }
  if (summary->interval.known)
    fprintf(report->out, "<line class=\"interval k%u\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
            row->colour, place(axis, summary->interval.low), y,
            fmax(place(axis, summary->interval.high), place(axis, summary->interval.low) + 1), y);
  for (size_t i = 0; i < summary->dot_count; i++)
    fprintf(report->out,
            "<circle class=\"k%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>",
            row->colour, place(axis, summary->dots[i]), y + scatter(i), RADIUS,
            quantity_text(text, summary->dots[i], summary->unit));
  double x = place(axis, summary->median);
  fprintf(report->out,
          "<line class=\"median k%u\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
          "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
          row->colour, x, y - SPREAD / 2 - 3, x, y + SPREAD / 2 + 3, WIDTH, y + 4.5,
          quantity_text(text, summary->median, summary->unit));
}

void draw_rows(struct report *report, const char *metric, const struct drawn_row *rows, size_t count) {
  struct axis axis;
  enum ht_line_better better = HT_LINE_NONE;
  if (!make_axis(&axis, rows, count)) return;
  for (size_t i = 0; i < count; i++)
    if (rows[i].summary && rows[i].summary->unit) better = rows[i].summary->better;
  double bottom = TOP + ROW * (double)count;
  fprintf(report->out, "<svg class=\"drawing\" role=\"img\" viewBox=\"0 0 %.0f %.0f\" aria-label=\"", WIDTH,
          bottom + AXIS);
  put_text(report, metric_title(metric));
  fputs(", every sample a dot; the numbers are in the table below\">\n", report->out);
  put_axis(report, &axis, metric, better, bottom);
  for (size_t i = 0; i < count; i++) put_row(report, &axis, &rows[i], TOP + ROW * ((double)i + 0.5));
  fputs("</svg>\n", report->out);
}
