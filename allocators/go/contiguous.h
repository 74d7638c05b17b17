// The old address space: spans, bitmap and arena in one reservation, as Go had them before 1.11.
//
//   +-----------+----------------------+------------------------------------------+
//   |   spans   |        bitmap        |                 arena                    |
//   +-----------+----------------------+------------------------------------------+
//    8 B a page   2 bits a word, a      start      used -->
//    used -->     byte for four words
//                            <-- used
//
// With 512 GB of arena they are 512 MB and 16 GB. Whether an address is in the heap is one comparison, and
// where its span and its bits are is arithmetic. The price is that memory lies in one place, and that bits of
// different objects share a byte.
//
// The bitmap runs backwards: the byte of word w of the arena lies w / 4 + 1 before the start. Its low half
// has a bit for each of four words that is a reference, its high half one that says whether the object has a
// reference at that word or behind it. It is what tells the references of objects of up to GO_BITMAP_MOST
// bytes; there is no bitmap at the end of their spans then. Free memory has no bit set.
//
// All three are committed as `used` grows, the arena last: what is known to be in the heap has its bits.
//
// (Go 1.8, runtime/malloc.go, mbitmap.go.)
#ifndef GO_CONTIGUOUS_H
#define GO_CONTIGUOUS_H

#include "allocators/go/arena.h"

enum { GO_NIBBLE_WORDS = 4 }; // of a byte of the bitmap

// Reserves for so many bytes of arena, a multiple of an arena's. False: refused.
bool go_contiguous_init(struct go_arenas *arenas, size_t bytes);
void go_contiguous_finish(struct go_arenas *arenas);

// As go_arenas_grow.
uintptr_t go_contiguous_grow(struct go_arenas *arenas, size_t bytes);

// The byte of a word that is `word` words behind the arena's start.
static inline uint8_t *go_nibbles(const struct go_arena *arena, size_t word) {
  return arena->nibbles - word / GO_NIBBLE_WORDS - 1;
}

static inline bool go_nibble_is_reference(const struct go_arena *arena, size_t word) {
  return *go_nibbles(arena, word) >> word % GO_NIBBLE_WORDS & 1;
}
static inline bool go_nibble_has_more(const struct go_arena *arena, size_t word) {
  return *go_nibbles(arena, word) >> (word % GO_NIBBLE_WORDS + GO_NIBBLE_WORDS) & 1;
}

// All bits of a slot: those of an object of so many bytes of this type, and none behind it.
void go_nibbles_write(const struct go_arena *arena, uintptr_t slot, size_t slot_bytes,
                      const struct ht_type *type, size_t bytes);
void go_nibbles_clear(const struct go_arena *arena, uintptr_t slot, size_t slot_bytes);
// Has any word of these a bit?
bool go_nibbles_any(const struct go_arena *arena, uintptr_t start, size_t bytes);

static inline void go_nibble_set(const struct go_arena *arena, size_t word, bool reference, bool more) {
  uint8_t *byte = go_nibbles(arena, word);
  unsigned at = word % GO_NIBBLE_WORDS;
  unsigned others = *byte & ~(0x11u << at);
  *byte = (uint8_t)(others | (unsigned)reference << at | (unsigned)more << (at + GO_NIBBLE_WORDS));
}

#endif
