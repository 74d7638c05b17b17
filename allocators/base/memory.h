// Memory for heaps: short names for the functions of a `struct ht_memory`, and the one that stands on the
// operating system. A heap uses the memory it was handed; only who creates heaps names `base_memory_os`.
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <heaptrial/memory.h>

// The operating system's memory: address space without access that costs nothing, access on commit, pages
// given back at once on decommit. Constant, shared by all, never freed. A host whose pages are larger than
// HT_PAGE_SIZE has every `reserve` refused.
const struct ht_memory *base_memory_os(void);

// The states, units and refusals of each are those of heaptrial/memory.h.

static inline void *base_reserve(const struct ht_memory *memory, size_t bytes, size_t alignment) {
  return memory->reserve(memory->context, bytes, alignment);
}

static inline bool base_commit(const struct ht_memory *memory, void *address, size_t bytes) {
  return memory->commit(memory->context, address, bytes);
}

static inline void base_decommit(const struct ht_memory *memory, void *address, size_t bytes) {
  memory->decommit(memory->context, address, bytes);
}

static inline bool base_protect_none(const struct ht_memory *memory, void *address, size_t bytes) {
  return memory->protect_none(memory->context, address, bytes);
}

static inline void base_release(const struct ht_memory *memory, void *address, size_t bytes) {
  memory->release(memory->context, address, bytes);
}

// Reserves and commits in one step: `bytes` of zeroed memory, or NULL with nothing taken.
static inline void *base_map(const struct ht_memory *memory, size_t bytes, size_t alignment) {
  void *address = base_reserve(memory, bytes, alignment);
  if (address && !base_commit(memory, address, bytes)) {
    base_release(memory, address, bytes);
    address = NULL;
  }
  return address;
}

// `bytes` rounded up to whole pages; `bytes` is at least a page below SIZE_MAX.
static inline size_t base_page_round(size_t bytes) {
  return (bytes + HT_PAGE_SIZE - 1) & ~(HT_PAGE_SIZE - 1);
}

#endif
