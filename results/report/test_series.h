/* Made-up results for tests: as many series as a long night has. */
#ifndef RESULTS_REPORT_TEST_SERIES_H
#define RESULTS_REPORT_TEST_SERIES_H

#include "results/store/store.h"

enum { TEST_HEAPS = 10, TEST_WORKLOADS = 20, TEST_PROCESSES = 7 };

/* TEST_HEAPS x TEST_WORKLOADS series of TEST_PROCESSES lines with measures and curves, three of them without
 * a result; campaigns, mutants and verdicts. Names are hostile here and there. -1 with `error`. */
int test_series_add(struct ht_store *store, char *error);

#endif
