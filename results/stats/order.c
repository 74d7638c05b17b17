/* Order statistics of one set of samples. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats/stats.h"

static double *sorted_copy(const double *samples, size_t count) {
  double *copy = count ? calloc(count, sizeof *copy) : NULL;
  if (!copy) return NULL;
  memcpy(copy, samples, count * sizeof *copy);
  gsl_sort(copy, 1, count);
  return copy;
}

double ht_stats_quantile(const double *samples, size_t count, double fraction) {
  double *sorted = sorted_copy(samples, count);
  if (!sorted) return NAN;
  double quantile = gsl_stats_quantile_from_sorted_data(sorted, 1, count, fraction);
  free(sorted);
  return quantile;
}

double ht_stats_median(const double *samples, size_t count) {
  return ht_stats_quantile(samples, count, 0.5);
}

struct ht_interval ht_stats_median_interval(const double *samples, size_t count, double confidence) {
  struct ht_interval interval = {.known = false, .low = NAN, .high = NAN};
  unsigned rank = 0;
  while (2 * (rank + 1) <= count && 1 - 2 * gsl_cdf_binomial_P(rank, 0.5, (unsigned)count) >= confidence)
    rank++;
  double *sorted = rank ? sorted_copy(samples, count) : NULL;
  if (!sorted) return interval;
  interval = (struct ht_interval){true, sorted[rank - 1], sorted[count - rank]};
  free(sorted);
  return interval;
}
