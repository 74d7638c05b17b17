/* Shared by the sources of results/report/ and by nobody else. */
#ifndef RESULTS_REPORT_REPORT_INTERNAL_H
#define RESULTS_REPORT_REPORT_INTERNAL_H

#include <stdio.h>

#include "results/report/report.h"
#include "results/stats/stats.h"

/* A heap under one variant: a row of the overview, a colour in every drawing. */
struct heap {
  const char *name, *variant; /* of a line */
  unsigned colour;            /* below COLOURS */
};
#define COLOURS 8

struct report {
  FILE *out;
  struct ht_line_file kinds[HT_LINE_TRIAL + 1]; /* by enum ht_line_kind, as ht_store_latest gives them */
  size_t heap_count;
  struct heap *heaps;
  struct ht_report_summary summary;
  bool no_memory; /* something is missing: the report must not be kept */
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

/* collect.c */
int collect(struct report *report, struct ht_store *store, char *error);
void forget(struct report *report);
const struct heap *heap_of(const struct report *report, const struct ht_line *line);
/* True if the lines try the same thing: benchmark and settings, whatever the heap. */
bool same_trial(const struct ht_line *a, const struct ht_line *b);
/* The end of the lines that begin at `begin` and try the same thing. */
size_t trial_end(const struct ht_line_file *lines, size_t begin);
/* What others are compared with: the C library's malloc, if it was tried; else NULL. */
const struct heap *reference_heap(const struct report *report);
/* The first of `metrics` (NULL-terminated) that some good line of them has; NULL if none. */
const char *first_metric(struct ht_line *const *lines, size_t count, const char *const *metrics);
/* The four measures, each with what stands for it when it is missing; the metrics of one group are
 * alternatives. */
extern const char *const throughput_metrics[], *const pause_metrics[], *const space_metrics[];
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
/* A metric in words: "cpu_per_op" is "CPU time per operation". */
const char *metric_title(const char *metric);
const char *better_text(enum ht_line_better better);

/* drawing.c */
struct drawn_row {
  const char *label;
  unsigned colour;
  const struct summary *summary;
  const char *note; /* instead of dots: why there are none */
};
void draw_rows(struct report *report, const char *metric, const struct drawn_row *rows, size_t count);

/* Fills in the summary's mutants. */
void count_mutants(struct report *report);

/* The sections. */
void put_overview(struct report *report);
void put_benchmarks(struct report *report);
void put_fuzzing(struct report *report);
void put_mutants(struct report *report);
void put_failures(struct report *report);
void put_environment(struct report *report);

extern const char report_style[];

#endif
