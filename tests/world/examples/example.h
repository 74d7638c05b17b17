// Examples: small concurrent programs, right and wrong, that show what the simulated world finds.
//
// Each is compiled as a heap is for that world, and uses C11's atomics and base's headers alone. The right
// one has to come through every schedule; a fault, which leaves out or moves one thing, has to be found. What
// is right is said without the mechanism: a counter, everything taken once, what is reachable is marked.
#ifndef TESTS_WORLD_EXAMPLES_EXAMPLE_H
#define TESTS_WORLD_EXAMPLES_EXAMPLE_H

#include "allocators/base/simulated/simulation.h"

#include <stddef.h>

// How stores become visible, from the strictest order to the laxest.
enum example_order { EXAMPLE_SEQUENTIAL, EXAMPLE_TOTAL_STORE, EXAMPLE_PARTIAL_STORE, EXAMPLE_ORDERS };

struct example_variant {
  const char *name;
  unsigned fault;                 // 0: none, this is the right one
  enum example_order order;       // the strictest in which it goes wrong
  enum simulated_outcome outcome; // how it does; ended: `wrong` says it
  unsigned depth;                 // orderings that have to come together (PCT's d)
};

enum { EXAMPLE_VARIANTS = 8, EXAMPLE_ANY = 1000000 };

struct example {
  const char *name;
  void *state; // made zero before each run
  size_t bytes;
  void (*body)(unsigned fault); // of one run
  const char *(*wrong)(void);   // after a run that has ended: what is not as it has to be; NULL: all is
  unsigned preemptions[EXAMPLE_ORDERS]; // all schedules with so many are gone through; ANY: all
  struct example_variant variants[EXAMPLE_VARIANTS];
};

extern const struct example example_peterson, example_treiber, example_queue, example_once, example_count,
    example_deque, example_marker, example_marker_of_three, example_locks, example_backoff, example_spin,
    example_waiter, example_depth;

// Starts run(0) to run(count - 1), each in a thread, and waits for all.
void example_threads(unsigned count, void (*run)(uintptr_t number));

#endif
