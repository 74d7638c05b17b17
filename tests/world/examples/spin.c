// One waits in a loop for what another one says, and counts how often it looks: as long as that is fair, it
// ends. Or it waits for what nobody says, and if it counts, changes something for ever.
#include "tests/world/examples/example.h"

#include "allocators/base/pause.h"

#include <stdatomic.h>

enum { UNSAID = 1, UNSAID_UNCOUNTED };

static struct {
  unsigned fault;
  _Atomic uint64_t said, looks;
} s;

static void thread(uintptr_t number) {
  if (number == 0) {
    while (!atomic_load_explicit(&s.said, memory_order_acquire)) {
      if (s.fault != UNSAID_UNCOUNTED) atomic_fetch_add_explicit(&s.looks, 1, memory_order_relaxed);
      base_pause();
    }
  } else if (!s.fault) {
    atomic_store_explicit(&s.said, 1, memory_order_release);
  }
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(2, thread);
  // How often depends on what is fair, and is no state that matters.
  atomic_store_explicit(&s.looks, 0, memory_order_relaxed);
}

static const char *wrong(void) {
  return NULL; // it is right to end
}

const struct example example_spin = {
    .name = "spin",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"unsaid, not counted", UNSAID_UNCOUNTED, EXAMPLE_SEQUENTIAL, SIMULATED_LIVELOCK, 1},
                 {"unsaid", UNSAID, EXAMPLE_SEQUENTIAL, SIMULATED_ENDLESS, 1}},
};
