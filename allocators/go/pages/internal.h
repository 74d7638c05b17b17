// What the parts of the page allocator know of one another.
#ifndef GO_PAGES_INTERNAL_H
#define GO_PAGES_INTERNAL_H

#include "allocators/go/pages/chunk.h"

enum {
  GO_LEVELS = 5,
  GO_LEAF = GO_LEVELS - 1, // whose entries are chunks
  GO_CHILD_BITS = 3,
  GO_CHILDREN = 1 << GO_CHILD_BITS,
  GO_CHUNK_SHIFT = 22,
  GO_BLOCK_BITS = 13, // chunks in a block, and blocks: Go's two levels of chunk bitmaps
};

#define GO_CHUNKS ((size_t)1 << (GO_ADDRESS_BITS - GO_CHUNK_SHIFT))
#define GO_BLOCK_CHUNKS ((size_t)1 << GO_BLOCK_BITS)

// Chunks below an entry of a level, as a shift; pages below it; entries of it in a block, as a shift.
static inline unsigned go_level_shift(unsigned level) {
  return (GO_LEAF - level) * GO_CHILD_BITS;
}
static inline size_t go_level_pages(unsigned level) {
  return GO_CHUNK_PAGES << go_level_shift(level);
}
static inline unsigned go_level_block_bits(unsigned level) {
  return GO_BLOCK_BITS - go_level_shift(level);
}

// Where a level's summaries begin in a block: level 1 first, 16 of them, then 128, 1024 and 8192.
enum {
  GO_LEVEL_1_AT = 0,
  GO_LEVEL_2_AT = GO_LEVEL_1_AT + (1 << (GO_BLOCK_BITS - 3 * GO_CHILD_BITS)),
  GO_LEVEL_3_AT = GO_LEVEL_2_AT + (1 << (GO_BLOCK_BITS - 2 * GO_CHILD_BITS)),
  GO_LEAF_AT = GO_LEVEL_3_AT + (1 << (GO_BLOCK_BITS - GO_CHILD_BITS)),
  GO_BLOCK_SUMMARIES = GO_LEAF_AT + (1 << GO_BLOCK_BITS),
};

static inline size_t go_level_at(unsigned level) {
  static const uint16_t at[GO_LEVELS] = {0, GO_LEVEL_1_AT, GO_LEVEL_2_AT, GO_LEVEL_3_AT, GO_LEAF_AT};
  return at[level];
}

// 32 GB of address space. What lies before the leaves is committed; of leaves and chunks the pages are that
// hold one of a known chunk. Eight children never lie in two pages, so what is read is committed: siblings of
// an entry with known memory below it, all the way up.
struct go_page_block {
  uint64_t committed[8];                            // pages of this struct, a bit each
  uint64_t known[GO_BLOCK_CHUNKS / BASE_WORD_BITS]; // chunks that were handed over
  go_summary summaries[GO_BLOCK_SUMMARIES];         // of unknown memory: 0
  _Alignas(HT_PAGE_SIZE) struct go_chunk chunks[GO_BLOCK_CHUNKS];
};

// The pages are committed that hold the entries from the first known chunk's to the last's.
struct go_page_top {
  go_summary root[(size_t)1 << (GO_ADDRESS_BITS - GO_CHUNK_SHIFT - GO_LEAF * GO_CHILD_BITS)];
  struct go_page_block *blocks[(size_t)1 << (GO_ADDRESS_BITS - GO_CHUNK_SHIFT - GO_BLOCK_BITS)];
};

_Static_assert(GO_CHUNK_BYTES == (size_t)1 << GO_CHUNK_SHIFT, "a chunk is one bit of an address and up");
_Static_assert(sizeof(struct go_page_block) / HT_PAGE_SIZE <= 8 * BASE_WORD_BITS,
               "a block's pages have a bit each");
_Static_assert(sizeof(struct go_page_top) / HT_PAGE_SIZE <= BASE_WORD_BITS,
               "the top's pages have a bit each");
_Static_assert(offsetof(struct go_page_block, summaries) % (GO_CHILDREN * sizeof(go_summary)) == 0,
               "eight children never lie in two pages");

// The block of a chunk in [start, end); NULL: nothing of it is known.
static inline struct go_page_block *go_block_of(const struct go_page_alloc *p, size_t chunk) {
  return p->top->blocks[chunk >> GO_BLOCK_BITS];
}

static inline bool go_chunk_is_known(const struct go_page_alloc *p, size_t chunk) {
  if (chunk < p->start || chunk >= p->end) return false;
  const struct go_page_block *block = go_block_of(p, chunk);
  return block && base_bitmap_test(block->known, chunk % GO_BLOCK_CHUNKS);
}

// Of a chunk that is known.
static inline struct go_chunk *go_chunk_at(const struct go_page_alloc *p, size_t chunk) {
  return &go_block_of(p, chunk)->chunks[chunk % GO_BLOCK_CHUNKS];
}

// An entry of a level that is known, or has siblings that are.
static inline go_summary *go_summary_at(const struct go_page_alloc *p, unsigned level, size_t entry) {
  if (level == 0) return &p->top->root[entry];
  unsigned bits = go_level_block_bits(level);
  size_t within = entry & (((size_t)1 << bits) - 1);
  return &p->top->blocks[entry >> bits]->summaries[go_level_at(level) + within];
}

static inline size_t go_page_of(uintptr_t address) {
  return address >> GO_PAGE_SHIFT;
}
static inline uintptr_t go_address_of(size_t page) {
  return (uintptr_t)page << GO_PAGE_SHIFT;
}

// summaries.c

// Brings summaries up to date after `npages` pages from `page` on have all become free, or all allocated.
void go_summaries_update(struct go_page_alloc *p, size_t page, size_t npages, bool freed);

// The same after some pages of one chunk have become anything.
void go_summaries_update_chunk(struct go_page_alloc *p, size_t chunk);

// find.c

// The first page of the lowest run of `npages`; GO_PAGE_NONE: there is none. search_addr is not NOWHERE.
// *first: a page of known memory below which none is free, the highest that was seen to be.
size_t go_pages_find(struct go_page_alloc *p, size_t npages, size_t *first);
#define GO_PAGE_NONE SIZE_MAX

// All is allocated below `page`, if there is one.
static inline void go_raise_search(struct go_page_alloc *p, size_t page) {
  if (go_address_of(page) > p->search_addr) p->search_addr = go_address_of(page);
}
static inline void go_lower_search(struct go_page_alloc *p, size_t page) {
  if (go_address_of(page) < p->search_addr) p->search_addr = go_address_of(page);
}

#endif
