#ifndef ARENA_INLINE_H
#define ARENA_INLINE_H

// The heap "arena": a heap outside heaptrial's tree, as small as the contract lets it be.
//
// All objects lie in one range of address space that is reserved at once; allocation moves a pointer through
// it and commits pages as it comes to them. Nothing is reclaimed before the heap is destroyed. It runs one
// carrier at a time and uses nothing but heaptrial's installed headers.

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

enum { ARENA_ALIGNMENT = 16 };

struct arena_heap {
  struct ht_heap head;
  const struct ht_memory *memory;
  struct ht_event_sink sink;
  char *start, *next, *committed, *end;
  struct arena_mutator *free_mutators; // of those that have detached
};

struct ht_carrier {
  struct arena_heap *heap;
};

struct arena_mutator {
  struct ht_mutator head;
  struct arena_mutator *next_free;
};

// Takes `bytes` from the arena. NULL: no memory. Fresh pages are zero and nothing is used twice.
void *arena_take(struct arena_heap *h, size_t bytes, size_t alignment);

bool arena_attach(struct ht_heap *heap, struct ht_mutator **mutator);
void arena_detach(struct ht_mutator *m);

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  (void)carrier;
  return arena_attach(heap, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  arena_detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  (void)m;
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  (void)m, (void)carrier;
}

static inline void heap_poll(struct ht_mutator *m) {
  (void)m;
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  (void)flags;
  void *object = arena_take((struct arena_heap *)m->heap, ht_type_bytes(type, count), alignment);
  if (!object) return false;
  *slot = object;
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)m, (void)slot, (void)type, (void)old_count, (void)count, (void)flags;
  return false;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  (void)m, (void)full;
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m;
  return 0;
}

#endif
