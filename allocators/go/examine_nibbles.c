// The bits of the contiguous layout.

#include "allocators/go/contiguous.h"
#include "allocators/go/examine.h"

void go_examine_nibbles(struct go_heap *h, const struct go_span *span) {
  if (!go_is_examined(h) || !span->arena->nibbles) return;
  // A span of several pages may go on in the next arena, but then it has no bits.
  bool any = span->page_count == 1 && go_nibbles_any(span->arena, span->base, GO_PAGE_SIZE);
  EXAMINE(&h->examination, CL_4, !any, "span %p is new, and bits of it are set", (void *)span->base);
}

void go_examine_grown(struct go_heap *h, uintptr_t end) {
  const struct go_contiguous *c = &h->arenas.contiguous;
  if (!go_is_examined(h) || !c->reservation) return;
  size_t used = end - c->start;
  EXAMINE(&h->examination, CL_2,
          used <= c->used && c->bitmap_committed >= used / HT_WORD / GO_NIBBLE_WORDS &&
              c->spans_committed >= used / GO_PAGE_SIZE * sizeof(void *),
          "%zu bytes are used, the bitmap has %zu and spans %zu", used, c->bitmap_committed,
          c->spans_committed);
}

// Of an object that is free no word has a bit; of another one the first says that it has more, if it has
// references at all.
void go_examine_swept_nibbles(struct go_heap *h, const struct go_span *span) {
  unsigned map = go_map_of(go_sweepgen(h));
  for (size_t i = 0; i < span->count; i++) {
    size_t first = (go_span_object(span, i) - span->arena->base) / HT_WORD, references = 0;
    for (size_t word = 0; word < span->elem_size / HT_WORD; word++)
      references += go_nibble_is_reference(span->arena, first + word);
    bool alive = go_span_bit(span, map, i), more = go_nibble_has_more(span->arena, first);
    EXAMINE(&h->examination, CL_3, (alive || references == 0) && more == (references > 0),
            "object %zu of span %p is %s, and has bits of %zu references", i, (void *)span->base,
            alive ? "alive" : "free", references);
  }
}
