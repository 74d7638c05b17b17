// Where marking begins.

#include "allocators/go/globals.h"
#include "allocators/go/mark.h"
#include "allocators/go/specials.h"

static void grey_slots(struct go_marker *k, const struct ht_mutator *m) {
  for (const struct ht_frame *frame = m->frames; frame; frame = frame->previous)
    go_marker_grey(k, frame->slots, frame->count);
}

// A word that may be anything points at an object if a span is there and the object it would be is in use.
static void grey_ambiguous(struct go_heap *h, struct go_marker *k, uintptr_t word) {
  struct go_span *span = go_span_of(h, word);
  if (!span || word >= span->limit) return;
  size_t index = go_span_index(span, word);
  if (index < span->free_index || go_span_bit(span, 1 - k->map, index))
    go_marker_grey(k, (ht_ref[]){(ht_ref)word}, 1);
}

// What an object with a finalizer holds has to be there when it runs. The object itself is no root.
static void grey_finalizable(struct go_marker *k, const struct go_span *span) {
  for (const struct go_special *special = span->specials; special; special = special->next)
    if (special->kind == GO_SPECIAL_FINALIZER)
      go_marker_look_at(k, span, go_span_object(span, go_span_index(span, span->base + special->offset)));
}

static void grey_specials(struct go_heap *h, struct go_marker *k) {
  for (struct go_arena *arena = h->arenas.first; arena; arena = arena->next)
    for (size_t word = 0; word < GO_ARENA_PAGES / 64; word++) {
      uint64_t pages = atomic_load_explicit(&arena->specials[word], memory_order_relaxed);
      for (; pages; pages &= pages - 1)
        grey_finalizable(
            k, atomic_load_explicit(&arena->spans[word * 64 + base_ctz(pages)], memory_order_relaxed));
    }
}

static void grey_due(struct go_heap *h, struct go_marker *k) {
  base_list_each(link, &h->due) {
    struct go_due *due = base_container_of(link, struct go_due, link);
    if (due->finalizes)
      go_marker_grey(k, (ht_ref[]){(ht_ref)base_container_of(due, struct go_special, due)->object}, 1);
  }
}

void go_mark_roots(struct go_heap *h, struct go_marker *k) {
  base_list_each(link, &h->mutators) grey_slots(k, &go_mutator_at(link)->head);
  base_list_each(link, &h->globals) go_marker_grey(k, go_global_at(link)->global, 1);
  base_list_each(link, &h->ambiguous) grey_ambiguous(h, k, *go_global_at(link)->word);
  grey_due(h, k);
  grey_specials(h, k);
}
