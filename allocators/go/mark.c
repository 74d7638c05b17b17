// Marking: from the roots, everything they reach.
//
// A reference is followed in two steps. Its page's word says the class, so the object's number and its mark
// are found without the span; who sets the mark has the object to look at. What comes off the stack is
// fetched first and looked at when GO_AHEAD others have come off after it: by then it has arrived. That is
// what a marker of a large heap waits for.
//
// (Cher, Hosking, Vitek, "Software Prefetching for Mark-Sweep Garbage Collection", ASPLOS 2004.)

#include "allocators/go/mark.h"

#include "allocators/go/contiguous.h"

// References of large objects are looked at in pieces, so that others can take some.
#define OBLET_BYTES ((size_t)128 << 10)

// True if it was not marked. Neighbours share the word.
static inline bool set_mark(uint64_t *word, uint64_t bit, bool shared) {
  if (!shared) {
    uint64_t before = *word;
    *word = before | bit;
    return !(before & bit);
  }
  if (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) return false;
  return !(__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit);
}

static __attribute__((cold, noinline)) void bad_reference(struct go_heap *h, uintptr_t address) {
  GO_MUST(h, GOG_6, false, "a reference was found to %p, where no span is", (void *)address);
}

static inline __attribute__((always_inline)) void grey(struct go_marker *k, uintptr_t address, bool shared) {
  struct go_heap *h = k->heap;
  struct go_arena *arena = go_arena_at(&h->arenas, address);
  if (__builtin_expect(!arena, 0)) return; // an object of size 0
  size_t page = go_arena_page(address);
  uint64_t word = atomic_load_explicit(&arena->pages[page], memory_order_relaxed);
  if (__builtin_expect(word == 0, 0)) bad_reference(h, address);
  unsigned span_class = (unsigned)(word >> GO_WORD_CLASS_SHIFT & 255) - 1;
  size_t offset = word >> GO_WORD_OFFSET_SHIFT, elem_size = go_class_size[span_class >> 1];
  uintptr_t base = (address & ~(GO_PAGE_SIZE - 1)) - (offset << GO_PAGE_SHIFT);
  if (__builtin_expect(elem_size == 0, 0)) {
    struct go_span *span = atomic_load_explicit(&arena->spans[page], memory_order_relaxed);
    arena = span->arena;
    page = span->first_page;
    base = span->base;
    elem_size = span->elem_size;
  } else {
    page -= offset;
  }
  size_t index = go_object_index(span_class >> 1, address - base);
  if (!set_mark(go_bits_word(arena, k->map, page, index / 64), (uint64_t)1 << index % 64, shared)) return;
  k->bytes += elem_size;
  k->objects++;
  if (!go_span_class_noscan(span_class)) go_work_put(&h->work, k, base + index * elem_size);
}

static inline __attribute__((always_inline)) void look_at_word(struct go_marker *k, ht_ref *field,
                                                               bool shared) {
  uintptr_t address = (uintptr_t)*field;
  if (address) grey(k, address, shared);
}

// Whole elements; what is behind them in a slot is zero.
static inline __attribute__((always_inline)) void
look_at_elements(struct go_marker *k, ht_ref *field, size_t words, const struct ht_type *type, bool shared) {
  size_t element = type->size / HT_WORD;
  const uint64_t *map = type->reference_map;
  for (; words >= element; words -= element, field += element)
    for (size_t at = 0; at * 64 < element; at++)
      for (uint64_t bits = map[at]; bits; bits &= bits - 1)
        look_at_word(k, field + at * 64 + base_ctz(bits), shared);
}

static inline void look_at_bitmap(struct go_marker *k, uintptr_t object, size_t elem_size, bool shared) {
  const struct go_arena *arena = go_arena_at(&k->heap->arenas, object);
  if (arena->nibbles) {
    size_t start = (object - arena->base) / HT_WORD, all = start + elem_size / HT_WORD;
    for (size_t word = start; word < all && go_nibble_has_more(arena, word); word++)
      if (go_nibble_is_reference(arena, word)) look_at_word(k, (ht_ref *)arena->base + word, shared);
    return;
  }
  uintptr_t page = object & ~(GO_PAGE_SIZE - 1);
  const uint64_t *bitmap = (const uint64_t *)(page + GO_PAGE_SIZE - GO_BITMAP_BYTES);
  size_t first = (object - page) / HT_WORD, end = first + elem_size / HT_WORD;
  for (size_t word = first / 64; word * 64 < end; word++)
    for (uint64_t bits = bitmap[word] & base_bitmap_mask(word, first, end); bits; bits &= bits - 1)
      look_at_word(k, (ht_ref *)page + word * 64 + base_ctz(bits), shared);
}

// A piece of a large object: the elements that begin in it.
static void look_at_piece(struct go_marker *k, const struct go_span *span, size_t start, bool shared) {
  const struct ht_type *type = span->type;
  if (!type) return; // it is still being zeroed
  size_t bytes = span->limit - span->base, end = start + OBLET_BYTES;
  if (end > bytes) end = bytes;
  size_t first = (start + type->size - 1) / type->size, behind = (end + type->size - 1) / type->size;
  look_at_elements(k, (ht_ref *)(span->base + first * type->size), (behind - first) * type->size / HT_WORD,
                   type, shared);
}

// All pieces but the first are work of their own.
static void look_at_large(struct go_marker *k, uintptr_t from, bool shared) {
  struct go_heap *h = k->heap;
  const struct go_span *span = go_span_of(h, from);
  if (from == span->base)
    for (uintptr_t piece = from + OBLET_BYTES; piece < span->limit; piece += OBLET_BYTES)
      go_work_put(&h->work, k, piece);
  look_at_piece(k, span, from - span->base, shared);
}

static inline __attribute__((always_inline)) void look_at(struct go_marker *k, uintptr_t object,
                                                          bool shared) {
  struct go_heap *h = k->heap;
  uint64_t word = go_page_word_at(go_arena_at(&h->arenas, object), object);
  unsigned span_class = (unsigned)(word >> GO_WORD_CLASS_SHIFT & 255) - 1;
  const struct ht_type *type = (const struct ht_type *)(word & GO_WORD_TYPE_MASK);
  size_t elem_size = go_class_size[span_class >> 1];
  if (__builtin_expect(type != NULL, 1))
    look_at_elements(k, (ht_ref *)object, elem_size / HT_WORD, type, shared);
  else if (elem_size == 0)
    look_at_large(k, object, shared);
  else if (elem_size > GO_BITMAP_MOST)
    look_at_elements(k, (ht_ref *)(object + GO_HEADER), (elem_size - GO_HEADER) / HT_WORD,
                     *(const struct ht_type **)object, shared);
  else
    look_at_bitmap(k, object, elem_size, shared);
}

// The next object to look at: what comes off the stack is fetched, and the one that has waited longest is
// looked at. 0: there is none.
static inline __attribute__((always_inline)) uintptr_t next_object(struct go_marker *k) {
  for (;;) {
    uintptr_t object = go_work_get(&k->heap->work, k);
    if (!object) {
      if (!k->on_way) return 0;
      k->on_way--;
      return k->ring[k->first++ % GO_AHEAD];
    }
    __builtin_prefetch((void *)object);
    unsigned at = (k->first + k->on_way) % GO_AHEAD;
    if (k->on_way < GO_AHEAD) {
      k->ring[at] = object;
      k->on_way++;
      continue;
    }
    uintptr_t fetched = k->ring[at];
    k->ring[at] = object;
    k->first++;
    return fetched;
  }
}

static inline __attribute__((always_inline)) void drain(struct go_marker *k, bool shared) {
  uintptr_t object;
  do
    while ((object = next_object(k))) look_at(k, object, shared);
  while (shared && go_work_steal(&k->heap->work, k));
}

static void drain_alone(struct go_marker *k) {
  drain(k, false);
}
static void drain_shared(struct go_marker *k) {
  drain(k, true);
}

void go_marker_grey(struct go_marker *k, uintptr_t address) {
  grey(k, address, true);
}

void go_marker_look_at(struct go_marker *k, const struct go_span *span, uintptr_t object) {
  if (go_span_class_noscan(span->span_class)) return;
  if (!go_span_is_large(span))
    look_at(k, object, true);
  else
    for (size_t start = 0; start < span->limit - span->base; start += OBLET_BYTES)
      look_at_piece(k, span, start, true);
}

static void prepare(struct go_heap *h, struct go_marker *k, bool shared) {
  k->map = 1 - go_map_of(go_sweepgen(h));
  k->shared = shared;
  k->lost = false;
  k->bytes = k->objects = 0;
}

static void help(void *argument) {
  struct go_marker *k = argument;
  struct go_work *work = &k->heap->work;
  for (;;) {
    base_park(&k->wake);
    if (atomic_load(&work->ending)) return;
    drain_shared(k);
    if (atomic_fetch_sub(&work->helping, 1) == 1) base_unpark(&work->done);
  }
}

// As many as there are to be and the system gives threads for.
static unsigned start_helpers(struct go_work *work) {
  unsigned count = 1;
  for (; count < work->count; count++) {
    struct go_marker *k = &work->markers[count];
    if (!k->started && !(k->started = base_thread_start(&k->thread, help, k))) break;
  }
  return count;
}

void go_markers_end(struct go_work *work) {
  if (!work->markers) return;
  atomic_store(&work->ending, true);
  for (unsigned i = 1; i < work->count; i++) {
    struct go_marker *k = &work->markers[i];
    if (!k->started) continue;
    base_unpark(&k->wake);
    base_thread_join(&k->thread);
  }
}

static void drain_all(struct go_heap *h, unsigned count) {
  struct go_work *work = &h->work;
  if (count == 1) {
    drain_alone(&work->markers[0]);
    return;
  }
  atomic_store(&work->idle, 0);
  atomic_store(&work->running, count);
  atomic_store(&work->helping, count - 1);
  for (unsigned i = 1; i < count; i++) base_unpark(&work->markers[i].wake);
  drain_shared(&work->markers[0]);
  while (atomic_load(&work->helping)) base_park(&work->done);
}

// Objects that are marked were perhaps not looked at.
static bool take_lost(struct go_heap *h, unsigned count) {
  bool lost = false;
  for (unsigned i = 0; i < count; i++) {
    lost |= h->work.markers[i].lost;
    h->work.markers[i].lost = false;
  }
  return lost;
}

static void look_again(struct go_heap *h, struct go_marker *k) {
  for (struct go_arena *arena = h->arenas.first; arena; arena = arena->next)
    for (size_t page = 0; page < GO_ARENA_PAGES; page++) {
      if (!go_page_set_test(arena->in_use, page)) continue;
      struct go_span *span = atomic_load_explicit(&arena->spans[page], memory_order_relaxed);
      if (go_span_class_noscan(span->span_class)) continue;
      for (size_t i = 0; i < span->count; i++)
        if (go_span_bit(span, k->map, i)) {
          go_marker_look_at(k, span, go_span_object(span, i));
          drain_alone(k);
        }
    }
}

void go_mark(struct go_heap *h) {
  unsigned count = start_helpers(&h->work);
  for (unsigned i = 0; i < count; i++) prepare(h, &h->work.markers[i], count > 1);
  go_mark_roots(h, &h->work.markers[0]);
  drain_all(h, count);
  while (take_lost(h, count)) look_again(h, &h->work.markers[0]);
  h->marked_bytes = h->marked_objects = 0;
  for (unsigned i = 0; i < count; i++) {
    h->marked_bytes += h->work.markers[i].bytes;
    h->marked_objects += h->work.markers[i].objects;
  }
}
