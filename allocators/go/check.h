// The parts of the heap's own check.
#ifndef GO_CHECK_H
#define GO_CHECK_H

#include "allocators/go/go.h"

// check_classes.c
void go_check_classes(struct examination *e);
// check_pages.c. Every page, what it finds and who has it.
void go_check_pages(struct go_heap *h);

// examine_mark.c. What roots reach is there.
void go_check_references(struct go_heap *h);

#endif
