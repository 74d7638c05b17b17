// What the heap's check looks at when it works at nothing: counts, lists, watches, blocks.

#include "allocators/python/examine.h"
#include "allocators/python/report.h"

struct checking {
  struct python_heap *heap;
  struct examination *e;
  bool in_cycle;
  bool sound; // every reference seen so far is one
  size_t objects, watched, immortals;
};

// The block's start is computed from what may be anything, and then has to be one in use.
static bool is_object(struct python_heap *h, ht_ref reference) {
  base_list_each(link, &h->interpreters) {
    struct obmalloc *blocks = &python_interpreter_of(link)->blocks;
    struct python_object *o = python_object_of(reference);
    if ((uintptr_t)reference % PYTHON_ALIGNMENT == 0 && obmalloc_owns(blocks, o))
      return obmalloc_is_block(blocks, python_block_of(o));
  }
  return false;
}

static void check_reference(void *context, ht_ref *field) {
  struct checking *c = context;
  if (*field)
    c->sound &= EXAMINE(c->e, PY_2, is_object(c->heap, *field),
                        "the reference at %p is to %p, where no object is", (void *)field, *field);
}

static void check_fields(void *context, struct python_object *o) {
  python_each_field(o, check_reference, context);
}

// Immortal objects are marked before: here, too many references make any count look immortal.
static bool is_counted(const struct python_object *o) {
  return !(o->shape & PYTHON_SEEN);
}

static void uncount(void *context, ht_ref *field) {
  (void)context;
  if (*field && is_counted(python_object_of(*field))) python_object_of(*field)->refcnt--;
}

static void uncount_fields(void *context, struct python_object *o) {
  python_each_field(o, uncount, context);
}

static void recount(void *context, ht_ref *field) {
  (void)context;
  if (*field && is_counted(python_object_of(*field))) python_object_of(*field)->refcnt++;
}

static void recount_fields(void *context, struct python_object *o) {
  python_each_field(o, recount, context);
}

static void compare_count(void *context, struct python_object *o) {
  struct checking *c = context;
  if (!is_counted(o)) return;
  EXAMINE(c->e, PY_1, o->refcnt == 0, "the count of the object %p is %d more than its references",
          (void *)python_reference_to(o), (int)o->refcnt);
}

// Takes every reference off the count of its object: what is left is wrong.
static void check_counts(struct checking *c) {
  python_each_root(c->heap, uncount, c);
  python_each_object(c->heap, uncount_fields, c);
  python_each_object(c->heap, compare_count, c);
  python_each_root(c->heap, recount, c);
  python_each_object(c->heap, recount_fields, c);
}

// Before counts are taken apart and put together again.
static void check_immortal(void *context, struct python_object *o) {
  struct checking *c = context;
  if (!python_is_immortal(o)) return;
  c->immortals++;
  o->shape |= PYTHON_SEEN;
  EXAMINE(c->e, PY_27, o->refcnt == PYTHON_IMMORTAL, "the immortal object %p has a count of %#x",
          (void *)python_reference_to(o), o->refcnt);
}

static void check_immortals(struct checking *c) {
  size_t made = 0;
  python_each_object(c->heap, check_immortal, c);
  base_list_each(link, &c->heap->interpreters) made += python_interpreter_of(link)->immortals;
  EXAMINE(c->e, PY_27, c->immortals == made, "%zu objects are immortal, %zu were made", c->immortals, made);
}

static void check_list(struct checking *c, struct python_gc_head *list) {
  char wrong[128];
  if (!EXAMINE(c->e, PY_7, python_list_is_whole(list, 0, wrong, sizeof wrong), "%s", wrong)) {
    c->sound = false;
    return;
  }
  for (struct python_gc_head *gc = gc_next(list); gc != list; gc = gc_next(gc)) {
    struct python_object *o = python_of_gc(gc);
    void *reference = python_reference_to(o);
    EXAMINE(c->e, PY_8, !(o->shape & PYTHON_IN_SET), "the object %p is in two lists", reference);
    EXAMINE(c->e, PY_3, o->refcnt > 0, "the tracked object %p has a count of 0", reference);
    o->shape |= PYTHON_IN_SET;
  }
}

// A cycle that has called back keeps some objects in lists of its own.
static bool is_in_cycle(struct python_heap *h) {
  base_list_each(link, &h->interpreters) {
    if (python_interpreter_of(link)->collecting) return true;
  }
  return false;
}

static void check_object(void *context, struct python_object *o) {
  struct checking *c = context;
  void *reference = python_reference_to(o);
  c->objects++;
  c->watched += (o->shape & PYTHON_WATCHED) != 0;
  if (python_is_atomic(o)) return;
  bool listed = o->shape & PYTHON_IN_SET;
  EXAMINE(c->e, PY_8, listed == python_is_tracked(o) || c->in_cycle,
          "the object %p is %stracked and in %s list", reference, python_is_tracked(o) ? "" : "un",
          listed ? "a" : "no");
  if (python_is_tracked(o) || o->refcnt == 0) return;
  EXAMINE(c->e, PY_37, !python_refers_to_container(o), "the untracked object %p refers to a container",
          reference);
}

static void check_watches(struct checking *c, struct python_interpreter *i) {
  for (size_t at = 0; at < i->watches.capacity; at++) {
    struct ht_weak *first = i->watches.slots[at];
    for (struct ht_weak *watch = first; watch; watch = watch->next) {
      if (!EXAMINE(c->e, PY_17, watch->object == first->object && is_object(c->heap, watch->object),
                   "the watch %p is for %p and in the list of %p", (void *)watch, watch->object,
                   first->object)) {
        c->sound = false;
        return;
      }
    }
    if (first)
      EXAMINE(c->e, PY_17, python_watches_of(i, python_object_of(first->object)) == first,
              "the watches of the object %p are not found by it", first->object);
  }
}

static void unmark(void *context, struct python_object *o) {
  (void)context;
  o->shape &= ~(PYTHON_IN_SET | PYTHON_SEEN);
}

// What holds of objects can be looked at only if blocks can be gone through, and references followed.
static void check_objects(struct checking *c) {
  size_t watched = 0;
  uint64_t live = 0;
  python_each_root(c->heap, check_reference, c);
  python_each_object(c->heap, check_fields, c);
  base_list_each(link, &c->heap->interpreters) check_watches(c, python_interpreter_of(link));
  if (!c->sound) return;
  check_immortals(c);
  check_counts(c);
  base_list_each(link, &c->heap->interpreters) {
    struct python_interpreter *i = python_interpreter_of(link);
    for (unsigned g = 0; g < PYTHON_GENERATIONS; g++) check_list(c, &i->generations[g].head);
    check_list(c, &i->permanent);
    watched += i->watches.used;
    live += i->allocated_objects - i->ended_objects;
  }
  if (c->sound) python_each_object(c->heap, check_object, c);
  python_each_object(c->heap, unmark, c);
  if (!c->sound) return;
  EXAMINE(c->e, PY_17, c->watched == watched, "%zu objects are watched, the tables have %zu", c->watched,
          watched);
  EXAMINE(c->e, EXAMINATION_UNNAMED, c->objects == live, "%zu objects are there, %llu are counted",
          c->objects, (unsigned long long)live);
}

bool python_check(struct ht_mutator *mutator, char *message, size_t size) {
  struct python_heap *h = python_heap_of(python_mutator_of(mutator));
  h->examination.message = message;
  h->examination.message_size = size;
  h->examination.broken = false;
  struct checking c = {.heap = h, .e = &h->examination, .in_cycle = is_in_cycle(h), .sound = true};
  base_list_each(link, &h->interpreters) obmalloc_check(&python_interpreter_of(link)->blocks, c.e);
  if (!c.e->broken) check_objects(&c);
  h->examination.message = NULL;
  return !h->examination.broken;
}
