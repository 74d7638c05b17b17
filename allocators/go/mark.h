// What marking's files share: a marker that makes objects grey, and where it begins.
#ifndef GO_MARK_H
#define GO_MARK_H

#include "allocators/go/go.h"

// The object that `address` points into is marked; what it holds will be looked at.
void go_marker_grey(struct go_marker *k, uintptr_t address);
// What an object holds is made grey, not the object.
void go_marker_look_at(struct go_marker *k, const struct go_span *span, uintptr_t object);

// roots.c. Frames, globals, ambiguous words, what is due, and what objects with finalizers hold.
void go_mark_roots(struct go_heap *h, struct go_marker *k);

// mark.c. Before the heap ends.
void go_markers_end(struct go_work *work);

#endif
