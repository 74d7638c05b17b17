// Bits against loops that look at one bit at a time.

#include "base/bits.h"

#include "base/check.h"

enum { BITS = 200, WORDS = 4 };

static void test_words(void) {
  for (unsigned n = 0; n < 64; n++) {
    uint64_t power = (uint64_t)1 << n;
    CHECK(base_ctz(power) == n && base_clz(power) == 63 - n && base_is_power_of_two(power));
    CHECK(base_log2_floor(power) == n && base_log2_ceil(power) == n);
    CHECK(base_power_of_two_ceil(power) == power);
    CHECK(base_popcount(power - 1) == n);
    if (n >= 2) { // below 4, one less or more is a power of two again
      CHECK(!base_is_power_of_two(power - 1));
      CHECK(!base_is_power_of_two(power + 1));
      CHECK(base_log2_floor(power - 1) == n - 1 && base_log2_ceil(power - 1) == n);
      CHECK(base_log2_floor(power + 1) == n && base_log2_ceil(power + 1) == n + 1);
      CHECK(base_power_of_two_ceil(power - 1) == power);
    }
  }
  CHECK(!base_is_power_of_two(0));
  for (size_t value = 0; value < 100; value++) {
    CHECK(base_round_up(value, 16) == (value + 15) / 16 * 16);
    CHECK(base_round_down(value, 16) == value / 16 * 16);
    CHECK(base_bitmap_words(value) * 64 >= value && base_bitmap_words(value) * 64 < value + 64);
  }
}

static size_t slow_find(const uint64_t *map, size_t first, size_t end, bool set) {
  for (size_t bit = first; bit < end; bit++)
    if (base_bitmap_test(map, bit) == set) return bit;
  return end;
}

static void check_ranges(const uint64_t *map) {
  for (size_t first = 0; first <= BITS; first++) {
    size_t count = 0;
    for (size_t end = first; end <= BITS; end++) {
      CHECK(base_bitmap_count(map, first, end) == count);
      CHECK(base_bitmap_find_set(map, first, end) == slow_find(map, first, end, true));
      CHECK(base_bitmap_find_clear(map, first, end) == slow_find(map, first, end, false));
      count += end < BITS && base_bitmap_test(map, end);
    }
  }
}

static void test_bitmaps(void) {
  uint64_t map[WORDS] = {0};
  check_ranges(map);
  for (size_t bit = 0; bit < BITS; bit += 7) base_bitmap_set(map, bit);
  for (size_t bit = 0; bit < BITS; bit++) CHECK(base_bitmap_test(map, bit) == (bit % 7 == 0));
  check_ranges(map);
  for (size_t bit = 0; bit < BITS; bit += 14) base_bitmap_clear(map, bit);
  for (size_t bit = 0; bit < BITS; bit++) CHECK(base_bitmap_test(map, bit) == (bit % 14 == 7));

  for (size_t first = 0; first <= BITS; first += 3)
    for (size_t end = first; end <= BITS; end++) {
      uint64_t filled[WORDS] = {0}, emptied[WORDS];
      for (size_t word = 0; word < WORDS; word++) emptied[word] = ~(uint64_t)0;
      base_bitmap_set_range(filled, first, end);
      base_bitmap_clear_range(emptied, first, end);
      for (size_t bit = 0; bit < 64 * WORDS; bit++) {
        CHECK(base_bitmap_test(filled, bit) == (bit >= first && bit < end));
        CHECK(base_bitmap_test(emptied, bit) == !(bit >= first && bit < end));
      }
    }
}

int main(void) {
  test_words();
  test_bitmaps();
  return 0;
}
