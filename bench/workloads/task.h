#ifndef BENCH_WORKLOADS_TASK_H
#define BENCH_WORKLOADS_TASK_H

// What a workload's code and the code that runs it agree on. A source that defines a workload includes this;
// it is compiled with HT_CALLS, how it calls (direct, table, hand), and HT_CALLS_HEADER, where the heap_
// functions come from.

#include "bench/workloads/workload.h"

#include <time.h>

// One mutator's share of a run. Its frame is pushed before begin and popped after end.
struct ht_task {
  const struct ht_workload_params *params;
  struct ht_mutator *mutator;
  struct ht_carrier *carrier; // that the mutator runs on
  ht_ref *slots;
  uint64_t number;      // of this mutator, from 0
  ht_ref *shared;       // a global for each mutator, empty at begin and after end; which to use they agree on
  void *state;          // the workload's own, from begin to end
  bool releases;        // the heap wants to be told what is dead
  uint64_t base;        // operation k of this task writes the word base + k
  uint64_t done;        // operations done, filling included where it is one
  uint64_t allocations; // that returned true
  uint64_t checksum;    // the run's is the sum over all tasks
  struct ht_workload_samples *samples;
};

// Each returns false if an allocation failed, with no mutator left but its own. `end` is called only if all
// before it was true.
struct ht_workload_code {
  const char *workload;
  bool (*begin)(struct ht_task *task);
  bool (*body)(struct ht_task *task);
  void (*end)(struct ht_task *task);
};

// Waits, blocked, until all mutators of the run are here. False: one of them has failed, and so has the run.
bool ht_task_meet(struct ht_task *task);

#define HT_CODE_NAME_(name, calls) ht_##name##_##calls
#define HT_CODE_NAME(name, calls) HT_CODE_NAME_(name, calls)
#define HT_CODE(name) HT_CODE_NAME(name, HT_CALLS)

#define HT_WORKLOAD_CODE(name_of_code, name_of_workload)      \
  extern const struct ht_workload_code HT_CODE(name_of_code); \
  const struct ht_workload_code HT_CODE(name_of_code) = {name_of_workload, begin, body, end}

// The process's CPU clock: other processes do not show, a collector's threads do.
static inline uint64_t ht_task_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

// Is there room for the time of one more operation?
static inline bool ht_task_samples(const struct ht_task *task) {
  return task->samples && task->samples->count < task->samples->capacity;
}

// Keeps the time since `before` and returns the time now.
static inline uint64_t ht_task_sample(struct ht_task *task, uint64_t before) {
  uint64_t now = ht_task_clock(), length = now - before;
  task->samples->ns[task->samples->count++] = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
  return now;
}

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

#endif
