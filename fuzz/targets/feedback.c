// Feedback from the oracle, through ordinary coverage, for heaps that may not be instrumented themselves.
//
// This file is compiled with the engine's instrumentation, so each case below is an edge, whatever engine it
// is; an invariant that was evaluated twice as often in one program as ever before is news to it.

#include "fuzz/oracle/invariants.h"
#include "fuzz/targets/target.h"

#include <string.h>

static volatile unsigned sink; // so that no two cases are the same

#define BUCKET(n) \
  case n:         \
    sink = n;     \
    break;

// One function an invariant, one edge a power of two.
#define INVARIANT(symbol, name, phase, sentence)                                                             \
  static __attribute__((noinline)) void feedback_##symbol(uint64_t evaluations) {                            \
    switch (64 - __builtin_clzll(evaluations)) {                                                             \
      BUCKET(1)                                                                                              \
      BUCKET(2)                                                                                              \
      BUCKET(3)                                                                                              \
      BUCKET(4) BUCKET(5) BUCKET(6) BUCKET(7) BUCKET(8) BUCKET(9) BUCKET(10) BUCKET(11) default : sink = 12; \
    }                                                                                                        \
  }
#include "fuzz/oracle/invariants.def"
#undef INVARIANT

static void (*const feedback[HT_INVARIANTS])(uint64_t) = {
#define INVARIANT(symbol, name, phase, sentence) feedback_##symbol,
#include "fuzz/oracle/invariants.def"
#undef INVARIANT
};

void ht_target_feedback(const uint64_t *evaluations) {
  static uint64_t before[HT_INVARIANTS];
  for (size_t i = 0; i < HT_INVARIANTS; i++)
    if (evaluations[i] != before[i]) feedback[i](evaluations[i] - before[i]);
  memcpy(before, evaluations, sizeof before);
}
