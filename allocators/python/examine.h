// What the looks of this heap share: where they tell, and reaching objects from roots with marks of their
// own, in no step of which the heap's own lists, counts or traversal are trusted.
#ifndef PYTHON_EXAMINE_H
#define PYTHON_EXAMINE_H

#include "allocators/python/python.h"

static inline struct examination *python_examination(struct python_mutator *m) {
  return &python_heap_of(m)->examination;
}

void python_each_field(struct python_object *o, python_visitor *visit, void *context);
bool python_refers_to_container(struct python_object *o);

// Marks as seen everything in the set (PYTHON_IN_SET) that a root, or an object outside the set, reaches.
// Marks are clear before, and those of the set are afterwards cleared by python_marks_clear.
void python_marks_reach(struct python_heap *h);
void python_marks_clear(struct python_heap *h);
// Puts the objects of a list into the set.
void python_marks_add(struct python_gc_head *list);

// Is a list whole both ways, with no flags but `flags` in its objects? If not, `wrong` says where.
bool python_list_is_whole(struct python_gc_head *list, uintptr_t flags, char *wrong, size_t size);

#endif
