/*
 * What a handful of samples says. Nothing here assumes a distribution: samples of a program's time are skewed
 * and have tails, so it is ranks, order statistics and resampling throughout.
 *
 * All functions take samples in any order, leave them alone, and want them finite. A sample stands for a
 * process: repetitions within one process are not independent, and feeding them in makes every interval too
 * narrow. Threads: no shared state. A failed allocation gives a result that is not known, or NAN.
 */
#ifndef RESULTS_STATS_STATS_H
#define RESULTS_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A closed interval; `known` is false when the samples are too few for the confidence asked for. */
struct ht_interval {
  bool known;
  double low, high;
};

#define HT_STATS_CONFIDENCE 0.95

/* NAN without samples. */
double ht_stats_median(const double *samples, size_t count);

/* The quantile at `fraction` (0 to 1), linear between the two samples around it (type 7 of Hyndman & Fan,
 * "Sample quantiles in statistical packages", 1996: what R and NumPy do unasked). */
double ht_stats_quantile(const double *samples, size_t count, double fraction);

/* Interval of the median from order statistics: [x(l), x(n+1-l)] with the largest l such that
 * 1 - 2 P(Binomial(n, 1/2) <= l-1) is at least the confidence. At 95 % it takes 6 samples. */
struct ht_interval ht_stats_median_interval(const double *samples, size_t count, double confidence);

/* Mann-Whitney: could both sets come from one distribution? Exact without ties and with at most
 * HT_STATS_EXACT_COUNT samples a side, else the normal approximation with corrections for ties and
 * continuity. */
#define HT_STATS_EXACT_COUNT 50
struct ht_mann_whitney {
  double u; /* of the first set; NAN if a set is empty */
  double p; /* two-sided */
  bool exact;
};
struct ht_mann_whitney ht_stats_mann_whitney(const double *a, size_t a_count, const double *b,
                                             size_t b_count);

/* The ratio median(b) / median(a) and its percentile bootstrap interval. Paired: sample i of both belong
 * together, the counts are the same, and pairs are resampled. The same seed gives the same interval. The
 * interval is not known with fewer than two samples a side, or when a median of 0 turns up. */
#define HT_STATS_RESAMPLES 2000
struct ht_ratio {
  double ratio;
  struct ht_interval interval;
};
struct ht_ratio ht_stats_ratio(const double *a, size_t a_count, const double *b, size_t b_count, bool paired,
                               double confidence, uint64_t seed);

/* Wilcoxon's signed rank: are differences of pairs around 0? Zeros are left out, equal sizes share their
 * rank. Exact without ties and with at most HT_STATS_EXACT_COUNT differences, else the normal approximation
 * with corrections for ties and continuity. */
struct ht_signed_rank {
  double w;     /* rank sum of the positive ones; NAN if there is no difference that is not 0 */
  double p;     /* two-sided; 1 if all are 0 */
  size_t count; /* that are not 0 */
  bool exact;
};
struct ht_signed_rank ht_stats_signed_rank(const double *differences, size_t count);

/* Sign-flip permutation of the 20 % trimmed mean: the untrimmed mean loses all its power to one preempted
 * run. Two-sided p = (1 + as large ones) / (1 + resamples). */
double ht_stats_sign_flip(const double *differences, size_t count, size_t resamples, uint64_t seed);

/* Hodges-Lehmann: where a set of differences lies, the median of all (d_i + d_j) / 2, and the interval that
 * the signed rank test does not reject. Of two sets: the median of all b_j - a_i, and Mann-Whitney's. At
 * 95 % the first takes 6 differences, the second 4 samples a side. */
struct ht_location {
  double estimate; /* NAN without samples */
  struct ht_interval interval;
};
struct ht_location ht_stats_location(const double *differences, size_t count, double confidence);
struct ht_location ht_stats_shift(const double *a, size_t a_count, const double *b, size_t b_count,
                                  double confidence);

/* The smallest shift that would have been found with this probability, from the width of the interval of the
 * test that would have to find it: a quarter of a normal distribution's widths at both ends. `confidence` is
 * that of the interval. NAN if it is not known. */
double ht_stats_detectable(const struct ht_interval *interval, double confidence, double power);

/* Many tests at once: p-values adjusted in place. Benjamini & Hochberg: of what is called different, the
 * expected share of false calls stays below the level. Holm: so does the chance of a single one. False: no
 * memory, nothing was changed. */
bool ht_stats_benjamini_hochberg(double *p, size_t count);
bool ht_stats_holm(double *p, size_t count);

/* Clopper & Pearson's interval of a probability: `hits` of `trials`. */
struct ht_interval ht_stats_proportion(size_t hits, size_t trials, double confidence);

/* Kolmogorov-Smirnov: how likely is a set as far from uniform on 0 to 1? The asymptotic series with Stephens'
 * correction for the count (1970). Values that come in steps, as exact p-values do, make it too small. */
double ht_stats_uniform(const double *values, size_t count);

#endif
