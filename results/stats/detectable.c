/* What could have been found. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "results/stats/stats.h"

/* The interval is as wide as the test is blunt, whatever the tails of the distribution are; only the step
 * from a width at one probability to a width at another is taken from the normal one. */
double ht_stats_detectable(const struct ht_interval *interval, double confidence, double power) {
  if (!interval->known) return NAN;
  double z = gsl_cdf_ugaussian_Qinv((1 - confidence) / 2);
  return (interval->high - interval->low) / 2 * (z + gsl_cdf_ugaussian_Pinv(power)) / z;
}

struct ht_interval ht_stats_proportion(size_t hits, size_t trials, double confidence) {
  struct ht_interval interval = {trials > 0, NAN, NAN};
  double outside = (1 - confidence) / 2, h = (double)hits, n = (double)trials;
  if (trials == 0) return interval;
  interval.low = hits == 0 ? 0 : gsl_cdf_beta_Pinv(outside, h, n - h + 1);
  interval.high = hits == trials ? 1 : gsl_cdf_beta_Qinv(outside, h + 1, n - h);
  return interval;
}
