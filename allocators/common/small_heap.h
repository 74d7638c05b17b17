// What every one of the small heaps begins with: its public head, the memory it counts, its records.
#ifndef COMMON_SMALL_HEAP_H
#define COMMON_SMALL_HEAP_H

#include "allocators/common/pages.h"
#include "allocators/common/records.h"

#include <heaptrial/heap.h>

struct small_heap {
  struct ht_heap head;
  size_t bytes; // of the whole structure, in pages
  struct pages pages;
  struct records records;
};

// A structure of `bytes` that begins with a small_heap and is zero behind it. NULL: no memory, and config's
// message says so.
void *small_heap_create(const struct ht_config *config, const struct ht_heap_table *table, size_t bytes,
                        size_t record_size);

// Gives back the records and the structure itself.
void small_heap_destroy(struct small_heap *heap);

#endif
