// escape: short-lived objects, of which some reach the heap and the others live and die on the stack, as
// where a compiler's escape analysis finds out which they are. What the heap costs is the difference between
// two settings of this dial.
//
// Object number k, from 0, has 8 words, word i is base + k + i. It reaches the heap if
// mix(base + k) % 100 < escape. All its words are read back and added up, and the sum s counts as
// checksum_add(checksum, 0, s). It dies before the next one is made.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

static const struct ht_type object_type = {"object", HT_ESCAPE_WORDS *HT_WORD, 0, NULL};

// Writes an object and reads it back. For all that the compiler knows somebody else has a look in between, so
// it has to be in memory.
static inline __attribute__((always_inline)) uint64_t use(uint64_t *object, uint64_t word) {
  for (unsigned i = 0; i < HT_ESCAPE_WORDS; i++) object[i] = word + i;
  __asm__ volatile("" : : "r"(object) : "memory");
  uint64_t sum = 0;
  for (unsigned i = 0; i < HT_ESCAPE_WORDS; i++) sum += object[i];
  return sum;
}

static bool begin(struct ht_task *task) {
  (void)task;
  return true;
}

static bool body(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slot = task->slots;
  uint64_t escape = task->params->escape, checksum = task->checksum, allocations = 0;
  uint64_t word = task->base + task->done, end = word + task->params->operations;
  for (; word != end; word++) {
    uint64_t sum, local[HT_ESCAPE_WORDS];
    if (ht_escape_reaches(word, escape)) {
      if (!heap_alloc(m, slot, &object_type, 1, 0, 0)) return false;
      ht_ref object = *slot;
      sum = use(object, word);
      heap_root_set(m, slot, NULL);
      heap_release(m, object);
      allocations++;
    } else {
      sum = use(local, word);
    }
    checksum = ht_checksum_add(checksum, 0, sum);
  }
  task->checksum = checksum;
  task->allocations += allocations;
  task->done += task->params->operations;
  return true;
}

static void end(struct ht_task *task) {
  (void)task;
}

HT_WORKLOAD_CODE(escape, "escape");
