#include "allocators/python/watches.h"

#include "allocators/python/python.h"

#include "base/bits.h"

enum {
  LEAST_CAPACITY = HT_PAGE_SIZE / sizeof(struct ht_weak *),
  // At most so much of the table is used, and at least so much of a larger one.
  FULL_PERCENT = 50,
  EMPTY_PERCENT = 12,
};

// Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
static size_t home_of(const struct python_watches *w, const struct python_object *o) {
  uint64_t hash = ((uintptr_t)o / PYTHON_ALIGNMENT) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(hash >> (64 - base_log2_floor(w->capacity)));
}

static struct python_object *object_of(const struct ht_weak *watch) {
  return python_object_of(watch->object);
}

// Where the object's watches are, or where they would go.
static struct ht_weak **place_of(const struct python_watches *w, const struct python_object *o) {
  size_t at = home_of(w, o);
  while (w->slots[at] && object_of(w->slots[at]) != o) at = (at + 1) & (w->capacity - 1);
  return &w->slots[at];
}

struct ht_weak *python_watches_of(const struct python_interpreter *i, const struct python_object *o) {
  return o->shape & PYTHON_WATCHED ? *place_of(&i->watches, o) : NULL;
}

struct ht_weak *python_finalizer_of(const struct python_interpreter *i, const struct python_object *o) {
  struct ht_weak *watch = python_watches_of(i, o);
  while (watch && !watch->finalizes) watch = watch->next;
  return watch;
}

static bool change_capacity(struct python_interpreter *i, size_t capacity) {
  struct python_watches *w = &i->watches, larger = {.capacity = capacity, .used = w->used, .due = w->due};
  larger.slots = pages_map(i->records.pages, capacity * sizeof *w->slots, 0);
  if (!larger.slots) return false;
  for (size_t at = 0; at < w->capacity; at++)
    if (w->slots[at]) *place_of(&larger, object_of(w->slots[at])) = w->slots[at];
  python_watches_finish(i);
  *w = larger;
  return true;
}

void python_watches_finish(struct python_interpreter *i) {
  struct python_watches *w = &i->watches;
  size_t bytes = w->capacity * sizeof *w->slots;
  if (w->slots) pages_release(i->records.pages, w->slots, bytes, bytes);
  *w = (struct python_watches){0};
}

// One more object with watches. False: no memory.
static bool reserve_place(struct python_interpreter *i) {
  struct python_watches *w = &i->watches;
  if (w->slots && (w->used + 1) * 100 <= w->capacity * FULL_PERCENT) return true;
  return change_capacity(i, w->slots ? 2 * w->capacity : LEAST_CAPACITY);
}

// Nothing is watched there any more. What was put further on for want of its place moves back (Knuth, 6.4,
// algorithm R).
static void empty_place(struct python_interpreter *i, struct ht_weak **place) {
  struct python_watches *w = &i->watches;
  size_t mask = w->capacity - 1, hole = (size_t)(place - w->slots);
  for (size_t at = (hole + 1) & mask; w->slots[at]; at = (at + 1) & mask) {
    size_t home = home_of(w, object_of(w->slots[at]));
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    w->slots[hole] = w->slots[at];
    hole = at;
  }
  w->slots[hole] = NULL;
  w->used--;
  // Refused: it stays as it is.
  if (w->capacity > LEAST_CAPACITY && w->used * 100 < w->capacity * EMPTY_PERCENT)
    change_capacity(i, w->capacity / 2);
}

static struct ht_weak *watch_add(struct python_interpreter *i, struct python_object *o) {
  if (!(o->shape & PYTHON_WATCHED) && !reserve_place(i)) return NULL;
  struct ht_weak *watch = records_take(&i->records);
  if (!watch) return NULL;
  struct ht_weak **place = place_of(&i->watches, o);
  watch->object = python_reference_to(o);
  watch->next = *place;
  *place = watch;
  i->watches.used += !(o->shape & PYTHON_WATCHED);
  o->shape |= PYTHON_WATCHED;
  return watch;
}

static void watch_remove(struct python_interpreter *i, struct ht_weak *watch) {
  if (watch->object) {
    struct python_object *o = object_of(watch);
    struct ht_weak **place = place_of(&i->watches, o), **at = place;
    while (*at != watch) at = &(*at)->next;
    *at = watch->next;
    if (!*place) {
      o->shape &= ~PYTHON_WATCHED;
      empty_place(i, place);
    }
  } else if (base_link_is_listed(&watch->link)) {
    base_link_remove(&watch->link);
    i->watches.due--;
  }
  records_give(&i->records, watch);
}

void python_clear_weaks(struct python_mutator *m, struct python_object *o) {
  struct python_interpreter *i = m->interpreter;
  if (!(o->shape & PYTHON_WATCHED)) return;
  struct ht_weak **place = place_of(&i->watches, o), *next;
  struct ht_weak *finalizer = NULL;
  for (struct ht_weak *watch = *place; watch; watch = next) {
    next = watch->next;
    if (watch->finalizes) {
      finalizer = watch;
      continue;
    }
    watch->object = NULL;
    watch->next = NULL;
    if (!watch->callback) continue;
    watch->next = PYTHON_WEAK_DUE;
    base_list_push_last(&m->due, &watch->link);
    m->waiting = true;
    i->watches.due++;
  }
  if (finalizer) {
    finalizer->next = NULL;
    *place = finalizer;
  } else {
    o->shape &= ~PYTHON_WATCHED;
    empty_place(i, place);
  }
}

void python_call_due(struct python_mutator *m) {
  struct base_link *link;
  if (m->calling) return;
  m->calling = true;
  while ((link = base_list_pop_first(&m->due))) {
    struct ht_weak *weak = base_container_of(link, struct ht_weak, link);
    m->interpreter->watches.due--;
    m->interpreter->callbacks++;
    if (m->interpreter->examined) python_examine_callback(m, weak);
    weak->next = NULL;
    weak->callback(&m->rooted.head, weak, weak->data);
  }
  m->calling = false;
}

bool python_is_finalized(struct python_object *o) {
  return python_is_atomic(o) ? o->shape & PYTHON_ATOMIC_FINALIZED : python_gc_of(o)->prev & PYTHON_FINALIZED;
}

static void set_finalized(struct python_object *o, bool ran) {
  if (python_is_atomic(o))
    o->shape = ran ? o->shape | PYTHON_ATOMIC_FINALIZED : o->shape & ~PYTHON_ATOMIC_FINALIZED;
  else if (ran)
    python_gc_of(o)->prev |= PYTHON_FINALIZED;
  else
    python_gc_of(o)->prev &= ~(uintptr_t)PYTHON_FINALIZED;
}

void python_finalize(struct python_mutator *m, struct python_object *o) {
  struct ht_weak *watch = python_finalizer_of(m->interpreter, o);
  if (!watch || python_is_finalized(o)) return;
  set_finalized(o, true);
  m->interpreter->callbacks++;
  struct python_guard guard = {m->guards, o};
  m->guards = &guard;
  o->refcnt++;
  if (m->interpreter->examined) python_examine_finalizer(m, o);
  struct ht_mutator *mutator = &m->rooted.head;
  HT_FRAME(frame, 1);
  heap_push(mutator, frame);
  heap_root_set(mutator, &frame->slots[0], python_reference_to(o));
  watch->finalizer(mutator, &frame->slots[0], watch->data);
  heap_pop(mutator);
  m->guards = guard.previous;
  o->refcnt--;
}

void python_unwatch(struct python_interpreter *i, struct python_object *o) {
  struct ht_weak *finalizer = python_finalizer_of(i, o);
  if (finalizer) watch_remove(i, finalizer);
}

void python_rewatch(struct python_interpreter *i, struct python_object *from, struct python_object *to) {
  struct ht_weak **place = place_of(&i->watches, from), *first = *place;
  for (struct ht_weak *watch = first; watch; watch = watch->next) watch->object = python_reference_to(to);
  empty_place(i, place);
  *place_of(&i->watches, to) = first;
  i->watches.used++;
}

bool python_weak_create(struct ht_mutator *mutator, ht_ref object, ht_weak_callback *callback, void *data,
                        struct ht_weak **weak) {
  struct ht_weak *watch = watch_add(python_mutator_of(mutator)->interpreter, python_object_of(object));
  if (!watch) return false;
  watch->callback = callback;
  watch->data = data;
  *weak = watch;
  return true;
}

// An object whose count is 0 is being deallocated, or waits for it.
void python_weak_load(struct ht_mutator *mutator, struct ht_weak *weak, ht_ref *slot) {
  ht_ref object = weak->object && object_of(weak)->refcnt != 0 ? weak->object : NULL;
  if (object && python_mutator_of(mutator)->interpreter->examined)
    python_examine_weak(python_mutator_of(mutator), object);
  heap_root_set(mutator, slot, object);
}

void python_weak_drop(struct ht_mutator *mutator, struct ht_weak *weak) {
  // Whoever calls it all the same can tell.
  if (!weak->object) weak->next = NULL;
  watch_remove(python_mutator_of(mutator)->interpreter, weak);
}

bool python_finalizer_set(struct ht_mutator *mutator, ht_ref object, ht_finalizer *finalizer, void *data) {
  struct python_interpreter *i = python_mutator_of(mutator)->interpreter;
  struct python_object *o = python_object_of(object);
  struct ht_weak *watch = python_finalizer_of(i, o);
  if (!finalizer) {
    if (watch) watch_remove(i, watch);
    return true;
  }
  if (!watch) watch = watch_add(i, o);
  if (!watch) return false;
  watch->finalizes = true;
  watch->finalizer = finalizer;
  watch->data = data;
  set_finalized(o, false);
  o->shape &= ~PYTHON_RAN;
  return true;
}
