// Looks at objects that are made, end and are called for, told to whoever examines the heap.

#include "allocators/python/examine.h"

static void check_empty(void *context, ht_ref *field) {
  *(bool *)context &= *field == NULL;
}

static void examine_new(struct python_mutator *m, struct python_object *o) {
  struct examination *e = python_examination(m);
  struct python_interpreter *i = m->interpreter;
  bool empty = true;
  if (python_is_atomic(o)) return;
  python_traverse(o, check_empty, &empty);
  EXAMINE(e, PY_36, empty || !python_is_tracked(o), "the new object %p is tracked and its fields are not set",
          (void *)python_reference_to(o));
  i->expected.counts[0]++;
  EXAMINE(e, PY_22, i->generations[0].count == i->expected.counts[0],
          "after an allocation the youngest generation counts %zu and should count %zu",
          i->generations[0].count, i->expected.counts[0]);
}

static void make_immortal(struct python_interpreter *i, struct python_object *o) {
  if (--i->until_immortal) return;
  i->until_immortal = i->heap->immortal_every;
  i->immortals++;
  o->refcnt = PYTHON_IMMORTAL;
}

void python_notice_new(struct python_mutator *m, struct python_object *o) {
  if (m->interpreter->examined) examine_new(m, o);
  if (m->interpreter->until_immortal) make_immortal(m->interpreter, o);
}

void python_examine_free(struct python_mutator *m, struct python_object *o) {
  struct examination *e = python_examination(m);
  struct python_interpreter *i = m->interpreter;
  void *reference = python_reference_to(o);
  EXAMINE(e, PY_2, o->refcnt == 0 && obmalloc_is_block(&i->blocks, python_block_of(o)),
          "the object %p ends with a count of %u", reference, o->refcnt);
  EXAMINE(e, PY_3, !python_is_tracked(o), "the object %p ends and is still tracked", reference);
  EXAMINE(e, PY_20, !(o->shape & PYTHON_LATER), "the object %p ends and still waits to end", reference);
  EXAMINE(e, PY_17, !(o->shape & PYTHON_WATCHED), "the object %p ends and is still watched", reference);
  if (python_is_atomic(o)) return;
  if (i->expected.counts[0]) i->expected.counts[0]--;
}

void python_examine_nesting(struct python_mutator *m) {
  EXAMINE(python_examination(m), PY_19, m->depth <= PYTHON_TRASH_NESTING + 1, "deallocations nest %u deep",
          m->depth);
}

void python_examine_deferred(struct python_mutator *m, struct python_object *o) {
  struct examination *e = python_examination(m);
  void *reference = python_reference_to(o);
  EXAMINE(e, PY_20, !(o->shape & PYTHON_LATER), "the object %p waits to end twice", reference);
  EXAMINE(e, PY_21, !python_is_immortal(o) && o->refcnt == 0 && !python_is_tracked(o),
          "the object %p waits to end with a count of %u, %stracked", reference, o->refcnt,
          python_is_tracked(o) ? "" : "un");
  o->shape |= PYTHON_LATER;
  m->owed++;
}

void python_examine_undeferred(struct python_mutator *m, struct python_object *o) {
  EXAMINE(python_examination(m), PY_20, o->shape & PYTHON_LATER && o->refcnt == 0 && !python_is_tracked(o),
          "the object %p did not wait to end, with a count of %u", (void *)python_reference_to(o), o->refcnt);
  o->shape &= ~PYTHON_LATER;
  m->owed--;
}

void python_examine_settled(struct python_mutator *m) {
  EXAMINE(python_examination(m), PY_20, m->owed == 0, "%u objects still wait to end after the outermost",
          m->owed);
}

// Before that, a cycle has not cleared all that it has to.
static void look_at_time(struct python_mutator *m) {
  const struct python_expectation *expected = &m->interpreter->expected;
  EXAMINE(python_examination(m), PY_14, !expected->running || expected->may_call,
          "a cycle calls back, and has not cleared all weak references to what is unreachable");
}

void python_examine_callback(struct python_mutator *m, struct ht_weak *weak) {
  bool due = weak->next == PYTHON_WEAK_DUE;
  look_at_time(m);
  EXAMINE(python_examination(m), PY_15, due && !weak->object && weak->callback,
          "the callback of the weak reference %p is called: %s", (void *)weak,
          weak->object ? "it is not clear"
          : due        ? "it has none"
                       : "it was called before, or dropped");
}

void python_examine_finalizer(struct python_mutator *m, struct python_object *o) {
  look_at_time(m);
  EXAMINE(python_examination(m), PY_11, !(o->shape & PYTHON_RAN) && o->refcnt > 0,
          "the finalizer of the object %p is called%s, with a count of %u", (void *)python_reference_to(o),
          o->shape & PYTHON_RAN ? " again" : "", o->refcnt);
  o->shape |= PYTHON_RAN;
}

void python_examine_weak(struct python_mutator *m, ht_ref object) {
  EXAMINE(python_examination(m), PY_17, python_object_of(object)->refcnt > 0,
          "a weak reference gives the object %p, whose count is 0", object);
}
