#include "fuzz/program/program_internal.h"

#include <string.h>

static size_t smaller(size_t one, size_t other) {
  return one < other ? one : other;
}

// Where ranges of both take turns, their operations meet in the same slots.
static void alternate(struct ht_program *to, const struct ht_program *const from[2],
                      struct ht_random *random) {
  enum { RANGE_MAX = 32 };
  size_t at[2] = {0, 0};
  for (unsigned turn = 0; to->operation_count < HT_OPERATIONS_MAX; turn ^= 1) {
    size_t left = from[turn]->operation_count - at[turn];
    if (left == 0 && from[turn ^ 1]->operation_count == at[turn ^ 1]) break;
    size_t count = smaller(ht_random_between(random, 1, RANGE_MAX),
                           smaller(left, HT_OPERATIONS_MAX - to->operation_count));
    ht_program_append(to, from[turn], at[turn], count);
    at[turn] += count;
  }
}

// The beginning of one and the end of the other.
static void join(struct ht_program *to, const struct ht_program *const from[2], struct ht_random *random) {
  size_t head = ht_random_below(random, (uint32_t)from[0]->operation_count + 1);
  size_t tail = ht_random_below(random, (uint32_t)from[1]->operation_count + 1);
  ht_program_append(to, from[0], 0, head);
  tail = smaller(tail, HT_OPERATIONS_MAX - head);
  ht_program_append(to, from[1], from[1]->operation_count - tail, tail);
}

size_t ht_program_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                        uint8_t *data, size_t capacity, uint64_t seed) {
  if (capacity < HT_HEADER_BYTES) return 0;
  struct ht_random random = {seed};
  struct ht_program programs[2], crossed;
  ht_program_decode(one, one_size, &programs[0]);
  ht_program_decode(other, other_size, &programs[1]);
  unsigned first = ht_random_below(&random, 2);
  const struct ht_program *const from[2] = {&programs[first], &programs[first ^ 1]};

  // Both keep what they need: all their mutators and all their operations.
  crossed.header = from[0]->header;
  crossed.header.disabled &= from[1]->header.disabled;
  if (crossed.header.mutators < from[1]->header.mutators) crossed.header.mutators = from[1]->header.mutators;
  crossed.operation_count = 0;
  (ht_random_once_in(&random, 2) ? alternate : join)(&crossed, from, &random);
  memcpy(crossed.schedule, from[0]->schedule, crossed.header.schedule_length);
  ht_program_fit(&crossed, capacity);
  ht_program_canonicalise(&crossed);
  return ht_program_encode(&crossed, data, capacity);
}
