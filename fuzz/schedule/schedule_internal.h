#ifndef FUZZ_SCHEDULE_SCHEDULE_INTERNAL_H
#define FUZZ_SCHEDULE_SCHEDULE_INTERNAL_H

#include "fuzz/schedule/schedule.h"

// With nothing to say: late stores become visible, who runs goes on, and else the next one that can.
struct simulated_choice schedule_default(const struct simulated_view *view);

// The n-th of the set, from 0.
static inline unsigned schedule_member(uint32_t set, unsigned n) {
  while (n-- > 0) set &= set - 1;
  return (unsigned)__builtin_ctz(set);
}

#endif
