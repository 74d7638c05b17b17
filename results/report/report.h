/*
 * The report: what the store holds now, as one HTML file that opens from disk.
 *
 * Everything is in the file (style, drawings as SVG, scripts) and nothing is fetched. It is complete without
 * JavaScript, on paper, in light and dark, and for somebody who sees colours otherwise; JavaScript adds
 * search, sorting and, if the build had npm, curves that can be zoomed (by uPlot). The one idea: a drawing
 * shows every sample, and the table behind it every number; a run that failed is in the list of failures and
 * never among the times.
 *
 * Errors: -1 with one line in `error` (HT_ERROR_SIZE bytes). The file is written beside its place and renamed
 * when it is whole, so a failure leaves whatever was there before.
 */
#ifndef RESULTS_REPORT_REPORT_H
#define RESULTS_REPORT_REPORT_H

#include "results/store/store.h"

/* What the report says, in numbers, for whoever decides on an exit code. */
struct ht_report_summary {
  size_t lines;             /* that are in it; 0: nothing was measured */
  size_t heaps;             /* a heap under two variants counts as two */
  size_t broken_heaps;      /* with the verdict "broken" */
  size_t mutants;           /* on a heap and an engine */
  size_t surviving_mutants; /* that some seed did not catch */
  size_t false_alarms;      /* heaps without a planted bug, on an engine, that were taken for one with */
  size_t failures;          /* lines without a result */
};

/* `summary` may be NULL. */
int ht_report_write(struct ht_store *store, const char *path, struct ht_report_summary *summary, char *error);

#endif
