// Counting and searching bits, rounding to powers of two, and bitmaps.
//
// A bitmap is an array of 64-bit words that its owner provides; bit i is bit i % 64 of word i / 64. Functions
// over a range [first, end) work word by word. Nothing here is atomic.
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE_WORD_BITS ((size_t)64)

// Zero bits below the lowest and above the highest one bit; `word` is not 0.
static inline unsigned base_ctz(uint64_t word) {
  return (unsigned)__builtin_ctzll(word);
}
static inline unsigned base_clz(uint64_t word) {
  return (unsigned)__builtin_clzll(word);
}

static inline unsigned base_popcount(uint64_t word) {
  return (unsigned)__builtin_popcountll(word);
}

static inline bool base_is_power_of_two(uint64_t value) {
  return value && !(value & (value - 1));
}

// The largest n with 2^n <= value, and the smallest with 2^n >= value; `value` is not 0.
static inline unsigned base_log2_floor(uint64_t value) {
  return 63 - base_clz(value);
}
static inline unsigned base_log2_ceil(uint64_t value) {
  return value > 1 ? 64 - base_clz(value - 1) : 0;
}

// The smallest power of two >= value; `value` is 1 to 2^63.
static inline uint64_t base_power_of_two_ceil(uint64_t value) {
  return (uint64_t)1 << base_log2_ceil(value);
}

// To a multiple of `unit`, a power of two. Rounding up wraps around within `unit` of the type's end.
static inline size_t base_round_up(size_t value, size_t unit) {
  return (value + unit - 1) & ~(unit - 1);
}
static inline size_t base_round_down(size_t value, size_t unit) {
  return value & ~(unit - 1);
}

// Words that a bitmap of `bits` needs.
static inline size_t base_bitmap_words(size_t bits) {
  return (bits + BASE_WORD_BITS - 1) / BASE_WORD_BITS;
}

static inline bool base_bitmap_test(const uint64_t *map, size_t bit) {
  return map[bit / BASE_WORD_BITS] >> (bit % BASE_WORD_BITS) & 1;
}

static inline void base_bitmap_set(uint64_t *map, size_t bit) {
  map[bit / BASE_WORD_BITS] |= (uint64_t)1 << (bit % BASE_WORD_BITS);
}

static inline void base_bitmap_clear(uint64_t *map, size_t bit) {
  map[bit / BASE_WORD_BITS] &= ~((uint64_t)1 << (bit % BASE_WORD_BITS));
}

// The bits of word number `word` that lie in [first, end).
static inline uint64_t base_bitmap_mask(size_t word, size_t first, size_t end) {
  size_t start = word * BASE_WORD_BITS;
  uint64_t mask = ~(uint64_t)0;
  if (end <= start || first >= start + BASE_WORD_BITS || first >= end) return 0;
  if (first > start) mask &= ~(uint64_t)0 << (first - start);
  if (end < start + BASE_WORD_BITS) mask &= ~(~(uint64_t)0 << (end - start));
  return mask;
}

static inline void base_bitmap_set_range(uint64_t *map, size_t first, size_t end) {
  for (size_t word = first / BASE_WORD_BITS; word * BASE_WORD_BITS < end; word++)
    map[word] |= base_bitmap_mask(word, first, end);
}

static inline void base_bitmap_clear_range(uint64_t *map, size_t first, size_t end) {
  for (size_t word = first / BASE_WORD_BITS; word * BASE_WORD_BITS < end; word++)
    map[word] &= ~base_bitmap_mask(word, first, end);
}

// How many bits of [first, end) are set.
static inline size_t base_bitmap_count(const uint64_t *map, size_t first, size_t end) {
  size_t count = 0;
  for (size_t word = first / BASE_WORD_BITS; word * BASE_WORD_BITS < end; word++)
    count += base_popcount(map[word] & base_bitmap_mask(word, first, end));
  return count;
}

// The first set, or clear, bit of [first, end); `end` when there is none.
static inline size_t base_bitmap_find_set(const uint64_t *map, size_t first, size_t end) {
  for (size_t word = first / BASE_WORD_BITS; word * BASE_WORD_BITS < end; word++) {
    uint64_t found = map[word] & base_bitmap_mask(word, first, end);
    if (found) return word * BASE_WORD_BITS + base_ctz(found);
  }
  return end;
}

static inline size_t base_bitmap_find_clear(const uint64_t *map, size_t first, size_t end) {
  for (size_t word = first / BASE_WORD_BITS; word * BASE_WORD_BITS < end; word++) {
    uint64_t found = ~map[word] & base_bitmap_mask(word, first, end);
    if (found) return word * BASE_WORD_BITS + base_ctz(found);
  }
  return end;
}

#endif
