/* What the two sources of the test share. */
#ifndef RESULTS_STATS_TEST_H
#define RESULTS_STATS_TEST_H

#include <stdio.h>

#include "results/stats/stats.h"

extern int failures;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      failures++;                                                     \
    }                                                                 \
  } while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool near(double a, double b);
/* Uniform in (0, 1) from a fixed sequence: the test must not depend on luck. */
double uniform(void);

void pairs_tests(void);

#endif
