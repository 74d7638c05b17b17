// Go's size classes: which class serves a size, what its spans are, and which object an offset in a span lies
// in.
//
// A class is a size and a number of pages; a span of a class is that many pages, cut into objects of that
// size. There are 67 for sizes to 32 KB; class 0 stands for objects with a span each. A span class says too
// whether objects hold references: a collector does not read spans of those that hold none ("noscan").
//
// Everything folds to a constant where the size is one. The table is made from Go's rule (rule.h).
#ifndef GO_CLASSES_SIZE_CLASSES_H
#define GO_CLASSES_SIZE_CLASSES_H

#include "allocators/go/classes/size_class_table.h"

#include <stdbool.h>
#include <stddef.h>

enum { GO_SPAN_CLASSES = 2 * GO_CLASSES };

// The smallest class whose objects have `size` bytes; `size` is at most GO_SMALL_MAX.
static inline unsigned go_class_of_size(size_t size) {
  if (size <= GO_CLASS_FINE_MAX - GO_CLASS_FINE_UNIT)
    return go_class_fine[(size + GO_CLASS_FINE_UNIT - 1) / GO_CLASS_FINE_UNIT];
  return go_class_coarse[(size + GO_CLASS_COARSE_UNIT - 1 - GO_CLASS_FINE_MAX) / GO_CLASS_COARSE_UNIT];
}

static inline unsigned go_span_class(unsigned size_class, bool noscan) {
  return size_class << 1 | noscan;
}
static inline unsigned go_span_class_size_class(unsigned span_class) {
  return span_class >> 1;
}
static inline bool go_span_class_noscan(unsigned span_class) {
  return span_class & 1;
}

// The object in a span of this class that `offset` lies in, by multiplication: exact up to the span's end.
// What is left over there counts as one object more. Class 0: always 0.
static inline size_t go_object_index(unsigned size_class, size_t offset) {
  return (size_t)((uint64_t)offset * go_span_class_magic[2 + 2 * (size_t)size_class] >> 32);
}

#endif
