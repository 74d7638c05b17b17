#ifndef HEAPTRIAL_OPTIONAL_H
#define HEAPTRIAL_OPTIONAL_H

// The heap_ functions that no inner loop calls and that not every heap has: always calls through the table,
// harmless where the heap lacks the capability. A heap's inline header includes this; so does
// through_table.h.

#include <heaptrial/heap.h>

static inline bool heap_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback,
                                    void *data, struct ht_weak **weak) {
  const struct ht_heap_table *table = m->heap->table;
  return (table->capabilities & HT_WEAK) && table->weak_create(m, object, callback, data, weak);
}

static inline void heap_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  m->heap->table->weak_load(m, weak, slot);
}

static inline void heap_weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  m->heap->table->weak_drop(m, weak);
}

static inline bool heap_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer,
                                      void *data) {
  const struct ht_heap_table *table = m->heap->table;
  return (table->capabilities & HT_FINALIZERS) && table->finalizer_set(m, object, finalizer, data);
}

static inline bool heap_pin(struct ht_mutator *m, ht_ref object) {
  const struct ht_heap_table *table = m->heap->table;
  return (table->capabilities & HT_PINS) && table->pin(m, object);
}

// Only after a pin that said true.
static inline void heap_unpin(struct ht_mutator *m, ht_ref object) {
  m->heap->table->unpin(m, object);
}

static inline bool heap_global_root_add(struct ht_heap *heap, ht_ref *global) {
  return heap->table->global_root_add(heap, global);
}

static inline void heap_global_root_remove(struct ht_heap *heap, ht_ref *global) {
  heap->table->global_root_remove(heap, global);
}

static inline void heap_statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  heap->table->statistics(heap, statistics);
}

#endif
