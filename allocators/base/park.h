// Waiting for another thread's word: a parker holds at most one permit. park takes the permit, or sleeps
// until there is one; unpark gives it. An unpark before the park is not lost, two of them count as one, and
// park returns for a permit and for nothing else. The owner loops around park over the condition it waits
// for.
#ifndef BASE_PARK_H
#define BASE_PARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct base_parker {
  _Atomic uint32_t permit; // private
};

// Without a permit. Zeroed memory is a parker without a permit too.
void base_parker_init(struct base_parker *parker);

// Takes the permit, waiting for it. One thread at a time parks on a parker. What a thread wrote before its
// unpark is visible after the park that takes the permit, also when several unparks have become one.
void base_park(struct base_parker *parker);

// As base_park, but gives up at `deadline` (of base_clock_ns). false: gave up, no permit was taken.
bool base_park_until(struct base_parker *parker, uint64_t deadline);

// Gives the permit; any thread. Its last access to the parker's memory is what lets the park return, so the
// owner may reuse it (not unmap it) at once.
void base_unpark(struct base_parker *parker);

#endif
