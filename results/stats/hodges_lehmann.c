/* Where a set of differences lies, and how surely: the estimates that belong to the two rank tests. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "results/stats/stats_internal.h"

/* How many values at each end of `count` sorted ones lie outside the interval: one more than the largest k
 * with P(statistic <= k) at most (1 - confidence) / 2. 0: not even the smallest is that rare. */
static size_t outside(const double *ways, size_t count, double confidence) {
  double total = 0, below = 0;
  for (size_t k = 0; k <= count; k++) total += ways[k];
  size_t cut = 0;
  while (cut <= count && (below += ways[cut]) / total <= (1 - confidence) / 2) cut++;
  return cut;
}

static size_t outside_normal(double mean, double variance, double confidence) {
  double cut = floor(mean - 0.5 - gsl_cdf_ugaussian_Qinv((1 - confidence) / 2) * sqrt(variance)) + 1;
  return cut > 0 ? (size_t)cut : 0;
}

/* Reorders. `cut` as `outside` gives it. There are millions of values for some thousand samples, so that they
 * are not sorted. */
static struct ht_location locate(double *values, size_t count, size_t cut) {
  struct ht_location location = {.interval = {false, NAN, NAN}};
  location.estimate = gsl_stats_median(values, 1, count);
  if (cut > 0)
    location.interval = (struct ht_interval){true, gsl_stats_select(values, 1, count, cut - 1),
                                             gsl_stats_select(values, 1, count, count - cut)};
  return location;
}

struct ht_location ht_stats_location(const double *d, size_t n, double confidence) {
  struct ht_location location = {NAN, {false, NAN, NAN}};
  size_t count = n * (n + 1) / 2, cut, at = 0;
  double *walsh = count ? calloc(count, sizeof *walsh) : NULL, *ways = NULL;
  if (!walsh) return location;
  if (n <= HT_STATS_EXACT_COUNT) {
    if (!(ways = stats_signed_rank_ways(n))) goto out;
    cut = outside(ways, count, confidence);
  } else {
    double m = (double)n;
    cut = outside_normal(m * (m + 1) / 4, m * (m + 1) * (2 * m + 1) / 24, confidence);
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = i; j < n; j++) walsh[at++] = (d[i] + d[j]) / 2;
  location = locate(walsh, count, cut);
out:
  free(ways);
  free(walsh);
  return location;
}

struct ht_location ht_stats_shift(const double *a, size_t n, const double *b, size_t m, double confidence) {
  struct ht_location location = {NAN, {false, NAN, NAN}};
  size_t count = n * m, cut, at = 0;
  double *shifts = count ? calloc(count, sizeof *shifts) : NULL, *ways = NULL;
  if (!shifts) return location;
  if (n <= HT_STATS_EXACT_COUNT && m <= HT_STATS_EXACT_COUNT) {
    if (!(ways = stats_mann_whitney_ways(n, m))) goto out;
    cut = outside(ways, count, confidence);
  } else {
    double x = (double)n, y = (double)m;
    cut = outside_normal(x * y / 2, x * y * (x + y + 1) / 12, confidence);
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < m; j++) shifts[at++] = b[j] - a[i];
  location = locate(shifts, count, cut);
out:
  free(ways);
  free(shifts);
  return location;
}
