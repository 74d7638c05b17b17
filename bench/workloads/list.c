// list: one long list that lives, collected again and again. A marker finds the next object only by reading
// the one before it, so it waits for memory each time and fetching ahead does not help.
//
// Objects are made in order, number k with the word base + k, and linked in another: at place p of the list
// stands the object number ht_list_object(p, live), see choices.h. Before the region there is one full
// collection, so that what the making left behind is gone. The checksum is read at the end, down the list:
// the word at place p has the position p.
#include "bench/workloads/node.h"

static const uint64_t reference_map[] = {1};
static const struct ht_type reference_type = {"reference", HT_WORD, 1, reference_map};

enum { HEAD, PREVIOUS, NODE, ARRAY };

// All objects, in an array, for they are linked in another order than that in which they are made.
static bool make(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  if (!heap_alloc(m, &slots[ARRAY], &reference_type, task->params->live, 0, 0)) return false;
  task->allocations++;
  for (uint64_t k = 0; k < task->params->live; k++) {
    if (!heap_alloc(m, &slots[NODE], &node_type, 1, 0, 0)) return false;
    task->allocations++;
    *node_word(slots[NODE]) = task->base + k;
    heap_store(m, slots[ARRAY], (ht_ref *)slots[ARRAY] + k, slots[NODE]);
  }
  return true;
}

static void link_all(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  uint64_t live = task->params->live;
  ht_ref *slots = task->slots, *array = slots[ARRAY];
  for (uint64_t p = 0; p < live; p++) {
    heap_root_load(m, &slots[NODE], array, &array[ht_list_object(p, live)]);
    struct node *previous = slots[PREVIOUS];
    if (previous)
      heap_store(m, previous, &previous->next, slots[NODE]);
    else
      heap_root_set(m, &slots[HEAD], slots[NODE]);
    heap_root_set(m, &slots[PREVIOUS], slots[NODE]);
  }
  heap_root_set(m, &slots[PREVIOUS], NULL);
  heap_root_set(m, &slots[NODE], NULL);
  heap_root_set(m, &slots[ARRAY], NULL);
  if (!task->releases) return;
  heap_clear(m, array, array, live);
  heap_release(m, array);
}

static bool begin(struct ht_task *task) {
  if (!make(task)) return false;
  link_all(task);
  heap_collect(task->mutator, true);
  return true;
}

static bool body(struct ht_task *task) {
  for (uint64_t i = task->params->collections; i > 0; i--) heap_collect(task->mutator, true);
  return true;
}

// Node by node, so that a heap which counts references need not follow the whole list at once. A heap that
// gave objects out twice may have made a list without an end.
static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  for (uint64_t p = 0; p < task->params->live && slots[HEAD]; p++) {
    struct node *node = slots[HEAD];
    task->checksum = ht_checksum_add(task->checksum, p, *node_word(node));
    heap_root_load(m, &slots[NODE], node, &node->next);
    heap_root_set(m, &slots[HEAD], slots[NODE]);
    heap_release(m, node);
  }
}

HT_WORKLOAD_CODE(list, "list");
