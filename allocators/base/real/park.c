#include "base/park.h"

#include "base/real/futex.h"

enum { NO_PERMIT = 0, PERMIT = 1, ASLEEP = 2 };
enum { NS_PER_SECOND = 1000000000 };

void base_parker_init(struct base_parker *parker) {
  atomic_init(&parker->permit, NO_PERMIT);
}

// Takes the permit if there is one. Always by an acquiring read-modify-write: each unpark before it
// continues the same release sequence, so the writes of all of them are visible.
static bool take(struct base_parker *parker) {
  uint32_t expected = PERMIT;
  return atomic_compare_exchange_strong_explicit(&parker->permit, &expected, NO_PERMIT, memory_order_acquire,
                                                 memory_order_relaxed);
}

// Announces a sleeper. false: a permit has come in between.
static bool announce(struct base_parker *parker) {
  uint32_t expected = NO_PERMIT;
  return atomic_compare_exchange_strong_explicit(&parker->permit, &expected, ASLEEP, memory_order_relaxed,
                                                 memory_order_relaxed) ||
         expected == ASLEEP;
}

void base_park(struct base_parker *parker) {
  while (!take(parker))
    if (announce(parker)) base_futex_wait(&parker->permit, ASLEEP, NULL);
}

bool base_park_until(struct base_parker *parker, uint64_t deadline) {
  const struct timespec until = {.tv_sec = (time_t)(deadline / NS_PER_SECOND),
                                 .tv_nsec = (long)(deadline % NS_PER_SECOND)};
  while (!take(parker)) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec)) {
      uint32_t expected = ASLEEP;
      // Not ASLEEP any more, and not taken: either never announced, or the permit has come this moment.
      if (!atomic_compare_exchange_strong_explicit(&parker->permit, &expected, NO_PERMIT,
                                                   memory_order_relaxed, memory_order_relaxed))
        return take(parker);
      return false;
    }
    if (announce(parker)) base_futex_wait(&parker->permit, ASLEEP, &until);
  }
  return true;
}

void base_unpark(struct base_parker *parker) {
  if (atomic_exchange_explicit(&parker->permit, PERMIT, memory_order_release) == ASLEEP)
    base_futex_wake_one(&parker->permit);
}
