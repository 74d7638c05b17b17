#ifndef PEERS_BOEHM_INLINE_H
#define PEERS_BOEHM_INLINE_H

// The heap "boehm": the Boehm-Demers-Weiser collector, libgc.
//
// An object is what GC_malloc returned, or GC_malloc_atomic if its type has no references. The collector
// stops every carrier, looks for roots in the mutators' frames, in the globals it was told of and, because it
// knows no other way, in the carriers' stacks and registers, and takes every word of an object that is not
// atomic for a reference. It moves nothing and needs no barrier, so slots and fields are plain words.
//
// release is ignored: a collector finds out for itself.

// Workloads create their own threads: they register them by opening a carrier.
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>

#include <heaptrial/optional.h>
#include <heaptrial/plain.h>

#include <string.h>

enum {
  BOEHM_GRANULE = 16, // the collector's own unit, and so the alignment of every object
  BOEHM_MAXIMUM_ALIGNMENT = 1 << 16,
};

bool boehm_attach(struct ht_heap *heap, struct ht_mutator **mutator);
void boehm_detach(struct ht_mutator *m);
bool boehm_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t old_count,
                  size_t count, unsigned flags);
size_t boehm_run_finalizers(struct ht_mutator *m);

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  (void)carrier;
  return boehm_attach(heap, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  boehm_detach(m);
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
  size_t bytes = ht_type_bytes(type, count), space;
  // An object may begin inside its block: the collector recognises references to any byte of it.
  if (__builtin_add_overflow(bytes, alignment > BOEHM_GRANULE ? alignment - BOEHM_GRANULE : 0, &space))
    return false;
  char *object = type->references ? GC_malloc(space) : GC_malloc_atomic(space);
  if (!object) return false;
  if (alignment > BOEHM_GRANULE) object += -(uintptr_t)object & (alignment - 1);
  if (!type->references && (flags & HT_ZEROED)) memset(object, 0, bytes);
  *slot = object;
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  return boehm_resize(m, slot, type, old_count, count, flags);
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  (void)m;
  // The library sweeps as it allocates, also after this.
  if (full)
    GC_gcollect();
  else
    GC_collect_a_little();
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  return boehm_run_finalizers(m);
}

#endif
