/* Two sets of samples against each other. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats/stats_internal.h"

struct ranked {
  double value;
  bool first; /* belongs to the first set */
};

static int by_value(const void *a, const void *b) {
  double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
  return (x > y) - (x < y);
}

/* Rank sum of the first set with mid-ranks; *ties becomes the sum of t^3 - t over groups of t equal values.
 */
static double rank_sum(const struct ranked *all, size_t count, double *ties) {
  double sum = 0;
  *ties = 0;
  for (size_t begin = 0, end; begin < count; begin = end) {
    size_t firsts = 0;
    for (end = begin; end < count && all[end].value == all[begin].value; end++) firsts += all[end].first;
    double group = (double)(end - begin);
    sum += (double)firsts * ((double)(begin + 1 + end) / 2);
    *ties += group * group * group - group;
  }
  return sum;
}

/* Under the hypothesis, by counting: ways(i, j, u) = ways(i-1, j, u-j) + ways(i, j-1, u), for the largest
 * value belongs either to the first set, above all j of the second, or to the second. Sums only, so nothing
 * cancels. */
double *stats_mann_whitney_ways(size_t n, size_t m) {
  size_t width = n * m + 1;
  double *ways = calloc((m + 1) * width, sizeof *ways);
  if (!ways) return NULL;
  for (size_t j = 0; j <= m; j++) ways[j * width] = 1;
  for (size_t i = 1; i <= n; i++)
    for (size_t j = 1; j <= m; j++)
      for (size_t k = width; k-- > 0;)
        ways[j * width + k] = (k >= j ? ways[j * width + k - j] : 0) + ways[(j - 1) * width + k];
  memmove(ways, &ways[m * width], width * sizeof *ways);
  return ways;
}

/* P(U >= u); -1 without memory. */
static double exact_tail(size_t n, size_t m, double u) {
  double *ways = stats_mann_whitney_ways(n, m);
  if (!ways) return -1;
  double tail = 0, total = 0;
  for (size_t k = 0; k <= n * m; k++) {
    total += ways[k];
    if ((double)k >= u) tail += ways[k];
  }
  free(ways);
  return tail / total;
}

struct ht_mann_whitney ht_stats_mann_whitney(const double *a, size_t a_count, const double *b,
                                             size_t b_count) {
  struct ht_mann_whitney result = {NAN, NAN, false};
  size_t count = a_count + b_count;
  struct ranked *all = a_count && b_count ? calloc(count, sizeof *all) : NULL;
  if (!all) return result;
  for (size_t i = 0; i < count; i++)
    all[i] = (struct ranked){i < a_count ? a[i] : b[i - a_count], i < a_count};
  qsort(all, count, sizeof *all, by_value);
  double ties, n = (double)a_count, m = (double)b_count, total = n + m;
  result.u = rank_sum(all, count, &ties) - n * (n + 1) / 2;
  free(all);
  double larger = fmax(result.u, n * m - result.u);
  double tail = -1;
  if (ties == 0 && a_count <= HT_STATS_EXACT_COUNT && b_count <= HT_STATS_EXACT_COUNT)
    tail = exact_tail(a_count, b_count, larger);
  result.exact = tail >= 0;
  if (!result.exact) {
    double variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)));
    /* Every value equal: nothing speaks against one distribution. */
    tail = variance > 0 ? gsl_cdf_ugaussian_Q((larger - n * m / 2 - 0.5) / sqrt(variance)) : 0.5;
  }
  result.p = fmin(1, 2 * tail);
  return result;
}

static double median_in_place(double *values, size_t count) {
  gsl_sort(values, 1, count);
  return gsl_stats_median_from_sorted_data(values, 1, count);
}

struct ht_ratio ht_stats_ratio(const double *a, size_t a_count, const double *b, size_t b_count, bool paired,
                               double confidence, uint64_t seed) {
  struct ht_ratio result = {NAN, {false, NAN, NAN}};
  if (a_count == 0 || b_count == 0 || (paired && a_count != b_count)) return result;
  result.ratio = ht_stats_median(b, b_count) / ht_stats_median(a, a_count);
  if (a_count < 2 || b_count < 2) return result;
  gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
  double *drawn_a = calloc(a_count, sizeof *drawn_a), *drawn_b = calloc(b_count, sizeof *drawn_b);
  double *ratios = calloc(HT_STATS_RESAMPLES, sizeof *ratios);
  if (!random || !drawn_a || !drawn_b || !ratios) goto out;
  gsl_rng_set(random, seed);
  for (size_t i = 0; i < HT_STATS_RESAMPLES; i++) {
    for (size_t k = 0; k < a_count; k++) {
      size_t at = gsl_rng_uniform_int(random, a_count);
      drawn_a[k] = a[at];
      if (paired) drawn_b[k] = b[at];
    }
    for (size_t k = 0; !paired && k < b_count; k++) drawn_b[k] = b[gsl_rng_uniform_int(random, b_count)];
    ratios[i] = median_in_place(drawn_b, b_count) / median_in_place(drawn_a, a_count);
    if (!isfinite(ratios[i])) goto out;
  }
  gsl_sort(ratios, 1, HT_STATS_RESAMPLES);
  double outside = (1 - confidence) / 2;
  result.interval =
      (struct ht_interval){true, gsl_stats_quantile_from_sorted_data(ratios, 1, HT_STATS_RESAMPLES, outside),
                           gsl_stats_quantile_from_sorted_data(ratios, 1, HT_STATS_RESAMPLES, 1 - outside)};
out:
  free(ratios);
  free(drawn_b);
  free(drawn_a);
  gsl_rng_free(random);
  return result;
}
