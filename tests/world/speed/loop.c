// Compiled twice: LOOP is the name.
#include "tests/world/speed/loop.h"

#include <stdatomic.h>

static uint64_t one[LOOP_WORDS], other[LOOP_WORDS];
static _Atomic uint64_t passed;

uint64_t LOOP(uint64_t passes) {
  while (passes-- > 0) {
    // Each waits for the one before: no vectors.
    for (unsigned i = 1; i < LOOP_WORDS; i++) other[i] = one[i] ^ (other[i - 1] * 3);
    atomic_fetch_add_explicit(&passed, 1, memory_order_relaxed);
  }
  return other[LOOP_WORDS - 1];
}
