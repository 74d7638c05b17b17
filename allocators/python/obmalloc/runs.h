// The page level: blocks that are too large for a pool, or too strictly aligned, as runs of whole pages out
// of reserved regions.
//
//      region (1 MB, aligned)
//      +--------+-----------------+~~~~~~~~+-----------+~~~~~~~~~~~~~~~~~~~+
//      |run|blk | run | block     |  free  | run | blk |   free            |
//      +--------+-----------------+~~~~~~~~+-----------+~~~~~~~~~~~~~~~~~~~+
//
// A region's record lies elsewhere and has a bit for each page: in use, begins a run, committed. A run is
// taken at the first place that fits, of the region whose largest gap fits tightest. What no region could
// hold has a region of its own, which only its start is committed of.
//
// Pages that come free stay committed until there are more than RUNS_IDLE_BYTES of them; then all go back but
// half of that. Of regions of their own the last that came free is kept if it is of RUNS_SPARE_BYTES at most.
// So who takes and gives the same in turn asks the system for nothing, and what is kept is bounded by the
// sum.
#ifndef OBMALLOC_RUNS_H
#define OBMALLOC_RUNS_H

#include "allocators/common/records.h"
#include "allocators/python/obmalloc/address_map.h"

#define RUNS_REGION_BYTES ((size_t)1 << 20)
#define RUNS_IDLE_BYTES ((size_t)1 << 20)
#define RUNS_SPARE_BYTES ((size_t)4 << 20)

enum {
  RUNS_REGION_SHIFT = 20,
  RUNS_REGION_PAGES = 256,
  RUNS_MAP_WORDS = RUNS_REGION_PAGES / 64,
  RUNS_BINS = 10, // by the largest gap: bin n holds 2^(n-1) pages up to 2^n - 1, bin 0 none
};

struct run_region {
  struct base_link link;      // in its bin, or among those of their own
  struct base_link idle_link; // among those with idle pages
  char *address;
  size_t bytes;     // reserved
  size_t committed; // of a region of its own: a prefix
  uint32_t largest; // pages of the largest gap
  uint32_t idle;    // pages free and committed
  uint64_t used[RUNS_MAP_WORDS], starts[RUNS_MAP_WORDS], dirty[RUNS_MAP_WORDS]; // dirty: committed
};

// At the start of the first page of a run.
struct run {
  struct run_region *region;
  void *block;  // where the caller's bytes begin
  size_t bytes; // that he asked for
  size_t pages;
};

struct runs {
  struct pages *pages;
  struct records regions;
  struct address_map map; // granule -> its region
  struct base_list bins[RUNS_BINS];
  struct base_list own;            // regions of one run
  struct base_list idle;           // regions with idle pages, the last that got some first
  struct run_region *spare;        // of its own, without its run
  size_t idle_pages, free_regions; // regions without a run, but for the spare
  size_t count, bytes;             // runs in use, and what was asked for in them
};

bool runs_init(struct runs *runs, struct pages *pages); // false: refused
void runs_finish(struct runs *runs);

// A block with (block + head) % alignment == 0; alignment: a power of two, at most a page; head: at most half
// a page. NULL: refused.
void *runs_take(struct runs *runs, size_t bytes, size_t head, size_t alignment);
void runs_give(struct runs *runs, void *block);

// Makes a block larger or smaller where it is. False: it would have to move.
bool runs_resize(struct runs *runs, void *block, size_t bytes);

// The run that `address` lies in, whether or not it is where the block begins; NULL: in none.
struct run *runs_find(const struct runs *runs, const void *address);

// Each run in use. False, at once, when the visitor says false.
typedef bool runs_visitor(void *context, void *block, size_t room);
bool runs_each(const struct runs *runs, runs_visitor *visit, void *context);

// The run of a block in use.
static inline struct run *runs_of(const void *block) {
  return (struct run *)(((uintptr_t)block - 1) & ~(uintptr_t)(HT_PAGE_SIZE - 1));
}

// Bytes from the block's start to the end of its run.
static inline size_t runs_room(const struct run *run) {
  return (size_t)((char *)run + run->pages * HT_PAGE_SIZE - (char *)run->block);
}

#endif
