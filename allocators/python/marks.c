#include "allocators/python/examine.h"

#include <stdio.h>

enum { RECURSION = 64 };

// Deeper than so many objects it waits for the next round: chains may be long, and stacks short.
struct reach {
  unsigned depth;
  bool again;
};

// The type's map, word by word: not the heap's own way to traverse.
void python_each_field(struct python_object *o, python_visitor *visit, void *context) {
  rooted_each_field(o->type, python_reference_to(o), python_bytes(o), visit, context);
}

static void see_container(void *context, ht_ref *field) {
  *(bool *)context |= *field && !python_is_atomic(python_object_of(*field));
}

bool python_refers_to_container(struct python_object *o) {
  bool container = false;
  python_each_field(o, see_container, &container);
  return container;
}

static void reach(void *context, ht_ref *field) {
  struct reach *r = context;
  struct python_object *o = *field ? python_object_of(*field) : NULL;
  if (!o || (o->shape & (PYTHON_IN_SET | PYTHON_SEEN)) != PYTHON_IN_SET) return;
  o->shape |= PYTHON_SEEN;
  if (r->depth == RECURSION) {
    r->again = true;
    return;
  }
  r->depth++;
  python_each_field(o, reach, r);
  r->depth--;
}

static void reach_from_outside(void *context, struct python_object *o) {
  if (!(o->shape & PYTHON_IN_SET)) python_each_field(o, reach, context);
}

static void reach_further(void *context, struct python_object *o) {
  if (o->shape & PYTHON_SEEN) python_each_field(o, reach, context);
}

void python_marks_reach(struct python_heap *h) {
  struct reach r = {0};
  python_each_root(h, reach, &r);
  python_each_object(h, reach_from_outside, &r);
  while (r.again) {
    r.again = false;
    python_each_object(h, reach_further, &r);
  }
}

static void clear(void *context, struct python_object *o) {
  (void)context;
  o->shape &= ~(PYTHON_SEEN | PYTHON_IN_SET);
}

void python_marks_clear(struct python_heap *h) {
  python_each_object(h, clear, NULL);
}

void python_marks_add(struct python_gc_head *list) {
  for (struct python_gc_head *gc = gc_next(list); gc != list; gc = gc_next(gc))
    python_of_gc(gc)->shape |= PYTHON_IN_SET;
}

bool python_list_is_whole(struct python_gc_head *list, uintptr_t flags, char *wrong, size_t size) {
  struct python_gc_head *prev = list;
  for (struct python_gc_head *gc = gc_next(list); gc != list; prev = gc, gc = gc_next(gc)) {
    const char *what = gc->next & PYTHON_UNREACHABLE ? "is marked as set aside"
                       : !gc->next                   ? "is untracked"
                       : gc_prev(gc) != prev         ? "has another before it"
                       : gc->prev & PYTHON_PREV_FLAGS & ~(uintptr_t)PYTHON_FINALIZED & ~flags
                           ? "is marked as collecting"
                       : flags & ~gc->prev ? "is not marked as collecting"
                                           : NULL;
    if (!what) continue;
    snprintf(wrong, size, "the object %p in a list %s", (void *)python_reference_to(python_of_gc(gc)), what);
    return false;
  }
  if (list->prev == (uintptr_t)prev) return true;
  snprintf(wrong, size, "the last of a list is %p, its head says %p", (void *)prev, (void *)list->prev);
  return false;
}
