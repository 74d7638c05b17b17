#ifndef SEMISPACE_INLINE_H
#define SEMISPACE_INLINE_H

// The heap "semispace": everything moves at every safepoint, and what was left traps.
//
// Two spaces take turns (Cheney, "A nonrecursive list compacting algorithm", CACM 13, 1970). A cycle copies
// what the roots reach from one to the other, in the order in which it is found; the space that was left is
// made inaccessible, so a reference that was not updated traps when it is used. With move=full a cycle
// happens only when the space is full, or when it is asked for.
//
// A space is a range whose first pages are committed. The space to copy to is made large enough for all that
// lies in the other one, live or not, and for the allocation in hand before anything is copied: a cycle that
// is refused memory does not happen.

#include "allocators/common/rooted.h"
#include "tests/heaps/common/run.h"

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

#include <string.h>

struct semispace {
  char *base;
  size_t size, committed;
};

struct semispace_heap {
  struct rooted_heap rooted;
  char *next, *limit; // allocation in `current`; limit <= next where the next one is to move everything first
  struct semispace current, left;
  size_t bound;     // bytes that the objects in `current` take in whatever order they are copied
  size_t threshold; // move=full: bytes used that start a cycle
  bool every;
  struct base_list watches, due;
  size_t due_count;
  uint64_t held_bytes; // of the objects in `current`, as asked for
  struct ht_statistics statistics;
};

void semispace_safepoint(struct semispace_heap *h);
bool semispace_make_room(struct semispace_heap *h, size_t need);
void semispace_collect(struct semispace_heap *h, bool full);
size_t semispace_run_finalizers(struct ht_mutator *m);

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  if (!rooted_attach(heap, carrier, mutator)) return false;
  semispace_safepoint((struct semispace_heap *)heap);
  return true;
}

static inline void heap_detach(struct ht_mutator *m) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  rooted_detach(m);
  semispace_safepoint(h);
}

static inline void heap_block(struct ht_mutator *m) {
  (void)m;
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  (void)carrier;
  semispace_safepoint((struct semispace_heap *)m->heap);
}

static inline void heap_poll(struct ht_mutator *m) {
  semispace_safepoint((struct semispace_heap *)m->heap);
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  size_t bytes = ht_type_bytes(type, count);
  if (bytes > RUN_LARGEST) return false;
  alignment = run_align(alignment);
  size_t need = run_need(bytes, alignment);
  if ((uintptr_t)h->next + need > (uintptr_t)h->limit && !semispace_make_room(h, need)) return false;
  ht_ref object = run_place(&h->next, type, bytes, alignment);
  h->bound += need;
  h->held_bytes += bytes;
  h->statistics.allocated_objects++;
  h->statistics.allocated_bytes += bytes;
  if (type->references || (flags & HT_ZEROED)) memset(object, 0, bytes);
  *slot = object;
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

// The table leaves it out, and so does this heap.
static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)m, (void)slot, (void)type, (void)old_count, (void)count, (void)flags;
  return false;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  semispace_collect((struct semispace_heap *)m->heap, full);
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  return semispace_run_finalizers(m);
}

#endif
