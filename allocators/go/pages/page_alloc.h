// Go's page allocator: runs of 8 KB pages, first fit by address, found in as many steps as a tree has levels.
//
//   level   entries    of
//     0      16384    16 GB   root  [ ... | s | ... ]           s = (start, max, end): of the pages below it,
//     1     8 each     2 GB               /|||||||\                  how many are free at its start, at most
//     2     8 each   256 MB         [s s s s s s s s]                in one run, and at its end
//     3     8 each    32 MB               /|||||||\                                            .
//     4     8 each     4 MB         [s s s s s s s s]
//                                    |
//   chunk  512 pages        allocated |1110111000000111...0011|   1: in use, or in somebody's page cache
//                           scavenged |0000000000110000...0000|   1: free, and nothing stands behind it
//
// A summary is made of its eight children's: a run across a boundary is the end of one and the start of the
// next. So where a run fits that lies within one child, its max says so, and where it lies across, adding
// ends and starts finds it; the first of the two in the order of addresses is the lowest run that fits.
//
// search_addr is what makes the common case short. What always holds: every page below it is allocated, and
// it lies in memory that was handed over by grow, or is GO_PAGES_NOWHERE. (That it may lie elsewhere, where
// no summary and no bitmap is, was golang/go#38605.)
//
// Address space is known in blocks of 32 GB: bitmaps, and summaries of level 1 to 4, of so much lie in one
// range that is reserved when the first of it is handed over and committed as more is. Go reserves each level
// flat over 48 bits, half a gigabyte; whoever makes thousands of heaps a second, and keeps a byte for each
// page that they reserve, would notice.
//
// A page cache is 64 pages of one aligned group, those of them that were free: its owner takes from it
// without the heap's lock. To everybody else its pages are allocated.
//
// Not thread-safe: callers hold the heap's lock. A page cache is its owner's alone; filling and flushing it
// needs the lock.
//
// Source: Go 1.26, runtime/mpagealloc.go, mpagealloc_64bit.go, mpallocbits.go, mpagecache.go.
#ifndef GO_PAGE_ALLOC_H
#define GO_PAGE_ALLOC_H

#include "allocators/common/pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GO_PAGE_SHIFT 13
#define GO_PAGE_SIZE ((size_t)1 << GO_PAGE_SHIFT)
#define GO_CHUNK_PAGES ((size_t)512)
#define GO_CHUNK_BYTES (GO_CHUNK_PAGES * GO_PAGE_SIZE)
// Addresses lie below 2^GO_ADDRESS_BITS.
#define GO_ADDRESS_BITS 48

// A search_addr when no page is free.
#define GO_PAGES_NOWHERE UINTPTR_MAX

struct go_page_top;

struct go_page_alloc {
  struct pages *memory;
  struct go_page_top *top; // NULL: never initialised
  uint64_t top_committed;  // pages of `top`, a bit each
  size_t start, end;       // known chunks lie in [start, end), in units of GO_CHUNK_BYTES from address 0
  uintptr_t search_addr;
  size_t free_pages;
  size_t released_pages; // of the free ones: those that are scavenged
  uint64_t visited;      // summaries that searches from the root have looked at, ever
};

// `base`: of the group's first page. `scavenged` is a part of `pages`. All zero: an empty cache.
struct go_page_cache {
  uintptr_t base;
  uint64_t pages; // 1: free, and mine
  uint64_t scavenged;
};

// `p` is zeroed. `memory` outlives it. False: refused, and `p` is as it was.
bool go_pages_init(struct go_page_alloc *p, struct pages *memory);

// Gives back the allocator's own memory, and none of what it was handed. Nothing, if init was refused.
void go_pages_finish(struct go_page_alloc *p);

// Hands over [base, base + bytes), multiples of GO_CHUNK_BYTES that were never handed over: all free, and
// scavenged, as nobody has touched them. False: refused, or beyond 48 bits; no page has changed, though the
// allocator may hold more memory of its own.
bool go_pages_grow(struct go_page_alloc *p, uintptr_t base, size_t bytes);

// The lowest address with `npages` free pages; 0: there is none. `npages` is at least 1. *scavenged: how many
// of them were.
uintptr_t go_pages_alloc(struct go_page_alloc *p, size_t npages, size_t *scavenged);

// Frees `npages`, at least 1, that are allocated and in no cache; what is free or unknown traps. `scavenged`:
// nothing stands behind them.
void go_pages_free(struct go_page_alloc *p, uintptr_t base, size_t npages, bool scavenged);

// All free pages of the aligned group of 64 with the lowest free page. Empty (pages == 0): no page is free.
// Scavenged pages in a cache are not among `released_pages`.
struct go_page_cache go_pages_to_cache(struct go_page_alloc *p);

// The lowest run of `npages`, at least 1, in the cache; 0: there is none.
uintptr_t go_page_cache_alloc(struct go_page_cache *cache, size_t npages, size_t *scavenged);

// Gives back what is left in it, which leaves it empty.
void go_page_cache_flush(struct go_page_alloc *p, struct go_page_cache *cache);

// Whether the page at `address` is allocated, in use or in a cache: GOA-22 compares. Of memory that was never
// handed over none is, and none is free either.
bool go_pages_is_allocated(const struct go_page_alloc *p, uintptr_t address);
bool go_pages_is_known(const struct go_page_alloc *p, uintptr_t address);

// What go_pages_alloc has to return next, found by going through all bitmaps: GOA-25.
uintptr_t go_pages_lowest_fit(const struct go_page_alloc *p, size_t npages);

// The rest of what has to hold, each recomputed from what lies below it, in ways of their own. False: broken,
// and `wrong`, of `size` bytes, says what.
bool go_pages_check_summaries(const struct go_page_alloc *p, char *wrong, size_t size); // GOA-23
bool go_pages_check_search(const struct go_page_alloc *p, char *wrong, size_t size);    // GOA-24
bool go_pages_check_scavenged(const struct go_page_alloc *p, char *wrong,
                              size_t size); // GOA-29, and counters

#endif
