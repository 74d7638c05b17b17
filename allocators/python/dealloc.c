// The end of objects whose count has come to 0, and the trashcan.
//
// A container's end drops what it held, which may end other containers: deallocations nest. From a nesting of
// PYTHON_TRASH_NESTING on they do not: the object, already untracked, is put on its mutator's list of what
// waits, linked through its prev, and ends when the outermost deallocation is done. So chains of any length
// end on a stack of bounded depth. The same list holds what must wait because several words are changed as
// one (python_defer).
//
// (CPython, subtype_dealloc in Objects/typeobject.c and the trashcan in Objects/object.c.)

#include "allocators/python/python.h"

// What an object is told before it ends: its weak references are cleared and call back, then its finalizer
// runs. False: somebody holds it again.
static bool say_goodbye(struct python_mutator *m, struct python_object *o) {
  if (!(o->shape & PYTHON_WATCHED)) return true;
  python_clear_weaks(m, o);
  python_call_due(m);
  if (python_finalizer_of(m->interpreter, o) && !python_is_finalized(o)) {
    // What runs then may look for cycles, which have to know of it.
    if (!python_is_atomic(o)) gc_list_append(&m->interpreter->generations[0].head, python_gc_of(o));
    python_finalize(m, o);
    if (o->refcnt) return false;
    if (!python_is_atomic(o) && python_is_tracked(o)) gc_list_remove(python_gc_of(o));
    // Those that the finalizer made.
    python_clear_weaks(m, o);
    python_call_due(m);
  }
  python_unwatch(m->interpreter, o);
  return true;
}

static inline void uncount(struct python_interpreter *i) {
  if (i->generations[0].count) i->generations[0].count--;
}

static void free_object(struct python_mutator *m, struct python_object *o) {
  if (m->interpreter->examined) python_examine_free(m, o);
  if (!python_is_atomic(o)) uncount(m->interpreter);
  python_free_block(m->interpreter, o, python_bytes(o));
}

static inline void drop_field(void *context, ht_ref *field) {
  python_write(context, field, NULL);
}

static __attribute__((noinline)) void end_noticed(struct python_mutator *m, struct python_object *o) {
  m->depth++;
  if (m->interpreter->examined) python_examine_nesting(m);
  if (say_goodbye(m, o)) {
    python_traverse(o, drop_field, m);
    free_object(m, o);
  }
  m->depth--;
}

// Most have no watches, and nobody looks.
static inline __attribute__((always_inline)) void end_container(struct python_mutator *m,
                                                                struct python_object *o) {
  struct python_interpreter *i = m->interpreter;
  m->nesting++;
  if (__builtin_expect(o->shape & PYTHON_WATCHED || i->examined, 0)) {
    end_noticed(m, o);
  } else {
    python_traverse(o, drop_field, m);
    uncount(i);
    python_free_block(i, o, python_bytes(o));
  }
  m->nesting--;
}

static void end_atomic(struct python_mutator *m, struct python_object *o) {
  if (say_goodbye(m, o)) free_object(m, o);
}

// An atomic object has no links: it waits in its finalizer's. Without one it need not wait.
static void defer_atomic(struct python_mutator *m, struct python_object *o) {
  python_clear_weaks(m, o);
  struct ht_weak *finalizer = python_finalizer_of(m->interpreter, o);
  if (finalizer && !python_is_finalized(o)) {
    base_list_push_last(&m->finalizers, &finalizer->link);
    m->waiting = true;
    return;
  }
  python_unwatch(m->interpreter, o);
  free_object(m, o);
}

static void defer_container(struct python_mutator *m, struct python_object *o) {
  gc_set_prev(python_gc_of(o), (struct python_gc_head *)m->later);
  m->later = o;
  m->waiting = true;
  if (m->interpreter->examined) python_examine_deferred(m, o);
}

void python_dealloc(struct python_mutator *m, struct python_object *o) {
  bool waits = m->nesting >= PYTHON_TRASH_NESTING;
  if (python_is_atomic(o)) {
    if (waits && o->shape & PYTHON_WATCHED)
      defer_atomic(m, o);
    else
      end_atomic(m, o);
    return;
  }
  // Before any field goes: a cycle that starts meanwhile must not meet it.
  if (python_gc_of(o)->next) gc_list_remove(python_gc_of(o));
  if (waits) {
    defer_container(m, o);
    return;
  }
  end_container(m, o);
  if (m->nesting > 0) return;
  if (m->waiting) python_empty_trash(m);
  if (m->interpreter->examined) python_examine_settled(m);
}

void python_empty_trash(struct python_mutator *m) {
  for (;;) {
    struct base_link *link;
    python_call_due(m);
    if ((link = base_list_pop_first(&m->finalizers))) {
      end_atomic(m, python_object_of(base_container_of(link, struct ht_weak, link)->object));
    } else if (m->later) {
      struct python_object *o = m->later;
      m->later = (struct python_object *)gc_prev(python_gc_of(o));
      python_gc_of(o)->prev &= PYTHON_FINALIZED;
      if (m->interpreter->examined) python_examine_undeferred(m, o);
      end_container(m, o);
    } else {
      m->waiting = false;
      return;
    }
  }
}
