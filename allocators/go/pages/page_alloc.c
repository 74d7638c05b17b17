#include "allocators/go/pages/internal.h"

// Allocates pages [first, end) of a chunk that are free, and returns how many were scavenged.
static size_t take(struct go_chunk *chunk, size_t first, size_t end) {
  size_t scavenged = 0;
  for (size_t i = first / BASE_WORD_BITS; i * BASE_WORD_BITS < end; i++) {
    uint64_t mask = base_bitmap_mask(i, first, end);
    if (chunk->allocated[i] & mask) __builtin_trap(); // a summary is wrong
    chunk->allocated[i] |= mask;
    uint64_t were = chunk->scavenged[i] & mask;
    if (were) scavenged += base_popcount(were);
    chunk->scavenged[i] &= ~mask;
  }
  return scavenged;
}

static void give(struct go_chunk *chunk, size_t first, size_t end, bool scavenged) {
  for (size_t i = first / BASE_WORD_BITS; i * BASE_WORD_BITS < end; i++) {
    uint64_t mask = base_bitmap_mask(i, first, end);
    if ((chunk->allocated[i] & mask) != mask) __builtin_trap(); // freed twice
    chunk->allocated[i] &= ~mask;
    if (scavenged) chunk->scavenged[i] |= mask;
  }
}

// Where the pages [page, page + npages) end in the chunk with `page`, as an index within it.
static size_t chunk_stop(size_t page, size_t npages) {
  size_t stop = page % GO_CHUNK_PAGES + npages;
  return stop < GO_CHUNK_PAGES ? stop : GO_CHUNK_PAGES;
}

static size_t take_range(struct go_page_alloc *p, size_t page, size_t npages) {
  size_t scavenged = 0;
  for (size_t at = page, end = page + npages; at < end; at = (at / GO_CHUNK_PAGES + 1) * GO_CHUNK_PAGES)
    scavenged += take(go_chunk_at(p, at / GO_CHUNK_PAGES), at % GO_CHUNK_PAGES, chunk_stop(at, end - at));
  p->free_pages -= npages;
  p->released_pages -= scavenged;
  go_summaries_update(p, page, npages, false);
  return scavenged;
}

// Whether the run is in the chunk of search_addr: nothing is free below it, so if it fits in there, that is
// the lowest. *first as go_pages_find's.
static size_t find_near(const struct go_page_alloc *p, size_t npages, size_t *first) {
  size_t page = go_page_of(p->search_addr), chunk = page / GO_CHUNK_PAGES, from = page % GO_CHUNK_PAGES;
  if (go_summary_unpack(*go_summary_at(p, GO_LEAF, chunk)).max < npages) return GO_PAGE_NONE;
  size_t found = go_chunk_find(go_chunk_at(p, chunk), npages, from, first);
  if (found == GO_CHUNK_PAGES) __builtin_trap(); // there are enough, says the summary
  *first += chunk * GO_CHUNK_PAGES;
  return chunk * GO_CHUNK_PAGES + found;
}

uintptr_t go_pages_alloc(struct go_page_alloc *p, size_t npages, size_t *scavenged) {
  size_t first;
  *scavenged = 0;
  if (p->search_addr == GO_PAGES_NOWHERE) return 0;
  size_t page = find_near(p, npages, &first);
  if (page == GO_PAGE_NONE) page = go_pages_find(p, npages, &first);
  if (page == GO_PAGE_NONE) {
    if (npages == 1) p->search_addr = GO_PAGES_NOWHERE;
    return 0;
  }
  *scavenged = take_range(p, page, npages);
  go_raise_search(p, first);
  return go_address_of(page);
}

void go_pages_free(struct go_page_alloc *p, uintptr_t base, size_t npages, bool scavenged) {
  size_t page = go_page_of(base), end = page + npages;
  for (size_t at = page; at < end; at = (at / GO_CHUNK_PAGES + 1) * GO_CHUNK_PAGES) {
    if (!go_chunk_is_known(p, at / GO_CHUNK_PAGES)) __builtin_trap();
    give(go_chunk_at(p, at / GO_CHUNK_PAGES), at % GO_CHUNK_PAGES, chunk_stop(at, end - at), scavenged);
  }
  p->free_pages += npages;
  if (scavenged) p->released_pages += npages;
  go_summaries_update(p, page, npages, true);
  go_lower_search(p, page);
}

bool go_pages_is_known(const struct go_page_alloc *p, uintptr_t address) {
  return go_chunk_is_known(p, address / GO_CHUNK_BYTES);
}

bool go_pages_is_allocated(const struct go_page_alloc *p, uintptr_t address) {
  if (!go_pages_is_known(p, address)) return false;
  const struct go_chunk *chunk = go_chunk_at(p, address / GO_CHUNK_BYTES);
  return base_bitmap_test(chunk->allocated, go_page_of(address) % GO_CHUNK_PAGES);
}
