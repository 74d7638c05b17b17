// Sweeping: what was not marked is free.
//
// A span is swept by who takes its generation from sg - 2 to sg - 1, within a section that go_sweep_begin
// opens. Sweeping is done when there is nothing left to begin with and nobody is within a section: both are
// one word, so that who sees it done sees it done from then on. (As two words they were golang/go#45315.)

#include "allocators/go/contiguous.h"
#include "allocators/go/examine.h"
#include "allocators/go/go.h"

#define CLOBBERED 0xdeadbeefdeadbeefu

bool go_sweep_begin(struct go_heap *h) {
  uint32_t active = atomic_load_explicit(&h->sweeping.active, memory_order_relaxed);
  do {
    if (active & GO_SWEEP_DRAINED) return false;
  } while (!atomic_compare_exchange_weak_explicit(&h->sweeping.active, &active, active + 1,
                                                  memory_order_acquire, memory_order_relaxed));
  return true;
}

void go_sweep_end(struct go_heap *h) {
  atomic_fetch_sub_explicit(&h->sweeping.active, 1, memory_order_release);
}

bool go_sweep_is_done(struct go_heap *h) {
  return atomic_load_explicit(&h->sweeping.active, memory_order_acquire) == GO_SWEEP_DRAINED;
}

bool go_sweep_acquire(struct go_heap *h, struct go_span *span) {
  uint32_t due = go_sweepgen(h) - 2;
  return atomic_load_explicit(&span->sweepgen, memory_order_relaxed) == due &&
         atomic_compare_exchange_strong_explicit(&span->sweepgen, &due, due + 1, memory_order_acquire,
                                                 memory_order_relaxed);
}

// Free memory that was an object's traps whoever takes a word of it for a reference.
static void clobber(struct go_span *span, uintptr_t slot) {
  uint64_t *word = (uint64_t *)slot, *end = (uint64_t *)(slot + span->elem_size);
  while (word < end) *word++ = CLOBBERED;
}

// What has to be done for each object that is free now: nothing as a rule.
static void undress(struct go_heap *h, struct go_span *span, unsigned marks) {
  bool has_nibbles = span->arena->nibbles && go_class_has_bitmap(span->span_class);
  if (!h->clobber && !has_nibbles) return;
  for (size_t i = 0; i < span->count; i++) {
    bool was = i < span->free_index || go_span_bit(span, 1 - marks, i);
    if (!was || go_span_bit(span, marks, i)) continue;
    if (h->clobber) clobber(span, go_span_object(span, i));
    if (has_nibbles) go_nibbles_clear(span->arena, go_span_object(span, i), span->elem_size);
  }
}

// An object that was marked was allocated.
static void find_zombies(struct go_heap *h, struct go_span *span, unsigned marks) {
  for (size_t word = span->free_index / 64; word * 64 < span->count; word++) {
    uint64_t zombies = *go_span_bits(span, marks, word) & ~*go_span_bits(span, 1 - marks, word) &
                       base_bitmap_mask(word, span->free_index, span->count);
    GO_MUST(h, GOA_15, zombies == 0, "a reference was found to free object %zu of span %p",
            word * 64 + (zombies ? base_ctz(zombies) : 0), (void *)span->base);
  }
}

bool go_sweep_span(struct go_heap *h, struct go_span *span, bool keep) {
  uint32_t sweepgen = go_sweepgen(h);
  unsigned marks = go_map_of(sweepgen);
  GO_MUST(h, GOA_11,
          atomic_load_explicit(&span->sweepgen, memory_order_relaxed) == sweepgen - 1 &&
              atomic_load_explicit(&span->state, memory_order_relaxed) == GO_SPAN_IN_USE,
          "span %p is swept, its generation is %u and the heap's %u", (void *)span->base,
          atomic_load_explicit(&span->sweepgen, memory_order_relaxed), sweepgen);
  if (span->stray) go_central_fetch_stray(h, span);
  if (span->specials) go_specials_sweep(h, span, marks);
  find_zombies(h, span, marks);
  undress(h, span, marks);
  uint32_t alive = (uint32_t)go_span_bits_count(span, marks, 0);
  GO_MUST(h, GOA_16, alive <= span->alloc_count, "%u objects of span %p were marked, %u were allocated",
          alive, (void *)span->base, span->alloc_count);
  uint32_t freed = span->alloc_count - alive;
  for (size_t word = 0; word * 64 < span->count; word++)
    go_bits_store(go_span_bits(span, 1 - marks, word), 0);
  span->alloc_count = alive;
  span->free_index = 0;
  if (freed) {
    span->need_zero = true;
    atomic_fetch_add_explicit(&h->sweeping.freed_bytes, freed * span->elem_size, memory_order_relaxed);
  }
  bool empty = alive == 0 && !keep;
  go_examine_sweep(h, span, empty);
  // From here on others may have it.
  atomic_store_explicit(&span->sweepgen, sweepgen, memory_order_release);
  if (empty)
    go_span_free(h, span);
  else if (!keep)
    go_central_file(h, span);
  return empty;
}

bool go_sweep_one(struct go_heap *h) {
  struct go_span *span;
  if (!go_sweep_begin(h)) return false;
  while ((span = go_central_unswept(h)) && !go_sweep_acquire(h, span)) continue;
  if (span)
    go_sweep_span(h, span, false);
  else
    atomic_fetch_or_explicit(&h->sweeping.active, GO_SWEEP_DRAINED, memory_order_relaxed);
  go_sweep_end(h);
  return span != NULL;
}

void go_sweep_ensure(struct go_heap *h, struct go_span *span) {
  uint32_t sweepgen = go_sweepgen(h);
  uint32_t is = atomic_load_explicit(&span->sweepgen, memory_order_acquire);
  if (is == sweepgen || is == sweepgen + 3) return;
  if (go_sweep_begin(h)) {
    if (go_sweep_acquire(h, span)) {
      // It is in a set that it leaves by being found there and not acquired.
      go_sweep_span(h, span, false);
      go_sweep_end(h);
      return;
    }
    go_sweep_end(h);
  }
  for (;;) {
    is = atomic_load_explicit(&span->sweepgen, memory_order_acquire);
    if (is == sweepgen || is == sweepgen + 3) return;
    base_yield();
  }
}

void go_sweep_start(struct go_heap *h) {
  struct go_sweeping *s = &h->sweeping;
  atomic_fetch_add_explicit(&h->sweepgen, 2, memory_order_relaxed);
  atomic_store_explicit(&s->freed_bytes, 0, memory_order_relaxed);
  atomic_store_explicit(&s->central, 0, memory_order_relaxed);
  atomic_store_explicit(&s->reclaim_page, 0, memory_order_relaxed);
  atomic_store_explicit(&s->reclaim_credit, 0, memory_order_relaxed);
  s->arenas = h->arenas.count;
  atomic_store_explicit(&s->active, 0, memory_order_release);
}
