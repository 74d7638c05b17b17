// Weak references and finalizers, found by their object: a hash table from objects to their watches, which
// are linked through `next`. Only an object marked as watched is in it, so that others pay nothing.
//
// A weak reference that is cleared leaves the table. If it has a callback it is *due* until that was called:
// in the list of whoever calls.
#ifndef PYTHON_WATCHES_H
#define PYTHON_WATCHES_H

#include "allocators/common/watch.h"

struct python_interpreter;
struct python_mutator;
struct python_object;

struct python_watches {
  struct ht_weak **slots; // open addressing; NULL: none was ever needed
  size_t capacity, used;  // capacity: a power of two
  size_t due;             // how many watches are in lists of due ones
};

// The first watch of an object; NULL: none.
struct ht_weak *python_watches_of(const struct python_interpreter *i, const struct python_object *o);
struct ht_weak *python_finalizer_of(const struct python_interpreter *i, const struct python_object *o);

// What `next` of a due weak reference is: so that one that is not due is told from it.
#define PYTHON_WEAK_DUE ((struct ht_weak *)1)

// Clears all weak references to an object; those with callbacks become due.
void python_clear_weaks(struct python_mutator *m, struct python_object *o);
// One at a time: a callback may drop other references that are due. What becomes due meanwhile is called
// after.
void python_call_due(struct python_mutator *m);

bool python_is_finalized(struct python_object *o);
// Runs the finalizer of an object, if it has one that did not run. The object is held meanwhile; if its count
// is 0 after that, nobody has revived it.
void python_finalize(struct python_mutator *m, struct python_object *o);

// The object ends: its finalizer goes with it. Its weak references are clear.
void python_unwatch(struct python_interpreter *i, struct python_object *o);

// The object has moved.
void python_rewatch(struct python_interpreter *i, struct python_object *from, struct python_object *to);

void python_watches_finish(struct python_interpreter *i);

// Entries of the table.
bool python_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                        struct ht_weak **weak);
void python_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot);
void python_weak_drop(struct ht_mutator *m, struct ht_weak *weak);
bool python_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data);

#endif
