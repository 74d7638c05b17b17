// The page reclaimer: who needs pages while sweeping goes on sweeps where nothing is alive, until as many
// came free. It goes through the arenas once a cycle, all who reclaim together, a chunk at a time.
//
// (Go 1.26, runtime/mheap.go. Go keeps a bit for each span with a marked object; here the marks are looked at
// themselves, the first word of them, which is no proof: only sweeping the span is.)

#include "allocators/go/go.h"

static struct go_arena *arena_number(struct go_heap *h, size_t number) {
  struct go_arena *arena = h->arenas.first;
  while (number-- > 0) arena = arena->next;
  return arena;
}

static bool looks_dead(struct go_heap *h, const struct go_arena *arena, size_t page) {
  return go_bits_load(go_bits_word(arena, go_map_of(go_sweepgen(h)), page, 0)) == 0;
}

// The pages that came free.
static size_t reclaim_chunk(struct go_heap *h, struct go_arena *arena, size_t first) {
  size_t freed = 0;
  for (size_t word = first / 64; word < (first + GO_CHUNK_PAGES) / 64; word++) {
    uint64_t pages = atomic_load_explicit(&arena->in_use[word], memory_order_acquire);
    for (; pages; pages &= pages - 1) {
      size_t page = word * 64 + base_ctz(pages);
      struct go_span *span = atomic_load_explicit(&arena->spans[page], memory_order_acquire);
      if (!span || !looks_dead(h, arena, page) || !go_sweep_acquire(h, span)) continue;
      size_t count = span->page_count;
      if (go_sweep_span(h, span, false)) freed += count;
    }
  }
  return freed;
}

void go_reclaim(struct go_heap *h, size_t pages) {
  struct go_sweeping *s = &h->sweeping;
  uint64_t credit = atomic_load_explicit(&s->reclaim_credit, memory_order_relaxed);
  while (credit >= pages)
    if (atomic_compare_exchange_weak_explicit(&s->reclaim_credit, &credit, credit - pages,
                                              memory_order_relaxed, memory_order_relaxed))
      return;
  if (!go_sweep_begin(h)) return;
  size_t freed = 0;
  while (freed < pages) {
    uint64_t page = atomic_fetch_add_explicit(&s->reclaim_page, GO_CHUNK_PAGES, memory_order_relaxed);
    if (page / GO_ARENA_PAGES >= s->arenas) break;
    freed += reclaim_chunk(h, arena_number(h, page / GO_ARENA_PAGES), page % GO_ARENA_PAGES);
  }
  if (freed > pages) atomic_fetch_add_explicit(&s->reclaim_credit, freed - pages, memory_order_relaxed);
  go_sweep_end(h);
}
