#include "memory/ranges.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

bool range_table_grow(struct range_table *table) {
  if (table->count < table->capacity) return true;
  size_t capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
  struct range **ranges = realloc(table->ranges, capacity * sizeof(*ranges));
  if (!ranges) return false;
  table->ranges = ranges;
  table->capacity = capacity;
  return true;
}

// How many ranges start at or below `address`.
static size_t count_up_to(const struct range_table *table, const void *address) {
  size_t low = 0, high = table->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if ((uintptr_t)table->ranges[middle]->start <= (uintptr_t)address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void range_table_insert(struct range_table *table, struct range *range) {
  size_t index = count_up_to(table, range->start);
  memmove(table->ranges + index + 1, table->ranges + index, (table->count - index) * sizeof(*table->ranges));
  table->ranges[index] = range;
  table->count++;
}

struct range *range_table_remove(struct range_table *table, size_t index) {
  struct range *range = table->ranges[index];
  table->count--;
  memmove(table->ranges + index, table->ranges + index + 1, (table->count - index) * sizeof(*table->ranges));
  return range;
}

size_t range_table_find(const struct range_table *table, const void *address) {
  size_t above = count_up_to(table, address);
  if (above == 0) return table->count;
  const struct range *range = table->ranges[above - 1];
  return (uintptr_t)address - (uintptr_t)range->start < range_bytes(range) ? above - 1 : table->count;
}

struct range *range_new(void *start, size_t bytes) {
  size_t pages = bytes / HT_PAGE_SIZE;
  struct range *range = calloc(1, sizeof(*range) + pages);
  if (!range) return NULL;
  range->start = start;
  range->pages = pages;
  range->touched_first = pages;
  return range;
}

void range_forget(struct range *range) {
  for (size_t page = range->touched_first; page < range->touched_end; page++)
    range->state[page] &= PAGE_OPEN | PAGE_USED;
  range->touched_first = range->pages;
  range->touched_end = 0;
}

void range_free(struct range *range) {
  free(range);
}
