#include "base/clock.h"

#include <time.h>

enum { NS_PER_SECOND = 1000000000 };

// Cannot fail on Linux: the clocks exist and the address is good.
static uint64_t read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t base_clock_ns(void) {
  return read_clock(CLOCK_MONOTONIC);
}

uint64_t base_clock_thread_ns(void) {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
