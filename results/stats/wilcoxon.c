/* Differences of pairs, by rank and sign. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "results/stats/stats_internal.h"

static int by_size(const void *a, const void *b) {
  double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
  return (x > y) - (x < y);
}

/* Each rank is in the sum or not: the coefficients of the product of 1 + q^i. */
double *stats_signed_rank_ways(size_t n) {
  size_t most = n * (n + 1) / 2;
  double *ways = calloc(most + 1, sizeof *ways);
  if (!ways) return NULL;
  ways[0] = 1;
  for (size_t rank = 1, sum = 1; rank <= n; rank++, sum += rank)
    for (size_t k = sum; k >= rank; k--) ways[k] += ways[k - rank];
  return ways;
}

/* P(W >= w); -1 without memory. */
static double exact_tail(size_t n, double w) {
  double *ways = stats_signed_rank_ways(n);
  if (!ways) return -1;
  double tail = 0;
  for (size_t k = 0; k <= n * (n + 1) / 2; k++)
    if ((double)k >= w) tail += ways[k];
  free(ways);
  return ldexp(tail, -(int)n);
}

struct ht_signed_rank ht_stats_signed_rank(const double *differences, size_t count) {
  struct ht_signed_rank result = {.w = NAN, .p = count ? 1 : NAN};
  double *sorted = calloc(count + 1, sizeof *sorted), ties = 0, w = 0;
  if (!sorted) return (struct ht_signed_rank){.w = NAN, .p = NAN};
  for (size_t i = 0; i < count; i++)
    if (differences[i] != 0) sorted[result.count++] = differences[i];
  qsort(sorted, result.count, sizeof *sorted, by_size);
  for (size_t begin = 0, end; begin < result.count; begin = end) {
    size_t positive = 0;
    for (end = begin; end < result.count && fabs(sorted[end]) == fabs(sorted[begin]); end++)
      positive += sorted[end] > 0;
    double group = (double)(end - begin);
    w += (double)positive * (double)(begin + 1 + end) / 2;
    ties += group * group * group - group;
  }
  free(sorted);
  if (result.count == 0) return result;
  result.w = w;
  double n = (double)result.count, most = n * (n + 1) / 2, larger = fmax(w, most - w), tail = -1;
  if (ties == 0 && result.count <= HT_STATS_EXACT_COUNT) tail = exact_tail(result.count, larger);
  result.exact = tail >= 0;
  if (!result.exact) {
    double variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    tail = gsl_cdf_ugaussian_Q((larger - most / 2 - 0.5) / sqrt(variance));
  }
  result.p = fmin(1, 2 * tail);
  return result;
}
