// exchange: objects of many sizes in an array, replaced at random; the arrays pass from mutator to mutator,
// so that most objects are let go by another one than made them. After Larson and Krishnan, "Memory
// allocation for long-running server applications", ISMM 1998, whose threads leave their objects to a
// successor.
//
// Mutator i fills array i: the object number k, from 0, with the word base(i) + k, goes to place k. Then, in
// each entry of the region, there are 16 phases; in phase p, counted over all entries, mutator i has array
// (i + p) % mutators. All mutators meet before each phase, and so each sees what the one before it left. From
// operations * q / 16 to operations * (q + 1) / 16 is what phase q of an entry does: object number k, counted
// on from the filling, with the word w = base(i) + k, replaces what is at place mix(w) % 2^32 % live.
//
// An object has 2 + mix(w) / 2^32 % (size / 8 - 1) words; the first is how many it has, the last is w. Each
// is read once, when it is replaced or at the end: its last word has the place where it was found for a
// position.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

static const struct ht_type word_type = {"word", HT_WORD, 0, NULL};
static const uint64_t reference_map[] = {1};
static const struct ht_type reference_type = {"reference", HT_WORD, 1, reference_map};

enum { ARRAY, NEW, OLD };

static bool make(struct ht_task *task, uint64_t word) {
  uint64_t words = ht_exchange_words(word, task->params->size);
  if (!heap_alloc(task->mutator, &task->slots[NEW], &word_type, words, 0, 0)) return false;
  uint64_t *object = task->slots[NEW];
  object[0] = words;
  object[words - 1] = word;
  task->allocations++;
  return true;
}

// Reads the object in slot OLD and lets it go. A number of words that no object has was overwritten.
static void let_go(struct ht_task *task, uint64_t place) {
  uint64_t *object = task->slots[OLD], words = object[0];
  if (words <= task->params->size / HT_WORD)
    task->checksum = ht_checksum_add(task->checksum, place, object[words - 1]);
  heap_root_set(task->mutator, &task->slots[OLD], NULL);
  heap_release(task->mutator, object);
}

static bool begin(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  if (!heap_alloc(m, &slots[ARRAY], &reference_type, task->params->live, 0, 0)) return false;
  task->allocations++;
  heap_store(m, NULL, &task->shared[task->number], slots[ARRAY]);
  for (; task->done < task->params->live; task->done++) {
    if (!make(task, task->base + task->done)) return false;
    heap_store(m, slots[ARRAY], (ht_ref *)slots[ARRAY] + task->done, slots[NEW]);
  }
  heap_root_set(m, &slots[NEW], NULL);
  heap_root_set(m, &slots[ARRAY], NULL);
  return true;
}

static bool replace(struct ht_task *task, uint64_t operations) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  for (; operations > 0; operations--) {
    uint64_t word = task->base + task->done, place = ht_exchange_place(word, task->params->live);
    if (!make(task, word)) return false;
    ht_ref *array = slots[ARRAY], *field = &array[place];
    heap_root_load(m, &slots[OLD], array, field);
    heap_store(m, array, field, slots[NEW]);
    heap_root_set(m, &slots[NEW], NULL);
    let_go(task, place);
    task->done++;
  }
  return true;
}

static bool body(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  uint64_t operations = task->params->operations;
  uint64_t phase = (task->done - task->params->live) / operations * HT_EXCHANGE_PHASES;
  for (uint64_t q = 0; q < HT_EXCHANGE_PHASES; q++, phase++) {
    if (!ht_task_meet(task)) return false;
    ht_ref *array = &task->shared[(task->number + phase) % task->params->mutators];
    heap_root_load(m, &task->slots[ARRAY], NULL, array);
    if (!replace(task, operations * (q + 1) / HT_EXCHANGE_PHASES - operations * q / HT_EXCHANGE_PHASES))
      return false;
  }
  heap_root_set(m, &task->slots[ARRAY], NULL);
  return true;
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  heap_root_load(m, &slots[ARRAY], NULL, &task->shared[task->number]);
  ht_ref *array = slots[ARRAY];
  for (uint64_t place = 0; place < task->params->live; place++) {
    heap_root_load(m, &slots[OLD], array, &array[place]);
    heap_store(m, array, &array[place], NULL);
    let_go(task, place);
  }
  heap_store(m, NULL, &task->shared[task->number], NULL);
  heap_root_set(m, &slots[ARRAY], NULL);
  heap_release(m, array);
}

HT_WORKLOAD_CODE(exchange, "exchange");
