#ifndef BENCH_WORKLOADS_CATALOGUE_H
#define BENCH_WORKLOADS_CATALOGUE_H

// Private to the catalogue: what a right run of each workload makes, worked out without a heap.
//
// Beside each stands the bound that its parameters have; `check`, `expect` and `slots` are as in
// struct ht_workload.

#include "bench/workloads/choices.h"

enum {
  LIVE_MOST = 1 << 24,
  MUTATORS_MOST = 64,
  COLLECTIONS_MOST = 1000000,
  TASKS_MOST = 1000000,
  MESSAGE_MOST = 1 << 20, // bytes
};

// What holds for the parameters of any workload.
const char *ht_common_check(const struct ht_workload_params *p);

#define HT_EXPECTED(code)                                                       \
  const char *ht_##code##_check(const struct ht_workload_params *p);            \
  void ht_##code##_expect(const struct ht_workload_params *p, uint64_t entries, \
                          struct ht_workload_expectation *e);                   \
  size_t ht_##code##_slots(const struct ht_workload_params *p)

// expect_alone.c
HT_EXPECTED(churn);
HT_EXPECTED(binary_trees);
HT_EXPECTED(message_ring);
HT_EXPECTED(escape);
HT_EXPECTED(rings);
// expect_marked.c
HT_EXPECTED(graph);
HT_EXPECTED(list);
HT_EXPECTED(deep_tree);
// expect_shared.c
HT_EXPECTED(exchange);
HT_EXPECTED(service);

#endif
