#ifndef BUMP_INLINE_H
#define BUMP_INLINE_H

// The heap "bump": allocation moves a pointer, and nothing is ever freed.
//
// Each carrier bumps through a chunk of its own, so carriers meet only when one needs a new chunk. The chunks
// of all carriers are kept until the heap is destroyed. Fresh memory is zero, so every object is.

#include "base/list.h"
#include "base/mutex.h"
#include "tests/heaps/common/run.h"
#include "allocators/common/small_heap.h"

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

#include <string.h>

struct bump_heap {
  struct small_heap small;
  struct base_mutex mutex; // over the records and the lists
  struct base_list chunks; // in the order in which they were made
  struct base_list carriers;
  size_t first_chunk; // bytes
};

struct bump_chunk {
  struct base_link link;
  size_t bytes;
  char *start, *next; // next: of a chunk that no carrier bumps through any more
};

struct ht_carrier {
  char *next, *end; // both NULL: no chunk yet
  struct bump_heap *heap;
  struct bump_chunk *chunk;
  size_t next_chunk; // bytes of the chunk after this
  struct base_link link;
};

struct bump_mutator {
  struct ht_mutator head;
  struct ht_carrier *carrier;
};

bool bump_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator);
void bump_detach(struct ht_mutator *m);

// Gives the carrier a chunk with room for `need` bytes. False: no memory.
bool bump_refill(struct ht_carrier *carrier, size_t need);

bool bump_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags);

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  return bump_attach(heap, carrier, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  bump_detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  ((struct bump_mutator *)m)->carrier = NULL;
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  ((struct bump_mutator *)m)->carrier = carrier;
}

static inline void heap_poll(struct ht_mutator *m) {
  (void)m;
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  (void)flags;
  struct ht_carrier *carrier = ((struct bump_mutator *)m)->carrier;
  size_t bytes = ht_type_bytes(type, count);
  if (bytes > RUN_LARGEST) return false;
  alignment = run_align(alignment);
  size_t need = run_need(bytes, alignment);
  if ((size_t)(carrier->end - carrier->next) < need && !bump_refill(carrier, need)) return false;
  *slot = run_place(&carrier->next, type, bytes, alignment);
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)type, (void)old_count; // the header has them
  return bump_resize(m, slot, count, flags);
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  (void)m, (void)full;
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m;
  return 0;
}

#endif
