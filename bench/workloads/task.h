#ifndef BENCH_WORKLOADS_TASK_H
#define BENCH_WORKLOADS_TASK_H

// What a workload's code and the code that runs it agree on. A source that defines a workload includes this;
// it is compiled with HT_CALLS, how it calls (direct, table, hand), and HT_CALLS_HEADER, where the heap_
// functions come from.

#include "bench/workloads/workload.h"

// One mutator's share of a run. Its frame is pushed before begin and popped after end.
struct ht_task {
  const struct ht_workload_params *params;
  struct ht_mutator *mutator;
  ht_ref *slots;
  bool releases;        // the heap wants to be told what is dead
  uint64_t base;        // operation k of this task writes the word base + k
  uint64_t done;        // operations done, filling included where it is one
  uint64_t allocations; // that returned true
  uint64_t checksum;
  struct ht_workload_samples *samples;
};

// Each returns false if an allocation failed. `end` is called only if all before it was true.
struct ht_workload_code {
  const char *workload;
  bool (*begin)(struct ht_task *task);
  bool (*body)(struct ht_task *task);
  void (*end)(struct ht_task *task);
};

#define HT_CODE_NAME_(name, calls) ht_##name##_##calls
#define HT_CODE_NAME(name, calls) HT_CODE_NAME_(name, calls)
#define HT_CODE(name) HT_CODE_NAME(name, HT_CALLS)

#define HT_WORKLOAD_CODE(name_of_code, name_of_workload)      \
  extern const struct ht_workload_code HT_CODE(name_of_code); \
  const struct ht_workload_code HT_CODE(name_of_code) = {name_of_workload, begin, body, end}

// The finaliser of MurmurHash3 with Stafford's constants (variant 13): every bit of the input reaches all of
// the output.
static inline uint64_t ht_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

// The first word of mutator `number`: far from any address, and different for each.
static inline uint64_t ht_task_base(uint64_t seed, uint64_t number) {
  return ht_mix(seed * UINT64_C(0x9e3779b97f4a7c15) + number + 1);
}

// A sum that tells a word in the wrong place from one in its place.
static inline uint64_t ht_checksum_add(uint64_t sum, uint64_t position, uint64_t word) {
  return sum + ht_mix(word ^ ht_mix(position));
}

// Which word stands at each place of a ring of `live` after `done` operations that went round it.
static inline uint64_t ht_ring_last(uint64_t place, uint64_t live, uint64_t done) {
  return place + (done - 1 - place) / live * live;
}

// The numbers that binary-trees follows from: one tree of depth + 1 to stretch the heap, one of `depth` that
// lives on, and for each second depth from HT_TREES_SHORTEST many that die at once.
enum { HT_TREES_SHORTEST = 4, HT_TREES_DEEPEST = 24 };

static inline uint64_t ht_trees_nodes(uint64_t depth) {
  return (UINT64_C(2) << depth) - 1;
}

static inline uint64_t ht_trees_count(uint64_t longest, uint64_t depth) {
  return UINT64_C(1) << (longest - depth + HT_TREES_SHORTEST);
}

#endif
