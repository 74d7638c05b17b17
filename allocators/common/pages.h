// The memory a heap holds, counted: everything the small heaps take from their caller's `struct ht_memory`
// goes through here, so that what they say they hold (statistics and events alike) is what they hold.
//
// Any thread may call these; calls on one range are ordered by the heap.
#ifndef COMMON_PAGES_H
#define COMMON_PAGES_H

#include "base/memory.h"

#include <heaptrial/heap.h>

#include <stdatomic.h>

struct pages {
  const struct ht_memory *memory;
  struct ht_event_sink sink;
  _Atomic size_t committed; // bytes committed or protected
};

void pages_init(struct pages *pages, const struct ht_config *config);

// Reserved and committed, zeroed. NULL: refused.
void *pages_map(struct pages *pages, size_t bytes, size_t alignment);

// Gives back a whole range whose first `committed` bytes are committed or protected.
void pages_release(struct pages *pages, void *address, size_t bytes, size_t committed);

// Makes [0, bytes) of a range accessible whose first `*committed` bytes already are committed or protected.
bool pages_commit_prefix(struct pages *pages, void *address, size_t bytes, size_t *committed);

// Leaves the first `bytes` of a range's committed prefix; the rest goes back.
void pages_trim(struct pages *pages, void *address, size_t bytes, size_t *committed);

// For what was taken or given back past these functions.
void pages_count_committed(struct pages *pages, size_t bytes);
void pages_count_returned(struct pages *pages, size_t bytes);

void pages_event(const struct pages *pages, enum ht_event_kind kind, uint64_t start, uint64_t end,
                 uint64_t value, const char *label);

#endif
