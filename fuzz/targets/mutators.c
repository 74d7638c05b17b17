// libFuzzer's mutation hooks, over the mutator of heap programs. HEAPTRIAL_MUTATOR=bytes gives the same
// target with libFuzzer's own mutations, to compare the two.

#include "fuzz/program/program.h"
#include "fuzz/targets/target.h"

#include <stdlib.h>
#include <string.h>

// Another engine that takes these hooks may not have it.
extern __typeof__(LLVMFuzzerMutate) LLVMFuzzerMutate __attribute__((weak));

static bool mutates_bytes(void) {
  static int answer = -1;
  if (LLVMFuzzerMutate == NULL) return false;
  if (answer < 0) {
    const char *mutator = getenv("HEAPTRIAL_MUTATOR");
    answer = mutator != NULL && strcmp(mutator, "bytes") == 0;
  }
  return answer;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
  if (mutates_bytes()) return LLVMFuzzerMutate(data, size, capacity);
  return ht_program_mutate(data, size, capacity, seed);
}

// 0 tells libFuzzer that this crossing gave nothing and to try something else.
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t capacity, unsigned seed) {
  if (!mutates_bytes()) return ht_program_cross(one, one_size, other, other_size, out, capacity, seed);
  if (one_size == 0 || other_size == 0) return 0;
  // What libFuzzer's own crossing does: a head of one, a tail of the other.
  size_t head = seed % one_size, from = (seed >> 8) % other_size, tail = other_size - from;
  if (head > capacity) head = capacity;
  if (tail > capacity - head) tail = capacity - head;
  memcpy(out, one, head);
  memcpy(out + head, other + from, tail);
  return head + tail;
}
