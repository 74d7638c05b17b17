// How a region of the medium level is read: what works on it and what checks it look with the same eyes.
#ifndef OBMALLOC_MEDIUM_INTERNAL_H
#define OBMALLOC_MEDIUM_INTERNAL_H

#include "allocators/python/obmalloc/medium.h"

#include "base/bits.h"

_Static_assert(sizeof(struct medium_border) == 16 && sizeof(struct medium_region) % 16 == 0,
               "blocks are aligned to 16 bytes");
_Static_assert(sizeof(struct medium_free) <= MEDIUM_LEAST, "what is free has room for its links");

static inline struct medium_region *medium_region_at(struct base_link *link) {
  return base_container_of(link, struct medium_region, link);
}

static inline struct medium_border *medium_at(struct base_link *link) {
  return &base_container_of(link, struct medium_free, link)->border;
}

static inline size_t medium_offset(const void *address) {
  return (uintptr_t)address & (MEDIUM_REGION_BYTES - 1);
}

static inline struct medium_region *medium_region_of(const struct medium_border *border) {
  return (struct medium_region *)((uintptr_t)border & ~(MEDIUM_REGION_BYTES - 1));
}

static inline struct medium_border *medium_first(const struct medium_region *region) {
  return (struct medium_border *)(region + 1);
}

// The next border; NULL: the region ends there.
static inline struct medium_border *medium_behind(const struct medium_border *border) {
  const char *end = (const char *)border + border->bytes;
  return medium_offset(end) ? (struct medium_border *)end : NULL;
}

static inline struct medium_border *medium_before(const struct medium_border *border) {
  return border->before ? (struct medium_border *)((const char *)border - border->before) : NULL;
}

// After a stretch has another length.
static inline void medium_tell_behind(const struct medium_border *border) {
  struct medium_border *next = medium_behind(border);
  if (next) next->before = border->bytes;
}

// Where the border at `offset` is in its page, for `first`: its number in units of a border, and one.
static inline uint16_t medium_mark_of(size_t offset) {
  return (uint16_t)(offset % HT_PAGE_SIZE / sizeof(struct medium_border) + 1);
}

// Eight bins for each power of two.
static inline unsigned medium_bin_of(size_t bytes) {
  unsigned level = base_log2_floor(bytes);
  unsigned within = (unsigned)(bytes >> (level - MEDIUM_BINS_SHIFT)) & ((1 << MEDIUM_BINS_SHIFT) - 1);
  return (level - MEDIUM_LEAST_SHIFT) << MEDIUM_BINS_SHIFT | within;
}

// The pages that lie wholly within a free stretch, behind its border and links: the first, and in *end the
// first behind them.
static inline size_t medium_inner_pages(const struct medium_border *border, size_t *end) {
  size_t offset = medium_offset(border);
  size_t first = base_page_round(offset + sizeof(struct medium_free)) / HT_PAGE_SIZE;
  *end = (offset + border->bytes) / HT_PAGE_SIZE;
  return first < *end ? first : *end;
}

static inline size_t medium_idle_pages(const struct medium_border *border) {
  size_t end, first = medium_inner_pages(border, &end);
  return base_bitmap_count(medium_region_of(border)->dirty, first, end);
}

#endif
