/* What the processes of one heap say together: at every place their median and their range. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

/* The curve of a line that counts: one that ran well, of this heap, in the unit of the first. */
static const struct ht_line_curve *curve_of(const struct report *report, const struct ht_line *line,
                                            const struct heap *heap, const char *name,
                                            const struct ht_line_curve *first) {
  if (line->status != HT_LINE_OK || heap_of(report, line) != heap) return NULL;
  const struct ht_line_curve *curve = ht_line_find_curve(line, name);
  if (!curve || !first) return curve;
  return strcmp(curve->x_unit, first->x_unit) == 0 && strcmp(curve->y_unit, first->y_unit) == 0 ? curve
                                                                                                : NULL;
}

/* The value at x between the points around it; false outside of the curve. */
static bool interpolate(const struct ht_line_curve *curve, double x, bool level_before, double *y) {
  if ((x < curve->x[0] && !level_before) || x > curve->x[curve->count - 1]) return false;
  size_t low = 0, high = curve->count - 1;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (curve->x[middle] < x)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0 || curve->x[low] <= x) {
    *y = curve->y[low];
    return true;
  }
  double share = (x - curve->x[low - 1]) / (curve->x[low] - curve->x[low - 1]);
  *y = curve->y[low - 1] + share * (curve->y[low] - curve->y[low - 1]);
  return true;
}

/* Adds a point made of the processes' values there; points of the curves between `from` and `to` widen its
 * range. */
static void add_point(struct curve_summary *summary, const struct ht_line_curve *const *curves, double x,
                      double from, double to, bool level_before, double *values) {
  size_t count = 0, at = summary->count;
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < summary->processes; i++) {
    if (interpolate(curves[i], x, level_before, &values[count])) {
      low = fmin(low, values[count]);
      high = fmax(high, values[count]);
      count++;
    }
    for (size_t k = 0; k < curves[i]->count; k++) {
      if (curves[i]->x[k] < from || curves[i]->x[k] > to) continue;
      low = fmin(low, curves[i]->y[k]);
      high = fmax(high, curves[i]->y[k]);
    }
  }
  /* Where most processes have ended, the median of the rest would be that of another kind of run. */
  if (2 * count < summary->processes || count == 0) return;
  summary->x[at] = x;
  summary->middle[at] = ht_stats_median(values, count);
  summary->low[at] = low;
  summary->high[at] = high;
  summary->count++;
}

static bool same_places(const struct ht_line_curve *const *curves, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (curves[i]->count > CURVE_POINTS || curves[i]->count != curves[0]->count ||
        memcmp(curves[i]->x, curves[0]->x, curves[0]->count * sizeof *curves[0]->x) != 0)
      return false;
  return true;
}

static bool reserve(struct curve_summary *summary) {
  double *memory = calloc(4 * (size_t)CURVE_POINTS, sizeof *memory);
  if (!memory) return false;
  summary->x = memory;
  summary->middle = memory + CURVE_POINTS;
  summary->low = memory + 2 * (size_t)CURVE_POINTS;
  summary->high = memory + 3 * (size_t)CURVE_POINTS;
  return true;
}

static void read_even(struct curve_summary *summary, const struct ht_line_curve *const *curves,
                      const struct axis *axis, bool level_before, double *values) {
  double step = 1.0 / (CURVE_POINTS - 1);
  for (size_t i = 0; i < CURVE_POINTS; i++) {
    double at = (double)i * step;
    add_point(summary, curves, axis_value(axis, at), axis_value(axis, fmax(at - step / 2, 0)),
              axis_value(axis, fmin(at + step / 2, 1)), level_before, values);
  }
}

static void read_exact(struct curve_summary *summary, const struct ht_line_curve *const *curves,
                       double *values) {
  for (size_t i = 0; i < curves[0]->count; i++) {
    size_t at = summary->count++;
    for (size_t k = 0; k < summary->processes; k++) values[k] = curves[k]->y[i];
    summary->x[at] = curves[0]->x[i];
    summary->middle[at] = ht_stats_median(values, summary->processes);
    summary->low[at] = ht_stats_quantile(values, summary->processes, 0);
    summary->high[at] = ht_stats_quantile(values, summary->processes, 1);
  }
}

struct curve_summary curve_summarise(struct report *report, struct ht_line *const *lines, size_t count,
                                     const struct heap *heap, const char *name, const struct axis *x_axis,
                                     bool level_before) {
  struct curve_summary summary = {.heap = heap};
  const struct ht_line_curve **curves = calloc(count + 1, sizeof *curves), *first = NULL;
  double *values = calloc(count + 1, sizeof *values);
  if (!curves || !values || !reserve(&summary)) {
    report->no_memory = true;
    goto out;
  }
  /* The unit is that of all heaps' first curve, for all stand on one axis. */
  for (size_t i = 0; i < count && !first; i++)
    if (lines[i]->status == HT_LINE_OK) first = ht_line_find_curve(lines[i], name);
  for (size_t i = 0; i < count; i++) {
    const struct ht_line_curve *curve = curve_of(report, lines[i], heap, name, first);
    if (curve) curves[summary.processes++] = curve;
  }
  if (summary.processes == 0) goto out;
  if (same_places(curves, summary.processes))
    read_exact(&summary, curves, values);
  else
    read_even(&summary, curves, x_axis, level_before, values);
out:
  free(curves);
  free(values);
  return summary;
}

void curve_summary_free(struct curve_summary *summary) {
  free(summary->x);
  *summary = (struct curve_summary){0};
}

size_t curve_at(const struct curve_summary *summary, double x) {
  size_t at = 0;
  /* A place that was a sum of steps may miss its point by a rounding. */
  while (at < summary->count && summary->x[at] < x - fabs(x) * 1e-9) at++;
  return at;
}
