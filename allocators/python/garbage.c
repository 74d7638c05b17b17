// What a cycle finds and leaves: objects with a legacy finalizer (CPython's tp_del, before PEP 442), which
// must not run in a cycle because nobody knows which comes first; and all garbage, if the heap saves it for
// who looks for leaks (gc.DEBUG_SAVEALL). What waits so is held, as by the list gc.garbage.

#include "allocators/python/cycle.h"

// No memory: it is found again by the next cycle.
static void save(struct python_interpreter *i, struct python_object *o) {
  struct python_garbage *garbage = records_take(&i->records);
  if (!garbage) return;
  garbage->object = o;
  python_hold(o);
  base_list_push_last(&i->garbage, &garbage->link);
}

static void set_aside(struct python_cycle *c, struct python_gc_head *gc) {
  gc->prev &= ~(uintptr_t)PYTHON_COLLECTING;
  gc_list_move(gc, &c->uncollectable);
}

static void follow(void *context, ht_ref *field) {
  struct python_object *o = *field ? python_object_of(*field) : NULL;
  if (o && !python_is_atomic(o) && gc_is_collecting(python_gc_of(o))) set_aside(context, python_gc_of(o));
}

static bool is_legacy(struct python_cycle *c, struct python_gc_head *gc) {
  return python_finalizer_of(c->mutator->interpreter, python_of_gc(gc)) != NULL;
}

void python_set_legacy_aside(struct python_cycle *c) {
  struct python_gc_head *next;
  if (!python_heap_of(c->mutator)->legacy_finalizers) return;
  for (struct python_gc_head *gc = gc_next(&c->unreachable); gc != &c->unreachable; gc = next) {
    next = gc_next(gc);
    if (is_legacy(c, gc)) set_aside(c, gc);
  }
  for (struct python_gc_head *gc = gc_next(&c->uncollectable); gc != &c->uncollectable; gc = gc_next(gc))
    python_traverse(python_of_gc(gc), follow, c);
}

void python_keep_legacy(struct python_cycle *c) {
  for (struct python_gc_head *gc = gc_next(&c->uncollectable); gc != &c->uncollectable; gc = gc_next(gc))
    if (is_legacy(c, gc)) save(c->mutator->interpreter, python_of_gc(gc));
  gc_list_merge(&c->uncollectable, c->old);
}

void python_save_garbage(struct python_cycle *c) {
  for (struct python_gc_head *gc = gc_next(&c->final); gc != &c->final; gc = gc_next(gc)) {
    gc->prev &= ~(uintptr_t)PYTHON_COLLECTING;
    save(c->mutator->interpreter, python_of_gc(gc));
  }
  gc_list_merge(&c->final, c->old);
}
