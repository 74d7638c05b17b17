#include "allocators/go/pages/internal.h"

size_t go_chunk_find(const struct go_chunk *chunk, size_t npages, size_t from, size_t *first) {
  size_t run = 0;
  *first = GO_CHUNK_PAGES;
  for (size_t i = from / BASE_WORD_BITS; i < GO_CHUNK_WORDS; i++) {
    uint64_t free = ~chunk->allocated[i];
    size_t at = i * BASE_WORD_BITS;
    if (free == 0) {
      run = 0;
      continue;
    }
    if (*first == GO_CHUNK_PAGES) *first = at + base_ctz(free);
    if (~free == 0) {
      run += BASE_WORD_BITS;
      if (run >= npages) return at + BASE_WORD_BITS - run;
      continue;
    }
    if (run + base_ctz(~free) >= npages) return at - run;
    uint64_t rows = npages < BASE_WORD_BITS ? go_rows_of(free, (unsigned)npages) : 0;
    if (rows) return at + base_ctz(rows);
    run = base_clz(~free);
  }
  return GO_CHUNK_PAGES;
}

// Below `base` no page is free, and from `base` on within `pages` one is, for all that was seen.
struct window {
  size_t base, pages;
};

// What is looked at lies within the window or, if the search has gone on to what comes later, behind it.
static void narrow(struct window *window, size_t base, size_t pages) {
  if (base < window->base || base - window->base >= window->pages) return;
  *window = (struct window){base, pages};
}

// The first page of known memory from `page` on; there is some before the next multiple of 16 GB.
static size_t first_known(const struct go_page_alloc *p, size_t page) {
  size_t chunk = page / GO_CHUNK_PAGES;
  const struct go_page_block *block = go_block_of(p, chunk);
  size_t known = base_bitmap_find_set(block->known, chunk % GO_BLOCK_CHUNKS, GO_BLOCK_CHUNKS);
  if (known == chunk % GO_BLOCK_CHUNKS) return page;
  if (known == GO_BLOCK_CHUNKS) __builtin_trap();
  return ((chunk & ~(GO_BLOCK_CHUNKS - 1)) + known) * GO_CHUNK_PAGES;
}

// Looks at one entry after the other, from the one with search_addr on: whether the run at the ends of those
// before and its own start are enough together, and if not, whether there are enough below it alone.
size_t go_pages_find(struct go_page_alloc *p, size_t npages, size_t *first) {
  const size_t searched = go_page_of(p->search_addr);
  struct window window = {0, SIZE_MAX};
  size_t entry = 0, end = ((p->end - 1) >> go_level_shift(0)) + 1;
  for (unsigned level = 0; level < GO_LEVELS; level++) {
    const size_t pages = go_level_pages(level);
    size_t run = 0, base = 0;
    bool below = false;
    if (searched / pages > entry && searched / pages < end) entry = searched / pages;
    const go_summary *summary = go_summary_at(p, level, entry);
    for (; entry < end; entry++, summary++) {
      p->visited++;
      if (*summary == 0) {
        run = 0;
        continue;
      }
      narrow(&window, entry * pages, pages);
      struct go_runs runs = go_summary_unpack(*summary);
      if (run + runs.start >= npages) {
        *first = first_known(p, window.base);
        return run ? base : entry * pages;
      }
      below = runs.max >= npages;
      if (below) break;
      if (run && runs.start == pages) {
        run += pages;
      } else {
        run = runs.end;
        base = (entry + 1) * pages - run;
      }
    }
    if (!below && level == 0) return GO_PAGE_NONE;
    if (!below) __builtin_trap(); // there are enough, says the level above
    if (level == GO_LEAF) break;
    entry <<= GO_CHILD_BITS;
    end = entry + GO_CHILDREN;
  }
  size_t first_free, found = go_chunk_find(go_chunk_at(p, entry), npages, 0, &first_free);
  if (found == GO_CHUNK_PAGES) __builtin_trap(); // there are enough, says the summary
  narrow(&window, entry * GO_CHUNK_PAGES + first_free, GO_CHUNK_PAGES - first_free);
  *first = first_known(p, window.base);
  return entry * GO_CHUNK_PAGES + found;
}
