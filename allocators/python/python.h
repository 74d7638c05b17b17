#ifndef PYTHON_PYTHON_H
#define PYTHON_PYTHON_H

// Private to the heap "python": what its files share beside its inline header.

#include "allocators/python/invariants.h"
#include "allocators/python/python_inline.h"

static inline struct python_interpreter *python_interpreter_of(struct base_link *link) {
  return base_container_of(link, struct python_interpreter, link);
}

static inline struct ht_mutator *python_mutator_at(struct base_link *link) {
  return &base_container_of(link, struct rooted_mutator, link)->head;
}

// roots.c. Everything outside of objects that holds references: slots, globals, cells, guards, garbage.
void python_each_root(struct python_heap *h, python_visitor *visit, void *context);
// Every object of all interpreters.
typedef void python_object_visitor(void *context, struct python_object *o);
void python_each_object(struct python_heap *h, python_object_visitor *visit, void *context);

// examine.c: what is looked at while objects end and are called, if the heap has an examiner.
void python_examine_callback(struct python_mutator *m, struct ht_weak *weak);
void python_examine_finalizer(struct python_mutator *m, struct python_object *o);
void python_examine_weak(struct python_mutator *m, ht_ref object);
void python_examine_nesting(struct python_mutator *m);
void python_examine_deferred(struct python_mutator *m, struct python_object *o);
void python_examine_undeferred(struct python_mutator *m, struct python_object *o);
void python_examine_settled(struct python_mutator *m); // after the outermost deallocation
void python_examine_free(struct python_mutator *m, struct python_object *o);

#endif
