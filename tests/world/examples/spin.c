// One waits in a loop for what another one says; or for what nobody says.
#include "tests/world/examples/example.h"

#include "allocators/base/pause.h"

#include <stdatomic.h>

enum { UNSAID = 1 };

static struct {
  unsigned fault;
  _Atomic uint64_t said;
} s;

static void thread(uintptr_t number) {
  if (number == 0) {
    while (!atomic_load_explicit(&s.said, memory_order_acquire)) base_pause();
  } else if (s.fault != UNSAID) {
    atomic_store_explicit(&s.said, 1, memory_order_release);
  }
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(2, thread);
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
    .variants = {{"correct", 0, 0, 0, 0}, {"unsaid", UNSAID, EXAMPLE_SEQUENTIAL, SIMULATED_LIVELOCK, 1}},
};
