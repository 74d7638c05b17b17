/* Many tests at once, and what many tests look like when there is nothing to find. */
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats/stats.h"

static size_t *order_of(const double *p, size_t count) {
  size_t *order = calloc(count + 1, sizeof *order);
  if (order && count) gsl_sort_index(order, p, 1, count);
  return order;
}

bool ht_stats_benjamini_hochberg(double *p, size_t count) {
  size_t *order = order_of(p, count);
  if (!order) return false;
  double least = 1;
  for (size_t i = count; i-- > 0;) {
    least = fmin(least, p[order[i]] * (double)count / (double)(i + 1));
    p[order[i]] = least;
  }
  free(order);
  return true;
}

bool ht_stats_holm(double *p, size_t count) {
  size_t *order = order_of(p, count);
  if (!order) return false;
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    most = fmin(1, fmax(most, p[order[i]] * (double)(count - i)));
    p[order[i]] = most;
  }
  free(order);
  return true;
}

double ht_stats_uniform(const double *values, size_t count) {
  double *sorted = count ? calloc(count, sizeof *sorted) : NULL;
  if (!sorted) return NAN;
  memcpy(sorted, values, count * sizeof *sorted);
  gsl_sort(sorted, 1, count);
  double n = (double)count, distance = 0, p = 0;
  for (size_t i = 0; i < count; i++)
    distance = fmax(distance, fmax((double)(i + 1) / n - sorted[i], sorted[i] - (double)i / n));
  free(sorted);
  double scaled = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance;
  if (scaled < 0.2) return 1; /* the series converges slowly there, and is 1 to many digits */
  for (int k = 1; k <= 100; k++) p += (k % 2 ? 2 : -2) * exp(-2 * k * k * scaled * scaled);
  return fmin(1, fmax(0, p));
}
