/* What two sets of samples say, and the verdict that follows. */
#include <math.h>
#include <stdlib.h>

#include "results/compare/compare_internal.h"

const char *ht_compare_test_name(enum ht_compare_test test) {
  static const char *const names[] = {[HT_COMPARE_MANN_WHITNEY] = "Mann-Whitney",
                                      [HT_COMPARE_SIGNED_RANK] = "signed rank",
                                      [HT_COMPARE_COUNT] = "exact count"};
  return names[test];
}

static double *logarithms(const double *values, size_t count) {
  double *logs = calloc(count + 1, sizeof *logs);
  for (size_t i = 0; logs && i < count; i++) logs[i] = log(values[i]);
  return logs;
}

/* From a shift of logarithms to a ratio. */
static void take_location(struct ht_compare_samples *result, const struct ht_location *location) {
  result->ratio = exp(location->estimate);
  result->interval = location->interval;
  if (!location->interval.known) return;
  result->interval.low = exp(location->interval.low);
  result->interval.high = exp(location->interval.high);
}

static double detectable_of(const struct ht_interval *logs) {
  return expm1(ht_stats_detectable(logs, HT_STATS_CONFIDENCE, HT_COMPARE_POWER));
}

bool ht_compare_sets(const double *a, size_t a_count, const double *b, size_t b_count,
                     struct ht_compare_samples *result) {
  double *x = logarithms(a, a_count), *y = logarithms(b, b_count);
  *result = (struct ht_compare_samples){.test = HT_COMPARE_MANN_WHITNEY,
                                        .a_count = a_count,
                                        .b_count = b_count,
                                        .a_median = ht_stats_median(a, a_count),
                                        .b_median = ht_stats_median(b, b_count)};
  bool known = x && y;
  if (known) {
    struct ht_location location = ht_stats_shift(x, a_count, y, b_count, HT_STATS_CONFIDENCE);
    result->p = ht_stats_mann_whitney(x, a_count, y, b_count).p;
    result->detectable = detectable_of(&location.interval);
    take_location(result, &location);
    known = !isnan(result->p) && !isnan(location.estimate);
  }
  free(x);
  free(y);
  return known;
}

bool ht_compare_pairs(const double *a, const double *b, size_t count, struct ht_compare_samples *result) {
  bool few = count < HT_COMPARE_MANY_PAIRS;
  double *differences = calloc(count + 1, sizeof *differences);
  if (!differences || (few && !ht_compare_sets(a, count, b, count, result))) {
    free(differences);
    return false;
  }
  for (size_t i = 0; i < count; i++) differences[i] = log(b[i] / a[i]);
  struct ht_location location = ht_stats_location(differences, count, HT_STATS_CONFIDENCE);
  double detectable = detectable_of(&location.interval);
  if (!few)
    *result = (struct ht_compare_samples){.test = HT_COMPARE_SIGNED_RANK,
                                          .a_count = count,
                                          .b_count = count,
                                          .a_median = ht_stats_median(a, count),
                                          .b_median = ht_stats_median(b, count),
                                          .p = ht_stats_signed_rank(differences, count).p,
                                          .detectable = detectable};
  else if (isnan(detectable) || detectable > result->detectable)
    /* A difference is one if the test and the interval of the pairs agree: the blunter of them decides. */
    result->detectable = detectable;
  result->paired = true;
  take_location(result, &location);
  free(differences);
  return !isnan(location.estimate) && !isnan(result->p);
}

double ht_compare_above(const struct ht_compare_samples *samples) {
  return fmax(fabs(samples->interval.low - 1), fabs(samples->interval.high - 1));
}

enum ht_compare_verdict ht_compare_judge(const struct ht_compare_samples *s, double p, double margin,
                                         enum ht_line_better better) {
  bool differs, upwards = s->ratio > 1;
  if (s->test == HT_COMPARE_COUNT)
    differs = fabs(s->ratio - 1) > HT_COMPARE_EXACT;
  else
    differs = p < HT_COMPARE_LEVEL && s->interval.known && (s->interval.low > 1 || s->interval.high < 1);
  if (differs) return upwards == (better == HT_LINE_HIGHER) ? HT_COMPARE_FASTER : HT_COMPARE_SLOWER;
  if (s->interval.known && ht_compare_above(s) <= margin) return HT_COMPARE_SAME;
  return HT_COMPARE_UNDECIDED;
}
