// graph: a random object graph that lives, collected again and again: how fast a heap marks where each
// reference leads somewhere else.
//
// One array refers to all objects. Object number k has the word base + k and four references: reference i is
// to the object number mix(base + 4 * k + i) % live. Before the region there is one full collection. The
// checksum is read at the end: the word of object k has the position 5 * k, the word of what its reference i
// is to the position 5 * k + 1 + i.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

enum { WORDS = HT_NODE_BYTES / HT_WORD - HT_GRAPH_REFERENCES };

struct object {
  ht_ref references[HT_GRAPH_REFERENCES];
  uint64_t words[WORDS];
};

static const uint64_t object_map[] = {(1 << HT_GRAPH_REFERENCES) - 1};
static const struct ht_type object_type = {"object", sizeof(struct object), HT_GRAPH_REFERENCES, object_map};
static const uint64_t reference_map[] = {1};
static const struct ht_type reference_type = {"reference", HT_WORD, 1, reference_map};

enum { ARRAY, FROM, TO };

static bool make(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  if (!heap_alloc(m, &slots[ARRAY], &reference_type, task->params->live, 0, 0)) return false;
  task->allocations++;
  for (uint64_t k = 0; k < task->params->live; k++) {
    if (!heap_alloc(m, &slots[FROM], &object_type, 1, 0, 0)) return false;
    task->allocations++;
    ((struct object *)slots[FROM])->words[WORDS - 1] = task->base + k;
    heap_store(m, slots[ARRAY], (ht_ref *)slots[ARRAY] + k, slots[FROM]);
  }
  return true;
}

static bool begin(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  uint64_t live = task->params->live;
  if (!make(task)) return false;
  ht_ref *array = slots[ARRAY];
  for (uint64_t k = 0; k < live; k++) {
    heap_root_load(m, &slots[FROM], array, &array[k]);
    struct object *from = slots[FROM];
    for (unsigned i = 0; i < HT_GRAPH_REFERENCES; i++) {
      heap_root_load(m, &slots[TO], array, &array[ht_graph_target(task->base, k, i, live)]);
      heap_store(m, from, &from->references[i], slots[TO]);
    }
  }
  heap_root_set(m, &slots[FROM], NULL);
  heap_root_set(m, &slots[TO], NULL);
  heap_collect(m, true);
  return true;
}

static bool body(struct ht_task *task) {
  for (uint64_t i = task->params->collections; i > 0; i--) heap_collect(task->mutator, true);
  return true;
}

// References first: nothing may refer to what is released.
static void release(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots, *array = slots[ARRAY];
  for (uint64_t k = 0; k < task->params->live; k++) {
    heap_root_load(m, &slots[FROM], array, &array[k]);
    struct object *object = slots[FROM];
    heap_clear(m, object, object->references, HT_GRAPH_REFERENCES);
  }
  for (uint64_t k = 0; k < task->params->live; k++) {
    heap_root_load(m, &slots[FROM], array, &array[k]);
    ht_ref object = slots[FROM];
    heap_store(m, array, &array[k], NULL);
    heap_root_set(m, &slots[FROM], NULL);
    heap_release(m, object);
  }
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots, *array = slots[ARRAY];
  for (uint64_t k = 0; k < task->params->live; k++) {
    uint64_t position = k * (1 + HT_GRAPH_REFERENCES);
    heap_root_load(m, &slots[FROM], array, &array[k]);
    struct object *from = slots[FROM];
    task->checksum = ht_checksum_add(task->checksum, position, from->words[WORDS - 1]);
    for (unsigned i = 0; i < HT_GRAPH_REFERENCES; i++) {
      heap_root_load(m, &slots[TO], from, &from->references[i]);
      struct object *to = slots[TO];
      task->checksum = ht_checksum_add(task->checksum, position + 1 + i, to->words[WORDS - 1]);
    }
  }
  heap_root_set(m, &slots[FROM], NULL);
  heap_root_set(m, &slots[TO], NULL);
  if (task->releases) release(task);
  heap_root_set(m, &slots[ARRAY], NULL);
  if (task->releases) heap_release(m, array);
}

HT_WORKLOAD_CODE(graph, "graph");
