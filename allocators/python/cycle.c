// A cycle: finds the containers of one generation, and the younger ones, that only reach each other, and ends
// them.
//
//  1. The younger lists are merged into the generation's: the young.
//  2. gc_refs := each object's count; for each reference from a young object to a young one, gc_refs of that
//     is lowered: what is left comes from outside. In the oldest generation both is one pass.
//  3. From left to right: an object with gc_refs is reachable, and so is what it refers to; one without is
//     set aside, until a reachable one is found to refer to it, which brings it back to the end of the young.
//  4. The young go to the next generation.
//  5. Weak references to what is unreachable are cleared, all of them, and only then call back.
//  6. Finalizers run, each object's once.
//  7. 2 and 3 again on what was unreachable: what a finalizer revived is out, with all it reaches.
//  8. Weak references that finalizers made to the rest are cleared.
//  9. The rest is cleared object by object, whereby it ends.
//
// Nothing is called between the start and 5, and nothing there allocates.
//
// (CPython 3.12, Modules/gcmodule.c; 8 is from 3.13: gh-136189.)

#include "allocators/python/cycle.h"

#include "base/clock.h"

enum {
  // The oldest generation is collected by itself when a quarter as many are new (CPython issue 4074).
  FAITHFUL_SHARE = 4,
  // By the growing rule the young are collected when they are an eighth of the old ones, straight into the
  // oldest generation, and that when it has doubled: each container is met about three times while a heap
  // grows, whatever its size.
  GROWING_SHARE = 8,
};

static struct python_gc_head *gc_of_reference(ht_ref reference) {
  struct python_object *o = python_object_of(reference);
  return python_is_atomic(o) ? NULL : python_gc_of(o);
}

// Objects that were made one after the other lie so, and stay in that order in their list; but with gaps,
// which processors do not see through.
static inline void fetch_ahead(const struct python_gc_head *gc) {
  enum { AHEAD = 1024, LINE = 64 };
  __builtin_prefetch((const char *)gc + AHEAD, 1);
  __builtin_prefetch((const char *)gc + AHEAD + LINE, 1);
}

static inline void begin_counting(struct python_gc_head *gc) {
  gc->prev = (gc->prev & PYTHON_FINALIZED) | PYTHON_COLLECTING |
             (uintptr_t)python_of_gc(gc)->refcnt << PYTHON_REFS_SHIFT;
}

static void update_refs(struct python_interpreter *i, struct python_gc_head *young) {
  struct python_gc_head *next;
  for (struct python_gc_head *gc = gc_next(young); gc != young; gc = next) {
    next = gc_next(gc);
    if (python_is_immortal(python_of_gc(gc))) {
      gc_list_move(gc, &i->permanent);
      continue;
    }
    fetch_ahead(gc);
    begin_counting(gc);
  }
}

static inline void subtract(void *context, ht_ref *field) {
  (void)context;
  struct python_gc_head *gc = *field ? gc_of_reference(*field) : NULL;
  if (gc && gc_is_collecting(gc)) gc->prev -= PYTHON_ONE_REF;
}

static void subtract_refs(struct python_gc_head *young) {
  for (struct python_gc_head *gc = gc_next(young); gc != young; gc = gc_next(gc)) {
    fetch_ahead(gc);
    python_traverse(python_of_gc(gc), subtract, NULL);
  }
}

// Both in one pass, when all that is tracked is young: no reference leads out of them, so an object that is
// met by one before its turn begins to count there. Only if there are no immortals, which would have to leave
// a list whose links back are gone.
static inline void count_and_subtract(void *context, ht_ref *field) {
  (void)context;
  struct python_gc_head *gc = *field ? gc_of_reference(*field) : NULL;
  if (!gc) return;
  if (!gc_is_collecting(gc)) {
    if (!gc->next) return;
    begin_counting(gc);
  }
  gc->prev -= PYTHON_ONE_REF;
}

static void count_all(struct python_gc_head *young) {
  for (struct python_gc_head *gc = gc_next(young); gc != young; gc = gc_next(gc)) {
    fetch_ahead(gc);
    if (!gc_is_collecting(gc)) begin_counting(gc);
    python_traverse(python_of_gc(gc), count_and_subtract, NULL);
  }
}

struct reaching {
  struct python_gc_head *young;
  bool untracks;
  bool container; // the object in hand refers to a container
};

static inline void visit_reachable(void *context, ht_ref *field) {
  struct reaching *r = context;
  struct python_gc_head *gc = *field ? gc_of_reference(*field) : NULL;
  if (!gc) return;
  r->container = true;
  if (!gc_is_collecting(gc)) return;
  if (gc->next & PYTHON_UNREACHABLE) {
    // Set aside too soon: brought back, to be gone through like the others.
    struct python_gc_head *prev = gc_prev(gc),
                          *next = (struct python_gc_head *)(gc->next & ~(uintptr_t)PYTHON_UNREACHABLE);
    prev->next = gc->next;
    gc_set_prev(next, prev);
    gc_list_append(r->young, gc);
    gc_set_refs(gc, 1);
  } else if (gc_refs(gc) == 0) {
    gc_set_refs(gc, 1);
  }
}

// An object that refers to no container cannot be in a cycle, until it comes to refer to one. CPython
// untracks tuples and dictionaries, not instances; here those whose number of elements is not 1, and as it
// does with dictionaries when the oldest generation is collected. To untrack every object that may be
// measured slower: it tears gaps into lists whose order is that of addresses.
static bool may_leave(const struct python_object *o, const struct reaching *r) {
  return r->untracks && !r->container && python_bytes(o) != o->type->size;
}

// It was old when it was untracked, and comes back in front of all it may refer to: behind, what it refers to
// would be set aside first, and come back in an order that has nothing to do with addresses.
void python_track_again(struct python_mutator *m, struct python_gc_head *gc) {
  gc_list_prepend(&m->interpreter->generations[PYTHON_OLDEST].head, gc);
}

static void leave_untracked(struct python_gc_head *prev, struct python_gc_head *gc) {
  prev->next = gc->next;
  gc->next = 0;
  gc->prev &= PYTHON_FINALIZED;
}

// While it works, the links back are true only behind the object in hand, for gc_refs are kept in the
// others'; and those that were set aside have a mark in their links forward.
// Returns how many stay.
static size_t move_unreachable(struct python_gc_head *young, struct python_gc_head *unreachable,
                               bool untracks) {
  size_t kept = 0;
  struct reaching reaching = {.young = young, .untracks = untracks};
  struct python_gc_head *prev = young, *gc = gc_next(young);
  unreachable->next = (uintptr_t)unreachable | PYTHON_UNREACHABLE;
  for (; gc != young; gc = gc_next(prev)) {
    fetch_ahead(gc);
    if (gc_refs(gc)) {
      reaching.container = false;
      python_traverse(python_of_gc(gc), visit_reachable, &reaching);
      gc_set_prev(gc, prev);
      gc->prev &= ~(uintptr_t)PYTHON_COLLECTING;
      if (__builtin_expect(may_leave(python_of_gc(gc), &reaching), 0)) {
        leave_untracked(prev, gc);
      } else {
        prev = gc;
        kept++;
      }
    } else {
      prev->next = gc->next;
      struct python_gc_head *last = (struct python_gc_head *)unreachable->prev;
      last->next = (uintptr_t)gc | PYTHON_UNREACHABLE;
      gc_set_prev(gc, last);
      gc->next = (uintptr_t)unreachable | PYTHON_UNREACHABLE;
      unreachable->prev = (uintptr_t)gc;
    }
  }
  young->prev = (uintptr_t)prev;
  unreachable->next &= ~(uintptr_t)PYTHON_UNREACHABLE;
  return kept;
}

// What is set aside becomes a list like others. Returns how many there are.
static size_t clear_marks(struct python_gc_head *unreachable) {
  size_t count = 0;
  for (struct python_gc_head *gc = gc_next(unreachable); gc != unreachable; gc = gc_next(gc)) {
    gc->next &= ~(uintptr_t)PYTHON_UNREACHABLE;
    count++;
  }
  return count;
}

static size_t deduce_unreachable(struct python_cycle *c, struct python_gc_head *young,
                                 struct python_gc_head *unreachable) {
  struct python_interpreter *i = c->mutator->interpreter;
  gc_list_init(unreachable);
  if (young == &i->generations[PYTHON_OLDEST].head && i->immortals == 0) {
    count_all(young);
  } else {
    update_refs(i, young);
    subtract_refs(young);
  }
  if (c->examined) python_examine_counted(c, young);
  c->kept = move_unreachable(young, unreachable, young == c->old);
  return clear_marks(unreachable);
}

static void clear_weaks(struct python_cycle *c, struct python_gc_head *list) {
  if (c->mutator->interpreter->watches.used == 0) return;
  for (struct python_gc_head *gc = gc_next(list); gc != list; gc = gc_next(gc))
    python_clear_weaks(c->mutator, python_of_gc(gc));
}

// Objects may leave the list meanwhile: a finalizer may have dropped them.
static void run_finalizers(struct python_cycle *c) {
  struct python_gc_head seen;
  if (c->mutator->interpreter->watches.used == 0) return;
  gc_list_init(&seen);
  while (!gc_list_is_empty(&c->unreachable)) {
    struct python_gc_head *gc = gc_next(&c->unreachable);
    struct python_object *o = python_of_gc(gc);
    gc_list_move(gc, &seen);
    if (!(o->shape & PYTHON_WATCHED)) continue;
    python_finalize(c->mutator, o);
    if (o->refcnt == 0) python_dealloc(c->mutator, o);
  }
  gc_list_merge(&seen, &c->unreachable);
}

// If nothing was called since the cycle began, nobody can have revived anything.
static void leave_revived(struct python_cycle *c) {
  if (c->mutator->interpreter->callbacks == c->callbacks) {
    gc_list_merge(&c->unreachable, &c->final);
    return;
  }
  for (struct python_gc_head *gc = gc_next(&c->unreachable); gc != &c->unreachable; gc = gc_next(gc))
    gc->prev &= ~(uintptr_t)PYTHON_COLLECTING;
  deduce_unreachable(c, &c->unreachable, &c->final);
  gc_list_merge(&c->unreachable, c->old);
}

static void clear_field(void *context, ht_ref *field) {
  python_write(context, field, NULL);
}

// CPython's tp_clear, with the object held meanwhile; what it held may end, and any object leave the list.
static void delete_garbage(struct python_cycle *c) {
  struct python_mutator *m = c->mutator;
  while (!gc_list_is_empty(&c->final)) {
    struct python_gc_head *gc = gc_next(&c->final);
    struct python_object *o = python_of_gc(gc);
    if (c->examined) python_examine_clear(c, o);
    struct python_guard guard = {m->guards, o};
    m->guards = &guard;
    o->refcnt++;
    python_traverse(o, clear_field, m);
    if (c->examined) python_examine_cleared(c, o);
    m->guards = guard.previous;
    python_drop(m, o);
    if (gc_next(&c->final) == gc) {
      gc->prev &= ~(uintptr_t)PYTHON_COLLECTING;
      gc_list_move(gc, c->old);
    }
  }
}

// The young grow old. What stays young for want of an older generation is counted for the rule that says when
// it is looked at again.
static void grow_old(struct python_cycle *c) {
  struct python_interpreter *i = c->mutator->interpreter;
  if (c->generation == PYTHON_OLDEST) {
    i->long_lived_pending = 0;
    i->long_lived_total = c->kept;
    return;
  }
  if (c->generation == PYTHON_OLDEST - 1) i->long_lived_pending += c->kept;
  gc_list_merge(c->young, c->old);
}

static void merge_younger(struct python_cycle *c) {
  struct python_interpreter *i = c->mutator->interpreter;
  if (c->generation < PYTHON_OLDEST) i->generations[c->generation + 1].count++;
  for (unsigned g = 0; g <= c->generation; g++) i->generations[g].count = 0;
  for (unsigned g = 0; g < c->generation; g++) gc_list_merge(&i->generations[g].head, c->young);
}

static void collect(struct python_cycle *c) {
  struct python_mutator *m = c->mutator;
  merge_younger(c);
  if (c->examined) python_examine_start(c);
  c->found = deduce_unreachable(c, c->young, &c->unreachable);
  if (c->examined) python_examine_set_aside(c);
  grow_old(c);
  python_set_legacy_aside(c);
  clear_weaks(c, &c->unreachable);
  if (c->examined) python_examine_before_calls(c);
  python_call_due(m);
  run_finalizers(c);
  leave_revived(c);
  if (c->examined) python_examine_after_calls(c);
  clear_weaks(c, &c->final);
  if (c->examined) python_examine_before_clear(c);
  if (python_heap_of(m)->save_all)
    python_save_garbage(c);
  else
    delete_garbage(c);
  python_keep_legacy(c);
  // Of weak references that finalizers made.
  python_call_due(m);
  if (c->examined) python_examine_end(c);
}

static void tell(struct python_heap *h, enum ht_event_kind kind, uint64_t start, uint64_t end, uint64_t value,
                 const char *label) {
  pages_event(&h->rooted.small.pages, kind, start, end, value, label);
}

static size_t run_cycle(struct python_mutator *m, unsigned generation, bool automatic) {
  static const char *const labels[PYTHON_GENERATIONS] = {"young", "middle", "full"};
  struct python_interpreter *i = m->interpreter;
  struct python_heap *h = python_heap_of(m);
  if (i->collecting) return 0;
  uint64_t start = base_clock_ns(), start_cpu = base_clock_thread_ns(), before = i->ended_bytes;
  struct python_cycle c = {
      .mutator = m,
      .generation = generation,
      .young = &i->generations[generation].head,
      .old = &i->generations[generation < PYTHON_OLDEST ? generation + 1 : PYTHON_OLDEST].head,
      .examined = i->examined,
      .automatic = automatic,
      .callbacks = i->callbacks,
      .ended = i->ended_objects,
  };
  gc_list_init(&c.uncollectable);
  gc_list_init(&c.final);
  i->collecting = true;
  collect(&c);
  i->collecting = false;
  uint64_t end = base_clock_ns();
  i->cycles++;
  i->collector_ns += base_clock_thread_ns() - start_cpu;
  size_t reclaimed = i->ended_bytes - before;
  if (h->locked) tell(h, HT_EVENT_PAUSE, start, end, 0, labels[generation]);
  tell(h, HT_EVENT_CYCLE, start, end, reclaimed, labels[generation]);
  return reclaimed;
}

size_t python_collect_generation(struct python_mutator *m, unsigned generation) {
  return run_cycle(m, generation, false);
}

static void collect_faithful(struct python_mutator *m) {
  struct python_interpreter *i = m->interpreter;
  for (unsigned g = PYTHON_GENERATIONS; g-- > 0;) {
    if (i->generations[g].count <= i->generations[g].threshold) continue;
    if (g == PYTHON_OLDEST && i->long_lived_pending < i->long_lived_total / FAITHFUL_SHARE) continue;
    run_cycle(m, g, true);
    return;
  }
}

static void collect_growing(struct python_mutator *m) {
  struct python_interpreter *i = m->interpreter;
  bool doubled = i->long_lived_pending >= i->long_lived_total;
  run_cycle(m, doubled ? PYTHON_OLDEST : PYTHON_OLDEST - 1, true);
  size_t share = (i->long_lived_total + i->long_lived_pending) / GROWING_SHARE,
         least = python_heap_of(m)->thresholds[0];
  i->generations[0].threshold = share > least ? share : least;
}

void python_collect_due(struct python_mutator *m) {
  struct python_interpreter *i = m->interpreter;
  if (i->collecting) return;
  if (python_heap_of(m)->rule == PYTHON_GROWING)
    collect_growing(m);
  else
    collect_faithful(m);
}
