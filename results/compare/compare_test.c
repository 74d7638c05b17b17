/* Verdicts on made-up samples, and how often a comparison is right about samples whose truth is known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/compare/compare.h"

static int failures;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      failures++;                                                     \
    }                                                                 \
  } while (0)

/* Uniform in (0, 1) from a fixed sequence: the test must not depend on luck. */
static double uniform(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

/* A machine that gets slower and faster by some per cent all the time; a process of its own adds one per
 * cent, and one in twenty is far off. */
enum { PAIRS = 3000 };
static double a[PAIRS], b[PAIRS];

static void make(double ratio) {
  double machine = 0;
  for (size_t i = 0; i < PAIRS; i++) {
    double *const sides[] = {&a[i], &b[i]};
    machine = 0.9 * machine + 0.05 * (uniform() - 0.5);
    for (size_t side = 0; side < 2; side++) {
      double own = 0.01 * sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
      if (uniform() < 0.05) own += 0.3 * uniform();
      *sides[side] = 10 * exp(machine + own) * (side ? ratio : 1);
    }
  }
}

static void series(void) {
  struct ht_compare_series found;
  make(1);
  CHECK(ht_compare_try(a, b, PAIRS, 10, &found) && found.comparisons == 300);
  CHECK(found.faster + found.slower <= 15 && found.called.low < 0.05 && found.called.high < 0.09);
  CHECK(found.interval.low <= 1 && found.interval.high >= 1 && fabs(found.ratio - 1) < 0.002);
  CHECK(ht_compare_try(a, b, PAIRS, 30, &found) && found.comparisons == 100);
  CHECK(found.faster + found.slower <= 10 && found.uniform > 0.01);
  /* What is said to be detectable is, and a third of it is not. */
  double detectable = ht_compare_detectable(a, b, PAIRS, 30, 0.8);
  CHECK(detectable > 0.005 && detectable < 0.02);
  CHECK(ht_compare_detectable(a, b, PAIRS, 10, 0.8) > detectable);
  CHECK(isnan(ht_compare_detectable(a, b, 50, 30, 0.8)));
  make(1 + detectable);
  CHECK(ht_compare_try(a, b, PAIRS, 30, &found) && found.slower >= 65 && found.faster == 0);
  CHECK(fabs(found.ratio - 1 - detectable) < 0.002);
  make(1 + detectable / 3);
  CHECK(ht_compare_try(a, b, PAIRS, 30, &found) && found.slower < 50);
  make(1 / 1.02);
  CHECK(ht_compare_try(a, b, PAIRS, 30, &found) && found.faster >= 95 && found.slower == 0);
  CHECK(!ht_compare_try(a, b, 5, 10, &found) && !ht_compare_try(a, b, 5, 0, &found));
}

/* What is said to have been detectable in one comparison, on average, is found in about that share of others.
 */
static void detectable(void) {
  struct ht_compare_samples samples;
  static const size_t counts[] = {10, 30};
  for (size_t c = 0; c < 2; c++) {
    size_t n = counts[c], trials = PAIRS / n, hits = 0;
    double sum = 0;
    make(1);
    for (size_t i = 0; i < trials; i++) {
      CHECK(ht_compare_pairs(a + i * n, b + i * n, n, &samples));
      CHECK(samples.test == (n < 20 ? HT_COMPARE_MANN_WHITNEY : HT_COMPARE_SIGNED_RANK) && samples.paired);
      sum += samples.detectable;
    }
    make(1 + sum / (double)trials);
    for (size_t i = 0; i < trials; i++)
      hits += ht_compare_pairs(a + i * n, b + i * n, n, &samples) &&
              ht_compare_judge(&samples, samples.p, 0, HT_LINE_LOWER) == HT_COMPARE_SLOWER;
    CHECK((double)hits > 0.6 * (double)trials);
    if (failures) fprintf(stderr, "%zu pairs: %zu of %zu find %.3g\n", n, hits, trials, sum / (double)trials);
  }
}

static void judge(void) {
  struct ht_compare_samples s = {
      .test = HT_COMPARE_SIGNED_RANK, .ratio = 1.01, .interval = {true, 1.005, 1.015}, .p = 0.001};
  CHECK(ht_compare_judge(&s, 0.049, 0.01, HT_LINE_LOWER) == HT_COMPARE_SLOWER);
  CHECK(ht_compare_judge(&s, 0.049, 0.01, HT_LINE_HIGHER) == HT_COMPARE_FASTER);
  CHECK(ht_compare_judge(&s, 0.05, 0.01, HT_LINE_LOWER) == HT_COMPARE_UNDECIDED);
  CHECK(ht_compare_judge(&s, 0.05, 0.016, HT_LINE_LOWER) == HT_COMPARE_SAME);
  s.interval.low = 0.999;
  CHECK(ht_compare_judge(&s, 0.001, 0.01, HT_LINE_LOWER) == HT_COMPARE_UNDECIDED);
  s.interval.known = false;
  CHECK(ht_compare_judge(&s, 0.001, 1, HT_LINE_LOWER) == HT_COMPARE_UNDECIDED);
  s = (struct ht_compare_samples){
      .test = HT_COMPARE_COUNT, .ratio = 0.9989, .interval = {true, 0.9989, 0.9989}};
  CHECK(ht_compare_judge(&s, NAN, 0.01, HT_LINE_LOWER) == HT_COMPARE_FASTER);
  s.ratio = s.interval.low = s.interval.high = 0.9991;
  CHECK(ht_compare_judge(&s, NAN, 0.01, HT_LINE_LOWER) == HT_COMPARE_SAME);
}

int main(void) {
  judge();
  series();
  detectable();
  return failures != 0;
}
