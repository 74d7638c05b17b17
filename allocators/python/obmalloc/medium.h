// The medium level: blocks that are too large for a pool and too small for whole pages, end to end in regions
// of 1 MB, as a malloc lays them.
//
//      region (1 MB, aligned)
//      +--------+--------+-------------+--------+---------------+--------+~~~~~~~~~~~~~+
//      | record | border | block       | border | (free)        | border | block       |
//      +--------+--------+-------------+--------+---------------+--------+~~~~~~~~~~~~~+
//               |<----- bytes -------->|<------ bytes --------->|
//
// A border of 16 bytes stands before each stretch, used or free, and says how long it is and how long the one
// before it is, so that what comes free is joined with free neighbours at once: no two free ones are
// neighbours. Free stretches are listed by size, eight bins for each power of two; a block is cut from one of
// its own bin that is large enough, or else from any of the next larger bin that has one.
//
// Pages that lie within free stretches are idle if they are committed. They stay so until there are more than
// MEDIUM_IDLE_BYTES of them; then they go back but for half of that. A region without blocks goes back unless
// it is the only one.
//
// (Boundary tags: Knuth, The Art of Computer Programming, volume 1, 2.5, algorithm C. Bins: Masmano et al.,
// TLSF: a new dynamic memory allocator for real-time systems, 2004.)
#ifndef OBMALLOC_MEDIUM_H
#define OBMALLOC_MEDIUM_H

#include "allocators/python/obmalloc/address_map.h"

#include "base/list.h"

#define MEDIUM_REGION_BYTES ((size_t)1 << 20)
#define MEDIUM_IDLE_BYTES ((size_t)1 << 20)

enum {
  MEDIUM_MOST = 32 << 10, // bytes of a block; of a larger one whole pages waste no more than an eighth
  MEDIUM_REGION_SHIFT = 20,
  MEDIUM_REGION_PAGES = 256,
  MEDIUM_LEAST_SHIFT =
      9, // of a stretch, border included: what is left over and is shorter stays with its block
  MEDIUM_LEAST = 1 << MEDIUM_LEAST_SHIFT,
  MEDIUM_BINS_SHIFT = 3,
  MEDIUM_BINS = (MEDIUM_REGION_SHIFT - MEDIUM_LEAST_SHIFT) << MEDIUM_BINS_SHIFT,
};
#define MEDIUM_FREE UINT32_MAX

struct medium_border {
  uint32_t bytes;  // of the stretch, the border included
  uint32_t before; // of the stretch before; 0: it is the region's first
  uint32_t asked;  // by the owner; or MEDIUM_FREE
  uint32_t unused;
};

struct medium_free {
  struct medium_border border;
  struct base_link link; // in its bin
};

// At the start of its region, the first page of which is always committed.
struct medium_region {
  struct base_link link;
  uint64_t dirty[MEDIUM_REGION_PAGES / 64]; // pages that are committed
  uint16_t first[MEDIUM_REGION_PAGES]; // of each page: where its first border is, medium_mark_of; 0: none
};

struct medium {
  struct pages *pages;
  struct address_map map; // granule -> its region
  struct base_list regions;
  struct base_list bins[MEDIUM_BINS];
  uint64_t stocked[(MEDIUM_BINS + 63) / 64]; // bins that are not empty
  size_t idle_pages, free_regions;
  size_t count, bytes; // blocks in use, and what was asked for in them
};

bool medium_init(struct medium *m, struct pages *pages); // false: refused
void medium_finish(struct medium *m);

// A block of up to MEDIUM_MOST bytes at a multiple of 16. NULL: refused, and all is as it was.
void *medium_take(struct medium *m, size_t bytes);
void medium_give(struct medium *m, void *block);

// Makes a block larger or smaller where it is. False: it would have to move.
bool medium_resize(struct medium *m, void *block, size_t bytes);

// The border of the block in use that `address` lies in; NULL: in none.
const struct medium_border *medium_find(const struct medium *m, const void *address);
// The same if the block begins there.
const struct medium_border *medium_of(const struct medium *m, const void *block);

// Bytes that the block behind a border has.
static inline size_t medium_room(const struct medium_border *border) {
  return border->bytes - sizeof *border;
}

// Each block in use. False, at once, when the visitor says false.
typedef bool medium_visitor(void *context, void *block, size_t room);
bool medium_each(const struct medium *m, medium_visitor *visit, void *context);

// What is wrong, and where; NULL: nothing. Nothing is looked at that does not lie in a region's committed
// pages.
const char *medium_wrong(const struct medium *m, const void **where);

#endif
