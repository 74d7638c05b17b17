// AFL++'s custom-mutator interface, over the mutator of heap programs: a library that afl-fuzz loads.

#include "fuzz/program/program.h"
#include "fuzz/program/random.h"

#include <stdlib.h>
#include <string.h>

// The interface of AFL++ 4: the types of the first arguments are its own and not needed here.
void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t capacity);
void afl_custom_deinit(void *mutator);

struct mutator {
  struct ht_random random;
  uint8_t bytes[HT_PROGRAM_BYTES_MAX];
};

// One in so many joins two programs instead of changing one; libFuzzer's own share is about the same.
enum { CROSS_PERIOD = 8 };

void *afl_custom_init(void *afl, unsigned seed) {
  (void)afl;
  struct mutator *mutator = malloc(sizeof *mutator);
  if (mutator != NULL) mutator->random.state = seed;
  return mutator;
}

size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t capacity) {
  struct mutator *mutator = state;
  if (capacity > sizeof mutator->bytes) capacity = sizeof mutator->bytes;
  if (size > capacity) size = capacity;
  *out = mutator->bytes;
  uint64_t seed = ht_random_next(&mutator->random);
  if (other != NULL && other_size != 0 && seed % CROSS_PERIOD == 0)
    return ht_program_cross(data, size, other, other_size, mutator->bytes, capacity, seed / CROSS_PERIOD);
  memcpy(mutator->bytes, data, size);
  return ht_program_mutate(mutator->bytes, size, capacity, seed / CROSS_PERIOD);
}

void afl_custom_deinit(void *mutator) {
  free(mutator);
}
