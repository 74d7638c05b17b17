// Marking, done again another way: what roots reach is kept in a table by address, first in, first out, and
// compared with the marks, or, between cycles, with what is allocated.

#include "allocators/go/check.h"
#include "allocators/go/examine.h"
#include "allocators/go/globals.h"
#include "allocators/go/specials.h"
#include "allocators/go/visit.h"

struct tracing {
  struct go_heap *heap;
  bool marked;      // marking is over: what is reached is compared with the marks
  size_t size;      // of the table, a power of two
  uintptr_t *table; // slots of objects by address; 0: none
  uintptr_t *order; // as they were found
  size_t found;
  uint64_t bytes; // of objects that are marked, or there
  uint64_t objects;
};

static bool add(struct tracing *t, uintptr_t slot) {
  size_t at = (slot >> 3) * 0x9e3779b97f4a7c15u >> 20;
  for (;; at++) {
    uintptr_t *entry = &t->table[at & (t->size - 1)];
    if (*entry == slot) return false;
    if (*entry) continue;
    *entry = slot;
    t->order[t->found++] = slot;
    return true;
  }
}

static void reach(struct tracing *t, uintptr_t address) {
  struct go_heap *h = t->heap;
  const struct go_span *span = go_span_of(h, address);
  if (!span && address - (uintptr_t)h->empty < sizeof h->empty) return;
  size_t index = span ? go_span_index(span, address) : 0;
  if (!EXAMINE(&h->examination, GOG_6, span && address < span->limit && go_span_has(h, span, index),
               "a reference to %p, where no object is", (void *)address))
    return;
  if (t->marked) {
    bool marked = go_span_bit(span, 1 - go_map_of(go_sweepgen(h)), index);
    if (span->elem_size == GO_TINY && address != go_span_object(span, index))
      EXAMINE(&h->examination, GOA_20, marked, "the block of the tiny object %p is not marked",
              (void *)address);
    // As many fit into the table as are marked.
    if (!EXAMINE(&h->examination, GOG_1, marked, "object %p is reached and not marked", (void *)address))
      return;
  }
  add(t, go_span_object(span, index));
}

static void reach_word(void *tracing, ht_ref *word) {
  if (*word) reach(tracing, (uintptr_t)*word);
}

static void reach_finalizable(void *tracing, struct go_span *span) {
  for (const struct go_special *special = span->specials; special; special = special->next)
    if (special->kind == GO_SPECIAL_FINALIZER)
      go_each_reference(span, go_span_object(span, go_span_index(span, span->base + special->offset)),
                        reach_word, tracing);
}

static void reach_roots(struct tracing *t) {
  struct go_heap *h = t->heap;
  base_list_each(link, &h->mutators) {
    const struct ht_frame *frame = go_mutator_at(link)->head.frames;
    for (; frame; frame = frame->previous)
      for (size_t i = 0; i < frame->count; i++) reach_word(t, (ht_ref *)&frame->slots[i]);
  }
  base_list_each(link, &h->globals) reach_word(t, go_global_at(link)->global);
  base_list_each(link, &h->due) {
    const struct go_due *due = base_container_of(link, struct go_due, link);
    if (due->finalizes) reach(t, base_container_of(due, struct go_special, due)->object);
  }
  go_each_span(h, reach_finalizable, t);
}

static void count(void *tracing, struct go_span *span) {
  struct tracing *t = tracing;
  size_t count = t->marked ? go_span_bits_count(span, 1 - go_map_of(go_sweepgen(t->heap)), 0)
                           : go_span_alive(t->heap, span);
  t->objects += count;
  t->bytes += count * span->elem_size;
}

// Without memory for the table nothing is compared.
static void trace(struct tracing *t) {
  struct go_heap *h = t->heap;
  const struct ht_memory *memory = h->small.pages.memory;
  t->size = base_power_of_two_ceil(2 * t->objects + 64);
  size_t bytes = base_page_round(2 * t->size * sizeof *t->table);
  t->table = base_map(memory, bytes, 0);
  if (!t->table) return;
  t->order = t->table + t->size;
  reach_roots(t);
  for (size_t done = 0; done < t->found; done++) {
    const struct go_span *span = go_span_of(h, t->order[done]);
    go_each_reference(span, t->order[done], reach_word, t);
  }
  // No ambiguous word is followed here, so that one may keep what nothing reaches.
  if (t->marked && base_list_is_empty(&h->ambiguous))
    EXAMINE(&h->examination, GOG_2, t->found == t->objects, "%llu objects are marked, and %zu are reached",
            (unsigned long long)t->objects, t->found);
  base_release(memory, t->table, bytes);
}

void go_examine_marked(struct go_heap *h) {
  if (!go_is_examined(h)) return;
  struct tracing t = {.heap = h, .marked = true};
  go_each_span(h, count, &t);
  EXAMINE(&h->examination, GOG_4, t.bytes == h->marked_bytes && t.objects == h->marked_objects,
          "%llu bytes and %llu objects are said to be marked, marks say %llu and %llu",
          (unsigned long long)h->marked_bytes, (unsigned long long)h->marked_objects,
          (unsigned long long)t.bytes, (unsigned long long)t.objects);
  trace(&t);
}

void go_check_references(struct go_heap *h) {
  struct tracing t = {.heap = h};
  go_each_span(h, count, &t);
  trace(&t);
}
