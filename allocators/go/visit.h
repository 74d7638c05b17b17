// Going through the heap while nobody changes it, for who walks, checks and examines.
#ifndef GO_VISIT_H
#define GO_VISIT_H

#include "allocators/go/go.h"

// Every span in use.
typedef void go_span_visitor(void *context, struct go_span *span);
void go_each_span(struct go_heap *h, go_span_visitor *visit, void *context);

// Every word of an object, its slot's beginning given, that the heap takes for a reference.
typedef void go_word_visitor(void *context, ht_ref *word);
void go_each_reference(const struct go_span *span, uintptr_t slot, go_word_visitor *visit, void *context);

// Which map says what of a span's objects is there: of one that is to be swept the marks, of others the
// allocation bits.
static inline bool go_span_is_unswept(const struct go_heap *h, const struct go_span *span) {
  return atomic_load_explicit(&span->sweepgen, memory_order_relaxed) == go_sweepgen(h) - 2;
}

static inline bool go_span_has(const struct go_heap *h, const struct go_span *span, size_t index) {
  unsigned map = go_map_of(go_sweepgen(h));
  return go_span_bit(span, map, index) || (!go_span_is_unswept(h, span) && index < span->free_index);
}

static inline size_t go_span_alive(const struct go_heap *h, const struct go_span *span) {
  return go_span_is_unswept(h, span) ? go_span_bits_count(span, go_map_of(go_sweepgen(h)), 0)
                                     : span->alloc_count;
}

#endif
