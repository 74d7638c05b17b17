#ifndef PEERS_MALLOC_INLINE_H
#define PEERS_MALLOC_INLINE_H

// The heap "malloc": the malloc of this process, glibc's or the one that was preloaded.
//
// An object is what malloc returned, without a header, so that nothing but the library is on trial. A slot is
// a plain word. With a constant type heap_alloc folds to the call of malloc, a test and a store.
//
// Whoever includes this must compile with the options of PEERS_MALLOC_OPTIONS in CMakeLists.txt (linking
// heap_malloc brings them): a compiler that knows what malloc and free mean removes pairs of them, and with
// them what is measured.
//
// Objects that are not released when the heap is destroyed leak: a malloc cannot list them.

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

#include <stdlib.h>
#include <string.h>

enum {
  // Every library keeps these for every block of at least that size. For a size of 8 some give just 8.
  MALLOC_MINIMUM_ALIGNMENT = 8,
  MALLOC_NATURAL_ALIGNMENT = 16,
  // mimalloc 2.0.9, which is Debian 12's, breaks its word from 256 on (microsoft/mimalloc#700).
  MALLOC_MAXIMUM_ALIGNMENT = 128,
};

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  (void)carrier;
  struct ht_mutator *m = calloc(1, sizeof *m);
  if (!m) return false;
  m->heap = heap;
  *mutator = m;
  return true;
}

static inline void heap_detach(struct ht_mutator *m) {
  free(m);
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
  (void)m;
  size_t bytes = ht_type_bytes(type, count);
  bool zeroed = type->references || (flags & HT_ZEROED);
  void *object;
  if (alignment <= MALLOC_MINIMUM_ALIGNMENT ||
      (alignment == MALLOC_NATURAL_ALIGNMENT && bytes && bytes % MALLOC_NATURAL_ALIGNMENT == 0)) {
    object = zeroed ? calloc(1, bytes) : malloc(bytes);
    if (!object) return false;
  } else {
    if (posix_memalign(&object, alignment, bytes)) return false;
    if (zeroed) memset(object, 0, bytes);
  }
  *slot = object;
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m;
  free(object);
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)m;
  size_t old = ht_type_bytes(type, old_count), bytes = ht_type_bytes(type, count);
  // For a size of 0 some realloc free the block.
  char *object = realloc(*slot, bytes + !bytes);
  if (!object) return false;
  if ((flags & HT_ZEROED) && bytes > old) memset(object + old, 0, bytes - old);
  *slot = object;
  return true;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  (void)m, (void)full;
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m;
  return 0;
}

#endif
