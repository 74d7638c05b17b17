// rings: rings of `length` objects that refer to each other and die as a whole: garbage that counting
// references does not find. The last `live` rings are held.
//
// Object number k, from 0, filling included, has the word base + k. Ring number r has the next `length`
// objects, the last ring of each entry of the region fewer if operations is no multiple of it; each object
// refers to the one made after it and the last to the first. Ring r is held at place r % live, in the stead
// of ring r - live, which dies. The checksum is read at the end, round each ring from its first object: the
// word of object i of the ring at place p has the position p * length + i.
//
// A heap that obeys release is told of each object of a dead ring.
#include "bench/workloads/node.h"

// Slots 0 to live - 1 hold the first object of each ring; these are the ones behind.
enum { PREVIOUS, NODE, SLOTS_BEHIND };

static bool make(struct ht_task *task, ht_ref *first, uint64_t length) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots + task->params->live;
  for (uint64_t i = 0; i < length; i++) {
    if (!heap_alloc(m, &slots[NODE], &node_type, 1, 0, 0)) return false;
    *node_word(slots[NODE]) = task->base + task->done++;
    task->allocations++;
    struct node *previous = slots[PREVIOUS];
    if (previous)
      heap_store(m, previous, &previous->next, slots[NODE]);
    else
      heap_root_set(m, first, slots[NODE]);
    heap_root_set(m, &slots[PREVIOUS], slots[NODE]);
  }
  struct node *last = slots[PREVIOUS];
  heap_store(m, last, &last->next, *first);
  heap_root_set(m, &slots[NODE], NULL);
  heap_root_set(m, &slots[PREVIOUS], NULL);
  return true;
}

// All but the first, which the slot holds; nothing refers to that one afterwards.
static void release_others(struct ht_task *task, struct node *first) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots + task->params->live;
  heap_root_load(m, &slots[NODE], first, &first->next);
  heap_store(m, first, &first->next, NULL);
  while (slots[NODE] != first) {
    struct node *node = slots[NODE];
    heap_root_load(m, &slots[PREVIOUS], node, &node->next);
    heap_store(m, node, &node->next, NULL);
    heap_root_set(m, &slots[NODE], slots[PREVIOUS]);
    heap_release(m, node);
  }
  heap_root_set(m, &slots[NODE], NULL);
  heap_root_set(m, &slots[PREVIOUS], NULL);
}

static void let_go(struct ht_task *task, ht_ref *slot) {
  ht_ref first = *slot;
  if (task->releases) release_others(task, first);
  heap_root_set(task->mutator, slot, NULL);
  heap_release(task->mutator, first);
}

static bool begin(struct ht_task *task) {
  for (uint64_t place = 0; place < task->params->live; place++)
    if (!make(task, &task->slots[place], task->params->length)) return false;
  return true;
}

static bool body(struct ht_task *task) {
  uint64_t length = task->params->length, live = task->params->live, left = task->params->operations;
  uint64_t entry = (task->done - live * length) / task->params->operations;
  uint64_t ring = entry * ht_rings_each_entry(task->params);
  for (; left > 0; ring++) {
    uint64_t objects = length < left ? length : left;
    ht_ref *slot = &task->slots[ring % live];
    let_go(task, slot);
    if (!make(task, slot, objects)) return false;
    left -= objects;
  }
  return true;
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  uint64_t length = task->params->length, live = task->params->live;
  ht_ref *node = &task->slots[live + NODE];
  for (uint64_t place = 0; place < live; place++) {
    heap_root_set(m, node, task->slots[place]);
    for (uint64_t i = 0; i < length; i++) {
      struct node *at = *node;
      task->checksum = ht_checksum_add(task->checksum, place * length + i, *node_word(at));
      if (at->next == task->slots[place]) break;
      heap_root_load(m, node, at, &at->next);
    }
    heap_root_set(m, node, NULL);
  }
  for (uint64_t place = 0; place < live; place++) let_go(task, &task->slots[place]);
}

HT_WORKLOAD_CODE(rings, "rings");
