// Compiled once a heap: a bench program that is linked with it.
#include "bench/run/run.h"

#define TEXT_(word) #word
#define TEXT(word) TEXT_(word)

static const struct ht_workload_set *const sets[] = {
    &ht_workloads_direct,
    &ht_workloads_table,
#ifdef HT_BENCH_BY_HAND
    &ht_workloads_hand,
#endif
    NULL,
};

static const struct ht_heap_table *table(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                         size_t setting_capacity, char *message, size_t message_size) {
  (void)heap, (void)settings, (void)setting_count, (void)setting_capacity, (void)message, (void)message_size;
  return &heaptrial_heap;
}

const struct ht_bench_binding ht_bench_binding = {TEXT(HT_BENCH_HEAP), sets, table, ht_bench_measure};
