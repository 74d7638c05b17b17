#include "allocators/go/pages/internal.h"

static inline uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

// First what runs across words, and those that touch a word's edge; then, as most words have none, those
// within a word that may be longer.
go_summary go_chunk_summarize(const struct go_chunk *chunk) {
  uint64_t start = GO_CHUNK_PAGES, max = 0, run = 0;
  for (size_t i = 0; i < GO_CHUNK_WORDS; i++) {
    uint64_t word = chunk->allocated[i];
    if (word == 0) {
      run += BASE_WORD_BITS;
      continue;
    }
    run += base_ctz(word);
    if (start == GO_CHUNK_PAGES) start = run;
    max = larger(max, run);
    run = base_clz(word);
  }
  max = larger(max, run);
  if (max >= BASE_WORD_BITS - 2) // within a word there are at most so many between two that are allocated
    return go_summary_pack((struct go_runs){start, max, run});

  for (size_t i = 0; i < GO_CHUNK_WORDS; i++) {
    uint64_t free = ~chunk->allocated[i];
    if (free == 0) continue;
    uint64_t rows = go_rows_of(free, (unsigned)max + 1);
    for (; rows; rows &= rows >> 1) max++;
  }
  return go_summary_pack((struct go_runs){start, max, run});
}

// Most children are wholly allocated or wholly free, each beside its likes: asking for these first makes an
// allocation that changes all levels a fifth cheaper. Children have less than 2^21 pages, so that none is the
// word that stands for so many.
static go_summary merge(const go_summary *children, uint64_t pages) {
  const go_summary whole = go_summary_pack((struct go_runs){pages, pages, pages});
  uint64_t start = GO_CHILDREN * pages, max = 0, run = 0;
  for (unsigned i = 0; i < GO_CHILDREN; i++) {
    if (children[i] == whole) {
      run += pages;
      continue;
    }
    struct go_runs child = {0};
    if (children[i] != 0) child = go_summary_unpack(children[i]);
    run += child.start;
    if (start == GO_CHILDREN * pages) start = run;
    max = larger(max, larger(run, child.max));
    run = child.end;
  }
  return go_summary_pack((struct go_runs){start, larger(max, run), run});
}

// Of the entries above chunks `first` to `last`, as far up as something changes.
static void update_above(struct go_page_alloc *p, size_t first, size_t last) {
  bool changed = true;
  for (unsigned level = GO_LEAF; changed && level-- > 0;) {
    first >>= GO_CHILD_BITS;
    last >>= GO_CHILD_BITS;
    changed = false;
    for (size_t entry = first; entry <= last; entry++) {
      go_summary *above = go_summary_at(p, level, entry);
      go_summary merged =
          merge(go_summary_at(p, level + 1, entry << GO_CHILD_BITS), go_level_pages(level + 1));
      changed |= *above != merged;
      *above = merged;
    }
  }
}

void go_summaries_update_chunk(struct go_page_alloc *p, size_t chunk) {
  go_summary *leaf = go_summary_at(p, GO_LEAF, chunk);
  go_summary made = go_chunk_summarize(go_chunk_at(p, chunk));
  if (*leaf == made) return;
  *leaf = made;
  update_above(p, chunk, chunk);
}

void go_summaries_update(struct go_page_alloc *p, size_t page, size_t npages, bool freed) {
  size_t first = page / GO_CHUNK_PAGES, last = (page + npages - 1) / GO_CHUNK_PAGES;
  if (first == last) {
    go_summaries_update_chunk(p, first);
    return;
  }
  const struct go_runs whole = {GO_CHUNK_PAGES, GO_CHUNK_PAGES, GO_CHUNK_PAGES};
  go_summary between = freed ? go_summary_pack(whole) : 0;
  *go_summary_at(p, GO_LEAF, first) = go_chunk_summarize(go_chunk_at(p, first));
  for (size_t chunk = first + 1; chunk < last; chunk++) *go_summary_at(p, GO_LEAF, chunk) = between;
  *go_summary_at(p, GO_LEAF, last) = go_chunk_summarize(go_chunk_at(p, last));
  update_above(p, first, last);
}
