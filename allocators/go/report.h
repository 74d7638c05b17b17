// What the heap tells of itself: entries of its table.
#ifndef GO_REPORT_H
#define GO_REPORT_H

#include <heaptrial/heap.h>

void go_statistics(struct ht_heap *heap, struct ht_statistics *statistics);
bool go_owns(struct ht_heap *heap, const void *address);
void go_walk(struct ht_mutator *m, ht_visitor *visit, void *context);
// check.c
bool go_check(struct ht_mutator *m, char *message, size_t size);

#endif
