// Address space: heap arenas of 64 MB, and the map that finds what belongs to an address.
//
//   address   47        26 25       13 12      0
//             +-----------+-----------+--------+
//             | arena     | page      |        |
//             +-----------+-----------+--------+
//                 |             |
//                 v             v
//   map[4 Mi] --> go_arena: pages[8192]  a word each: the span's class, and which of its pages this is
//                           spans[8192]  the span
//                           bits         two bits for every object, see below
//
// Go's map has two levels of which the first has one entry on this machine; it is this one. Memory of an
// arena is committed from its start on, in units of a chunk of the page allocator, as the heap grows; what
// was never handed out is zero (`zeroed`).
//
// Bits. Two maps lie beside an arena, with a bit for each object of a span, found by its span's first page
// and its number. They take turns: one says which objects were alive when their span was swept last
// (allocation bits), the other takes the marks of the cycle that comes or has just been. Sweeping a span
// makes its marks its allocation bits by clearing the other map; so the two change roles for all spans at
// once when the sweep generation goes up (go_map_of). A third map has marking's grey objects;
// it is empty otherwise. A page has room for 1024 bits, the most that a span has objects, and a map is a
// table of words: first the first 64 bits of every page, then the second 64 of every page. So where a bit is
// takes few instructions, the bits of large objects lie close together, and most of a map is never touched:
//
//   page    0      1      2   ... 8191    0      1      2   ... 8191    0  ...
//       +------+------+------+--+------+------+------+------+--+------+------+--
//   bit |   0  |   0  |   0  |  |   0  |  64  |  64  |  64  |  |  64  | 128  |
//       +------+------+------+--+------+------+------+------+--+------+------+--
#ifndef GO_ARENA_H
#define GO_ARENA_H

#include "allocators/common/pages.h"
#include "allocators/go/classes/size_classes.h"
#include "allocators/go/pages/page_alloc.h"
#include "base/bits.h"

#include <heaptrial/types.h>

#include <stdatomic.h>
#include <stdint.h>

struct go_span;

enum {
  GO_ARENA_SHIFT = 26,
  GO_ARENA_PAGES = 1 << (GO_ARENA_SHIFT - GO_PAGE_SHIFT),
  GO_ARENA_MAP_ENTRIES = 1 << (GO_ADDRESS_BITS - GO_ARENA_SHIFT),
  GO_SPAN_BITS = 1024, // objects of a span at most
  GO_GREY = 2,         // of the maps: objects that are marked and were not looked at
  GO_MAPS,
  // The word of a page. 0: it is in no span that is in use.
  GO_WORD_CLASS = 255, // two more than the span class
  GO_WORD_OFFSET_SHIFT = 8,
  GO_WORD_FAR = 63,         // the page lies further from its span's first one than the word can say
  GO_WORD_FIRST = 1 << 14,  // it is the first of a span of small objects
  GO_WORD_QUEUED = 1 << 15, // of a span's first page: a marker will look at its grey objects
};
#define GO_ARENA_BYTES ((size_t)1 << GO_ARENA_SHIFT)

struct go_arena {
  uintptr_t base;
  _Atomic uintptr_t zeroed; // what lies from here on was never handed out
  size_t committed;         // bytes from base on
  size_t reserved;          // of the reservation that begins with this arena; 0: it lies within another's
  struct go_arena *next;    // in the order in which they came
  uint64_t *maps[GO_MAPS];  // the bits
  _Atomic uint16_t pages[GO_ARENA_PAGES];
  struct go_span *_Atomic *spans; // of each page: own_spans, or a part of a table of all
  uint8_t *nibbles; // bits of its words, backwards from here (contiguous.h); NULL: there are none
  _Atomic uint64_t in_use[GO_ARENA_PAGES / 64];   // first pages of spans in use
  _Atomic uint64_t specials[GO_ARENA_PAGES / 64]; // first pages of spans with specials
  struct go_span *_Atomic own_spans[];
};

struct go_contiguous {
  void *reservation; // NULL: arenas are reserved one by one
  uintptr_t start;   // of the arena
  size_t bytes, used;
  struct go_span *_Atomic *spans;
  size_t spans_committed, bitmap_committed;
};

struct go_arenas {
  struct go_contiguous contiguous;
  struct pages *memory;
  struct go_arena *_Atomic *map; // reserved whole; a page of it is committed once an arena needs it
  uint64_t map_committed[GO_ARENA_MAP_ENTRIES * sizeof(void *) / HT_PAGE_SIZE / 64];
  struct go_arena *first, *last;
  size_t count;
};

// `contiguous`: bytes of address space that all arenas lie in; 0: each is reserved as it is needed.
bool go_arenas_init(struct go_arenas *arenas, struct pages *memory, size_t contiguous);
// Gives all back, the memory of the arenas too.
void go_arenas_finish(struct go_arenas *arenas);

// The map can be asked for this address.
bool go_arenas_reach(struct go_arenas *arenas, uintptr_t address);

// So many bytes more, a multiple of a chunk, committed and known to the map, in an arena that has room or in
// new ones. Returns where they begin; 0: refused, and nothing has changed that is not used later.
uintptr_t go_arenas_grow(struct go_arenas *arenas, size_t bytes);

// The arena of an address that is no more than GO_ADDRESS_BITS long; NULL: none.
static inline struct go_arena *go_arena_at(const struct go_arenas *arenas, uintptr_t address) {
  return atomic_load_explicit(&arenas->map[address >> GO_ARENA_SHIFT], memory_order_relaxed);
}

// The same of any address: is its part of the map there?
struct go_arena *go_arena_of(const struct go_arenas *arenas, uintptr_t address);

static inline size_t go_arena_page(uintptr_t address) {
  return address >> GO_PAGE_SHIFT & (GO_ARENA_PAGES - 1);
}

static inline uint16_t go_page_word(size_t span_class, size_t offset) {
  size_t far = offset < GO_WORD_FAR ? offset : GO_WORD_FAR;
  bool first = offset == 0 && go_span_class_size_class((unsigned)span_class) != 0;
  return (uint16_t)((first ? GO_WORD_FIRST : far << GO_WORD_OFFSET_SHIFT) | (span_class + 2));
}

static inline unsigned go_page_word_class(uint16_t word) {
  return (word & GO_WORD_CLASS) - 2u;
}
// The number of an object by its offset from that page's beginning, where the span begins.
static inline size_t go_page_word_index(uint16_t word, size_t offset) {
  return (size_t)((uint64_t)offset * go_span_class_magic[word & GO_WORD_CLASS] >> 32);
}

static inline uint16_t go_page_word_at(const struct go_arena *arena, uintptr_t address) {
  return atomic_load_explicit(&arena->pages[go_arena_page(address)], memory_order_relaxed);
}

// The word of a map that has bits [64 * word, 64 * word + 64) of the span whose first page is `page`.
static inline uint64_t *go_bits_word(const struct go_arena *arena, unsigned map, size_t page, size_t word) {
  return &arena->maps[map][word * GO_ARENA_PAGES + page];
}

// Words of bits are read by who does not own the span, too.
static inline uint64_t go_bits_load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
static inline void go_bits_store(uint64_t *word, uint64_t bits) {
  __atomic_store_n(word, bits, __ATOMIC_RELAXED);
}

static inline bool go_page_set_test(const _Atomic uint64_t *set, size_t page) {
  return atomic_load_explicit(&set[page / 64], memory_order_relaxed) >> page % 64 & 1;
}

static inline void go_page_set_add(_Atomic uint64_t *set, size_t page) {
  atomic_fetch_or_explicit(&set[page / 64], (uint64_t)1 << page % 64, memory_order_relaxed);
}

static inline void go_page_set_remove(_Atomic uint64_t *set, size_t page) {
  atomic_fetch_and_explicit(&set[page / 64], ~((uint64_t)1 << page % 64), memory_order_relaxed);
}

#endif
