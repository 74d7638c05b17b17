// bench-limit: a bench program for limits, and which there are.
#include "bench/native/limits/limits.h"
#include "bench/native/native.h"

#include <stdio.h>
#include <string.h>

static const struct limit {
  const char *name;
  const struct ht_workload_set *set; // NULL: it runs no workload
  uint64_t capabilities;             // what it does as well as a heap that claims it
} limits[] = {
    {"limit:bump", &ht_workloads_bump, HT_COLLECTS},
    {"limit:freelist", &ht_workloads_freelist, HT_RELEASES},
    {"limit:marker", &ht_workloads_marker_plain, HT_COLLECTS | HT_COLLECTS_CYCLES},
    {"limit:marker-prefetch", &ht_workloads_marker_prefetch, HT_COLLECTS | HT_COLLECTS_CYCLES},
    {"limit:bandwidth", NULL, HT_COLLECTS},
    {0},
};

static const struct limit *find(const char *name) {
  const struct limit *limit = limits;
  while (limit->name && strcmp(limit->name, name) != 0) limit++;
  return limit->name ? limit : NULL;
}

static struct ht_heap_table limit_table;

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  enum ht_status status = heaptrial_heap.create(config, heap);
  if (status == HT_OK) (*heap)->table = &limit_table;
  return status;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *s) {
  (void)heap;
  *s = (struct ht_statistics){HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN,
                              HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN};
}

// Threads and frames are malloc's heap's; nothing is allocated from it in the region.
static const struct ht_heap_table *table(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                         size_t setting_capacity, char *message, size_t message_size) {
  const struct limit *limit = find(heap);
  (void)settings, (void)setting_capacity;
  if (!limit || *setting_count) {
    snprintf(message, message_size, limit ? "%s has no settings" : "there is no limit \"%s\"", heap);
    return NULL;
  }
  limit_table = heaptrial_heap;
  limit_table.name = limit->name;
  limit_table.provider = NULL;
  limit_table.capabilities = limit->capabilities;
  limit_table.create = create;
  limit_table.statistics = statistics;
  return &limit_table;
}

static int measure(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                   struct ht_line *line) {
  struct ht_bench_arguments copy = *arguments;
  const struct limit *limit = find(table->name);
  if (!limit->set) return limit_bandwidth(arguments, table, line);
  copy.set = limit->set;
  return ht_bench_measure(&copy, table, line);
}

// Which set runs follows from the limit's name, and with --heap there is no choice left.
static const struct ht_workload_set limit_set = {"limit", NULL};
static const struct ht_workload_set *const sets[] = {&limit_set, NULL};

const struct ht_bench_binding ht_bench_binding = {NULL, sets, table, measure};
