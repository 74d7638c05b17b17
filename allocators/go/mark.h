// What marking's files share: a marker that makes objects grey, and where it begins.
#ifndef GO_MARK_H
#define GO_MARK_H

#include "allocators/go/go.h"

// The objects that these words point into are marked, what they hold will be looked at. A word may be NULL.
void go_marker_grey(struct go_marker *k, const ht_ref *words, size_t count);
// What an object holds is made grey, not the object.
void go_marker_look_at(struct go_marker *k, const struct go_span *span, uintptr_t object);

// roots.c. Frames, globals, ambiguous words, what is due, and what objects with finalizers hold.
void go_mark_roots(struct go_heap *h, struct go_marker *k);

// mark.c. Before the heap ends.
void go_markers_end(struct go_work *work);

#endif
