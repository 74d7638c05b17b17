// Looks between the steps of a cycle. What should be reachable is found anew from slots, globals and the
// objects outside of the young, with marks of its own.
//
// Roots are looked at only if one lock holds all mutators, so with interpreters of their own none of this
// runs but what looks at lists. And a look at all objects costs more than the cycle: with many objects only
// one cycle in so many is looked at so, that a run which collects at every allocation stays bearable.

#include "allocators/python/cycle.h"
#include "allocators/python/examine.h"

static struct examination *examination_of(struct python_cycle *c) {
  return python_examination(c->mutator);
}

enum { OBJECTS_LOOKED_AT = 128 };

static bool sees_all(struct python_cycle *c) {
  const struct python_interpreter *i = c->mutator->interpreter;
  uint64_t objects = i->allocated_objects - i->ended_objects;
  return python_heap_of(c->mutator)->locked && i->cycles % (1 + objects / OBJECTS_LOOKED_AT) == 0;
}

static void *reference_of(struct python_gc_head *gc) {
  return python_reference_to(python_of_gc(gc));
}

static void expect_counts(struct python_cycle *c) {
  struct python_interpreter *i = c->mutator->interpreter;
  size_t *expected = i->expected.counts;
  for (unsigned g = 0; g <= c->generation; g++) expected[g] = 0;
  if (c->generation < PYTHON_OLDEST) expected[c->generation + 1]++;
  for (unsigned g = 0; g < PYTHON_GENERATIONS; g++)
    EXAMINE(examination_of(c), PY_22, i->generations[g].count == expected[g],
            "when generation %u is collected, generation %u counts %zu and should count %zu", c->generation,
            g, i->generations[g].count, expected[g]);
}

void python_examine_start(struct python_cycle *c) {
  struct examination *e = examination_of(c);
  struct python_expectation *expected = &c->mutator->interpreter->expected;
  EXAMINE(e, PY_24, !expected->running, "a cycle of generation %u starts within another", c->generation);
  expected->running = true;
  expected->may_call = false;
  expect_counts(c);
  if (c->automatic && c->generation == PYTHON_OLDEST)
    EXAMINE(e, PY_23, expected->pending >= expected->total / 4,
            "the oldest generation is collected with %zu new objects, %zu are old", expected->pending,
            expected->total);
  for (struct python_gc_head *gc = gc_next(c->young); gc != c->young; gc = gc_next(gc))
    EXAMINE(e, PY_3, python_of_gc(gc)->refcnt > 0, "the tracked object %p has a count of 0",
            reference_of(gc));
}

static void take_away(void *context, ht_ref *field) {
  (void)context;
  struct python_object *o = *field ? python_object_of(*field) : NULL;
  if (o && !python_is_atomic(o) && o->shape & PYTHON_IN_SET) python_gc_of(o)->prev -= PYTHON_ONE_REF;
}

static void give_back(void *context, ht_ref *field) {
  (void)context;
  struct python_object *o = *field ? python_object_of(*field) : NULL;
  if (o && !python_is_atomic(o) && o->shape & PYTHON_IN_SET) python_gc_of(o)->prev += PYTHON_ONE_REF;
}

static void take_fields_away(void *context, struct python_object *o) {
  (void)context;
  if (!(o->shape & PYTHON_IN_SET)) python_each_field(o, take_away, NULL);
}

static void give_fields_back(void *context, struct python_object *o) {
  (void)context;
  if (!(o->shape & PYTHON_IN_SET)) python_each_field(o, give_back, NULL);
}

// The references that traversing shows, folded so that order does not matter and number does.
struct shown {
  size_t count;
  uintptr_t sum;
};

static void show(void *context, ht_ref *field) {
  struct shown *shown = context;
  shown->count++;
  shown->sum += (uintptr_t)field;
}

static void compare_traversal(struct python_cycle *c, struct python_gc_head *set) {
  for (struct python_gc_head *gc = gc_next(set); gc != set; gc = gc_next(gc)) {
    struct shown traversed = {0}, owned = {0};
    python_traverse(python_of_gc(gc), show, &traversed);
    python_each_field(python_of_gc(gc), show, &owned);
    EXAMINE(examination_of(c), PY_4, traversed.count == owned.count && traversed.sum == owned.sum,
            "traversing the object %p shows %zu references, it owns %zu", reference_of(gc), traversed.count,
            owned.count);
  }
}

void python_examine_counted(struct python_cycle *c, struct python_gc_head *set) {
  struct examination *e = examination_of(c);
  struct python_heap *h = python_heap_of(c->mutator);
  compare_traversal(c, set);
  if (!sees_all(c)) return;
  python_marks_add(set);
  // Roots and objects outside of the set account for the rest of gc_refs, to nothing.
  python_each_root(h, take_away, NULL);
  python_each_object(h, take_fields_away, NULL);
  for (struct python_gc_head *gc = gc_next(set); gc != set; gc = gc_next(gc)) {
    EXAMINE(e, PY_25, !python_is_immortal(python_of_gc(gc)), "the immortal object %p is a candidate",
            reference_of(gc));
    EXAMINE(e, PY_5, gc_refs(gc) == 0,
            "gc_refs of the object %p differs from its references from outside by %ld", reference_of(gc),
            (long)((intptr_t)gc->prev >> PYTHON_REFS_SHIFT));
  }
  python_each_root(h, give_back, NULL);
  python_each_object(h, give_fields_back, NULL);
  python_marks_clear(h);
}

static void whole(struct python_cycle *c, struct python_gc_head *list, uintptr_t flags) {
  char wrong[128];
  EXAMINE(examination_of(c), PY_7, python_list_is_whole(list, flags, wrong, sizeof wrong), "%s", wrong);
}

void python_examine_set_aside(struct python_cycle *c) {
  struct examination *e = examination_of(c);
  struct python_heap *h = python_heap_of(c->mutator);
  whole(c, c->young, 0);
  whole(c, &c->unreachable, PYTHON_COLLECTING);
  struct python_expectation *expected = &c->mutator->interpreter->expected;
  if (c->generation == PYTHON_OLDEST - 1) expected->pending += gc_list_size(c->young);
  if (c->generation == PYTHON_OLDEST) {
    expected->pending = 0;
    expected->total = gc_list_size(c->young);
  }
  for (struct python_gc_head *gc = gc_next(&c->unreachable); gc != &c->unreachable; gc = gc_next(gc))
    python_of_gc(gc)->shape |= PYTHON_FOUND;
  if (!sees_all(c)) return;
  python_marks_add(c->young);
  python_marks_add(&c->unreachable);
  python_marks_reach(h);
  for (struct python_gc_head *gc = gc_next(c->young); gc != c->young; gc = gc_next(gc))
    EXAMINE(e, PY_6, python_of_gc(gc)->shape & PYTHON_SEEN,
            "the object %p is taken for reachable, and nothing from outside reaches it", reference_of(gc));
  for (struct python_gc_head *gc = gc_next(&c->unreachable); gc != &c->unreachable; gc = gc_next(gc))
    EXAMINE(e, PY_6, !(python_of_gc(gc)->shape & PYTHON_SEEN), "the object %p is set aside and reachable",
            reference_of(gc));
  python_marks_clear(h);
}

void python_examine_before_calls(struct python_cycle *c) {
  struct python_interpreter *i = c->mutator->interpreter;
  for (struct python_gc_head *gc = gc_next(&c->unreachable); gc != &c->unreachable; gc = gc_next(gc)) {
    bool clear = true;
    for (struct ht_weak *watch = python_watches_of(i, python_of_gc(gc)); watch; watch = watch->next)
      clear &= watch->finalizes;
    EXAMINE(examination_of(c), PY_14, clear,
            "callbacks are about to run, and a weak reference still gives the unreachable object %p",
            reference_of(gc));
  }
  i->expected.may_call = true;
}

// Of what was found: what is reached again is old and tracked, if it can be in a cycle; the rest is garbage.
static void compare_revived(void *context, struct python_object *o) {
  struct python_cycle *c = context;
  struct examination *e = examination_of(c);
  void *reference = python_reference_to(o);
  if (!(o->shape & PYTHON_FOUND) || o->refcnt == 0) return;
  bool garbage = gc_is_collecting(python_gc_of(o));
  if (!(o->shape & PYTHON_SEEN)) {
    EXAMINE(e, PY_13, garbage, "the object %p is kept, and nothing reaches it", reference);
    return;
  }
  EXAMINE(e, PY_12, !garbage && (python_is_tracked(o) || !python_refers_to_container(o)),
          "the object %p was revived and is %s", reference, garbage ? "garbage" : "untracked");
}

static void add_found(void *context, struct python_object *o) {
  (void)context;
  if (o->shape & PYTHON_FOUND) o->shape |= PYTHON_IN_SET;
}

void python_examine_after_calls(struct python_cycle *c) {
  struct python_heap *h = python_heap_of(c->mutator);
  whole(c, c->old, 0);
  whole(c, &c->final, PYTHON_COLLECTING);
  bool called = c->mutator->interpreter->callbacks != c->callbacks;
  if (!sees_all(c) || !called || !gc_list_is_empty(&c->uncollectable)) return;
  // Within a deallocation: what is to end after that one holds others.
  if (c->mutator->owed) return;
  python_each_object(h, add_found, NULL);
  python_marks_reach(h);
  python_each_object(h, compare_revived, c);
  python_marks_clear(h);
}

static void see_collecting(void *context, ht_ref *field) {
  struct python_object *o = *field ? python_object_of(*field) : NULL;
  *(bool *)context |= o && !python_is_atomic(o) && gc_is_collecting(python_gc_of(o));
}

static void compare_uncollectable(struct python_cycle *c) {
  struct python_heap *h = python_heap_of(c->mutator);
  struct python_interpreter *i = c->mutator->interpreter;
  for (struct python_gc_head *gc = gc_next(&c->final); h->legacy_finalizers && gc != &c->final;
       gc = gc_next(gc))
    EXAMINE(examination_of(c), PY_26, !python_finalizer_of(i, python_of_gc(gc)),
            "the object %p has a legacy finalizer and will be cleared", reference_of(gc));
  for (struct python_gc_head *gc = gc_next(&c->uncollectable); gc != &c->uncollectable; gc = gc_next(gc)) {
    bool reaches = false;
    python_each_field(python_of_gc(gc), see_collecting, &reaches);
    EXAMINE(examination_of(c), PY_26, !reaches, "the uncollectable object %p refers to what will be cleared",
            reference_of(gc));
  }
}

void python_examine_before_clear(struct python_cycle *c) {
  struct examination *e = examination_of(c);
  struct python_heap *h = python_heap_of(c->mutator);
  for (struct python_gc_head *gc = gc_next(&c->final); gc != &c->final; gc = gc_next(gc)) {
    bool clear = true;
    struct ht_weak *watch = python_watches_of(c->mutator->interpreter, python_of_gc(gc));
    for (; watch; watch = watch->next) clear &= watch->finalizes;
    EXAMINE(e, PY_16, clear, "a weak reference still gives the object %p, which will be cleared",
            reference_of(gc));
  }
  compare_uncollectable(c);
  if (!sees_all(c)) return;
  python_marks_add(&c->final);
  python_marks_reach(h);
  for (struct python_gc_head *gc = gc_next(&c->final); gc != &c->final; gc = gc_next(gc)) {
    EXAMINE(e, PY_10, !(python_of_gc(gc)->shape & PYTHON_SEEN),
            "the object %p will be cleared and is reachable", reference_of(gc));
    EXAMINE(e, PY_25, !python_is_immortal(python_of_gc(gc)), "the immortal object %p will be cleared",
            reference_of(gc));
  }
  python_marks_clear(h);
}

void python_examine_clear(struct python_cycle *c, struct python_object *o) {
  EXAMINE(examination_of(c), PY_18,
          obmalloc_is_block(&c->mutator->interpreter->blocks, python_block_of(o)) && o->refcnt > 0 &&
              python_is_tracked(o),
          "the object %p is to be cleared and has ended before", (void *)python_reference_to(o));
}

void python_examine_cleared(struct python_cycle *c, struct python_object *o) {
  EXAMINE(examination_of(c), PY_18,
          obmalloc_is_block(&c->mutator->interpreter->blocks, python_block_of(o)) && o->refcnt > 0,
          "the object %p ended while it was cleared", (void *)python_reference_to(o));
}

static void forget_found(void *context, struct python_object *o) {
  (void)context;
  o->shape &= ~PYTHON_FOUND;
}

void python_examine_end(struct python_cycle *c) {
  struct examination *e = examination_of(c);
  struct python_heap *h = python_heap_of(c->mutator);
  struct python_interpreter *i = c->mutator->interpreter;
  i->expected.running = false;
  if (c->found) python_each_object(h, forget_found, NULL);
  base_list_each(link, &i->garbage) {
    struct python_object *o = base_container_of(link, struct python_garbage, link)->object;
    EXAMINE(e, PY_26, h->save_all || python_finalizer_of(i, o),
            "the object %p waits as uncollectable and has no legacy finalizer",
            (void *)python_reference_to(o));
  }
  if (i->callbacks != c->callbacks || h->save_all || h->legacy_finalizers) return;
  // Within a deallocation: what is to end after that one holds others.
  if (c->mutator->owed) return;
  EXAMINE(e, PY_9, i->ended_objects - c->ended >= c->found,
          "%zu objects were unreachable in generation %u, %zu have ended", c->found, c->generation,
          (size_t)(i->ended_objects - c->ended));
}
