// The spans that a carrier allocates from: filled, given back, brought up to date.

#include "allocators/go/go.h"

// The group of 64 objects from this one on is in hand.
static void take_group(struct go_heap *h, struct go_cached *cached, uint32_t index) {
  struct go_span *span = cached->span;
  cached->group_index = index;
  cached->group = (char *)go_span_object(span, index);
  cached->free = ~*go_span_bits(span, go_map_of(go_sweepgen(h)), index / 64) &
                 base_bitmap_mask(index / 64, span->free_index, span->count);
}

// False: no group from the one in hand on has a free object.
static bool next_group(struct go_heap *h, struct go_cached *cached) {
  while (!cached->free && cached->group_index + 64 < cached->span->count)
    take_group(h, cached, cached->group_index + 64);
  return cached->free != 0;
}

// What was taken since shows in the span.
void go_cache_sync(struct go_heap *h, struct go_cached *cached) {
  struct go_span *span = cached->span;
  uint32_t end = cached->group_index + 64;
  if (end > span->count) end = span->count;
  span->free_index = cached->free ? cached->group_index + base_ctz(cached->free) : end;
  span->alloc_count =
      span->free_index + (uint32_t)go_span_bits_count(span, go_map_of(go_sweepgen(h)), span->free_index);
}

// Back to the sets, where others may take it at once. Returns the bytes that it has left, which were counted
// as live when it was taken.
static size_t uncache(struct go_heap *h, struct ht_carrier *c, struct go_cached *cached) {
  struct go_span *span = cached->span;
  uint32_t sweepgen = go_sweepgen(h);
  go_cache_sync(h, cached);
  uint32_t taken = span->alloc_count - span->alloc_count_before;
  size_t left = (span->count - span->alloc_count) * span->elem_size;
  c->objects += taken;
  c->bytes += taken * span->elem_size;
  *cached = (struct go_cached){0};
  GO_MUST(h, GOA_9, atomic_load_explicit(&span->sweepgen, memory_order_relaxed) == sweepgen + 3,
          "span %p was cached and its generation is %u, the heap's %u", (void *)span->base,
          atomic_load_explicit(&span->sweepgen, memory_order_relaxed), sweepgen);
  atomic_store_explicit(&span->sweepgen, sweepgen, memory_order_release);
  go_central_file(h, span);
  return left;
}

// Bytes that a carrier counts as live before it has taken them, and how small a part that is of what is left
// until the next cycle: by no more does each carrier let it come sooner.
enum { CREDIT_MOST = 64 << 10, CREDITS_LEFT = 64 };

// So the word that all carriers write is written once in some spans.
static void count_live(struct go_heap *h, struct ht_carrier *c, size_t bytes) {
  if (c->credit < bytes) {
    uint64_t live = atomic_load_explicit(&h->live, memory_order_relaxed);
    uint64_t more = live < h->trigger ? (h->trigger - live) / CREDITS_LEFT : 0;
    if (more > CREDIT_MOST) more = CREDIT_MOST;
    if (more < bytes - c->credit) more = bytes - c->credit;
    atomic_fetch_add_explicit(&h->live, more, memory_order_relaxed);
    c->credit += more;
    c->due = true;
  }
  c->credit -= bytes;
}

bool go_cache_refill(struct go_heap *h, struct ht_carrier *c, unsigned span_class) {
  struct go_cached *cached = &c->cached[span_class];
  while (!cached->span || !next_group(h, cached)) {
    if (cached->span) uncache(h, c, cached);
    struct go_span *span = go_central_take(h, c, span_class);
    if (!span) return false;
    atomic_store_explicit(&span->sweepgen, go_sweepgen(h) + 3, memory_order_relaxed);
    span->alloc_count_before = span->alloc_count;
    count_live(h, c, (span->count - span->alloc_count) * span->elem_size);
    cached->span = span;
    cached->type = span->type;
    cached->need_zero = span->need_zero;
    take_group(h, cached, span->free_index & ~63u);
  }
  return true;
}

void go_cache_flush(struct go_heap *h, struct ht_carrier *c) {
  for (unsigned i = 0; i < GO_SPAN_CLASSES; i++)
    if (c->cached[i].span) c->credit += uncache(h, c, &c->cached[i]);
  atomic_fetch_sub_explicit(&h->live, c->credit, memory_order_relaxed);
  c->credit = 0;
  c->tiny = NULL;
  c->tiny_offset = 0;
}

void go_sync_all(struct go_heap *h) {
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->carriers) {
    struct ht_carrier *c = go_carrier_at(link);
    for (unsigned i = 0; i < GO_SPAN_CLASSES; i++)
      if (c->cached[i].span) go_cache_sync(h, &c->cached[i]);
  }
  base_mutex_unlock(&h->lists);
}
