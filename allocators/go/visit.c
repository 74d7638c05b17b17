#include "allocators/go/visit.h"

#include "allocators/go/contiguous.h"

void go_each_span(struct go_heap *h, go_span_visitor *visit, void *context) {
  for (struct go_arena *arena = h->arenas.first; arena; arena = arena->next)
    for (size_t word = 0; word < GO_ARENA_PAGES / 64; word++) {
      uint64_t pages = atomic_load_explicit(&arena->in_use[word], memory_order_relaxed);
      for (; pages; pages &= pages - 1)
        visit(context,
              atomic_load_explicit(&arena->spans[word * 64 + base_ctz(pages)], memory_order_relaxed));
    }
}

static void each_typed(ht_ref *fields, size_t bytes, const struct ht_type *type, go_word_visitor *visit,
                       void *context) {
  size_t words = bytes / type->size * type->size / HT_WORD;
  for (size_t word = 0; (word = ht_type_next_reference(type, word, words)) < words; word++)
    visit(context, &fields[word]);
}

void go_each_reference(const struct go_span *span, uintptr_t slot, go_word_visitor *visit, void *context) {
  if (go_span_class_noscan(span->span_class)) return;
  if (go_span_header(span)) {
    each_typed((ht_ref *)(slot + GO_HEADER), span->elem_size - GO_HEADER, *(const struct ht_type **)slot,
               visit, context);
  } else if (span->type != GO_MIXED) {
    size_t bytes = go_span_is_large(span) ? span->limit - span->base : span->elem_size;
    if (span->type) each_typed((ht_ref *)slot, bytes, span->type, visit, context);
  } else {
    const struct go_arena *arena = span->arena;
    for (size_t i = 0; i < span->elem_size / HT_WORD; i++) {
      ht_ref *word = (ht_ref *)slot + i;
      bool is = arena->nibbles
                    ? go_nibble_is_reference(arena, ((uintptr_t)word - arena->base) / HT_WORD)
                    : base_bitmap_test(go_span_bitmap(span), ((uintptr_t)word - span->base) / HT_WORD);
      if (is) visit(context, word);
    }
  }
}
