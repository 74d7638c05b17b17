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

static void dealloc_atomic(struct python_mutator *m, struct python_object *o) {
  if (m->nesting >= PYTHON_TRASH_NESTING && o->shape & PYTHON_WATCHED)
    defer_atomic(m, o);
  else
    end_atomic(m, o);
}

// What follows is compiled twice, for heaps that somebody examines and for others, which pay nothing for it:
// so what is tried is what is measured.
static void end_examined(struct python_mutator *m, struct python_object *o);
static void end_quietly(struct python_mutator *m, struct python_object *o);

static void drop_field(void *context, ht_ref *field) {
  python_write(context, field, NULL);
}

// The end of a container that is not short or has flags or whose block is not out of a pool.
static __attribute__((noinline)) void end_other(struct python_mutator *m, struct python_object *o) {
  if (!say_goodbye(m, o)) return;
  python_traverse(o, drop_field, m);
  free_object(m, o);
}

// The end of a short container: drops what it holds. If what its last field held is a container that comes to
// its end by that, this is not ended here but returned.
static inline __attribute__((always_inline)) struct python_object *
end_short(struct python_mutator *m, struct python_object *o, uint32_t bytes, bool examined) {
  struct python_interpreter *i = m->interpreter;
  struct python_object *next = NULL;
  uint64_t bits = o->type->reference_map[0];
  do {
    ht_ref *field = (ht_ref *)(o + 1) + (unsigned)__builtin_ctzll(bits), value = *field;
    bits &= bits - 1;
    if (!value) continue;
    ht_word_store(field, NULL);
    struct python_object *held = python_object_of(value);
    if (python_is_immortal(held) || --held->refcnt) continue;
    if (python_is_atomic(held))
      dealloc_atomic(m, held);
    else if (!bits)
      next = held;
    else if (examined)
      end_examined(m, held);
    else
      end_quietly(m, held);
  } while (bits);
  if (examined) python_examine_free(m, o);
  uncount(i);
  i->ended_objects++;
  i->ended_bytes += bytes;
  obmalloc_pool_give(&i->blocks, python_gc_of(o));
  return next;
}

// Ends a container and then, in its place, what its last field held alone: half of the ends of a tree are no
// call. For the trashcan they nest like any other.
static inline __attribute__((always_inline)) void end_containers(struct python_mutator *m,
                                                                 struct python_object *o, bool examined) {
  const unsigned nesting = m->nesting, depth = m->depth;
  unsigned level = nesting;
  do {
    // Before any field goes: a cycle that starts meanwhile must not meet it.
    if (python_gc_of(o)->next) gc_list_remove(python_gc_of(o));
    if (__builtin_expect(level >= PYTHON_TRASH_NESTING, 0)) {
      defer_container(m, o);
      break;
    }
    m->nesting = ++level;
    if (examined) {
      m->depth++;
      python_examine_nesting(m);
    }
    uint32_t bytes = o->shape;
    if (__builtin_expect(bytes != o->type->size || bytes > m->interpreter->short_most, 0)) {
      end_other(m, o);
      break;
    }
    o = end_short(m, o, bytes, examined);
  } while (o);
  m->nesting = nesting;
  if (examined) m->depth = depth;
}

static __attribute__((noinline)) void end_examined(struct python_mutator *m, struct python_object *o) {
  end_containers(m, o, true);
}

static __attribute__((noinline)) void end_quietly(struct python_mutator *m, struct python_object *o) {
  end_containers(m, o, false);
}

static void end_container(struct python_mutator *m, struct python_object *o) {
  if (m->interpreter->examined)
    end_examined(m, o);
  else
    end_quietly(m, o);
}

void python_dealloc(struct python_mutator *m, struct python_object *o) {
  if (python_is_atomic(o)) {
    dealloc_atomic(m, o);
    return;
  }
  end_container(m, o);
  if (m->nesting > 0) return;
  if (m->waiting) python_empty_trash(m);
  if (m->interpreter->examined) python_examine_settled(m);
}

void python_drop_last(struct python_mutator *m, struct python_object *o) {
  if (python_is_immortal(o)) return;
  if (--o->refcnt == 0) python_dealloc(m, o);
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
