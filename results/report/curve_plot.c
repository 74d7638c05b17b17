/* The drawing of curves: a line a heap, told by colour, dash and marker, in a band over its processes. */
#include <math.h>

#include "results/report/report_internal.h"

/* In units of the view box. */
#define WIDTH 480.0
#define HEIGHT 290.0
#define LEFT 52.0
#define RIGHT 14.0
#define TOP 26.0
#define BOTTOM 46.0
#define SWATCH_WIDTH 34.0
#define SWATCH_HEIGHT 12.0

enum { MARKERS_A_LINE = 6 };

/* Around the point that the path stands on. */
static const char *const markers[MARKERS] = {
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
    "m-2.8-2.8h5.6v5.6h-5.6z",
    "m0-4l3.8 6.6h-7.6z",
    "m0-4.2l3.6 4.2l-3.6 4.2l-3.6-4.2z",
    "m0 4l3.8-6.6h-7.6z",
    "m-1.2-4h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8v-2.4h2.8z",
    "m-3.6-3.4l7.2 6.8v-6.8l-7.2 6.8z",
};

void curve_plot_room(struct axis *x, struct axis *y) {
  x->begin = LEFT;
  x->end = WIDTH - RIGHT;
  y->begin = HEIGHT - BOTTOM;
  y->end = TOP;
}

static void put_axes(struct report *report, const struct axis *x, const struct axis *y, const char *x_title,
                     const char *y_title) {
  double ticks[AXIS_TICKS];
  char text[NUMBER_TEXT];
  size_t count = axis_ticks(y, ticks);
  for (size_t i = 0; i < count; i++) {
    double at = axis_place(y, ticks[i]);
    fprintf(report->out,
            "<line class=\"grid\" x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\"/>"
            "<text class=\"tick\" x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            LEFT, at, WIDTH - RIGHT, at, LEFT - 7, at + 4.3, axis_tick_text(y, ticks[i], text));
  }
  count = axis_ticks(x, ticks);
  for (size_t i = 0; i < count; i++) {
    double at = axis_place(x, ticks[i]);
    fprintf(report->out,
            "<line class=\"axis\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\"/>"
            "<text class=\"tick\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>\n",
            at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 4, at, HEIGHT - BOTTOM + 17,
            axis_tick_text(x, ticks[i], text));
  }
  fprintf(report->out,
          "<line class=\"axis\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"/>"
          "<text class=\"tick axis-name\" x=\"0\" y=\"12\">",
          LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
  put_axis_name(report, y, y_title);
  fprintf(report->out, "</text>\n<text class=\"tick axis-name\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">",
          WIDTH - RIGHT, HEIGHT - 8);
  put_axis_name(report, x, x_title);
  fputs("</text>\n", report->out);
}

static void put_point(struct report *report, const struct axis *x, const struct axis *y, double at,
                      double value) {
  put_coordinate(report, axis_place(x, at));
  fputc(' ', report->out);
  put_coordinate(report, axis_place(y, value));
}

/* A band only where the processes, or the points between two places, differ visibly. */
static void put_band(struct report *report, const struct axis *x, const struct axis *y,
                     const struct curve_summary *curve) {
  bool visible = false;
  for (size_t i = 0; i < curve->count; i++)
    visible |= fabs(axis_place(y, curve->high[i]) - axis_place(y, curve->low[i])) > 1;
  if (!visible || curve->count < 2) return;
  fprintf(report->out, "<path class=\"band k%u\" d=\"", curve->heap->number % COLOURS);
  for (size_t i = 0; i < curve->count; i++) {
    fputc(i ? 'L' : 'M', report->out);
    put_point(report, x, y, curve->x[i], curve->high[i]);
  }
  for (size_t i = curve->count; i-- > 0;) {
    fputc('L', report->out);
    put_point(report, x, y, curve->x[i], curve->low[i]);
  }
  fputs("z\"/>\n", report->out);
}

static void put_markers(struct report *report, const struct axis *x, const struct axis *y,
                        const struct curve_summary *curve) {
  char x_text[NUMBER_TEXT], y_text[NUMBER_TEXT];
  /* Each heap has its markers at other places, so that lines that lie on each other still show both. */
  double step = (x->end - x->begin) / MARKERS_A_LINE;
  double next = x->begin + step * (0.15 + 0.7 * fmod(curve->heap->number * 0.618, 1));
  for (size_t i = 0; i < curve->count; i++) {
    double at = axis_place(x, curve->x[i]);
    bool only = i + 1 == curve->count && next < x->begin + step;
    if (at < next && !only) continue;
    while (next <= at) next += step;
    fprintf(report->out, "<path class=\"marker k%u\" d=\"M", curve->heap->number % COLOURS);
    put_point(report, x, y, curve->x[i], curve->middle[i]);
    fprintf(report->out, "%s\"><title>", markers[curve->heap->number % MARKERS]);
    put_heap(report, curve->heap);
    fputs(": ", report->out);
    put_text(report, axis_text(y, curve->middle[i], y_text));
    fputs(" at ", report->out);
    put_text(report, axis_text(x, curve->x[i], x_text));
    fputs("</title></path>\n", report->out);
  }
}

static void put_line(struct report *report, const struct axis *x, const struct axis *y,
                     const struct curve_summary *curve) {
  fprintf(report->out, "<path class=\"curve k%u d%u\" d=\"", curve->heap->number % COLOURS,
          curve->heap->number % DASHES);
  for (size_t i = 0; i < curve->count; i++) {
    fputc(i ? 'L' : 'M', report->out);
    put_point(report, x, y, curve->x[i], curve->middle[i]);
  }
  fputs("\"/>\n", report->out);
}

void draw_curves(struct report *report, const char *title, const struct axis *x, const struct axis *y,
                 const char *x_title, const char *y_title, const struct curve_summary *curves, size_t count) {
  fprintf(report->out, "<svg class=\"drawing\" role=\"img\" viewBox=\"0 0 %.0f %.0f\" aria-label=\"", WIDTH,
          HEIGHT);
  put_text(report, title);
  fputs(", a line a heap; the numbers are in the table below\">\n", report->out);
  put_axes(report, x, y, x_title, y_title);
  for (size_t i = 0; i < count; i++) {
    fprintf(report->out, "<g data-heap=\"%u\">", curves[i].heap->number);
    put_band(report, x, y, &curves[i]);
    put_line(report, x, y, &curves[i]);
    put_markers(report, x, y, &curves[i]);
    fputs("</g>", report->out);
  }
  fputs("</svg>\n", report->out);
}

void put_swatch(struct report *report, const struct heap *heap) {
  fprintf(report->out,
          "<svg class=\"swatch\" viewBox=\"0 0 %.0f %.0f\" aria-hidden=\"true\"><path class=\"curve k%u "
          "d%u\" d=\"M1 6H33\"/><path class=\"marker k%u\" d=\"M17 6%s\"/></svg>",
          SWATCH_WIDTH, SWATCH_HEIGHT, heap->number % COLOURS, heap->number % DASHES, heap->number % COLOURS,
          markers[heap->number % MARKERS]);
}
