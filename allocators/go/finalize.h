// Weak references, finalizers and pins: entries of the heap's table.
#ifndef GO_FINALIZE_H
#define GO_FINALIZE_H

#include "allocators/go/specials.h"

bool go_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                    struct ht_weak **weak);
void go_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot);
void go_weak_drop(struct ht_mutator *m, struct ht_weak *weak);
bool go_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data);
bool go_pin(struct ht_mutator *m, ht_ref object);
void go_unpin(struct ht_mutator *m, ht_ref object);

#endif
