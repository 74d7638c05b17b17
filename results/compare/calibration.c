/* What a comparison is worth on this machine: how often it cries wolf, and what it finds. */
#include <math.h>
#include <stdlib.h>

#include "results/compare/compare_internal.h"

bool ht_compare_try(const double *a, const double *b, size_t count, size_t pairs,
                    struct ht_compare_series *series) {
  *series = (struct ht_compare_series){.comparisons = pairs ? count / pairs : 0};
  double *p = series->comparisons ? calloc(series->comparisons, sizeof *p) : NULL;
  struct ht_compare_samples samples;
  if (!p) return false;
  bool done = true;
  for (size_t i = 0; done && i < series->comparisons; i++) {
    done = ht_compare_pairs(a + i * pairs, b + i * pairs, pairs, &samples);
    enum ht_compare_verdict verdict = ht_compare_judge(&samples, samples.p, 0, HT_LINE_LOWER);
    p[i] = samples.p;
    series->faster += verdict == HT_COMPARE_FASTER;
    series->slower += verdict == HT_COMPARE_SLOWER;
  }
  series->called =
      ht_stats_proportion(series->faster + series->slower, series->comparisons, HT_STATS_CONFIDENCE);
  series->found = ht_stats_proportion(series->slower, series->comparisons, HT_STATS_CONFIDENCE);
  series->uniform = ht_stats_uniform(p, series->comparisons);
  free(p);
  double *logs = calloc(count, sizeof *logs);
  if (!done || !logs) {
    free(logs);
    return false;
  }
  for (size_t i = 0; i < count; i++) logs[i] = log(b[i] / a[i]);
  struct ht_location all = ht_stats_location(logs, count, HT_STATS_CONFIDENCE);
  free(logs);
  series->ratio = exp(all.estimate);
  series->interval = (struct ht_interval){all.interval.known, exp(all.interval.low), exp(all.interval.high)};
  return true;
}

/* How many of the windows find it. */
static size_t found(const double *a, double *slowed, const double *b, size_t windows, size_t step,
                    size_t pairs, double share) {
  struct ht_compare_samples samples;
  size_t hits = 0;
  for (size_t i = 0; i < windows; i++) {
    for (size_t k = 0; k < pairs; k++) slowed[k] = b[i * step + k] * (1 + share);
    hits += ht_compare_pairs(a + i * step, slowed, pairs, &samples) &&
            ht_compare_judge(&samples, samples.p, 0, HT_LINE_LOWER) == HT_COMPARE_SLOWER;
  }
  return hits;
}

double ht_compare_detectable(const double *a, const double *b, size_t count, size_t pairs, double power) {
  enum { WINDOWS_LEAST = 10, WINDOWS_MOST = 100 };
  size_t room = count > pairs ? count - pairs : 0, step = room / WINDOWS_MOST + 1;
  if (step < (pairs + 1) / 2) step = (pairs + 1) / 2;
  size_t windows = room / step + (count >= pairs);
  if (windows < WINDOWS_LEAST) return NAN;
  double *slowed = calloc(pairs + 1, sizeof *slowed);
  /* By halving the logarithm: what is larger is found more often, and what comes out is no more exact than a
   * twentieth. */
  double least = 0.0005, most = 1;
  bool known = slowed && (double)found(a, slowed, b, windows, step, pairs, most) >= power * (double)windows;
  while (known && most / least > 1.05) {
    double middle = sqrt(least * most);
    if ((double)found(a, slowed, b, windows, step, pairs, middle) >= power * (double)windows)
      most = middle;
    else
      least = middle;
  }
  free(slowed);
  return known ? most : NAN;
}
