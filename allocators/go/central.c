// Spans that no carrier has, by class.
//
// The lists are there more than once, and carriers share these shards out. A span goes to the shard of
// the carrier that had it last: two that allocate at once meet only where one has run out, and takes what is
// in the other's. (Go has one list a class for all, runtime/mcentral.go. With that two carriers took a third
// longer an allocation than one: each word of a list, and what was found there, was in the other's cache.)

#include "allocators/go/go.h"

// Of a pair: the set of those that are swept, and the other.
static struct go_span_set *swept(struct go_span_set *pair, uint32_t sweepgen) {
  return &pair[sweepgen >> 1 & 1];
}
static struct go_span_set *unswept(struct go_span_set *pair, uint32_t sweepgen) {
  return &pair[1 - (sweepgen >> 1 & 1)];
}

// A set that is refused memory leaves the span to a list that every cycle looks through.
static void push(struct go_heap *h, struct go_span_set *set, struct go_span *span) {
  if (go_span_set_push(set, span)) return;
  base_mutex_lock(&h->lock);
  span->stray = true;
  span->next = h->strays;
  h->strays = span;
  base_mutex_unlock(&h->lock);
}

void go_central_fetch_stray(struct go_heap *h, struct go_span *span) {
  base_mutex_lock(&h->lock);
  struct go_span **at = &h->strays;
  while (*at != span) at = &(*at)->next;
  *at = span->next;
  span->stray = false;
  base_mutex_unlock(&h->lock);
}

void go_central_file(struct go_heap *h, struct go_span *span) {
  struct go_central *central = &h->central[span->shard][span->span_class];
  bool has_room = span->alloc_count < span->count;
  push(h, swept(has_room ? central->partial : central->full, go_sweepgen(h)), span);
}

// The next of these that is to be swept is swept, and the caller's. NULL: there is none, or the budget is
// spent.
static struct go_span *sweep_next(struct go_heap *h, struct go_span_set *pair, unsigned *budget) {
  struct go_span *span;
  while (*budget && (span = go_span_set_pop(unswept(pair, go_sweepgen(h))))) {
    --*budget;
    // Whoever sweeps it puts it where it belongs.
    if (!go_sweep_acquire(h, span)) continue;
    go_sweep_span(h, span, true);
    return span;
  }
  return NULL;
}

static struct go_span *sweep_for_room(struct go_heap *h, struct go_central *central, unsigned *budget) {
  struct go_span *span;
  if (!go_sweep_begin(h)) return NULL;
  span = sweep_next(h, central->partial, budget);
  while (!span && (span = sweep_next(h, central->full, budget)))
    if (span->alloc_count == span->count) {
      go_central_file(h, span);
      span = NULL;
    }
  go_sweep_end(h);
  return span;
}

struct go_span *go_central_take(struct go_heap *h, struct ht_carrier *c, unsigned span_class) {
  unsigned shards = atomic_load_explicit(&h->shards, memory_order_acquire), budget = GO_SWEEP_BUDGET;
  struct go_span *span = NULL;
  for (unsigned i = 0; !span && i < shards; i++) {
    struct go_central *central = &h->central[(c->shard + i) % shards][span_class];
    span = go_span_set_pop(swept(central->partial, go_sweepgen(h)));
    if (!span) span = sweep_for_room(h, central, &budget);
  }
  if (!span) span = go_span_new(h, c, go_class_pages[span_class >> 1], span_class, 0);
  if (!span) return NULL;
  GO_MUST(h, GOA_13, span->alloc_count < span->count, "span %p has no free object, and was among those",
          (void *)span->base);
  span->shard = (uint8_t)c->shard;
  return span;
}

// It stays where it is until it is swept.
static struct go_span *stray_unswept(struct go_heap *h) {
  base_mutex_lock(&h->lock);
  struct go_span *span = h->strays;
  while (span && atomic_load_explicit(&span->sweepgen, memory_order_relaxed) != go_sweepgen(h) - 2)
    span = span->next;
  base_mutex_unlock(&h->lock);
  return span;
}

static void reset(struct go_heap *h, struct go_span_set *set) {
  const char *left = go_span_set_is_empty(set) ? NULL : "spans";
  GO_MUST(h, GOA_10, !left, "sweeping is over, and %s are left that are to be swept", left);
  go_span_set_reset(set);
}

void go_central_reset(struct go_heap *h) {
  uint32_t sweepgen = go_sweepgen(h);
  unsigned shards = atomic_load_explicit(&h->shards, memory_order_acquire);
  for (unsigned shard = 0; shard < shards; shard++)
    for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) {
      reset(h, unswept(h->central[shard][i].partial, sweepgen));
      reset(h, unswept(h->central[shard][i].full, sweepgen));
    }
}

static void shard_init(struct go_heap *h, unsigned shard) {
  for (unsigned i = 0; i < GO_SPAN_CLASSES; i++)
    for (unsigned j = 0; j < 2; j++) {
      go_span_set_init(&h->central[shard][i].partial[j], &h->set_memory);
      go_span_set_init(&h->central[shard][i].full[j], &h->set_memory);
    }
  atomic_store_explicit(&h->shards, shard + 1, memory_order_release);
}

void go_central_init(struct go_heap *h) {
  go_set_memory_init(&h->set_memory, &h->small.pages);
  shard_init(h, 0);
}

unsigned go_central_enter(struct go_heap *h) {
  unsigned shard = 0;
  for (unsigned i = 1; i < h->shards_most; i++)
    if (h->shard_carriers[i] < h->shard_carriers[shard]) shard = i;
  if (shard == atomic_load_explicit(&h->shards, memory_order_relaxed)) shard_init(h, shard);
  h->shard_carriers[shard]++;
  return shard;
}

void go_central_leave(struct go_heap *h, unsigned shard) {
  h->shard_carriers[shard]--;
}

struct go_span *go_central_unswept(struct go_heap *h) {
  uint32_t sweepgen = go_sweepgen(h), at;
  uint32_t pairs = 2 * GO_SPAN_CLASSES * atomic_load_explicit(&h->shards, memory_order_acquire);
  while ((at = atomic_load_explicit(&h->sweeping.central, memory_order_relaxed)) < pairs) {
    struct go_span *span = NULL;
    uint32_t to = at;
    for (; !span && to < pairs; to += !span) {
      struct go_central *central = &h->central[to / (2 * GO_SPAN_CLASSES)][to / 2 % GO_SPAN_CLASSES];
      span = go_span_set_pop(unswept(to % 2 ? central->full : central->partial, sweepgen));
    }
    // A set that was found empty stays so: nothing is put to those that are to be swept.
    if (to != at)
      atomic_compare_exchange_strong_explicit(&h->sweeping.central, &at, to, memory_order_relaxed,
                                              memory_order_relaxed);
    if (span) return span;
  }
  return stray_unswept(h);
}
