// message-ring: messages are pushed into a ring that holds the last `live` of them, each push on the clock.
// The ring is one large object full of references that never stops changing: what makes collectors pause.
//
// Push number k, from 0, filling included, goes to place k % live; every word of its message is base + k. The
// checksum is read at the end: word i of the message at place p has the position p * words + i.
#include "bench/workloads/task.h"
#include HT_CALLS_HEADER

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

static bool body(struct ht_task *task) {
  uint64_t i = 0, before = ht_task_clock();
  for (; i < task->params->operations && ht_task_samples(task); i++) {
    if (!push(task)) return false;
    before = ht_task_sample(task, before);
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
