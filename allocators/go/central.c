// Spans of one class that no carrier has.

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
  struct go_central *central = &h->central[span->span_class];
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

static struct go_span *sweep_for_room(struct go_heap *h, unsigned span_class) {
  struct go_central *central = &h->central[span_class];
  unsigned budget = GO_SWEEP_BUDGET;
  struct go_span *span;
  if (!go_sweep_begin(h)) return NULL;
  span = sweep_next(h, central->partial, &budget);
  while (!span && (span = sweep_next(h, central->full, &budget)))
    if (span->alloc_count == span->count) {
      go_central_file(h, span);
      span = NULL;
    }
  go_sweep_end(h);
  return span;
}

struct go_span *go_central_take(struct go_heap *h, struct ht_carrier *c, unsigned span_class) {
  struct go_central *central = &h->central[span_class];
  struct go_span *span = go_span_set_pop(swept(central->partial, go_sweepgen(h)));
  if (!span) span = sweep_for_room(h, span_class);
  if (!span) span = go_span_new(h, c, go_class_pages[span_class >> 1], span_class, 0);
  if (span)
    GO_MUST(h, GOA_13, span->alloc_count < span->count, "span %p has no free object, and was among those",
            (void *)span->base);
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
  for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) {
    reset(h, unswept(h->central[i].partial, sweepgen));
    reset(h, unswept(h->central[i].full, sweepgen));
  }
}

void go_central_init(struct go_heap *h) {
  go_set_memory_init(&h->set_memory, &h->small.pages);
  for (unsigned i = 0; i < GO_SPAN_CLASSES; i++)
    for (unsigned j = 0; j < 2; j++) {
      go_span_set_init(&h->central[i].partial[j], &h->set_memory);
      go_span_set_init(&h->central[i].full[j], &h->set_memory);
    }
}

struct go_span *go_central_unswept(struct go_heap *h) {
  uint32_t sweepgen = go_sweepgen(h), at;
  while ((at = atomic_load_explicit(&h->sweeping.central, memory_order_relaxed)) < 2 * GO_SPAN_CLASSES) {
    struct go_central *central = &h->central[at / 2];
    struct go_span *span = go_span_set_pop(unswept(at % 2 ? central->full : central->partial, sweepgen));
    if (span) return span;
    // A set that was found empty stays so: nothing is put to those that are to be swept.
    atomic_compare_exchange_strong_explicit(&h->sweeping.central, &at, at + 1, memory_order_relaxed,
                                            memory_order_relaxed);
  }
  return stray_unswept(h);
}
