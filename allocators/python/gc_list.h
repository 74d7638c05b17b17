// The lists of the cycle collector: circles through a head, whose links lie in the objects' gc heads. The
// flags in a prev word stay when its link changes.
#ifndef PYTHON_GC_LIST_H
#define PYTHON_GC_LIST_H

#include "allocators/python/object.h"

static inline struct python_gc_head *gc_next(const struct python_gc_head *gc) {
  return (struct python_gc_head *)gc->next;
}

static inline struct python_gc_head *gc_prev(const struct python_gc_head *gc) {
  return (struct python_gc_head *)(gc->prev & ~(uintptr_t)PYTHON_PREV_FLAGS);
}

static inline void gc_set_next(struct python_gc_head *gc, struct python_gc_head *next) {
  gc->next = (uintptr_t)next;
}

static inline void gc_set_prev(struct python_gc_head *gc, struct python_gc_head *prev) {
  gc->prev = (gc->prev & PYTHON_PREV_FLAGS) | (uintptr_t)prev;
}

static inline bool gc_is_collecting(const struct python_gc_head *gc) {
  return gc->prev & PYTHON_COLLECTING;
}

// While a cycle counts: the references to the object that are not accounted for.
static inline uintptr_t gc_refs(const struct python_gc_head *gc) {
  return gc->prev >> PYTHON_REFS_SHIFT;
}

static inline void gc_set_refs(struct python_gc_head *gc, uintptr_t refs) {
  gc->prev = (gc->prev & PYTHON_PREV_FLAGS) | refs << PYTHON_REFS_SHIFT;
}

static inline void gc_list_init(struct python_gc_head *list) {
  list->next = list->prev = (uintptr_t)list;
}

static inline bool gc_list_is_empty(const struct python_gc_head *list) {
  return list->next == (uintptr_t)list;
}

static inline void gc_list_append(struct python_gc_head *list, struct python_gc_head *gc) {
  struct python_gc_head *last = (struct python_gc_head *)list->prev;
  gc_set_next(last, gc);
  gc_set_prev(gc, last);
  gc_set_next(gc, list);
  list->prev = (uintptr_t)gc;
}

static inline void gc_list_prepend(struct python_gc_head *list, struct python_gc_head *gc) {
  struct python_gc_head *first = gc_next(list);
  gc_set_prev(gc, list);
  gc_set_next(gc, first);
  gc_set_prev(first, gc);
  gc_set_next(list, gc);
}

// Out of the list it is in: not tracked any more. All that is kept is that the object was finalized.
static inline void gc_list_remove(struct python_gc_head *gc) {
  struct python_gc_head *prev = gc_prev(gc), *next = gc_next(gc);
  gc_set_next(prev, next);
  gc_set_prev(next, prev);
  gc->next = 0;
  gc->prev &= PYTHON_FINALIZED;
}

// From the list it is in to the end of another.
static inline void gc_list_move(struct python_gc_head *gc, struct python_gc_head *list) {
  struct python_gc_head *prev = gc_prev(gc), *next = gc_next(gc);
  gc_set_next(prev, next);
  gc_set_prev(next, prev);
  gc_list_append(list, gc);
}

// Moves all of `from` behind the last of `to`; `from` is empty then.
static inline void gc_list_merge(struct python_gc_head *from, struct python_gc_head *to) {
  if (!gc_list_is_empty(from)) {
    struct python_gc_head *to_last = (struct python_gc_head *)to->prev, *first = gc_next(from),
                          *last = (struct python_gc_head *)from->prev;
    gc_set_next(to_last, first);
    gc_set_prev(first, to_last);
    gc_set_next(last, to);
    to->prev = (uintptr_t)last;
  }
  gc_list_init(from);
}

static inline size_t gc_list_size(const struct python_gc_head *list) {
  size_t size = 0;
  for (const struct python_gc_head *gc = gc_next(list); gc != list; gc = gc_next(gc)) size++;
  return size;
}

#endif
