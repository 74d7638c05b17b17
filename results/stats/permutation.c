/* Differences of pairs, by what would come out if A and B had been called the other way round. */
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats/stats.h"

/* Cut off at each end. */
static const double trimmed = 0.2;

/* The size of the trimmed mean; sorts. */
static double statistic(double *values, size_t count) {
  size_t cut = (size_t)((double)count * trimmed);
  double sum = 0;
  gsl_sort(values, 1, count);
  for (size_t i = cut; i < count - cut; i++) sum += values[i];
  return fabs(sum / (double)(count - 2 * cut));
}

double ht_stats_sign_flip(const double *differences, size_t count, size_t resamples, uint64_t seed) {
  double *flipped = count ? calloc(count, sizeof *flipped) : NULL;
  gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
  double p = NAN;
  if (!flipped || !random) goto out;
  gsl_rng_set(random, seed);
  memcpy(flipped, differences, count * sizeof *flipped);
  double observed = statistic(flipped, count);
  size_t as_large = 0;
  for (size_t i = 0; i < resamples; i++) {
    for (size_t k = 0; k < count; k++)
      flipped[k] = gsl_rng_uniform_int(random, 2) ? differences[k] : -differences[k];
    /* Sums in another order differ in their last bits. */
    as_large += statistic(flipped, count) >= observed * (1 - 1e-12);
  }
  p = (double)(1 + as_large) / (double)(1 + resamples);
out:
  gsl_rng_free(random);
  free(flipped);
  return p;
}
