// message-ring: messages are pushed into a ring that holds the last `live` of them, each push on the clock.
// The ring is one large object full of references that never stops changing: what makes collectors pause.
#include "bench/workloads/task.h"
#include HT_CALLS_HEADER

#include <time.h>

static const uint64_t reference_map[] = {1};
static const struct ht_type reference_type = {"reference", HT_WORD, 1, reference_map};
static const struct ht_type word_type = {"word", HT_WORD, 0, NULL};

enum { RING, MESSAGE, OLD };

static bool push(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  uint64_t words = task->params->size / HT_WORD;
  if (!heap_alloc(m, &slots[MESSAGE], &word_type, words, 0, 0)) return false;
  uint64_t *message = slots[MESSAGE];
  for (uint64_t i = 0; i < words; i++) message[i] = task->base + task->done;
  ht_ref *field = (ht_ref *)slots[RING] + task->done % task->params->live;
  heap_root_load(m, &slots[OLD], slots[RING], field);
  heap_store(m, slots[RING], field, message);
  heap_root_set(m, &slots[MESSAGE], NULL);
  ht_ref old = slots[OLD];
  heap_root_set(m, &slots[OLD], NULL);
  if (old) heap_release(m, old);
  task->done++;
  task->allocations++;
  return true;
}

static bool begin(struct ht_task *task) {
  if (!heap_alloc(task->mutator, &task->slots[RING], &reference_type, task->params->live, 0, 0)) return false;
  task->allocations++;
  for (uint64_t i = 0; i < task->params->live; i++)
    if (!push(task)) return false;
  return true;
}

// The process's CPU clock: other processes do not show, a collector's threads do.
static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool body(struct ht_task *task) {
  struct ht_workload_samples *samples = task->samples;
  uint64_t i = 0, before = cpu_ns(), now;
  for (; samples && i < task->params->operations && samples->count < samples->capacity; i++, before = now) {
    if (!push(task)) return false;
    now = cpu_ns();
    samples->ns[samples->count++] = now - before < UINT32_MAX ? (uint32_t)(now - before) : UINT32_MAX;
  }
  for (; i < task->params->operations; i++)
    if (!push(task)) return false;
  return true;
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  uint64_t live = task->params->live, words = task->params->size / HT_WORD;
  ht_ref *slots = task->slots, *ring = slots[RING];
  for (uint64_t place = 0; place < live; place++) {
    heap_root_load(m, &slots[MESSAGE], ring, &ring[place]);
    const uint64_t *message = slots[MESSAGE];
    for (uint64_t i = 0; i < words; i++)
      task->checksum = ht_checksum_add(task->checksum, place * words + i, message[i]);
  }
  for (uint64_t place = 0; place < live; place++) {
    heap_root_load(m, &slots[MESSAGE], ring, &ring[place]);
    heap_store(m, ring, &ring[place], NULL);
    ht_ref old = slots[MESSAGE];
    heap_root_set(m, &slots[MESSAGE], NULL);
    heap_release(m, old);
  }
  heap_root_set(m, &slots[RING], NULL);
  heap_release(m, ring);
}

HT_WORKLOAD_CODE(message_ring, "message-ring");
