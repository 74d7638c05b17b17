#include "allocators/go/examine.h"

#include "allocators/go/specials.h"
#include "allocators/go/visit.h"

void go_examine_take(struct go_heap *h, const struct go_cached *cached) {
  if (!go_is_examined(h)) return;
  const struct go_span *span = cached->span;
  uint32_t is = atomic_load_explicit(&span->sweepgen, memory_order_relaxed), sweepgen = go_sweepgen(h);
  size_t index = cached->group_index + base_ctz(cached->free);
  EXAMINE(&h->examination, GOA_12,
          is == sweepgen + 3 && index < span->count && !go_span_bit(span, go_map_of(sweepgen), index),
          "object %zu is taken out of span %p of generation %u, the heap's is %u", index, (void *)span->base,
          is, sweepgen);
}

// The smallest class: the next smaller one would not do.
static void examine_class(struct go_heap *h, const struct go_span *span, size_t bytes) {
  size_t size_class = go_span_class_size_class(span->span_class), need = bytes + go_span_header(span);
  EXAMINE(&h->examination, GOA_2, need <= span->elem_size && need > go_class_size[size_class - 1],
          "an object of %zu bytes has a slot of %zu", need, span->elem_size);
}

static void examine_tiny(struct go_heap *h, struct ht_carrier *c, const struct go_span *span,
                         uintptr_t object, size_t bytes) {
  uint32_t is = atomic_load_explicit(&span->sweepgen, memory_order_relaxed);
  size_t index = go_span_index(span, object), offset = object - go_span_object(span, index);
  // What was there when the span was swept has its allocation bit; what was taken is below the free index.
  bool swept = is == go_sweepgen(h) || is == go_sweepgen(h) + 3;
  struct go_cached *cached = &c->cached[span->span_class];
  if (cached->span == span) go_cache_sync(h, cached);
  bool fresh = swept && !go_span_bit(span, go_map_of(go_sweepgen(h)), index) && index < span->free_index;
  EXAMINE(&h->examination, GOA_19,
          span->elem_size == GO_TINY && go_span_class_noscan(span->span_class) && offset + bytes <= GO_TINY &&
              fresh,
          "a tiny object of %zu bytes lies at %zu in a block of %zu, %s, in a span of generation %u", bytes,
          offset, span->elem_size, fresh ? "new" : "old", is);
}

struct typing {
  struct go_heap *heap;
  const struct ht_type *type;
  ht_ref *object;
  size_t bytes, references;
};

static void see_word(void *context, ht_ref *word) {
  struct typing *t = context;
  size_t at = (size_t)(word - t->object);
  bool within = at < t->bytes / HT_WORD;
  t->references += within;
  // Behind the object's elements there may be more of the type's pattern, with nothing in them.
  EXAMINE(&t->heap->examination, GOG_5,
          within ? ht_type_is_reference_field(t->type, t->object, word) : *word == NULL,
          "word %zu of an object of %zu bytes of type %s counts as a reference", at, t->bytes, t->type->name);
}

static void examine_type(struct go_heap *h, const struct go_span *span, uintptr_t object,
                         const struct ht_type *type, size_t bytes) {
  struct typing t = {h, type, (ht_ref *)object, bytes, 0};
  go_each_reference(span, object - go_span_header(span), see_word, &t);
  size_t expected = bytes / type->size * type->references;
  EXAMINE(&h->examination, GOG_5, t.references == expected,
          "%zu words of an object of %zu bytes of type %s count as references", t.references, bytes,
          type->name);
}

struct summing {
  uintptr_t slot;
  uint64_t sum;
};

static void add_word(void *context, ht_ref *word) {
  struct summing *s = context;
  s->sum = (s->sum ^ ((uintptr_t)word - s->slot)) * 0x9e3779b97f4a7c15u;
}

uint64_t go_examine_others(struct go_heap *h, const struct go_span *span, uintptr_t slot) {
  struct summing s = {slot, 0};
  if (!go_is_examined(h)) return 0;
  for (size_t i = 0; i < span->count; i++)
    if (go_span_object(span, i) != slot) go_each_reference(span, go_span_object(span, i), add_word, &s);
  return s.sum;
}

void go_examine_written(struct go_heap *h, const struct go_span *span, uintptr_t slot, uint64_t others) {
  if (!go_is_examined(h)) return;
  EXAMINE(&h->examination, GOG_5, go_examine_others(h, span, slot) == others,
          "what is a reference was noted for the object in slot %p, and of another one too", (void *)slot);
}

void go_examine_new(struct go_heap *h, struct ht_carrier *c, const char *object, const struct ht_type *type,
                    size_t bytes, size_t alignment) {
  if (!go_is_examined(h) || bytes == 0) return;
  uintptr_t address = (uintptr_t)object;
  const struct go_span *span = go_span_of(h, address);
  if (go_span_is_large(span)) {
    EXAMINE(&h->examination, GOA_21,
            address == span->base && span->count == 1 &&
                span->page_count == (bytes + GO_PAGE_SIZE - 1) >> GO_PAGE_SHIFT,
            "a large object of %zu bytes lies at %p in a span of %zu pages at %p", bytes, (void *)object,
            span->page_count, (void *)span->base);
  } else if (!type->references && bytes < GO_TINY && alignment <= GO_ALIGNMENT) {
    examine_tiny(h, c, span, address, bytes);
  } else if (alignment <= GO_ALIGNMENT) {
    examine_class(h, span, bytes);
  }
  uintptr_t slot = go_span_object(span, go_span_index(span, address));
  EXAMINE(&h->examination, GOG_7,
          slot <= address && go_span_of(h, address + bytes - 1) == span &&
              go_span_index(span, address) == go_span_index(span, address + bytes - 1),
          "the ends of an object of %zu bytes at %p find different ones", bytes, (void *)object);
  if (type->references) examine_type(h, span, address, type, bytes);
}

void go_examine_fresh(struct go_heap *h, uintptr_t base, size_t bytes) {
  if (!go_is_examined(h)) return;
  const uint64_t *word = (const uint64_t *)base, *end = (const uint64_t *)(base + bytes);
  while (word < end && !*word) word++;
  EXAMINE(&h->examination, GOA_30, word == end, "pages from %p on were never used, and are not zero at %p",
          (void *)base, (const void *)word);
}

void go_examine_sweep(struct go_heap *h, const struct go_span *span, bool freed) {
  if (!go_is_examined(h)) return;
  unsigned map = go_map_of(go_sweepgen(h));
  size_t marked = go_span_bits_count(span, map, 0), left = go_span_bits_count(span, 1 - map, 0);
  EXAMINE(&h->examination, GOA_14, marked == span->alloc_count && span->free_index == 0 && left == 0,
          "span %p was swept with %zu marks to %u objects from %u on, and %zu of the next marks are set",
          (void *)span->base, marked, span->alloc_count, span->free_index, left);
  if (span->arena->nibbles && go_class_has_bitmap(span->span_class)) go_examine_swept_nibbles(h, span);
  EXAMINE(&h->examination, GOA_32, !freed || marked == 0,
          "span %p is freed, and %zu of its objects are marked", (void *)span->base, marked);
}

struct holding {
  struct go_heap *heap;
  uintptr_t object;
  bool whole;
};

static void see_held(void *context, ht_ref *word) {
  struct holding *holding = context;
  const struct go_span *span = *word ? go_span_of(holding->heap, (uintptr_t)*word) : NULL;
  if (span) holding->whole &= go_span_has(holding->heap, span, go_span_index(span, (uintptr_t)*word));
}

static bool has_weak(const struct go_span *span, size_t index) {
  for (const struct go_special *special = span->specials; special; special = special->next)
    if (special->kind == GO_SPECIAL_WEAK && go_span_index(span, span->base + special->offset) == index)
      return true;
  return false;
}

void go_examine_revived(struct go_heap *h, const struct go_span *span, uintptr_t slot, unsigned marks) {
  if (!go_is_examined(h)) return;
  struct holding holding = {h, slot, true};
  size_t index = go_span_index(span, slot);
  bool marked = go_span_bit(span, marks, index);
  go_each_reference(span, slot, see_held, &holding);
  EXAMINE(&h->examination, GOG_8, marked && holding.whole,
          "object %p has a finalizer that is due, is %s, and what it holds is %s", (void *)slot,
          marked ? "marked" : "not marked", holding.whole ? "there" : "gone");
  EXAMINE(&h->examination, GOG_9, !has_weak(span, index),
          "the finalizer of object %p is due, and weak references from before still give it", (void *)slot);
}

void go_examine_finalizer(struct go_heap *h, uintptr_t object) {
  if (!go_is_examined(h)) return;
  base_list_each(link, &h->due) {
    const struct go_due *due = base_container_of(link, struct go_due, link);
    bool clear = due->finalizes || base_container_of(due, struct ht_weak, due)->object == 0;
    EXAMINE(&h->examination, GOG_9, clear,
            "a weak reference is due, and the finalizer of %p runs before it is clear", (void *)object);
  }
}

static void examine_swept(void *context, struct go_span *span) {
  struct go_heap *h = context;
  uint32_t is = atomic_load_explicit(&span->sweepgen, memory_order_relaxed);
  EXAMINE(&h->examination, GOA_10, is == go_sweepgen(h),
          "a cycle begins, span %p is of generation %u and the heap of %u", (void *)span->base, is,
          go_sweepgen(h));
}

void go_examine_swept(struct go_heap *h) {
  if (!go_is_examined(h)) return;
  EXAMINE(&h->examination, GOG_13, go_sweep_is_done(h), "a cycle begins, and sweeping is not over");
  go_each_span(h, examine_swept, h);
}
