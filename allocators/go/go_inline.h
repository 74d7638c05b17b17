#ifndef GO_INLINE_H
#define GO_INLINE_H

// The heap "go": Go's memory management, written anew: thread caches, spans and pages, and a collector that
// marks and sweeps.
//
//   carrier --+-- cached spans, one a span class   no lock: what every allocation goes through
//             +-- tiny block                       objects below 16 bytes without references share one
//             +-- page cache
//                    |
//   heap -----+-- central lists, in shards, by     spans with room and without, swept and to be swept
//             |   span class
//             +-- pages                            free pages by address
//             +-- arenas                           address space, and what lies where
//
// What is here is what a mutator does inline: an allocation that its cached span has room for, and the moves
// of references, which need no barrier as long as collectors stop the world. Everything else is in go.h.
//
// (Go 1.26, runtime; what differs and why is in README.md.)

#include "allocators/go/span.h"
#include "base/list.h"
#include "base/park.h"

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

#include <string.h>

struct go_heap;

enum {
  GO_ALIGNMENT = 8,
  GO_TINY = 16, // bytes of a block that tiny objects share; objects below are tiny
};

// A span that a carrier allocates from. Objects are taken a group of 64 at a time: of the group in hand,
// `free` says which are free and were not taken yet.
struct go_cached {
  uint64_t free;
  char *group;                // the first object of the group
  const struct ht_type *type; // of all objects so far (span.h)
  struct go_span *span;       // NULL: none
  uint32_t group_index;       // the number of the first object of the group
  bool need_zero;             // memory of free objects may hold anything
};

// Who runs mutators, one at a time: Go's P. Its own alone, but for what the world that stops asks (world.c).
struct ht_carrier {
  struct go_heap *heap;
  _Atomic uint32_t running; // a mutator runs that the world would have to wait for
  unsigned shard;           // whose spans it takes first (central.c)
  bool due;                 // it counted bytes as live and has not looked whether a cycle is due
  size_t credit;            // bytes that it counted and has taken no span for
  uint32_t tiny_offset;
  char *tiny;              // the block in hand; NULL: none
  struct base_link link;   // of the heap's
  struct base_parker wake; // the world goes on
  uint64_t tiny_objects;   // objects that took no slot
  uint64_t objects;        // slots that were taken, of spans given back
  uint64_t bytes;          // of these
  struct go_page_cache pages;
  struct go_cached cached[GO_SPAN_CLASSES];
};

struct go_mutator {
  struct ht_mutator head;
  // The carrier's; of a heap that is examined, none that has anything: so every allocation goes where it is
  // looked at.
  struct go_cached *cached;
  struct ht_carrier *carrier;       // NULL: blocked
  const _Atomic uint32_t *stopping; // the world is to stop
  struct base_link link;            // of the heap's
};

// world.c
bool go_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator);
void go_detach(struct ht_mutator *mutator);
void go_block(struct go_mutator *m);
void go_unblock(struct go_mutator *m, struct ht_carrier *carrier);
void go_wait(struct go_mutator *m); // the world is to stop: until it goes on

// alloc.c
bool go_alloc_slow(struct go_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                   size_t alignment, unsigned flags);
// An object's type comes that its span did not have.
void go_type_differs(struct ht_carrier *c, struct go_cached *cached, char *object, const struct ht_type *type,
                     size_t bytes);

// cycle.c, finalize.c
void go_collect(struct go_mutator *m);
size_t go_run_finalizers(struct go_mutator *m);

static inline struct go_mutator *go_mutator_of(struct ht_mutator *m) {
  return (struct go_mutator *)m;
}

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  return go_attach(heap, carrier, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  go_detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  go_block(go_mutator_of(m));
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  go_unblock(go_mutator_of(m), carrier);
}

static inline void heap_poll(struct ht_mutator *m) {
  if (__builtin_expect(atomic_load_explicit(go_mutator_of(m)->stopping, memory_order_relaxed), 0))
    go_wait(go_mutator_of(m));
}

// The next free object of the group in hand, which has one.
static inline char *go_cached_take(struct go_cached *cached, size_t elem_size) {
  char *object = cached->group + base_ctz(cached->free) * elem_size;
  cached->free &= cached->free - 1;
  return object;
}

// What was taken becomes an object: zeroed as far as it has to be, with its type noted. An object with
// references is zeroed to its slot's end, since it is scanned to there. Returns its address.
static inline char *go_cached_dress(struct ht_carrier *c, struct go_cached *cached, char *slot,
                                    unsigned span_class, const struct ht_type *type, size_t bytes,
                                    unsigned flags) {
  size_t elem_size = go_class_size[span_class >> 1];
  if (!go_span_class_noscan(span_class)) {
    if (cached->need_zero) memset(slot, 0, elem_size);
    if (elem_size > GO_BITMAP_MOST) {
      *(const struct ht_type **)slot = type;
      return slot + GO_HEADER;
    }
    if (__builtin_expect(cached->type != type, 0)) go_type_differs(c, cached, slot, type, bytes);
  } else if (flags & HT_ZEROED && cached->need_zero) {
    memset(slot, 0, bytes);
  }
  return slot;
}

// Of a small object that is not tiny. Objects of more than GO_BITMAP_MOST bytes with references have a
// header.
static inline unsigned go_span_class_for(const struct ht_type *type, size_t bytes) {
  bool scanned = type->references != 0;
  size_t with_header = scanned && bytes > GO_BITMAP_MOST ? bytes + GO_HEADER : bytes;
  return go_span_class(go_class_of_size(with_header), !scanned);
}

static inline bool heap_alloc(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type,
                              size_t count, size_t alignment, unsigned flags) {
  struct go_mutator *m = go_mutator_of(mutator);
  size_t bytes = ht_type_bytes(type, count), least = type->references ? 1 : GO_TINY;
  if (__builtin_expect(bytes - least <= GO_SMALL_MAX - GO_HEADER - least && alignment <= GO_ALIGNMENT, 1)) {
    unsigned span_class = go_span_class_for(type, bytes);
    struct go_cached *cached = &m->cached[span_class];
    if (__builtin_expect(cached->free != 0, 1)) {
      char *object = go_cached_take(cached, go_class_size[span_class >> 1]);
      *slot = go_cached_dress(m->carrier, cached, object, span_class, type, bytes, flags);
      return true;
    }
  }
  return go_alloc_slow(m, slot, type, count, alignment, flags);
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
  (void)full;
  go_collect(go_mutator_of(m));
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  return go_run_finalizers(go_mutator_of(m));
}

#endif
