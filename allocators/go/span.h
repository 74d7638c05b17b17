// Spans: runs of pages that hold objects of one size, or one large object.
//
//   span of class 64 B       base                                            limit
//   +----------------------+  +----+----+----+----+----+----+----+-- --+----+--------+
//   | class, elem_size     |  | 0  | 1  | 2  | 3  | 4  | 5  | 6  | ... |125 | bitmap |
//   | free_index       4 --|--|----|----|----|----^    |    |    |     |    | 128 B  |
//   | alloc_count          |  +----+----+----+----+----+----+----+-- --+----+--------+
//   | allocation bits  --->|     1    0    1    1    0    1    0   ...   0     (in the arena's maps)
//   +----------------------+
//
// Objects below free_index are in use; from it on the allocation bits say which are. A span that a carrier
// allocates from (cache.c) is ahead of its free_index and alloc_count until the carrier gives it back, or is
// asked (go_cache_sync).
//
// Which words are references. A span of objects of up to GO_BITMAP_MOST bytes whose objects all are of one
// type says that type once, in `type`. When another type comes it becomes mixed:
// then a bitmap at its page's end has a bit for each word. Larger objects have a header that names their
// type, and large ones have their span's `type`.
//
// A span is swept once a cycle. With the heap's sweep generation at sg, a span's is
//   sg - 2  to be swept
//   sg - 1  being swept
//   sg      swept
//   sg + 3  swept, and a carrier allocates from it
// and the heap's goes up by 2 when marking is over.
//
// (Go 1.26, runtime/mheap.go, mbitmap.go, mcentral.go.)
#ifndef GO_SPAN_H
#define GO_SPAN_H

#include "allocators/go/arena.h"
#include "allocators/go/classes/size_classes.h"

enum {
  GO_HEADER = sizeof(const struct ht_type *),
  GO_BITMAP_MOST = 512, // bytes of an object whose references a bitmap tells
  GO_BITMAP_BYTES = GO_PAGE_SIZE / HT_WORD / 8,
};

// In place of a type: a bitmap tells.
#define GO_MIXED ((const struct ht_type *)HT_WORD)

enum go_span_state { GO_SPAN_DEAD, GO_SPAN_IN_USE };

struct go_special;

// Their memory is never used for anything else: who looks at a stale one sees a generation that is not its
// own.
struct go_span {
  uintptr_t base, limit; // limit: where the last object ends
  struct go_arena *arena;
  size_t page_count;
  size_t elem_size;    // of an object, with its header; of a large one, whole pages
  uint32_t first_page; // in its arena
  uint32_t count;      // of objects it has room for
  uint32_t free_index, alloc_count;
  uint32_t alloc_count_before; // when a carrier took it
  _Atomic uint32_t sweepgen;
  _Atomic uint8_t state;
  uint8_t span_class;
  uint8_t shard; // of the carrier that had it last
  bool need_zero;
  bool stray; // no set took it
  const struct ht_type *type;
  struct go_special *specials; // by offset and kind
  struct go_span *next;        // of those that are not in use, or of strays
  // For who checks: how many carriers have it, and in how many places it is.
  uint32_t carriers, places;
};

// How an object says which of its words are references.
static inline bool go_class_has_header(unsigned span_class) {
  return !go_span_class_noscan(span_class) && go_class_size[span_class >> 1] > GO_BITMAP_MOST;
}
static inline bool go_class_has_bitmap(unsigned span_class) {
  unsigned size = go_class_size[span_class >> 1];
  return !go_span_class_noscan(span_class) && size && size <= GO_BITMAP_MOST;
}

static inline bool go_span_is_large(const struct go_span *span) {
  return go_span_class_size_class(span->span_class) == 0;
}

// Bytes in front of what the program has of an object.
static inline size_t go_span_header(const struct go_span *span) {
  return go_class_has_header(span->span_class) ? GO_HEADER : 0;
}

// At its end. With bits beside the arena it has none.
static inline size_t go_span_bitmap_bytes(const struct go_span *span) {
  return go_class_has_bitmap(span->span_class) && !span->arena->nibbles ? GO_BITMAP_BYTES : 0;
}

static inline uint64_t *go_span_bitmap(const struct go_span *span) {
  return (uint64_t *)(span->base + GO_PAGE_SIZE - GO_BITMAP_BYTES);
}

static inline uint64_t *go_span_bits(const struct go_span *span, unsigned map, size_t word) {
  return go_bits_word(span->arena, map, span->first_page, word);
}

static inline size_t go_span_index(const struct go_span *span, uintptr_t address) {
  return go_object_index(go_span_class_size_class(span->span_class), address - span->base);
}

static inline uintptr_t go_span_object(const struct go_span *span, size_t index) {
  return span->base + index * span->elem_size;
}

static inline bool go_span_bit(const struct go_span *span, unsigned map, size_t index) {
  return *go_span_bits(span, map, index / 64) >> index % 64 & 1;
}

static inline size_t go_span_bits_count(const struct go_span *span, unsigned map, size_t from) {
  size_t count = 0;
  for (size_t word = from / 64; word * 64 < span->count; word++)
    count += base_popcount(*go_span_bits(span, map, word) & base_bitmap_mask(word, from, span->count));
  return count;
}

#endif
