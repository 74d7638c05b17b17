#include "allocators/go/pages/internal.h"

// The group of pages that one word of a bitmap stands for.
static uint64_t *word_of(uint64_t *map, size_t page) {
  return &map[page % GO_CHUNK_PAGES / BASE_WORD_BITS];
}

// The first free page, near search_addr or anywhere.
static size_t find_free(struct go_page_alloc *p) {
  size_t page = go_page_of(p->search_addr), chunk = page / GO_CHUNK_PAGES, first;
  if (*go_summary_at(p, GO_LEAF, chunk) == 0) return go_pages_find(p, 1, &first);
  size_t found = go_chunk_find(go_chunk_at(p, chunk), 1, page % GO_CHUNK_PAGES, &first);
  if (found == GO_CHUNK_PAGES) __builtin_trap(); // there is one, says the summary
  return chunk * GO_CHUNK_PAGES + found;
}

struct go_page_cache go_pages_to_cache(struct go_page_alloc *p) {
  struct go_page_cache cache = {0};
  if (p->search_addr == GO_PAGES_NOWHERE) return cache;
  size_t page = find_free(p);
  if (page == GO_PAGE_NONE) {
    p->search_addr = GO_PAGES_NOWHERE;
    return cache;
  }
  page = base_round_down(page, BASE_WORD_BITS);
  struct go_chunk *chunk = go_chunk_at(p, page / GO_CHUNK_PAGES);
  uint64_t *allocated = word_of(chunk->allocated, page), *scavenged = word_of(chunk->scavenged, page);
  cache = (struct go_page_cache){go_address_of(page), ~*allocated, *scavenged};
  *allocated = ~(uint64_t)0;
  *scavenged = 0;
  p->free_pages -= base_popcount(cache.pages);
  p->released_pages -= base_popcount(cache.scavenged);
  go_summaries_update_chunk(p, page / GO_CHUNK_PAGES);
  go_raise_search(p, page + BASE_WORD_BITS - 1); // the last of the group: what follows may not be known
  return cache;
}

uintptr_t go_page_cache_alloc(struct go_page_cache *cache, size_t npages, size_t *scavenged) {
  *scavenged = 0;
  if (npages > BASE_WORD_BITS) return 0;
  uint64_t rows = go_rows_of(cache->pages, (unsigned)npages);
  if (rows == 0) return 0;
  unsigned at = base_ctz(rows);
  uint64_t mask = ~(uint64_t)0 >> (BASE_WORD_BITS - npages) << at, were = cache->scavenged & mask;
  if (were) *scavenged = base_popcount(were);
  cache->pages &= ~mask;
  cache->scavenged &= ~mask;
  return cache->base + at * GO_PAGE_SIZE;
}

void go_page_cache_flush(struct go_page_alloc *p, struct go_page_cache *cache) {
  if (cache->pages) {
    size_t page = go_page_of(cache->base);
    struct go_chunk *chunk = go_chunk_at(p, page / GO_CHUNK_PAGES);
    uint64_t *allocated = word_of(chunk->allocated, page);
    if ((*allocated & cache->pages) != cache->pages) __builtin_trap(); // freed by somebody else
    *allocated &= ~cache->pages;
    *word_of(chunk->scavenged, page) |= cache->scavenged;
    p->free_pages += base_popcount(cache->pages);
    p->released_pages += base_popcount(cache->scavenged);
    go_summaries_update_chunk(p, page / GO_CHUNK_PAGES);
    go_lower_search(p, page);
  }
  *cache = (struct go_page_cache){0};
}
