/* A drawing: a row a heap, every sample a dot, the median a line, its interval a band. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

/* In units of the view box, which is scaled to the card's width. */
#define WIDTH 480.0
#define LABELS 142.0 /* left of the dots */
#define VALUES 84.0  /* right of them */
#define ROW 32.0
#define TOP 6.0
#define AXIS 46.0 /* below the rows: ticks and the axis' name */
#define RADIUS 3.0
#define SPREAD 16.0 /* height over which dots of a row are scattered */

void put_coordinate(struct report *report, double place) {
  double tenths = round(place * 10);
  if (fmod(tenths, 10) == 0)
    fprintf(report->out, "%.0f", tenths == 0 ? 0.0 : tenths / 10);
  else
    fprintf(report->out, "%.1f", tenths / 10);
}

static bool make_axis(struct axis *axis, const struct drawn_row *rows, size_t count) {
  double low = INFINITY, high = -INFINITY;
  const char *unit = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct summary *summary = rows[i].summary;
    for (size_t k = 0; summary && k < summary->dot_count; k++) {
      low = fmin(low, summary->dots[k]);
      high = fmax(high, summary->dots[k]);
    }
    if (summary && summary->unit) unit = summary->unit;
  }
  if (!unit || low > high) return false;
  *axis = (struct axis){.begin = LABELS, .end = WIDTH - VALUES};
  axis_fit(axis, axis_kind_for(low, high), low, high, unit);
  return true;
}

static void put_axis(struct report *report, const struct axis *axis, const char *metric,
                     enum ht_line_better better, double bottom) {
  double ticks[AXIS_TICKS];
  size_t count = axis_ticks(axis, ticks);
  char text[NUMBER_TEXT];
  for (size_t i = 0; i < count; i++) {
    double x = axis_place(axis, ticks[i]);
    fprintf(report->out,
            "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
            "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
            x, TOP, x, bottom, x, bottom + 17, axis_tick_text(axis, ticks[i], text));
  }
  const char *words = better_text(better);
  fprintf(report->out,
          "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
          "<text class=\"tick axis-name\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
          LABELS, bottom, WIDTH - VALUES, bottom, WIDTH, bottom + 37);
  put_axis_name(report, axis, metric_title(metric));
  fprintf(report->out, "%s%s</text>\n", *words ? " \u2014 " : "", words);
}

/* Where a dot stands above or below its row's line: spread evenly and the same in every report, for a random
 * scatter would make two reports of the same samples differ. */
static double scatter(size_t number) {
  double golden = 0.6180339887498949;
  return (fmod(((double)number + 0.5) * golden, 1) - 0.5) * SPREAD;
}

/* Characters of a label that fit left of the dots; the whole one is in its title. */
#define LABEL_CHARACTERS 18

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
  fprintf(report->out, "<text x=\"0\" y=\"%.1f\">", y + 4.5);
  if (!fits) {
    fputs("<title>", report->out);
    put_text(report, row->label);
    fputs("</title>", report->out);
  }
  put_text(report, fits ? row->label : cut);
  fputs("</text>\n", report->out);
}

static void put_samples(struct report *report, const struct axis *axis, const struct drawn_row *row,
                        double y) {
  char text[NUMBER_TEXT];
  const struct summary *summary = row->summary;
  if (summary->interval.known)
    fprintf(report->out, "<line class=\"interval k%u\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
            row->colour, axis_place(axis, summary->interval.low), y,
            fmax(axis_place(axis, summary->interval.high), axis_place(axis, summary->interval.low) + 1), y);
  for (size_t i = 0; i < summary->dot_count; i++)
    fprintf(report->out,
            "<circle class=\"k%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\"><title>%s</title></circle>",
            row->colour, axis_place(axis, summary->dots[i]), y + scatter(i), RADIUS,
            quantity_text(text, summary->dots[i], summary->unit));
  double x = axis_place(axis, summary->median);
  fprintf(report->out,
          "<line class=\"median k%u\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
          "<text class=\"value\" x=\"%.0f\" y=\"%.1f\">%s</text>\n",
          row->colour, x, y - SPREAD / 2 - 3, x, y + SPREAD / 2 + 3, WIDTH, y + 4.5,
          quantity_text(text, summary->median, summary->unit));
}

static void put_row(struct report *report, const struct axis *axis, const struct drawn_row *row, double y) {
  if (row->heap)
    fprintf(report->out, "<g data-heap=\"%u\">", row->heap->number);
  else
    fputs("<g>", report->out);
  put_label(report, row, y);
  if (row->summary && row->summary->dot_count) {
    put_samples(report, axis, row, y);
  } else {
    fprintf(report->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", LABELS + 4, y + 4.5);
    put_text(report, row->note ? row->note : "");
    fputs("</text>\n", report->out);
  }
  fputs("</g>", report->out);
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
