// The allocator's own memory, and what it is handed.
#include "allocators/go/pages/internal.h"

#include <string.h>

// Commits the pages of a reserved range that hold bytes [first, end) of it and are not committed yet: each
// stretch of them at once. `committed` has a bit for each page. What was committed before a refusal stays.
static bool commit(struct pages *memory, void *range, uint64_t *committed, size_t first, size_t end) {
  size_t page = first / HT_PAGE_SIZE, page_end = base_page_round(end) / HT_PAGE_SIZE;
  for (;;) {
    page = base_bitmap_find_clear(committed, page, page_end);
    if (page == page_end) return true;
    size_t stop = base_bitmap_find_set(committed, page, page_end);
    size_t bytes = (stop - page) * HT_PAGE_SIZE;
    if (!base_commit(memory->memory, (char *)range + page * HT_PAGE_SIZE, bytes)) return false;
    pages_count_committed(memory, bytes);
    base_bitmap_set_range(committed, page, stop);
    page = stop;
  }
}

// Entries [first, end) of an array of `size` bytes each that begins at `offset`.
static bool commit_entries(struct pages *memory, void *range, uint64_t *committed, size_t offset, size_t size,
                           size_t first, size_t end) {
  return commit(memory, range, committed, offset + first * size, offset + end * size);
}

static bool commit_top(struct go_page_alloc *p, size_t start, size_t end) {
  const unsigned root = go_level_shift(0);
  return commit_entries(p->memory, p->top, &p->top_committed, offsetof(struct go_page_top, root),
                        sizeof *p->top->root, start >> root, ((end - 1) >> root) + 1) &&
         commit_entries(p->memory, p->top, &p->top_committed, offsetof(struct go_page_top, blocks),
                        sizeof *p->top->blocks, start >> GO_BLOCK_BITS, ((end - 1) >> GO_BLOCK_BITS) + 1);
}

static size_t committed_bytes(const uint64_t *committed, size_t pages) {
  return base_bitmap_count(committed, 0, pages) * HT_PAGE_SIZE;
}

// A block is reserved with what lies before its leaves committed.
static struct go_page_block *make_block(struct go_page_alloc *p) {
  const size_t head = base_page_round(offsetof(struct go_page_block, summaries[GO_LEAF_AT]));
  struct go_page_block *block = base_reserve(p->memory->memory, sizeof *block, 0);
  if (!block) return NULL;
  if (!base_commit(p->memory->memory, block, head)) {
    base_release(p->memory->memory, block, sizeof *block);
    return NULL;
  }
  pages_count_committed(p->memory, head);
  base_bitmap_set_range(block->committed, 0, head / HT_PAGE_SIZE);
  return block;
}

static bool commit_block(struct go_page_alloc *p, struct go_page_block *block, size_t first, size_t end) {
  return commit_entries(p->memory, block, block->committed,
                        offsetof(struct go_page_block, summaries[GO_LEAF_AT]), sizeof *block->summaries,
                        first, end) &&
         commit_entries(p->memory, block, block->committed, offsetof(struct go_page_block, chunks),
                        sizeof *block->chunks, first, end);
}

// Of chunks [start, end), the part in the block with `chunk`: for (chunk = start; chunk < end; chunk = next).
static size_t block_end(size_t chunk, size_t end) {
  size_t next = base_round_up(chunk + 1, GO_BLOCK_CHUNKS);
  return next < end ? next : end;
}

// An index within a block; the last one's end is a block's.
static size_t within(size_t chunk, size_t first) {
  return chunk - base_round_down(first, GO_BLOCK_CHUNKS);
}

static bool commit_blocks(struct go_page_alloc *p, size_t start, size_t end) {
  for (size_t chunk = start, next; chunk < end; chunk = next) {
    next = block_end(chunk, end);
    struct go_page_block **block = &p->top->blocks[chunk >> GO_BLOCK_BITS];
    if (!*block) *block = make_block(p);
    if (!*block || !commit_block(p, *block, within(chunk, chunk), within(next, chunk))) return false;
  }
  return true;
}

bool go_pages_init(struct go_page_alloc *p, struct pages *memory) {
  struct go_page_top *top = base_reserve(memory->memory, sizeof *top, 0);
  if (!top) return false;
  *p = (struct go_page_alloc){.memory = memory, .top = top, .search_addr = GO_PAGES_NOWHERE};
  return true;
}

void go_pages_finish(struct go_page_alloc *p) {
  if (!p->top) return;
  for (size_t chunk = p->start, next; chunk < p->end; chunk = next) {
    next = block_end(chunk, p->end);
    struct go_page_block *block = go_block_of(p, chunk);
    if (block)
      pages_release(p->memory, block, sizeof *block,
                    committed_bytes(block->committed, sizeof *block / HT_PAGE_SIZE));
  }
  pages_release(p->memory, p->top, sizeof *p->top,
                committed_bytes(&p->top_committed, sizeof *p->top / HT_PAGE_SIZE));
  *p = (struct go_page_alloc){0};
}

bool go_pages_grow(struct go_page_alloc *p, uintptr_t base, size_t bytes) {
  if (base % GO_CHUNK_BYTES || bytes % GO_CHUNK_BYTES) __builtin_trap();
  size_t start = base / GO_CHUNK_BYTES, chunks = bytes / GO_CHUNK_BYTES, end = start + chunks;
  if (end > GO_CHUNKS || chunks == 0) return chunks == 0;
  size_t hull_start = start, hull_end = end;
  if (p->start < p->end) {
    hull_start = p->start < start ? p->start : start;
    hull_end = p->end > end ? p->end : end;
  }
  if (!commit_top(p, hull_start, hull_end)) return false;
  // A block that is made now lies in what is gone through at the end, whether it is used or not.
  p->start = hull_start;
  p->end = hull_end;
  if (!commit_blocks(p, start, end)) return false;

  for (size_t chunk = start, next; chunk < end; chunk = next) {
    next = block_end(chunk, end);
    struct go_page_block *block = go_block_of(p, chunk);
    size_t first = within(chunk, chunk), stop = within(next, chunk);
    if (base_bitmap_count(block->known, first, stop)) __builtin_trap(); // handed over twice
    base_bitmap_set_range(block->known, first, stop);
    for (size_t i = first; i < stop; i++)
      memset(block->chunks[i].scavenged, 0xff, sizeof block->chunks[i].scavenged);
  }
  size_t npages = chunks * GO_CHUNK_PAGES;
  p->free_pages += npages;
  p->released_pages += npages;
  go_summaries_update(p, start * GO_CHUNK_PAGES, npages, true);
  go_lower_search(p, start * GO_CHUNK_PAGES);
  return true;
}
