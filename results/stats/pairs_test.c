/* Pairs: against values computed elsewhere, and against what the methods promise. */
#include <math.h>

#include "results/stats/test.h"

static void signed_rank(void) {
  static const double d[] = {.3, -.1, .5, .7, -.2, .9, 1.1, .4, -.6, .8};
  struct ht_signed_rank result = ht_stats_signed_rank(d, COUNT(d));
  CHECK(result.exact && result.w == 46 && result.count == 10 && near(result.p, .064453125));
  double other[COUNT(d)];
  for (size_t i = 0; i < COUNT(d); i++) other[i] = -d[i];
  result = ht_stats_signed_rank(other, COUNT(d));
  CHECK(result.w == 9 && near(result.p, .064453125));

  /* Ten positive ones: 2 of 2^10 arrangements. */
  for (size_t i = 0; i < 10; i++) other[i] = (double)(i + 1);
  CHECK(near(ht_stats_signed_rank(other, 10).p, 2.0 / 1024));
  CHECK(near(ht_stats_signed_rank(other, 5).p, 2.0 / 32));

  /* Zeros go, ties share: ranks 1.5 1.5 3.5 3.5 5, positive 8.5, variance 13.75 - 12/48. */
  static const double tied[] = {0, 1, -1, 2, 2, -3, 0};
  result = ht_stats_signed_rank(tied, COUNT(tied));
  CHECK(!result.exact && result.count == 5 && result.w == 8.5);
  CHECK(fabs(result.p - erfc(.5 / sqrt(13.5) / sqrt(2))) < 1e-12);
  static const double zeros[] = {0, 0, 0};
  CHECK(ht_stats_signed_rank(zeros, 3).p == 1 && isnan(ht_stats_signed_rank(zeros, 0).p));
}

static void sign_flip(void) {
  static const double d[] = {.3, -.1, .5, .7, -.2, .9, 1.1, .4, -.6, .8}, ones[] = {1, 1.1, 1.2, .9, .8, 1};
  /* All 1024 sign patterns, counted by brute force: 80 are as large. */
  double p = ht_stats_sign_flip(d, COUNT(d), 20000, 7);
  CHECK(fabs(p - 80. / 1024) < .006);
  CHECK(p == ht_stats_sign_flip(d, COUNT(d), 20000, 7));
  CHECK(fabs(ht_stats_sign_flip(ones, COUNT(ones), 20000, 1) - 4. / 64) < .006);
  CHECK(isnan(ht_stats_sign_flip(d, 0, 10, 1)));
}

static void location(void) {
  double d[60];
  for (size_t i = 0; i < COUNT(d); i++) d[i] = (double)i;
  /* Ranks of the interval among the sorted Walsh averages: [9, 47] of 55 for 10 pairs. */
  struct ht_location found = ht_stats_location(d, 10, HT_STATS_CONFIDENCE);
  CHECK(found.estimate == 4.5 && found.interval.known);
  CHECK(found.interval.low == 2 && found.interval.high == 7);
  for (size_t count = 1; count < 6; count++)
    CHECK(!ht_stats_location(d, count, HT_STATS_CONFIDENCE).interval.known);
  CHECK(ht_stats_location(d, 6, HT_STATS_CONFIDENCE).interval.low == 0);
  CHECK(isnan(ht_stats_location(d, 0, HT_STATS_CONFIDENCE).estimate));
  found = ht_stats_location(d, 60, HT_STATS_CONFIDENCE);
  CHECK(found.interval.low > 24 && found.interval.low < 26 && found.interval.high == 59 - found.interval.low);

  /* The interval holds 0 exactly when the test does not reject it. */
  for (int trial = 0; trial < 200; trial++) {
    double x[12], y[9];
    for (size_t i = 0; i < 12; i++) x[i] = uniform() - .3;
    for (size_t i = 0; i < 9; i++) y[i] = uniform() + .3 * uniform();
    struct ht_interval paired = ht_stats_location(x, 12, HT_STATS_CONFIDENCE).interval;
    CHECK((paired.low > 0 || paired.high < 0) == (ht_stats_signed_rank(x, 12).p <= 1 - HT_STATS_CONFIDENCE));
    struct ht_interval two = ht_stats_shift(x, 12, y, 9, HT_STATS_CONFIDENCE).interval;
    CHECK((two.low > 0 || two.high < 0) == (ht_stats_mann_whitney(x, 12, y, 9).p <= 1 - HT_STATS_CONFIDENCE));
  }
  static const double a[] = {1, 2, 3, 4}, b[] = {11, 12, 13, 14};
  found = ht_stats_shift(a, 4, b, 4, HT_STATS_CONFIDENCE);
  CHECK(found.estimate == 10 && found.interval.known && found.interval.low == 7 && found.interval.high == 13);
  CHECK(!ht_stats_shift(a, 3, b, 3, HT_STATS_CONFIDENCE).interval.known);
}

/* A distribution with tails as a busy machine's: mostly narrow, now and then far off. */
static double noise(void) {
  double normal = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
  return uniform() < .1 ? 8 * normal : normal;
}

/* How often the interval holds the truth, a true hypothesis is rejected, and a shift of the size said to be
 * detectable is found. */
static void promises(void) {
  enum { TRIALS = 2000 };
  static const size_t counts[] = {10, 30};
  for (size_t c = 0; c < COUNT(counts); c++) {
    size_t n = counts[c];
    int held = 0, rejected = 0, rejected_two = 0, found = 0;
    double d[30], a[30], b[30], detectable = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      for (size_t i = 0; i < n; i++) {
        d[i] = noise();
        a[i] = noise();
        b[i] = noise();
      }
      struct ht_interval interval = ht_stats_location(d, n, HT_STATS_CONFIDENCE).interval;
      held += interval.low <= 0 && 0 <= interval.high;
      rejected += ht_stats_signed_rank(d, n).p < .05;
      rejected_two += ht_stats_mann_whitney(a, n, b, n).p < .05;
      detectable += ht_stats_detectable(&interval, HT_STATS_CONFIDENCE, .8) / TRIALS;
    }
    for (int trial = 0; trial < TRIALS; trial++) {
      for (size_t i = 0; i < n; i++) d[i] = noise() + detectable;
      found += ht_stats_signed_rank(d, n).p < .05;
    }
    CHECK(held > .94 * TRIALS && held < .965 * TRIALS);
    CHECK(rejected < .06 * TRIALS && rejected > .03 * TRIALS);
    CHECK(rejected_two < .06 * TRIALS && rejected_two > .03 * TRIALS);
    CHECK(found > .74 * TRIALS && found < .95 * TRIALS);
    if (failures) fprintf(stderr, "%zu: %d %d %d %d\n", n, held, rejected, rejected_two, found);
  }
}

static void corrections(void) {
  /* Adjusted by hand. */
  static const double p[] = {.01, .04, .03, .005, .5};
  static const double q[] = {.025, .05, .05, .025, .5}, holm[] = {.04, .09, .09, .025, .5};
  double a[COUNT(p)], b[COUNT(p)];
  for (size_t i = 0; i < COUNT(p); i++) a[i] = b[i] = p[i];
  CHECK(ht_stats_benjamini_hochberg(a, COUNT(p)) && ht_stats_holm(b, COUNT(p)));
  for (size_t i = 0; i < COUNT(p); i++) CHECK(near(a[i], q[i]) && near(b[i], holm[i]));
  CHECK(ht_stats_benjamini_hochberg(a, 0) && ht_stats_holm(b, 0));

  /* Known values of the exact binomial interval. */
  struct ht_interval share = ht_stats_proportion(15, 300, HT_STATS_CONFIDENCE);
  CHECK(fabs(share.low - 0.028251) < 1e-5 && fabs(share.high - 0.081127) < 1e-5);
  share = ht_stats_proportion(0, 10, HT_STATS_CONFIDENCE);
  CHECK(share.low == 0 && near(share.high, 1 - pow(.025, .1)));
  share = ht_stats_proportion(10, 10, HT_STATS_CONFIDENCE);
  CHECK(share.high == 1 && near(share.low, pow(.025, .1)));
  CHECK(!ht_stats_proportion(0, 0, HT_STATS_CONFIDENCE).known);

  double even[100], low[100];
  for (size_t i = 0; i < 100; i++) {
    even[i] = ((double)i + .5) / 100;
    low[i] = even[i] * even[i];
  }
  CHECK(ht_stats_uniform(even, 100) > .999 && ht_stats_uniform(low, 100) < .001);
  int rejected = 0;
  for (int trial = 0; trial < 2000; trial++) {
    for (size_t i = 0; i < 100; i++) even[i] = uniform();
    rejected += ht_stats_uniform(even, 100) < .05;
  }
  CHECK(rejected > 60 && rejected < 140);
}

void pairs_tests(void) {
  signed_rank();
  sign_flip();
  location();
  promises();
  corrections();
}
