// What the heap tells of itself.

#include "allocators/go/report.h"

#include "allocators/go/visit.h"

void go_statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  struct go_heap *h = (struct go_heap *)heap;
  go_sync_all(h);
  uint64_t objects = h->objects + atomic_load_explicit(&h->large_objects, memory_order_relaxed);
  uint64_t bytes = h->bytes + atomic_load_explicit(&h->large_bytes, memory_order_relaxed);
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->carriers) {
    const struct ht_carrier *c = go_carrier_at(link);
    objects += c->objects + c->tiny_objects;
    bytes += c->bytes;
    for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) {
      const struct go_span *span = c->cached[i].span;
      if (!span) continue;
      objects += span->alloc_count - span->alloc_count_before;
      bytes += (span->alloc_count - span->alloc_count_before) * span->elem_size;
    }
  }
  base_mutex_unlock(&h->lists);
  *statistics = (struct ht_statistics){
      .live_objects = h->marked_objects,
      .live_bytes = h->marked_bytes,
      .allocated_objects = objects,
      .allocated_bytes = bytes,
      .committed_bytes = atomic_load_explicit(&h->small.pages.committed, memory_order_relaxed),
      .cycles = h->cycles,
      .collector_ns = atomic_load_explicit(&h->collector_ns, memory_order_relaxed),
  };
}

bool go_owns(struct ht_heap *heap, const void *address) {
  struct go_heap *h = (struct go_heap *)heap;
  const struct go_span *span = go_span_of(h, (uintptr_t)address);
  return (span && (uintptr_t)address < span->limit) ||
         (uintptr_t)address - (uintptr_t)h->empty < sizeof h->empty;
}

static const struct ht_type *type_of(const struct go_span *span, uintptr_t object) {
  if (go_span_header(span)) return *(const struct ht_type **)object;
  return span->type == GO_MIXED ? NULL : span->type;
}

struct walking {
  struct go_heap *heap;
  ht_visitor *visit;
  void *context;
  bool ended;
};

static void show(void *context, struct go_span *span) {
  struct walking *w = context;
  size_t header = go_span_header(span);
  for (size_t i = 0; i < span->count && !w->ended; i++) {
    if (!go_span_has(w->heap, span, i)) continue;
    uintptr_t object = go_span_object(span, i);
    size_t bytes = go_span_is_large(span) ? span->limit - object : span->elem_size - header;
    struct ht_claim claim = {
        .object = (ht_ref)(object + header), .bytes = bytes, .type = type_of(span, object)};
    w->ended = !w->visit(w->context, &claim);
  }
}

void go_walk(struct ht_mutator *m, ht_visitor *visit, void *context) {
  struct walking w = {go_heap_of(m), visit, context, false};
  while (!go_world_stop(go_mutator_of(m))) continue;
  go_sync_all(w.heap);
  go_each_span(w.heap, show, &w);
  go_world_go_on(go_mutator_of(m), "walk");
}
