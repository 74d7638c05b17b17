// churn by hand: the same ring on plain malloc, as one would write it without a heap interface.
#include "bench/workloads/task.h"
#include HT_HAND_HEADER

// A constant size, as in the workload.
static inline __attribute__((always_inline)) bool churn(struct ht_task *task, size_t bytes) {
  void **ring = task->slots, **ring_end = ring + task->params->live,
       **slot = ring + task->done % task->params->live;
  uint64_t word = task->base + task->done, end = word + task->params->operations;
  for (; word != end; word++) {
    hand_free(*slot);
    uint64_t *object = hand_alloc(bytes);
    if (!object) return false;
    *slot = object;
    object[bytes / HT_WORD - 1] = word;
    if (++slot == ring_end) slot = ring;
  }
  return true;
}

#define SIZE(bytes)                                                           \
  __attribute__((noinline)) static bool churn_##bytes(struct ht_task *task) { \
    return churn(task, bytes);                                                \
  }
#include "bench/workloads/sizes.def"
#undef SIZE

static bool begin(struct ht_task *task) {
  for (uint64_t i = 0; i < task->params->live; i++) {
    uint64_t *object = task->slots[i] = hand_alloc(task->params->size);
    if (!object) return false;
    object[task->params->size / HT_WORD - 1] = task->base + i;
  }
  // The workload's ring has an object that the others refer to.
  task->slots[task->params->live] = hand_alloc(task->params->size);
  task->done = task->params->live;
  task->allocations = task->params->live + 1;
  return task->slots[task->params->live];
}

static bool body(struct ht_task *task) {
  bool ok = false;
  switch (task->params->size) {
#define SIZE(bytes)           \
  case bytes:                 \
    ok = churn_##bytes(task); \
    break;
#include "bench/workloads/sizes.def"
#undef SIZE
  }
  task->done += task->params->operations;
  task->allocations += task->params->operations;
  return ok;
}

static void end(struct ht_task *task) {
  uint64_t live = task->params->live, last = task->params->size / HT_WORD - 1;
  for (uint64_t i = 0; i < live; i++)
    task->checksum = ht_checksum_add(task->checksum, i, ((uint64_t *)task->slots[i])[last]);
  for (uint64_t i = 0; i <= live; i++) {
    hand_free(task->slots[i]);
    task->slots[i] = NULL;
  }
}

HT_WORKLOAD_CODE(churn, "churn");
