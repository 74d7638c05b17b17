/* Shared by the sources of results/stats/ and by nobody else. */
#ifndef RESULTS_STATS_STATS_INTERNAL_H
#define RESULTS_STATS_STATS_INTERNAL_H

#include "results/stats/stats.h"

/* In how many ways a statistic comes to 0, 1, 2, ...: n * m + 1 and n (n + 1) / 2 + 1 numbers, freed with
 * free(). NULL: no memory. */
double *stats_mann_whitney_ways(size_t n, size_t m);
double *stats_signed_rank_ways(size_t n);

#endif
