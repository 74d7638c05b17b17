/* Shared by the sources of results/report/ and by nobody else. */
#ifndef RESULTS_REPORT_REPORT_INTERNAL_H
#define RESULTS_REPORT_REPORT_INTERNAL_H

#include <stdio.h>

#include "results/report/report.h"
#include "results/stats/stats.h"

/* A heap under one variant: a row of the overview, and in every drawing a colour, a dash and a marker. Their
 * numbers share no divisor, so no two of the first 280 heaps look the same, and none is told by colour alone.
 */
struct heap {
  const char *name, *variant; /* of a line */
  unsigned number;            /* its place among the heaps */
};
#define COLOURS 8
#define MARKERS 7
#define DASHES 5

struct report {
  FILE *out;
  struct ht_line_file kinds[HT_LINE_TRIAL + 1]; /* by enum ht_line_kind, as ht_store_latest gives them */
  size_t heap_count;
  struct heap *heaps;
  struct ht_report_summary summary;
  size_t mutant_rows; /* heaps without a planted bug too */
  bool no_memory;     /* something is missing: the report must not be kept */
};

/* The samples of one metric of a group of lines. */
struct summary {
  size_t dot_count; /* every raw sample */
  double *dots;
  size_t value_count; /* what statistics are made of: one number a line, or the samples of an only line */
  double *values;
  const char *unit; /* NULL: no line measured it */
  enum ht_line_better better;
  double median;
  struct ht_interval interval;
};

/* A planted bug that survived is a failure, and a result. */
static inline bool has_no_result(const struct ht_line *line) {
  return line->status != HT_LINE_OK && !(line->kind == HT_LINE_MUTANT && line->status == HT_LINE_FAILED);
}

/* collect.c */
int collect(struct report *report, struct ht_store *store, char *error);
void forget(struct report *report);
const struct heap *heap_of(const struct report *report, const struct ht_line *line);
/* The end of the lines that begin at `begin` and try the same thing. */
size_t trial_end(const struct ht_line_file *lines, size_t begin);
/* How many trials there are among the benchmark lines. */
size_t trial_count(const struct report *report);
/* What others are compared with: the C library's malloc, if it was tried; else NULL. */
const struct heap *reference_heap(const struct report *report);
/* The first of `metrics` (NULL-terminated) that some good line of them has; NULL if none. */
const char *first_metric(struct ht_line *const *lines, size_t count, const char *const *metrics);
/* The four measures, each with what stands for it when it is missing; the metrics of one group are
 * alternatives. */
extern const char *const throughput_metrics[], *const pause_metrics[], *const space_metrics[];
/* How often the heap does in the reference's time what the reference does once, over the lines of one trial:
 * above 1 is faster. NAN if one of them has no time. The
 * interval is resampled, which takes a while. */
struct ht_ratio relative_speed(struct report *report, struct ht_line *const *lines, size_t count,
                               const struct heap *heap, const struct heap *reference, bool with_interval);
/* Samples of `metric` in those of the lines that ran well and belong to the heap (NULL: to any). Free with
 * summary_free. */
struct summary summarise(struct report *report, struct ht_line *const *lines, size_t count,
                         const struct heap *heap, const char *metric);
void summary_free(struct summary *summary);

/* text.c: what comes from a line goes through put_text, always. */
void put_text(struct report *report, const char *text);
void put_heap(struct report *report, const struct heap *heap);
/* "live=4096 size=64"; "" without settings. */
void put_settings(struct report *report, const struct ht_line *line);
/* Letters, digits and dashes: part of an anchor. */
void put_anchor(struct report *report, const char *text);
void put_settings_anchor(struct report *report, const struct ht_line *line);
/* The anchor of a trial's details. */
void put_trial_anchor(struct report *report, const struct ht_line *line);
/* A section's or card's heading that can be linked to. */
void put_heading(struct report *report, int level, const char *anchor, const char *title);

/* The unit in which people read values of about this size: what to divide by, and its name. */
struct scale {
  double divisor;
  const char *unit;
};
struct scale scale_of(double largest, const char *unit);
#define NUMBER_TEXT 48
/* Three significant digits and no exponent; thousands are set apart. */
const char *number_text(char text[NUMBER_TEXT], double value);
/* With its unit: "12.3 ns", "1.50 MiB". */
const char *quantity_text(char text[NUMBER_TEXT], double value, const char *unit);
/* titles.c
 * A metric in words: "cpu_per_op" is "CPU time per operation". */
const char *metric_title(const char *metric);
const char *better_text(enum ht_line_better better);

/* axes.c: from values to places in a drawing. */
enum axis_kind {
  AXIS_LINEAR,
  AXIS_LOGARITHMIC,
  AXIS_PERCENTILE, /* of n where one in n is larger: as much room from 99 % to 99.9 % as from 90 % to 99 % */
};
struct axis {
  enum axis_kind kind;
  double low, high;  /* as drawn, in the scaled unit */
  double begin, end; /* where these two stand */
  const char *unit;
  struct scale scale;
};
/* Round ends around all values from low to high, in `unit`. A linear axis begins at zero, for lengths are
 * compared from there. */
void axis_fit(struct axis *axis, enum axis_kind kind, double low, double high, const char *unit);
/* Beyond this ratio of largest to smallest a linear axis presses the small ones together. */
#define AXIS_LOG_FROM 30.0
enum axis_kind axis_kind_for(double low, double high);
double axis_place(const struct axis *axis, double value);
/* A value as far along as `fraction` says (0 to 1). */
double axis_value(const struct axis *axis, double fraction);
/* Round values on the axis; at most AXIS_TICKS. */
#define AXIS_TICKS 12
size_t axis_ticks(const struct axis *axis, double ticks[AXIS_TICKS]);
const char *axis_tick_text(const struct axis *axis, double value, char text[NUMBER_TEXT]);
/* Any value, with its unit. */
const char *axis_text(const struct axis *axis, double value, char text[NUMBER_TEXT]);
/* "Resident memory, in MiB, logarithmic". */
void put_axis_name(struct report *report, const struct axis *axis, const char *title);

/* drawing.c */
struct drawn_row {
  const char *label;
  unsigned colour;         /* below COLOURS */
  const struct heap *heap; /* whose row it is; NULL: none's */
  const struct summary *summary;
  const char *note; /* instead of dots: why there are none */
};
void draw_rows(struct report *report, const char *metric, const struct drawn_row *rows, size_t count);
/* A number of a drawing, no longer than it has to be. */
void put_coordinate(struct report *report, double place);

/* curves.c: a card with one curve of a trial, all heaps in one drawing; nothing if no line has it. */
void put_curve_card(struct report *report, struct ht_line *const *lines, size_t count, const char *name);
/* curve_data.c: what the processes of a heap say together. */
struct curve_summary {
  const struct heap *heap;
  size_t processes, count;
  double *x, *middle, *low, *high; /* median and range over the processes, a number for each x */
};
enum { CURVE_POINTS = 160 };
/* With more points than a drawing can show, or other x in each process, the curves are read at CURVE_POINTS
 * places, evenly on the axis; low and high then cover every point between.
 * level_before: to the left of its first point a curve is as there. */
struct curve_summary curve_summarise(struct report *report, struct ht_line *const *lines, size_t count,
                                     const struct heap *heap, const char *name, const struct axis *x_axis,
                                     bool level_before);
void curve_summary_free(struct curve_summary *summary);
/* The index of the first point at or after x; count: there is none. */
size_t curve_at(const struct curve_summary *summary, double x);
/* curve_plot.c: the drawing and its legend. */
/* Says where the axes of a drawing stand. */
void curve_plot_room(struct axis *x, struct axis *y);
void draw_curves(struct report *report, const char *title, const struct axis *x, const struct axis *y,
                 const char *x_title, const char *y_title, const struct curve_summary *curves, size_t count);
/* A short piece of a heap's line with its marker. */
void put_swatch(struct report *report, const struct heap *heap);

/* measures.c: every measure of a trial, a column a heap. */
void put_all_measures(struct report *report, struct ht_line *const *lines, size_t count);

/* Fills in the summary's mutants. */
void count_mutants(struct report *report);

/* The sections. */
void put_overview(struct report *report);
void put_benchmarks(struct report *report);
void put_fuzzing(struct report *report);
void put_mutants(struct report *report);
void put_failures(struct report *report);
void put_machines(struct report *report);
void put_grid(struct report *report);  /* a part of the overview */
void put_noise(struct report *report); /* a part of the machines */
/* What every table and badge of safety says of a heap. */
void put_safety_badge(struct report *report, const struct heap *heap);

/* embed.c: style.css, page.js, and what the build made of web/ ("" without npm). */
extern const char report_style[], report_script[], report_charts[], report_charts_style[];

#endif
