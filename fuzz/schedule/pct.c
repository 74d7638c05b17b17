// Probabilistic concurrency testing.
#include "fuzz/schedule/schedule_internal.h"

// Priorities that are drawn lie above this one, the i-th change of priority is to i below it, whenever it
// comes: which of two that fell behind goes first is open, as the bound wants it. Who offers falls behind
// all.
enum { LOWEST_DRAWN = 1 << 20 };

void ht_pct_begin(struct ht_pct *pct, uint64_t seed, unsigned depth, uint64_t steps) {
  *pct = (struct ht_pct){.random = {seed}, .depth = depth, .lowest = LOWEST_DRAWN - HT_PCT_DEPTH_MAX};
  for (unsigned i = 0; i + 1 < depth && i < HT_PCT_DEPTH_MAX - 1; i++)
    pct->changes[i] = 1 + ht_random_below(&pct->random, steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX);
}

static uint32_t priority(struct ht_pct *pct, unsigned of) {
  if (!pct->priorities[of])
    pct->priorities[of] = LOWEST_DRAWN + 1 + (uint32_t)(ht_random_next(&pct->random) >> 33);
  return pct->priorities[of];
}

struct simulated_choice ht_pct_choose(void *context, const struct simulated_view *view) {
  struct ht_pct *pct = context;
  pct->step++;
  for (unsigned i = 0; i + 1 < pct->depth; i++)
    if (pct->changes[i] == pct->step) pct->priorities[pct->last] = LOWEST_DRAWN - i;
  // Who offers waits for others.
  if (!view->stays && view->runnable >> view->current & 1) pct->priorities[view->current] = --pct->lowest;
  struct simulated_choice best = {0, 0};
  uint32_t most = 0;
  for (uint32_t left = view->runnable; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if (priority(pct, f) <= most) continue;
    most = priority(pct, f);
    best = (struct simulated_choice){(uint8_t)f, 0};
  }
  for (uint32_t left = view->late; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if (priority(pct, SIMULATED_FIBERS + f) <= most) continue;
    most = priority(pct, SIMULATED_FIBERS + f);
    best = (struct simulated_choice){(uint8_t)f,
                                     (uint8_t)(1 + ht_random_below(&pct->random, simulated_late(f)))};
  }
  pct->last = best.fiber + (best.late ? SIMULATED_FIBERS : 0);
  return best;
}
