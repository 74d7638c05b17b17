// Allocation beyond what a cached span has in hand.

#include "allocators/go/contiguous.h"
#include "allocators/go/examine.h"
#include "allocators/go/go.h"

// Bytes that are zeroed at a time in a large object.
#define ZEROED_AT_ONCE ((size_t)256 << 10)

// Writes which words of the slot are references: those of the type's elements, and none behind them.
static void bitmap_write(struct go_span *span, uintptr_t slot, const struct ht_type *type, size_t bytes) {
  if (span->arena->nibbles) {
    go_nibbles_write(span->arena, slot, span->elem_size, type, bytes);
    return;
  }
  uint64_t *bitmap = go_span_bitmap(span);
  size_t first = (slot - span->base) / HT_WORD, words = bytes / HT_WORD;
  base_bitmap_clear_range(bitmap, first, first + span->elem_size / HT_WORD);
  for (size_t word = 0; (word = ht_type_next_reference(type, word, words)) < words; word++)
    base_bitmap_set(bitmap, first + word);
}

// The objects there are, which all are of the span's type, get their words in the bitmap. How many elements
// they have is not known; behind them is zero.
static void become_mixed(struct go_heap *h, struct go_cached *cached) {
  struct go_span *span = cached->span;
  go_cache_sync(h, cached);
  unsigned map = go_map_of(go_sweepgen(h));
  size_t whole = span->elem_size / span->type->size * span->type->size;
  for (size_t i = 0; i < span->count; i++)
    if (i < span->free_index || go_span_bit(span, map, i))
      bitmap_write(span, go_span_object(span, i), span->type, whole);
  span->type = GO_MIXED;
}

void go_type_differs(struct ht_carrier *c, struct go_cached *cached, char *object, const struct ht_type *type,
                     size_t bytes) {
  struct go_span *span = cached->span;
  if (!span->type)
    span->type = type;
  else if (span->type != GO_MIXED)
    become_mixed(c->heap, cached);
  if (span->type == GO_MIXED) {
    uint64_t others = go_examine_others(c->heap, span, (uintptr_t)object);
    bitmap_write(span, (uintptr_t)object, type, bytes);
    go_examine_written(c->heap, span, (uintptr_t)object, others);
  }
  cached->type = span->type;
}

// Objects share a block as long as it has room. One block is in hand; of the old one and a new one that with
// more room left stays so.
static char *alloc_tiny(struct go_heap *h, struct ht_carrier *c, size_t bytes, size_t alignment) {
  const unsigned span_class = go_span_class(go_class_of_size(GO_TINY), true);
  size_t least = bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
  if (alignment < least) alignment = least;
  size_t offset = base_round_up(c->tiny_offset, alignment);
  if (c->tiny && offset + bytes <= GO_TINY) {
    c->tiny_offset = (uint32_t)(offset + bytes);
    c->tiny_objects++;
    return c->tiny + offset;
  }
  struct go_cached *cached = &c->cached[span_class];
  if (!cached->free && !go_cache_refill(h, c, span_class)) return NULL;
  char *block = go_cached_take(cached, GO_TINY);
  memset(block, 0, GO_TINY);
  if (!c->tiny || bytes < c->tiny_offset) {
    c->tiny = block;
    c->tiny_offset = (uint32_t)bytes;
  }
  return block;
}

static char *alloc_small(struct go_heap *h, struct ht_carrier *c, const struct ht_type *type, size_t bytes,
                         unsigned span_class, unsigned flags) {
  struct go_cached *cached = &c->cached[span_class];
  if (!cached->free && !go_cache_refill(h, c, span_class)) return NULL;
  size_t elem_size = go_class_size[go_span_class_size_class(span_class)];
  go_examine_take(h, cached);
  return go_cached_dress(c, cached, go_cached_take(cached, elem_size), span_class, type, bytes, flags);
}

static char *alloc_large(struct go_heap *h, struct ht_carrier *c, const struct ht_type *type, size_t bytes,
                         unsigned flags) {
  bool scanned = type->references != 0;
  size_t pages = (bytes + GO_PAGE_SIZE - 1) >> GO_PAGE_SHIFT;
  struct go_span *span = go_span_new(h, c, pages, go_span_class(0, !scanned), bytes);
  if (!span) return NULL;
  atomic_fetch_add_explicit(&h->live, pages << GO_PAGE_SHIFT, memory_order_relaxed);
  c->due = true;
  atomic_fetch_add_explicit(&h->large_objects, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&h->large_bytes, pages << GO_PAGE_SHIFT, memory_order_relaxed);
  span->free_index = span->alloc_count = 1;
  if (span->need_zero && (scanned || flags & HT_ZEROED))
    for (size_t done = 0; done < bytes; done += ZEROED_AT_ONCE)
      memset((char *)span->base + done, 0, bytes - done < ZEROED_AT_ONCE ? bytes - done : ZEROED_AT_ONCE);
  // A collector that runs meanwhile reads nothing of an object whose type is not there.
  span->type = type;
  go_central_file(h, span);
  return (char *)span->base;
}

// Classes whose size is a power of two lie at multiples of it, up to a page. A header would be in the way.
static char *alloc_aligned(struct go_heap *h, struct ht_carrier *c, const struct ht_type *type, size_t bytes,
                           size_t alignment, unsigned flags) {
  size_t size = base_power_of_two_ceil(bytes > alignment ? bytes : alignment);
  bool scanned = type->references != 0;
  if (size > GO_PAGE_SIZE || (scanned && size > GO_BITMAP_MOST)) return alloc_large(h, c, type, bytes, flags);
  return alloc_small(h, c, type, bytes, go_span_class(go_class_of_size(size), !scanned), flags);
}

static const struct ht_type no_references = {"no references", 1, 0, NULL};

static char *alloc(struct go_heap *h, struct ht_carrier *c, const struct ht_type *type, size_t bytes,
                   size_t alignment, unsigned flags) {
  bool scanned = type->references != 0;
  if (bytes == 0) {
    // One address serves all that do not ask for an alignment of their own.
    if (alignment > GO_TINY) return alloc_aligned(h, c, &no_references, bytes, alignment, flags);
    c->tiny_objects++;
    return h->empty;
  }
  if (alignment > GO_ALIGNMENT) return alloc_aligned(h, c, type, bytes, alignment, flags);
  if (bytes > GO_SMALL_MAX - GO_HEADER) return alloc_large(h, c, type, bytes, flags);
  if (!scanned && bytes < GO_TINY) return alloc_tiny(h, c, bytes, alignment);
  return alloc_small(h, c, type, bytes, go_span_class_for(type, bytes), flags);
}

bool go_alloc_slow(struct go_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                   size_t alignment, unsigned flags) {
  struct go_heap *h = go_heap_of(&m->head);
  size_t bytes = ht_type_bytes(type, count);
  if (bytes > GO_LARGEST) return false;
  heap_poll(&m->head);
  go_collect_if_due(m, bytes);
  char *object = alloc(h, m->carrier, type, bytes, alignment, flags);
  if (!object) {
    // What a cycle frees may be enough.
    go_collect(m);
    object = alloc(h, m->carrier, type, bytes, alignment, flags);
    if (!object) return false;
  }
  go_examine_new(h, m->carrier, object, type, bytes, alignment);
  *slot = object;
  return true;
}
