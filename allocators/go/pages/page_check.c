// What has to hold, found out again from what lies below it, without the code that is under suspicion.
#include "allocators/go/pages/internal.h"

#include <stdarg.h>
#include <stdio.h>

struct checking {
  const struct go_page_alloc *p;
  char *wrong;
  size_t size;
};

__attribute__((format(printf, 2, 3))) static bool broken(const struct checking *c, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->wrong, c->size, format, arguments);
  va_end(arguments);
  return false;
}

// The next known chunk at or after `chunk`; p->end: there is none.
static size_t next_known(const struct go_page_alloc *p, size_t chunk) {
  while (chunk < p->end) {
    const struct go_page_block *block = go_block_of(p, chunk);
    size_t first = base_round_down(chunk, GO_BLOCK_CHUNKS);
    size_t known =
        block ? base_bitmap_find_set(block->known, chunk - first, GO_BLOCK_CHUNKS) : GO_BLOCK_CHUNKS;
    chunk = first + known;
    if (known < GO_BLOCK_CHUNKS) return chunk;
  }
  return p->end;
}

#define each_known_chunk(chunk, p) \
  for (size_t chunk = next_known((p), (p)->start); chunk < (p)->end; chunk = next_known((p), chunk + 1))

// The runs of two neighbours of `left_pages` and `right_pages`, taken together.
static struct go_runs join(struct go_runs left, uint64_t left_pages, struct go_runs right,
                           uint64_t right_pages) {
  struct go_runs both = {left.start, left.max, right.end};
  if (left.start == left_pages) both.start = left_pages + right.start;
  if (right.end == right_pages) both.end = right_pages + left.end;
  if (right.max > both.max) both.max = right.max;
  if (left.end + right.start > both.max) both.max = left.end + right.start;
  return both;
}

static struct go_runs runs_of_chunk(const struct go_chunk *chunk) {
  struct go_runs runs = {0};
  for (size_t page = 0, end; page < GO_CHUNK_PAGES; page = end) {
    size_t first = base_bitmap_find_clear(chunk->allocated, page, GO_CHUNK_PAGES);
    end = base_bitmap_find_set(chunk->allocated, first, GO_CHUNK_PAGES);
    if (first == 0) runs.start = end;
    if (end - first > runs.max) runs.max = end - first;
    runs.end = end == GO_CHUNK_PAGES ? end - first : 0;
  }
  return runs;
}

// An entry's chunks lie in one block.
static bool has_known(const struct go_page_alloc *p, unsigned level, size_t entry) {
  size_t chunk = entry << go_level_shift(level), chunks = (size_t)1 << go_level_shift(level);
  size_t first = chunk % GO_BLOCK_CHUNKS;
  const struct go_page_block *block = go_block_of(p, chunk);
  return block && base_bitmap_count(block->known, first, first + chunks);
}

// The entry, and all below it. *runs: what was found out of it.
static bool check_entry(const struct checking *c, unsigned level, size_t entry, struct go_runs *runs) {
  *runs = (struct go_runs){0};
  if (has_known(c->p, level, entry)) {
    if (level == GO_LEAF) *runs = runs_of_chunk(go_chunk_at(c->p, entry));
    for (size_t i = 0; i < GO_CHILDREN && level < GO_LEAF; i++) {
      struct go_runs child;
      if (!check_entry(c, level + 1, (entry << GO_CHILD_BITS) + i, &child)) return false;
      *runs = join(*runs, i * go_level_pages(level + 1), child, go_level_pages(level + 1));
    }
  }
  go_summary summary = *go_summary_at(c->p, level, entry);
  if (summary == go_summary_pack(*runs)) return true;
  struct go_runs kept = go_summary_unpack(summary);
  return broken(c, "the summary of level %u at %#zx says %zu, %zu, %zu, and it is %zu, %zu, %zu", level,
                (size_t)go_address_of(entry * go_level_pages(level)), (size_t)kept.start, (size_t)kept.max,
                (size_t)kept.end, (size_t)runs->start, (size_t)runs->max, (size_t)runs->end);
}

bool go_pages_check_summaries(const struct go_page_alloc *p, char *wrong, size_t size) {
  const struct checking c = {p, wrong, size};
  if (p->start == p->end) return true;
  const unsigned root = go_level_shift(0);
  for (size_t entry = p->start >> root; entry <= (p->end - 1) >> root; entry++) {
    struct go_runs runs;
    if (!check_entry(&c, 0, entry, &runs)) return false;
  }
  return true;
}

bool go_pages_check_search(const struct go_page_alloc *p, char *wrong, size_t size) {
  const struct checking c = {p, wrong, size};
  uintptr_t search = p->search_addr;
  if (search != GO_PAGES_NOWHERE && (search % GO_PAGE_SIZE || !go_pages_is_known(p, search)))
    return broken(&c, "the search starts at %#zx, which is no page of known memory", (size_t)search);
  uintptr_t lowest = go_pages_lowest_fit(p, 1);
  if (lowest && lowest < search)
    return broken(&c, "the search starts at %#zx, and the page at %#zx is free", (size_t)search,
                  (size_t)lowest);
  return true;
}

bool go_pages_check_scavenged(const struct go_page_alloc *p, char *wrong, size_t size) {
  const struct checking c = {p, wrong, size};
  size_t free_pages = 0, released_pages = 0;
  each_known_chunk(chunk, p) {
    const struct go_chunk *bits = go_chunk_at(p, chunk);
    for (size_t i = 0; i < GO_CHUNK_WORDS; i++) {
      uint64_t both = bits->allocated[i] & bits->scavenged[i];
      if (both)
        return broken(&c, "the page at %#zx is allocated and scavenged",
                      (size_t)go_address_of(chunk * GO_CHUNK_PAGES + i * BASE_WORD_BITS + base_ctz(both)));
    }
    free_pages += GO_CHUNK_PAGES - base_bitmap_count(bits->allocated, 0, GO_CHUNK_PAGES);
    released_pages += base_bitmap_count(bits->scavenged, 0, GO_CHUNK_PAGES);
  }
  if (free_pages != p->free_pages || released_pages != p->released_pages)
    return broken(&c, "%zu pages are free and %zu of them scavenged, and %zu and %zu are counted", free_pages,
                  released_pages, p->free_pages, p->released_pages);
  return true;
}

uintptr_t go_pages_lowest_fit(const struct go_page_alloc *p, size_t npages) {
  size_t run = 0, run_end = 0; // free pages up to run_end
  each_known_chunk(chunk, p) {
    const struct go_chunk *bits = go_chunk_at(p, chunk);
    const size_t at = chunk * GO_CHUNK_PAGES;
    for (size_t page = 0, end; page < GO_CHUNK_PAGES; page = end) {
      size_t first = base_bitmap_find_clear(bits->allocated, page, GO_CHUNK_PAGES);
      end = base_bitmap_find_set(bits->allocated, first, GO_CHUNK_PAGES);
      if (first == end) break;
      run = at + first == run_end ? run + (end - first) : end - first;
      run_end = at + end;
      if (run >= npages) return go_address_of(run_end - run);
    }
  }
  return 0;
}
