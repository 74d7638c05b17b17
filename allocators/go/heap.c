// Spans from pages, and pages from arenas.

#include "allocators/go/examine.h"

enum { SPAN_BLOCK_BYTES = 16 << 10 };

// Records of spans come in blocks that go back with the heap.
struct go_span_block {
  struct go_span_block *next;
};

static struct go_span *record_take(struct go_heap *h) {
  struct go_span *span = NULL;
  base_mutex_lock(&h->lock);
  if (h->dead) {
    span = h->dead;
    h->dead = span->next;
  } else {
    if (h->span_memory_left < sizeof(struct go_span)) {
      struct go_span_block *block = pages_map(&h->small.pages, SPAN_BLOCK_BYTES, 0);
      if (block) {
        block->next = h->span_blocks;
        h->span_blocks = block;
        h->span_memory = (char *)(block + 1);
        h->span_memory_left = SPAN_BLOCK_BYTES - sizeof *block;
      }
    }
    if (h->span_memory_left >= sizeof(struct go_span)) {
      span = (struct go_span *)h->span_memory;
      h->span_memory += sizeof *span;
      h->span_memory_left -= sizeof *span;
    }
  }
  base_mutex_unlock(&h->lock);
  return span;
}

static void record_give(struct go_heap *h, struct go_span *span) {
  span->next = h->dead;
  h->dead = span;
}

void go_spans_finish(struct go_heap *h) {
  for (struct go_span_block *block = h->span_blocks, *next; block; block = next) {
    next = block->next;
    pages_release(&h->small.pages, block, SPAN_BLOCK_BYTES, SPAN_BLOCK_BYTES);
  }
}

// The lock is held.
static bool grow(struct go_heap *h, size_t pages) {
  size_t bytes = base_round_up(pages << GO_PAGE_SHIFT, GO_CHUNK_BYTES);
  uintptr_t base = go_arenas_grow(&h->arenas, bytes);
  // What the arenas got and the pages do not learn of is lost until the heap ends: an address is handed over
  // once.
  if (!base || !go_pages_grow(&h->pages, base, bytes)) return false;
  go_examine_grown(h, base + bytes);
  return true;
}

static uintptr_t take_lowest(struct go_heap *h, size_t pages) {
  size_t scavenged;
  uintptr_t lowest = go_is_examined(h) ? go_pages_lowest_fit(&h->pages, pages) : 0;
  uintptr_t base = go_pages_alloc(&h->pages, pages, &scavenged);
  if (go_is_examined(h))
    EXAMINE(&h->examination, GOA_25, base == lowest, "%zu pages are taken at %p, they fit at %p", pages,
            (void *)base, (void *)lowest);
  return base;
}

static uintptr_t take_pages(struct go_heap *h, struct ht_carrier *c, size_t pages) {
  size_t scavenged;
  uintptr_t base = 0;
  if (pages < GO_CACHED_PAGES_MOST) base = go_page_cache_alloc(&c->pages, pages, &scavenged);
  if (base) return base;
  base_mutex_lock(&h->lock);
  if (pages < GO_CACHED_PAGES_MOST && !c->pages.pages) {
    c->pages = go_pages_to_cache(&h->pages);
    if (!c->pages.pages && grow(h, GO_CHUNK_PAGES)) c->pages = go_pages_to_cache(&h->pages);
    base = c->pages.pages ? go_page_cache_alloc(&c->pages, pages, &scavenged) : 0;
  }
  if (!base) base = take_lowest(h, pages);
  if (!base && grow(h, pages)) base = take_lowest(h, pages);
  base_mutex_unlock(&h->lock);
  return base;
}

void go_carrier_flush_pages(struct go_heap *h, struct ht_carrier *c) {
  base_mutex_lock(&h->lock);
  if (c->pages.pages) go_page_cache_flush(&h->pages, &c->pages);
  base_mutex_unlock(&h->lock);
}

// Were any of these pages handed out before? From now on they were.
static bool were_used(struct go_heap *h, uintptr_t base, size_t bytes) {
  bool used = false;
  uintptr_t end = base + bytes;
  while (base < end) {
    struct go_arena *arena = go_arena_at(&h->arenas, base);
    uintptr_t arena_end = arena->base + GO_ARENA_BYTES, to = end < arena_end ? end : arena_end;
    uintptr_t zeroed = atomic_load_explicit(&arena->zeroed, memory_order_relaxed);
    used |= base < zeroed;
    while (zeroed < to && !atomic_compare_exchange_weak_explicit(&arena->zeroed, &zeroed, to,
                                                                 memory_order_relaxed, memory_order_relaxed))
      continue;
    base = to;
  }
  return used;
}

static void bits_clear(struct go_span *span) {
  for (size_t word = 0; word * 64 < span->count; word++) {
    go_bits_store(go_span_bits(span, 0, word), 0);
    go_bits_store(go_span_bits(span, 1, word), 0);
  }
}

// Whose pages these are: a span, or nobody.
static void pages_set(struct go_heap *h, uintptr_t base, size_t pages, struct go_span *span) {
  for (size_t i = 0; i < pages; i++) {
    uintptr_t address = base + (i << GO_PAGE_SHIFT);
    struct go_arena *arena = go_arena_at(&h->arenas, address);
    size_t page = go_arena_page(address);
    atomic_store_explicit(&arena->pages[page], span ? go_page_word(span->span_class, i) : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&arena->spans[page], span, memory_order_release);
  }
}

// What others look at is there before they can find it.
static void publish(struct go_heap *h, struct go_span *span) {
  atomic_store_explicit(&span->sweepgen, go_sweepgen(h), memory_order_relaxed);
  atomic_store_explicit(&span->state, GO_SPAN_IN_USE, memory_order_release);
  pages_set(h, span->base, span->page_count, span);
  go_page_set_add(span->arena->in_use, span->first_page);
  atomic_fetch_add_explicit(&h->pages_in_use, span->page_count, memory_order_relaxed);
}

struct go_span *go_span_new(struct go_heap *h, struct ht_carrier *c, size_t pages, unsigned span_class,
                            size_t bytes) {
  if (!go_sweep_is_done(h)) go_reclaim(h, pages);
  struct go_span *span = record_take(h);
  if (!span) return NULL;
  uintptr_t base = take_pages(h, c, pages);
  if (!base) {
    base_mutex_lock(&h->lock);
    record_give(h, span);
    base_mutex_unlock(&h->lock);
    return NULL;
  }
  size_t size_class = go_span_class_size_class(span_class);
  span->base = base;
  span->page_count = pages;
  span->arena = go_arena_at(&h->arenas, base);
  span->first_page = (uint32_t)go_arena_page(base);
  span->span_class = (uint8_t)span_class;
  span->shard = (uint8_t)c->shard;
  span->elem_size = size_class ? go_class_size[size_class] : pages << GO_PAGE_SHIFT;
  span->count =
      size_class ? (uint32_t)(((pages << GO_PAGE_SHIFT) - go_span_bitmap_bytes(span)) / span->elem_size) : 1;
  span->limit = base + (size_class ? span->count * span->elem_size : bytes);
  span->need_zero = were_used(h, base, pages << GO_PAGE_SHIFT);
  if (!span->need_zero) go_examine_fresh(h, base, pages << GO_PAGE_SHIFT);
  span->free_index = span->alloc_count = span->alloc_count_before = 0;
  span->type = go_class_has_bitmap(span_class) && span->arena->nibbles ? GO_MIXED : NULL;
  go_examine_nibbles(h, span);
  span->specials = NULL;
  span->stray = false;
  bits_clear(span);
  publish(h, span);
  return span;
}

void go_span_free(struct go_heap *h, struct go_span *span) {
  go_page_set_remove(span->arena->in_use, span->first_page);
  atomic_fetch_sub_explicit(&h->pages_in_use, span->page_count, memory_order_relaxed);
  pages_set(h, span->base, span->page_count, NULL);
  atomic_store_explicit(&span->state, GO_SPAN_DEAD, memory_order_release);
  base_mutex_lock(&h->lock);
  go_pages_free(&h->pages, span->base, span->page_count, false);
  record_give(h, span);
  base_mutex_unlock(&h->lock);
}
