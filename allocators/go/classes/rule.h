// How Go chooses its size classes: the rule, apart from what it yields, so that the table can be made again
// and the rule can be broken on purpose.
//
// Sizes grow in steps of 1/8 and less. A class's span has as few pages as waste no more than 1/8 of it at its
// end. Two neighbours whose spans have the same pages and the same number of objects are one class, with the
// larger size. In the end each size grows into the waste that its span has anyway.
//
// (Go's mksizeclasses.go, 1.24; Go 1.26 has the same 67 classes, of which 24 bytes came with Go 1.16.)
#ifndef GO_CLASSES_RULE_H
#define GO_CLASSES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  RULE_PAGE_BYTES = 8192,
  RULE_SMALL_MAX = 32768, // the largest size that has a class
  RULE_LEAST_ALIGNMENT = 8,
  RULE_WASTE_PARTS = 8, // of which one may be wasted at a span's end
  RULE_ROUNDING = 128,  // what a size that grows is a multiple of
  // A table of classes has an entry for each 8 bytes below 1024, and for each 128 above.
  RULE_FINE_MAX = 1024,
  RULE_FINE_UNIT = 8,
  RULE_COARSE_UNIT = 128,
  RULE_CLASSES_MOST = 256, // room, whatever is left out of the rule
};

// The rule's steps; all of Go's are `rule_of_go`.
struct rule {
  bool (*wastes)(size_t tail, size_t span); // too much
  bool joins;                               // neighbours with the same pages and objects
  bool grows;                               // sizes into the waste
};
extern const struct rule rule_of_go;

struct rule_class {
  size_t size, pages, objects;
};

// Classes from 1; class 0, of large objects, is zeroed. Returns their number, class 0 included.
size_t rule_derive(const struct rule *rule, struct rule_class classes[static RULE_CLASSES_MOST]);

// ceil(2^32 / size): an offset times this, shifted right by 32, is the offset divided by the size.
uint32_t rule_magic(size_t size);

// As Go's sizeclasses.go has it: a line a class, and for each alignment from which size on it holds.
void rule_print(const struct rule_class *classes, size_t count, FILE *out);
// size_class_table.h.
void rule_print_header(const struct rule_class *classes, size_t count, FILE *out);

#endif
