/* Against values computed elsewhere (SciPy, brute force over all arrangements, tables of order statistics),
 * and the bootstrap against its own promise: how often the interval holds the truth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/stats/test.h"

int failures;

bool near(double a, double b) {
  return fabs(a - b) <= 1e-11 * fmax(1, fabs(b));
}

static void order(void) {
  static const double odd[] = {5, 1, 4}, even[] = {4, 1, 3, 2}, ten[] = {9, 0, 3, 1, 2, 4, 8, 7, 6, 5};
  CHECK(ht_stats_median(odd, 3) == 4 && ht_stats_median(even, 4) == 2.5 && odd[0] == 5);
  CHECK(near(ht_stats_quantile(ten, 10, 0.25), 2.25) && near(ht_stats_quantile(ten, 10, 0.99), 8.91));
  CHECK(ht_stats_quantile(ten, 10, 0) == 0 && ht_stats_quantile(ten, 10, 1) == 9);
  CHECK(isnan(ht_stats_median(odd, 0)));

  /* Ranks of the 95 % interval of a median; fewer than six samples have none. */
  static const struct {
    size_t count, low, high;
  } ranks[] = {{6, 1, 6}, {7, 1, 7}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {30, 10, 21}};
  double samples[30];
  for (size_t i = 0; i < COUNT(samples); i++) samples[i] = (double)(COUNT(samples) - i);
  for (size_t i = 0; i < COUNT(ranks); i++) {
    const double *tail = samples + COUNT(samples) - ranks[i].count; /* the values 1 .. count */
    struct ht_interval interval = ht_stats_median_interval(tail, ranks[i].count, HT_STATS_CONFIDENCE);
    CHECK(interval.known && interval.low == (double)ranks[i].low && interval.high == (double)ranks[i].high);
  }
  for (size_t count = 0; count < 6; count++)
    CHECK(!ht_stats_median_interval(samples, count, HT_STATS_CONFIDENCE).known);
  CHECK(ht_stats_median_interval(samples, 2, 0.4).known);
}

static void mann_whitney(void) {
  static const double a[] = {1.1, 2.2, 3.1, 4.7, 5.9, 6.1, 7.3, 8.8, 9.2, 10.4};
  static const double b[] = {2, 3.3, 4.1, 6.6, 7.7, 8.1, 9.9, 11.2, 12.5, 13.1};
  struct ht_mann_whitney result = ht_stats_mann_whitney(a, COUNT(a), b, COUNT(b));
  CHECK(result.exact && result.u == 34 && fabs(result.p - .247450691723) < 1e-12);
  result = ht_stats_mann_whitney(b, COUNT(b), a, COUNT(a));
  CHECK(result.u == 66 && fabs(result.p - .247450691723) < 1e-12);

  static const double c[] = {1, 2, 2, 3, 4, 5, 5, 6}, d[] = {2, 3, 3, 5, 6, 7, 8, 8};
  result = ht_stats_mann_whitney(c, COUNT(c), d, COUNT(d));
  CHECK(!result.exact && result.u == 17.5 && fabs(result.p - .137367154681) < 1e-12);

  /* The smallest p that n samples a side can reach is 2 / C(2n, n). */
  static const struct {
    size_t count;
    double p;
  } smallest[] = {{3, 2.0 / 20}, {4, 2.0 / 70}, {5, 2.0 / 252}, {6, 2.0 / 924}, {9, 2.0 / 48620}};
  double low[50], high[50];
  for (size_t i = 0; i < 50; i++) {
    low[i] = (double)i;
    high[i] = 100 + (double)i;
  }
  for (size_t i = 0; i < COUNT(smallest); i++)
    CHECK(near(ht_stats_mann_whitney(low, smallest[i].count, high, smallest[i].count).p, smallest[i].p));
  result = ht_stats_mann_whitney(low, 50, high, 50);
  CHECK(result.exact && result.u == 0 && fabs(result.p / (2 / 1.0089134454556415e29) - 1) < 1e-9);

  CHECK(isnan(ht_stats_mann_whitney(a, 0, b, 3).p));
  static const double same[] = {1, 1, 1};
  CHECK(ht_stats_mann_whitney(same, 3, same, 3).p == 1);
}

double uniform(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static void ratio(void) {
  static const double a[] = {10, 11, 12, 13, 14, 15, 16, 17}, zeros[] = {0, 0, 0};
  double b[COUNT(a)];
  for (size_t i = 0; i < COUNT(a); i++) b[i] = 2 * a[i];
  struct ht_ratio result = ht_stats_ratio(a, COUNT(a), b, COUNT(b), true, HT_STATS_CONFIDENCE, 1);
  CHECK(result.ratio == 2 && result.interval.known && result.interval.low == 2 && result.interval.high == 2);
  result = ht_stats_ratio(a, COUNT(a), b, COUNT(b), false, HT_STATS_CONFIDENCE, 1);
  CHECK(result.ratio == 2 && result.interval.low < 2 && result.interval.high > 2);
  struct ht_ratio again = ht_stats_ratio(a, COUNT(a), b, COUNT(b), false, HT_STATS_CONFIDENCE, 1);
  CHECK(again.interval.low == result.interval.low && again.interval.high == result.interval.high);
  CHECK(!ht_stats_ratio(a, 1, b, COUNT(b), false, HT_STATS_CONFIDENCE, 1).interval.known);
  CHECK(!ht_stats_ratio(zeros, 3, b, 3, false, HT_STATS_CONFIDENCE, 1).interval.known);
  CHECK(isnan(ht_stats_ratio(a, 3, b, 4, true, HT_STATS_CONFIDENCE, 1).ratio));

  /* Skewed samples with a true ratio of 1.5: the 95 % interval of 10 a side must hold it about that often. */
  int held = 0, trials = 300;
  for (int trial = 0; trial < trials; trial++) {
    double x[10], y[10];
    for (size_t i = 0; i < 10; i++) {
      x[i] = 10 - log(uniform());
      y[i] = 1.5 * (10 - log(uniform()));
    }
    result = ht_stats_ratio(x, 10, y, 10, false, HT_STATS_CONFIDENCE, (uint64_t)trial);
    held += result.interval.low <= 1.5 && 1.5 <= result.interval.high;
  }
  CHECK(held > 0.92 * trials && held < trials);
}

int main(void) {
  order();
  mann_whitney();
  ratio();
  pairs_tests();
  return failures != 0;
}
