// Marking: from the roots, everything they reach, span by span.
//
// A reference is followed no further than to the word of its page and its marks: the class says the object's
// number, and the span that the object lies in is queued. When its turn comes, all of its objects that were
// found meanwhile are looked at, in the order of addresses. So a large heap is read page by page, not word by
// word here and there, and what all objects of a span have in common is found once.
//
// What an object refers to within its own span is looked at right then, on a stack as large as a span.
//
// Go 1.26 does so by default ("Green Tea", runtime/mgcmark_greenteagc.go); there each of a span's objects
// has a bit beside its mark for whether it was looked at. Here it has one for whether it is to be, in a map
// of their own (GO_GREY): what is looked at is taken out of it, so that it is empty when marking is over.

#include "allocators/go/mark.h"

#include "allocators/go/contiguous.h"
#include "allocators/go/visit.h"

// References of large objects are looked at in pieces, so that others can take some.
#define OBLET_BYTES ((size_t)128 << 10)

enum {
  DENSE = 8,            // objects that lead to each other in a span: it is fetched whole
  FETCHED_AT_ONCE = 64, // a cache's line
};

// True if it was not set. Neighbours share the word.
static inline __attribute__((always_inline)) bool set_bit(uint64_t *word, unsigned at, bool shared) {
  uint64_t bit = (uint64_t)1 << at;
  uint64_t before = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  if (before & bit) return false;
  if (!shared) {
    *word = before | bit;
    return true;
  }
  return !(__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit);
}

static inline uint64_t take_bits(uint64_t *word, bool shared) {
  uint64_t bits = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  if (!shared)
    *word = 0;
  else if (bits)
    bits = __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST);
  return bits;
}

// A span that is queued has all that it has grey looked at, also what becomes so before its turn. If it
// cannot be queued it stays as if it were, which is how it is found again.
static inline void queue(struct go_marker *k, struct go_arena *arena, size_t page, uintptr_t object) {
  _Atomic uint16_t *word = &arena->pages[page];
  uint16_t before = atomic_load(word);
  if (before & GO_WORD_QUEUED) return;
  if (!k->shared)
    atomic_store_explicit(word, before | GO_WORD_QUEUED, memory_order_relaxed);
  else if (atomic_fetch_or(word, GO_WORD_QUEUED) & GO_WORD_QUEUED)
    return;
  // What is looked at first when its turn comes.
  __builtin_prefetch((const void *)object);
  __builtin_prefetch(atomic_load_explicit(&arena->spans[page], memory_order_relaxed));
  if (!go_work_put(&k->heap->work, k, arena->base + (page << GO_PAGE_SHIFT))) k->lost = true;
}

// From here on it can be queued again.
static inline void unqueue(struct go_marker *k, struct go_arena *arena, size_t page) {
  _Atomic uint16_t *word = &arena->pages[page];
  if (k->shared)
    atomic_fetch_and(word, (uint16_t)~GO_WORD_QUEUED);
  else
    atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) & (uint16_t)~GO_WORD_QUEUED,
                          memory_order_relaxed);
}

// Where the mark of an object is.
struct place {
  struct go_arena *arena;
  size_t page; // the first of its span
  size_t index;
};

// Of an object that is large, or lies on another page than its span's first.
static __attribute__((noinline)) struct place find_far(struct go_heap *h, uintptr_t address) {
  struct go_arena *arena = go_arena_at(&h->arenas, address);
  struct go_span *span = atomic_load_explicit(&arena->spans[go_arena_page(address)], memory_order_relaxed);
  GO_MUST(h, GOG_6, span != NULL, "a reference was found to %p, where no span is", (void *)address);
  if (!span) return (struct place){0};
  return (struct place){span->arena, span->first_page, go_span_index(span, address)};
}

// It was not marked when it was looked at; others may have been faster. What becomes grey is counted when it
// is looked at.
static __attribute__((noinline)) void mark_found(struct go_marker *k, struct go_arena *arena, size_t page,
                                                 size_t index, uintptr_t object) {
  if (!set_bit(go_bits_word(arena, k->map, page, index / 64), index % 64, k->shared)) return;
  unsigned span_class = go_page_word_class(atomic_load_explicit(&arena->pages[page], memory_order_relaxed));
  size_t elem_size = go_class_size[go_span_class_size_class(span_class)];
  if (go_span_class_noscan(span_class) || elem_size == 0) {
    k->objects++;
    k->bytes +=
        elem_size ? elem_size : atomic_load_explicit(&arena->spans[page], memory_order_relaxed)->elem_size;
  }
  if (go_span_class_noscan(span_class)) return;
  set_bit(go_bits_word(arena, GO_GREY, page, index / 64), index % 64, k->shared);
  queue(k, arena, page, object);
}

// Most references lead to what is marked: a few instructions, then, for each. `arenas` and `map`, the
// marker's, are in registers.
static inline __attribute__((always_inline)) void
mark_word(struct go_marker *k, struct go_arena *const _Atomic *arenas, unsigned map, uintptr_t address) {
  struct go_arena *arena = atomic_load_explicit(&arenas[address >> GO_ARENA_SHIFT], memory_order_relaxed);
  if (__builtin_expect(!arena, 0)) return; // an object of size 0
  size_t page = go_arena_page(address);
  uint16_t word = atomic_load_explicit(&arena->pages[page], memory_order_relaxed);
  size_t index = go_page_word_index(word, address & (GO_PAGE_SIZE - 1));
  if (__builtin_expect(!(word & GO_WORD_FIRST), 0)) {
    struct place far = find_far(k->heap, address);
    if (!far.arena) return;
    arena = far.arena, page = far.page, index = far.index;
  }
  if (go_bits_load(go_bits_word(arena, map, page, index / 64)) >> index % 64 & 1) return;
  mark_found(k, arena, page, index, address);
}

static inline __attribute__((always_inline)) void look_at_words(struct go_marker *k, const ht_ref *fields,
                                                                uint64_t references) {
  struct go_arena *const _Atomic *arenas = k->heap->arenas.map;
  unsigned map = k->map;
  for (; references; references &= references - 1) {
    uintptr_t address = (uintptr_t)fields[base_ctz(references)];
    if (address) mark_word(k, arenas, map, address);
  }
}

void go_marker_grey(struct go_marker *k, const ht_ref *words, size_t count) {
  struct go_arena *const _Atomic *arenas = k->heap->arenas.map;
  unsigned map = k->map;
  for (const ht_ref *word = words; word < words + count; word++)
    if (*word) mark_word(k, arenas, map, (uintptr_t)*word);
}

// Whole elements; what is behind them in a slot is zero.
static void look_at_elements(struct go_marker *k, const ht_ref *field, size_t words,
                             const struct ht_type *type) {
  size_t element = type->size / HT_WORD;
  if (element == 1) {
    go_marker_grey(k, field, words);
    return;
  }
  for (; words >= element; words -= element, field += element)
    for (size_t at = 0; at * 64 < element; at++) look_at_words(k, field + at * 64, type->reference_map[at]);
}

// A piece of a large object: the elements that begin in it.
static void look_at_piece(struct go_marker *k, const struct go_span *span, size_t start) {
  const struct ht_type *type = span->type;
  if (!type) return; // it is still being zeroed
  size_t bytes = span->limit - span->base, end = start + OBLET_BYTES;
  if (end > bytes) end = bytes;
  size_t first = (start + type->size - 1) / type->size, behind = (end + type->size - 1) / type->size;
  look_at_elements(k, (ht_ref *)(span->base + first * type->size), (behind - first) * type->size / HT_WORD,
                   type);
}

// All pieces but the first are work of their own.
static void look_at_large(struct go_marker *k, uintptr_t from) {
  const struct go_span *span = go_span_of(k->heap, from);
  if (from == span->base)
    for (size_t piece = OBLET_BYTES; piece < span->limit - span->base; piece += OBLET_BYTES)
      if (!go_work_put(&k->heap->work, k, span->base + piece)) look_at_piece(k, span, piece);
  look_at_piece(k, span, from - span->base);
}

// Which words of an object in a span of one type are references, if a word says all.
static uint64_t references_of(const struct ht_type *type, size_t words) {
  size_t element = type->size / HT_WORD;
  uint64_t references = 0;
  for (size_t at = 0; at + element <= words; at += element) references |= type->reference_map[0] << at;
  return references;
}

static uint64_t references_in_nibbles(const struct go_arena *arena, uintptr_t object, size_t elem_size) {
  size_t first = (object - arena->base) / HT_WORD, words = elem_size / HT_WORD;
  uint64_t references = 0;
  for (size_t at = 0; at < words && go_nibble_has_more(arena, first + at); at++)
    references |= (uint64_t)go_nibble_is_reference(arena, first + at) << at;
  return references;
}

// The same in a mixed span.
static uint64_t references_in(const struct go_arena *arena, uintptr_t object, size_t elem_size) {
  if (arena->nibbles) return references_in_nibbles(arena, object, elem_size);
  uintptr_t page = object & ~(GO_PAGE_SIZE - 1);
  const uint64_t *bitmap = (const uint64_t *)(page + GO_PAGE_SIZE - GO_BITMAP_BYTES);
  size_t first = (object - page) / HT_WORD, words = elem_size / HT_WORD;
  uint64_t references = bitmap[first / 64] >> first % 64;
  if (first % 64 + words > 64) references |= bitmap[first / 64 + 1] << (64 - first % 64);
  return words < 64 ? references & (((uint64_t)1 << words) - 1) : references;
}

// What a marker has of the span it looks at. Objects of it that are found are not made grey, but looked at
// next: there are never more than the span has.
struct looking {
  const struct go_arena *arena;
  uintptr_t base;
  size_t bytes; // of all objects
  size_t elem_size;
  unsigned size_class;
  uint64_t references; // of one type: which words of each
  size_t first_fields; // or how many, if they are the first
  uint64_t *marks;     // the first word
  size_t found;        // objects, in it
  uintptr_t next[GO_SPAN_BITS];
};

// So many were found that most of what is left will be, too, in whatever order. (Not inlined it would be
// taken for a function without effects, and never called.)
static inline __attribute__((always_inline)) void fetch(const struct looking *l) {
  for (size_t at = 0; at < l->bytes && at < GO_PAGE_SIZE; at += FETCHED_AT_ONCE)
    __builtin_prefetch((const void *)(l->base + at));
}

// (Inlined, it becomes a conditional move, and what follows a reference waits for the multiplication again.)
static __attribute__((noinline)) uintptr_t beginning(const struct looking *l, size_t index) {
  return l->base + index * l->elem_size;
}

// Where a span's objects have references: a loop for each.
enum fields {
  FIRST_FIELDS, // all alike, in their first words and nowhere else
  SOME_FIELDS,  // all alike
  OWN_FIELDS,   // each says its own
};

// Objects of a span from number `first` on, and what they lead to in it.
static inline __attribute__((always_inline)) void
look_at_grey(struct go_marker *k, struct looking *l, size_t first, uint64_t grey, enum fields kind) {
  const uintptr_t base = l->base;
  const size_t bytes = l->bytes, elem_size = l->elem_size;
  const unsigned size_class = l->size_class;
  uint64_t *const marks = l->marks;
  uintptr_t *top = l->next;
  struct go_arena *const _Atomic *arenas = k->heap->arenas.map;
  unsigned map = k->map;
  for (; grey; grey &= grey - 1)
    for (uintptr_t object = beginning(l, first + base_ctz(grey));; object = *--top) {
      const ht_ref *field = (ht_ref *)object;
      uint64_t references = kind == OWN_FIELDS ? references_in(l->arena, object, elem_size) : l->references;
      for (const ht_ref *end = field + l->first_fields; kind == FIRST_FIELDS ? field < end : references != 0;
           references >>= 1, field++) {
        if (kind != FIRST_FIELDS && !(references & 1)) continue;
        uintptr_t address = (uintptr_t)*field;
        if (!address) continue;
        size_t offset = address - base;
        if (offset >= bytes) {
          mark_word(k, arenas, map, address);
          continue;
        }
        size_t found = go_object_index(size_class, offset);
        if (!set_bit(marks + found / 64 * GO_ARENA_PAGES, found % 64, k->shared)) continue;
        // That it leads to an object's beginning is guessed, so that to follow it waits for no number.
        if (__builtin_expect(found * elem_size != offset, 0)) address = beginning(l, found);
        *top++ = address;
        if (++l->found == DENSE) fetch(l);
      }
      if (top == l->next) break;
    }
}

static __attribute__((noinline)) void look_at_first(struct go_marker *k, struct looking *l, size_t first,
                                                    uint64_t grey) {
  look_at_grey(k, l, first, grey, FIRST_FIELDS);
}

static __attribute__((noinline)) void look_at_some(struct go_marker *k, struct looking *l, size_t first,
                                                   uint64_t grey) {
  look_at_grey(k, l, first, grey, SOME_FIELDS);
}

static __attribute__((noinline)) void look_at_own(struct go_marker *k, struct looking *l, size_t first,
                                                  uint64_t grey) {
  look_at_grey(k, l, first, grey, OWN_FIELDS);
}

static __attribute__((noinline)) void look_at_headed(struct go_marker *k, struct looking *l, size_t first,
                                                     uint64_t grey) {
  for (; grey; grey &= grey - 1) {
    uintptr_t object = beginning(l, first + base_ctz(grey));
    look_at_elements(k, (ht_ref *)(object + GO_HEADER), (l->elem_size - GO_HEADER) / HT_WORD,
                     *(const struct ht_type **)object);
  }
}

static void look_at_span(struct go_marker *k, uintptr_t base) {
  struct go_arena *arena = go_arena_at(&k->heap->arenas, base);
  size_t page = go_arena_page(base);
  const struct go_span *span = atomic_load_explicit(&arena->spans[page], memory_order_relaxed);
  if (go_span_is_large(span)) {
    if (base == span->base) {
      unqueue(k, arena, page);
      take_bits(go_bits_word(arena, GO_GREY, page, 0), k->shared);
    }
    look_at_large(k, base);
    return;
  }
  unqueue(k, arena, page);
  struct looking l;
  l.arena = arena;
  l.base = base;
  l.bytes = span->limit - base;
  l.elem_size = span->elem_size;
  l.size_class = go_span_class_size_class(span->span_class);
  l.marks = go_bits_word(arena, k->map, page, 0);
  l.found = l.first_fields = 0;
  l.references = 0;
  size_t objects = 0;
  void (*look_at)(struct go_marker *, struct looking *, size_t, uint64_t) = look_at_own;
  if (go_span_header(span)) {
    look_at = look_at_headed;
  } else if (span->type != GO_MIXED) {
    l.references = references_of(span->type, l.elem_size / HT_WORD);
    bool first = (l.references & (l.references + 1)) == 0;
    look_at = first ? look_at_first : look_at_some;
    l.first_fields = first ? base_popcount(l.references) : 0;
  }
  for (size_t first = 0; first < span->count; first += 64) {
    uint64_t grey = take_bits(go_bits_word(arena, GO_GREY, page, first / 64), k->shared);
    if (!grey) continue;
    objects += base_popcount(grey);
    look_at(k, &l, first, grey);
  }
  objects += l.found;
  k->objects += objects;
  k->bytes += objects * l.elem_size;
}

static void drain(struct go_marker *k) {
  uintptr_t page;
  while ((page = go_work_get(&k->heap->work, k))) look_at_span(k, page);
}

static void drain_shared(struct go_marker *k) {
  do drain(k);
  while (go_work_steal(&k->heap->work, k));
}

void go_marker_look_at(struct go_marker *k, const struct go_span *span, uintptr_t object) {
  if (go_span_class_noscan(span->span_class)) return;
  if (go_span_is_large(span)) {
    for (size_t start = 0; start < span->limit - span->base; start += OBLET_BYTES)
      look_at_piece(k, span, start);
  } else if (span->type == GO_MIXED) {
    look_at_words(k, (ht_ref *)object, references_in(span->arena, object, span->elem_size));
  } else if (span->type) {
    look_at_words(k, (ht_ref *)object, references_of(span->type, span->elem_size / HT_WORD));
  } else {
    look_at_elements(k, (ht_ref *)(object + GO_HEADER), (span->elem_size - GO_HEADER) / HT_WORD,
                     *(const struct ht_type **)object);
  }
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
    drain(&work->markers[0]);
    return;
  }
  atomic_store(&work->idle, 0);
  atomic_store(&work->running, count);
  atomic_store(&work->helping, count - 1);
  for (unsigned i = 1; i < count; i++) base_unpark(&work->markers[i].wake);
  drain_shared(&work->markers[0]);
  while (atomic_load(&work->helping)) base_park(&work->done);
}

// Spans are perhaps queued that are in no queue.
static bool take_lost(struct go_heap *h, unsigned count) {
  bool lost = false;
  for (unsigned i = 0; i < count; i++) {
    lost |= h->work.markers[i].lost;
    h->work.markers[i].lost = false;
  }
  return lost;
}

static void look_at_lost(void *marker, struct go_span *span) {
  struct go_marker *k = marker;
  if (!(go_page_word_at(span->arena, span->base) & GO_WORD_QUEUED)) return;
  look_at_span(k, span->base);
  drain(k);
}

void go_mark(struct go_heap *h) {
  unsigned count = start_helpers(&h->work);
  for (unsigned i = 0; i < count; i++) prepare(h, &h->work.markers[i], count > 1);
  go_mark_roots(h, &h->work.markers[0]);
  drain_all(h, count);
  while (take_lost(h, count)) go_each_span(h, look_at_lost, &h->work.markers[0]);
  h->marked_bytes = h->marked_objects = 0;
  for (unsigned i = 0; i < count; i++) {
    h->marked_bytes += h->work.markers[i].bytes;
    h->marked_objects += h->work.markers[i].objects;
  }
}
