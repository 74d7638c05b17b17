#ifndef HEAPTRIAL_THROUGH_TABLE_H
#define HEAPTRIAL_THROUGH_TABLE_H

// The heap_ functions as calls through a heap's table.
//
// Code that works on a heap is written against the heap_ functions. It includes either a heap's own inline
// header, which defines them for that heap alone, or this one, which finds them in the table of whatever heap
// the mutator belongs to.

#include <heaptrial/optional.h>

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  return heap->table->attach(heap, carrier, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  m->heap->table->detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  m->heap->table->block(m);
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  m->heap->table->unblock(m, carrier);
}

static inline void heap_poll(struct ht_mutator *m) {
  m->heap->table->poll(m);
}

static inline void heap_push(struct ht_mutator *m, struct ht_frame *frame) {
  m->heap->table->push(m, frame);
}

static inline void heap_pop(struct ht_mutator *m) {
  m->heap->table->pop(m);
}

static inline void heap_root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  m->heap->table->root_set(m, slot, object);
}

static inline void heap_root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  m->heap->table->root_load(m, slot, object, field);
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  return m->heap->table->alloc(m, slot, type, count, alignment, flags);
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  m->heap->table->release(m, object);
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  return m->heap->table->resize(m, slot, type, old_count, count, flags);
}

static inline ht_ref heap_load(struct ht_mutator *m, ht_ref object, const ht_ref *field) {
  return m->heap->table->load(m, object, field);
}

static inline void heap_store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  m->heap->table->store(m, object, field, value);
}

static inline void heap_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, ht_ref from,
                             const ht_ref *from_field, size_t words) {
  m->heap->table->copy(m, to, to_field, from, from_field, words);
}

static inline void heap_clear(struct ht_mutator *m, ht_ref object, ht_ref *field, size_t words) {
  m->heap->table->clear(m, object, field, words);
}

static inline bool heap_send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  return m->heap->table->send(m, cell, object);
}

static inline bool heap_recv(struct ht_mutator *m, ht_ref *cell, ht_ref *slot) {
  return m->heap->table->recv(m, cell, slot);
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  m->heap->table->collect(m, full);
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  return m->heap->table->run_finalizers(m);
}

#endif
