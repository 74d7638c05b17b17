// libFuzzer's mutation hooks, over the mutator of heap programs. HEAPTRIAL_MUTATOR=bytes gives the same
// target with libFuzzer's own mutations, to compare the two; HEAPTRIAL_MUTATOR=none runs the corpus as it is
// over and over, to time the target under the engine.

#include "fuzz/program/program.h"
#include "fuzz/targets/target.h"

#include <stdlib.h>
#include <string.h>

// Another engine that takes these hooks may not have it.
extern __typeof__(LLVMFuzzerMutate) LLVMFuzzerMutate __attribute__((weak));

enum mutation { STRUCTURE, BYTES, NONE };

static enum mutation mutation(void) {
  static int answer = -1;
  if (LLVMFuzzerMutate == NULL) return STRUCTURE;
  if (answer < 0) {
    const char *mutator = getenv("HEAPTRIAL_MUTATOR");
    answer = mutator == NULL                 ? STRUCTURE
             : strcmp(mutator, "bytes") == 0 ? BYTES
             : strcmp(mutator, "none") == 0  ? NONE
                                             : STRUCTURE;
  }
  return (enum mutation)answer;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
  switch (mutation()) {
  case BYTES:
    return LLVMFuzzerMutate(data, size, capacity);
  case NONE:
    return size < capacity ? size : capacity;
  case STRUCTURE:
    break;
  }
  return ht_program_mutate(data, size, capacity, seed);
}

// 0 tells libFuzzer that this crossing gave nothing and to try something else.
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t capacity, unsigned seed) {
  if (mutation() == NONE) return 0;
  if (mutation() == STRUCTURE) return ht_program_cross(one, one_size, other, other_size, out, capacity, seed);
  if (one_size == 0 || other_size == 0) return 0;
  // What libFuzzer's own crossing does: a head of one, a tail of the other.
  size_t head = seed % one_size, from = (seed >> 8) % other_size, tail = other_size - from;
  if (head > capacity) head = capacity;
  if (tail > capacity - head) tail = capacity - head;
  memcpy(out, one, head);
  memcpy(out + head, other + from, tail);
  return head + tail;
}
