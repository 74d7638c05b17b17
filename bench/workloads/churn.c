// churn: a ring of live objects in root slots, each in its turn let go and replaced. The steadiest load there
// is, and what a fast path is made for.
//
// Allocation number k, from 0, filling included, goes to place k % live; the last word of the object is
// base + k. The checksum is read at the end: the object at place p has the position p. One more object, made
// first, is what the first word of each refers to, if objects hold references; it counts for nothing.
#include "bench/workloads/task.h"
#include HT_CALLS_HEADER

// Words of an object that hold references: all but the last, which is the one that is written. The first is
// given a reference to an object that lives as long as the ring, so a collector has something to follow, and
// nothing refers to what is released.
#define WORDS(bytes) ((bytes) / HT_WORD)
#define MAP_WORD(bytes, index)                         \
  (WORDS(bytes) - 1 >= 64 * ((index) + 1) ? UINT64_MAX \
   : WORDS(bytes) - 1 <= 64 * (index)     ? 0          \
                                          : (UINT64_C(1) << (WORDS(bytes) - 1) % 64) - 1)
// Maps have the length that the largest size needs.
#define MAP_4(bytes, i) \
  MAP_WORD(bytes, i), MAP_WORD(bytes, (i) + 1), MAP_WORD(bytes, (i) + 2), MAP_WORD(bytes, (i) + 3)
#define MAP_16(bytes, i) MAP_4(bytes, i), MAP_4(bytes, (i) + 4), MAP_4(bytes, (i) + 8), MAP_4(bytes, (i) + 12)
#define MAP_64(bytes, i) \
  MAP_16(bytes, i), MAP_16(bytes, (i) + 16), MAP_16(bytes, (i) + 32), MAP_16(bytes, (i) + 48)

#define SIZE(bytes)                                                                                       \
  static const uint64_t map_##bytes[] = {MAP_64(bytes, 0), MAP_64(bytes, 64)};                            \
  _Static_assert(WORDS(bytes) <= 64 * sizeof map_##bytes / sizeof *map_##bytes, "the map ends too soon"); \
  static const struct ht_type data_##bytes = {"data-" #bytes, bytes, 0, NULL};                            \
  static const struct ht_type references_##bytes = {"references-" #bytes, bytes, WORDS(bytes) - 1,        \
                                                    map_##bytes};
#include "bench/workloads/sizes.def"
#undef SIZE

static inline uint64_t *word_of(ht_ref object, const struct ht_type *type) {
  return (uint64_t *)object + WORDS(type->size) - 1;
}

// The ring is slots 0 to live - 1, what objects refer to is in the slot after.
static inline __attribute__((always_inline)) bool fill(struct ht_task *task, const struct ht_type *type) {
  struct ht_mutator *m = task->mutator;
  ht_ref *ring = task->slots, *anchor = ring + task->params->live;
  if (!heap_alloc(m, anchor, type, 1, 0, 0)) return false;
  for (uint64_t i = 0; i < task->params->live; i++) {
    if (!heap_alloc(m, &ring[i], type, 1, 0, 0)) return false;
    if (type->references) heap_store(m, ring[i], ring[i], *anchor);
    *word_of(ring[i], type) = task->base + i;
  }
  return true;
}

static inline __attribute__((always_inline)) bool churn(struct ht_task *task, const struct ht_type *type) {
  struct ht_mutator *m = task->mutator;
  ht_ref *ring = task->slots, *ring_end = ring + task->params->live,
         *slot = ring + task->done % task->params->live;
  uint64_t word = task->base + task->done, end = word + task->params->operations;
  for (; word != end; word++) {
    ht_ref old = *slot;
    heap_root_set(m, slot, NULL);
    heap_release(m, old);
    if (!heap_alloc(m, slot, type, 1, 0, 0)) return false;
    if (type->references) heap_store(m, *slot, *slot, *ring_end);
    *word_of(*slot, type) = word;
    if (++slot == ring_end) slot = ring;
  }
  return true;
}

static bool begin(struct ht_task *task) {
  bool ok = false;
  switch (task->params->size) {
#define SIZE(bytes)                                                                              \
  case bytes:                                                                                    \
    ok = task->params->references ? fill(task, &references_##bytes) : fill(task, &data_##bytes); \
    break;
#include "bench/workloads/sizes.def"
#undef SIZE
  }
  task->done = task->params->live;
  task->allocations = task->params->live + 1;
  return ok;
}

// A function for each type, so that the type is a constant in its loop; not inlined, so that the loop has all
// registers to itself.
#define SIZE(bytes)                                                                      \
  __attribute__((noinline)) static bool churn_data_##bytes(struct ht_task *task) {       \
    return churn(task, &data_##bytes);                                                   \
  }                                                                                      \
  __attribute__((noinline)) static bool churn_references_##bytes(struct ht_task *task) { \
    return churn(task, &references_##bytes);                                             \
  }
#include "bench/workloads/sizes.def"
#undef SIZE

static bool body(struct ht_task *task) {
  bool ok = false;
  switch (task->params->size) {
#define SIZE(bytes)                                                                            \
  case bytes:                                                                                  \
    ok = task->params->references ? churn_references_##bytes(task) : churn_data_##bytes(task); \
    break;
#include "bench/workloads/sizes.def"
#undef SIZE
  }
  task->done += task->params->operations;
  task->allocations += task->params->operations;
  return ok;
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  uint64_t live = task->params->live, last = WORDS(task->params->size) - 1;
  // All are read before the first is let go: memory that two of them share shows.
  for (uint64_t i = 0; i < live; i++)
    task->checksum = ht_checksum_add(task->checksum, i, ((uint64_t *)task->slots[i])[last]);
  for (uint64_t i = 0; i <= live; i++) {
    ht_ref old = task->slots[i];
    heap_root_set(m, &task->slots[i], NULL);
    heap_release(m, old);
  }
}

HT_WORKLOAD_CODE(churn, "churn");
