#ifndef BENCH_TEST_BROKEN_INLINE_H
#define BENCH_TEST_BROKEN_INLINE_H

// The malloc heap with a fault, to see that what runs it notices. HT_BROKEN says which.
#define heap_alloc sound_alloc
#define heap_release sound_release
#include "allocators/peers/malloc/malloc_inline.h"
#undef heap_alloc
#undef heap_release

#include <stdlib.h>
#include <unistd.h>

enum broken { BROKEN_TWICE, BROKEN_CRASHES, BROKEN_HANGS, BROKEN_EMPTY };

// So rarely that a run has to look at all of its objects to find one.
enum { BROKEN_EVERY = 1000 };

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  static uint64_t calls;
  static ht_ref last;
  static size_t last_bytes;
  static bool due;
  if (++calls % BROKEN_EVERY == 0) {
    due = true;
    if (HT_BROKEN == BROKEN_CRASHES) abort();
    if (HT_BROKEN == BROKEN_EMPTY) return false;
    while (HT_BROKEN == BROKEN_HANGS) pause();
  }
  // What is given out twice is large enough both times: nothing but its content shows it.
  if (HT_BROKEN == BROKEN_TWICE && due && ht_type_bytes(type, count) <= last_bytes) {
    due = false;
    *slot = last;
    return true;
  }
  if (!sound_alloc(m, slot, type, count, alignment, flags)) return false;
  last = *slot;
  last_bytes = ht_type_bytes(type, count);
  return true;
}

// A block that was given out twice would be freed twice, and that malloc notices itself.
static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  if (HT_BROKEN != BROKEN_TWICE) sound_release(m, object);
}

#endif
