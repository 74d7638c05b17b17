// What is looked at where it happens, if the heap has an examiner.
#ifndef GO_EXAMINE_H
#define GO_EXAMINE_H

#include "allocators/go/go.h"

static inline bool go_is_examined(const struct go_heap *h) {
  return h->examination.examiner.examined != NULL;
}

// An object is about to be taken out of what is in hand.
void go_examine_take(struct go_heap *h, const struct go_cached *cached);
// A new object of so many bytes, of a carrier that is its own.
void go_examine_new(struct go_heap *h, struct ht_carrier *c, const char *object, const struct ht_type *type,
                    size_t bytes, size_t alignment);
// A sum of what the bits of a mixed span say of all but the object in this slot; they are written; it is the
// same.
uint64_t go_examine_others(struct go_heap *h, const struct go_span *span, uintptr_t slot);
void go_examine_written(struct go_heap *h, const struct go_span *span, uintptr_t slot, uint64_t others);
// Pages that count as never used.
void go_examine_fresh(struct go_heap *h, uintptr_t base, size_t bytes);
// examine_nibbles.c, as far as bits lie beside the arena. A span is new; the heap has grown up to here; a
// span of objects with bits was swept.
void go_examine_nibbles(struct go_heap *h, const struct go_span *span);
void go_examine_grown(struct go_heap *h, uintptr_t end);
void go_examine_swept_nibbles(struct go_heap *h, const struct go_span *span);
// A span was swept and is not yet anybody else's. `alive`: of its objects; it may be freed.
void go_examine_sweep(struct go_heap *h, const struct go_span *span, bool freed);
// A finalizer keeps this object, which is in this slot; its specials were seen to.
void go_examine_revived(struct go_heap *h, const struct go_span *span, uintptr_t slot, unsigned marks);
// A finalizer is about to be called. `lists` is held.
void go_examine_finalizer(struct go_heap *h, uintptr_t object);
// Nothing is left to be swept, and marking is about to begin.
void go_examine_swept(struct go_heap *h);
// examine_mark.c. Marking is over.
void go_examine_marked(struct go_heap *h);

#endif
