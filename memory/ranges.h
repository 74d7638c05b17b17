// The ranges that metered memory knows: sorted by address while a heap has them, or in the pool. One byte a
// page says what the heap may do with it, and what the memory below has made of it; the two differ in pooled
// memory.
#ifndef MEMORY_RANGES_H
#define MEMORY_RANGES_H

#include <heaptrial/memory.h>

#include <stdint.h>

enum page_state {
  // The heap's view.
  PAGE_COMMITTED = 1, // it holds memory
  PAGE_PROTECTED = 2, // ... and has made it inaccessible
  PAGE_SEEN = 4,      // it was committed at some time since the heap reserved it
  // The view from below.
  PAGE_OPEN = 8, // readable and writable
  PAGE_USED = 16 // it was open since it last was known to be zero
};

struct range {
  char *start;
  size_t pages;
  // The heap's view was changed in [touched_first, touched_end) only, so that a large range is cheap to
  // reuse.
  size_t touched_first, touched_end;
  uint8_t state[]; // enum page_state, one a page
};

// An array of ranges, sorted by start.
struct range_table {
  struct range **ranges;
  size_t count, capacity;
};

// Room for one more; false: no memory.
bool range_table_grow(struct range_table *table);

// Needs the room that range_table_grow has made.
void range_table_insert(struct range_table *table, struct range *range);

struct range *range_table_remove(struct range_table *table, size_t index);

// The index of the range that holds `address`; `table->count` when there is none.
size_t range_table_find(const struct range_table *table, const void *address);

// All pages reserved and never used; NULL: no memory.
struct range *range_new(void *start, size_t bytes);

// Makes the heap's view that of a fresh reserve.
void range_forget(struct range *range);

// Frees the record; its pages are the caller's matter.
void range_free(struct range *range);

static inline size_t range_bytes(const struct range *range) {
  return range->pages * HT_PAGE_SIZE;
}

#endif
