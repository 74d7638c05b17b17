// The heap's own check: everything it keeps twice is compared, with the world stopped.

#include "allocators/go/check.h"

#include "allocators/go/report.h"
#include "allocators/go/specials.h"
#include "allocators/go/visit.h"

struct checking {
  struct go_heap *heap;
  struct examination *e;
  uint64_t pages_in_use;
  uint64_t alive; // bytes of objects
  uint64_t spare; // bytes that carriers may still take
};

static uint32_t generation(const struct go_span *span) {
  return atomic_load_explicit(&span->sweepgen, memory_order_relaxed);
}

static void check_shape(struct checking *c, const struct go_span *span) {
  size_t size_class = go_span_class_size_class(span->span_class), bytes = span->page_count << GO_PAGE_SHIFT;
  bool has_bitmap = go_class_has_bitmap(span->span_class) && !span->arena->nibbles;
  size_t kept = has_bitmap ? GO_BITMAP_BYTES : 0;
  if (size_class)
    EXAMINE(c->e, GOA_4,
            span->count * span->elem_size + kept <= bytes &&
                (span->count + 1) * span->elem_size + kept > bytes &&
                span->limit == span->base + span->count * span->elem_size,
            "span %p of class %zu has %u objects of %zu bytes in %zu, and its limit is %p",
            (void *)span->base, size_class, span->count, span->elem_size, bytes, (void *)span->limit);
  else
    EXAMINE(c->e, GOA_4, span->count == 1 && span->limit > span->base && span->limit <= span->base + bytes,
            "the large object %p has a limit of %p in %zu bytes", (void *)span->base, (void *)span->limit,
            bytes);
}

static void check_counts(struct checking *c, const struct go_span *span) {
  struct go_heap *h = c->heap;
  unsigned map = go_map_of(go_sweepgen(h));
  if (go_span_is_unswept(h, span)) map = 1 - map;
  size_t behind = go_span_bits_count(span, map, span->free_index);
  EXAMINE(c->e, GOA_5, span->alloc_count == span->free_index + behind,
          "span %p counts %u objects, %u are below its free index and %zu from it on", (void *)span->base,
          span->alloc_count, span->free_index, behind);
  EXAMINE(c->e, GOA_7, span->free_index != span->count || span->alloc_count == span->count,
          "span %p has its free index at its end and %u of %u objects", (void *)span->base, span->alloc_count,
          span->count);
}

static void check_place(struct checking *c, const struct go_span *span) {
  uint32_t sweepgen = go_sweepgen(c->heap), is = generation(span);
  EXAMINE(c->e, GOA_17, span->carriers <= 1, "%u carriers have span %p", span->carriers, (void *)span->base);
  EXAMINE(c->e, GOA_8, span->places == 1, "span %p is in %u places", (void *)span->base, span->places);
  bool right = span->carriers ? is == sweepgen + 3 : is == sweepgen || is == sweepgen - 2;
  EXAMINE(c->e, GOA_9, right, "span %p has the generation %u, the heap %u, and %u carriers have it",
          (void *)span->base, is, sweepgen, span->carriers);
}

static void check_specials(struct checking *c, const struct go_span *span) {
  const struct go_special *last = NULL;
  for (const struct go_special *special = span->specials; special; last = special, special = special->next)
    EXAMINE(c->e, GOA_31,
            !last || last->offset < special->offset ||
                (last->offset == special->offset && last->kind < special->kind),
            "the specials of span %p at offsets %zu and %zu are not in order", (void *)span->base,
            last ? last->offset : 0, special->offset);
  EXAMINE(c->e, GOA_31, go_page_set_test(span->arena->specials, span->first_page) == (span->specials != NULL),
          "the page of span %p says that it has %s specials", (void *)span->base, span->specials ? "no" : "");
}

static void check_span(void *context, struct go_span *span) {
  struct checking *c = context;
  c->pages_in_use += span->page_count;
  check_shape(c, span);
  check_counts(c, span);
  check_place(c, span);
  check_specials(c, span);
  c->alive += go_span_alive(c->heap, span) * span->elem_size;
}

static void forget_place(void *context, struct go_span *span) {
  (void)context;
  span->places = span->carriers = 0;
}

// Of a set of spans that are swept.
static bool see_swept(void *context, struct go_span *span) {
  (void)context;
  span->places++;
  return true;
}

// Of a set of spans that were to be swept when the cycle ended: some were since, and are elsewhere or gone.
static bool see_unswept(void *context, struct go_span *span) {
  struct go_heap *h = context;
  bool in_use = atomic_load_explicit(&span->state, memory_order_relaxed) == GO_SPAN_IN_USE;
  if (in_use && go_span_is_unswept(h, span)) span->places++;
  return true;
}

static bool see_partial(void *context, struct go_span *span) {
  struct checking *c = context;
  EXAMINE(c->e, GOA_13, span->alloc_count < span->count, "span %p is full, and among those with room",
          (void *)span->base);
  return see_swept(NULL, span);
}

static bool see_full(void *context, struct go_span *span) {
  struct checking *c = context;
  EXAMINE(c->e, GOA_13, span->alloc_count == span->count, "span %p has room, and is among the full ones",
          (void *)span->base);
  return see_swept(NULL, span);
}

static void check_set(struct checking *c, const struct go_span_set *set) {
  const char *wrong = go_span_set_check(set);
  EXAMINE(c->e, GOA_18, wrong == NULL, "a set of spans: %s", wrong);
}

static void check_central(struct checking *c, const struct go_central *central) {
  struct go_heap *h = c->heap;
  unsigned swept = go_map_of(go_sweepgen(h));
  for (unsigned i = 0; i < 2; i++) {
    check_set(c, &central->partial[i]);
    check_set(c, &central->full[i]);
  }
  go_span_set_each(&central->partial[swept], see_partial, c);
  go_span_set_each(&central->full[swept], see_full, c);
  go_span_set_each(&central->partial[1 - swept], see_unswept, h);
  go_span_set_each(&central->full[1 - swept], see_unswept, h);
}

static void check_sets(struct checking *c) {
  struct go_heap *h = c->heap;
  unsigned shards = atomic_load_explicit(&h->shards, memory_order_acquire);
  for (unsigned shard = 0; shard < shards; shard++)
    for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) check_central(c, &h->central[shard][i]);
  for (struct go_span *span = h->strays; span; span = span->next) span->places++;
}

static void check_cached(struct checking *c, struct go_cached *cached) {
  struct go_span *span = cached->span;
  unsigned map = go_map_of(go_sweepgen(c->heap));
  go_cache_sync(c->heap, cached);
  uint64_t free = ~go_bits_load(go_span_bits(span, map, cached->group_index / 64)) &
                  base_bitmap_mask(cached->group_index / 64, span->free_index, span->count);
  EXAMINE(c->e, GOA_6,
          cached->free == free && (uintptr_t)cached->group == go_span_object(span, cached->group_index),
          "of span %p the objects %llx from %u on are in hand, and %llx are free", (void *)span->base,
          (unsigned long long)cached->free, cached->group_index, (unsigned long long)free);
  span->carriers++;
  span->places++;
  c->spare += (span->count - span->alloc_count) * span->elem_size;
}

static void check_carriers(struct checking *c) {
  base_list_each(link, &c->heap->carriers) {
    struct ht_carrier *carrier = go_carrier_at(link);
    c->spare += carrier->credit;
    for (unsigned i = 0; i < GO_SPAN_CLASSES; i++)
      if (carrier->cached[i].span) check_cached(c, &carrier->cached[i]);
  }
}

bool go_check(struct ht_mutator *m, char *message, size_t size) {
  struct go_heap *h = go_heap_of(m);
  struct checking c = {.heap = h, .e = &h->examination};
  while (!go_world_stop(go_mutator_of(m))) continue;
  c.e->broken = false;
  c.e->message = message;
  c.e->message_size = size;
  base_mutex_lock(&h->lists);
  go_check_classes(c.e);
  go_each_span(h, forget_place, NULL);
  check_carriers(&c);
  check_sets(&c);
  go_each_span(h, check_span, &c);
  uint64_t in_use = atomic_load_explicit(&h->pages_in_use, memory_order_relaxed);
  EXAMINE(c.e, GOA_27, in_use == c.pages_in_use, "%llu pages are said to be in use, spans have %llu",
          (unsigned long long)in_use, (unsigned long long)c.pages_in_use);
  uint64_t live = atomic_load_explicit(&h->live, memory_order_relaxed);
  EXAMINE(c.e, GOA_28, live == c.alive + c.spare,
          "%llu bytes are said to be live, objects have %llu and carriers %llu", (unsigned long long)live,
          (unsigned long long)c.alive, (unsigned long long)c.spare);
  go_check_pages(h);
  go_check_references(h);
  base_mutex_unlock(&h->lists);
  c.e->message = NULL;
  bool well = !c.e->broken;
  go_world_go_on(go_mutator_of(m), "check");
  return well;
}
