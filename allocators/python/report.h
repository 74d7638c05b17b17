#ifndef PYTHON_REPORT_H
#define PYTHON_REPORT_H

// Private: entries of the table by which the heap tells of itself.

#include "allocators/python/python.h"

void python_statistics(struct ht_heap *heap, struct ht_statistics *statistics);
size_t python_usable_size(struct ht_heap *heap, ht_ref object);
bool python_owns(struct ht_heap *heap, const void *address);
void python_walk(struct ht_mutator *m, ht_visitor *visitor, void *context);
bool python_check(struct ht_mutator *m, char *message, size_t size); // check.c
void python_free_invalid(struct ht_mutator *m, void *address);

#endif
