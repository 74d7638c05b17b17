// Double-checked initialisation: who finds the pointer needs no lock. The pointer has to become visible after
// what it points at, and who gets the lock has to look again.
#include "tests/world/examples/example.h"

#include "allocators/base/mutex.h"

#include <stdatomic.h>

enum { THREADS = 2, VALUE = 7 };
enum { RELAXED = 1, NO_SECOND_LOOK };

static struct {
  unsigned fault;
  struct base_mutex mutex;
  _Atomic uint64_t ready, value;
  uint64_t made; // in the lock
  uint64_t seen[THREADS];
} s;

static uint64_t get(void) {
  if (!atomic_load_explicit(&s.ready, memory_order_acquire)) {
    base_mutex_lock(&s.mutex);
    if (s.fault == NO_SECOND_LOOK || !atomic_load_explicit(&s.ready, memory_order_relaxed)) {
      s.made++;
      atomic_store_explicit(&s.value, VALUE, memory_order_relaxed);
      atomic_store_explicit(&s.ready, 1, s.fault == RELAXED ? memory_order_relaxed : memory_order_release);
    }
    base_mutex_unlock(&s.mutex);
  }
  return atomic_load_explicit(&s.value, memory_order_relaxed);
}

static void thread(uintptr_t number) {
  s.seen[number] = get();
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(THREADS, thread);
}

static const char *wrong(void) {
  for (unsigned i = 0; i < THREADS; i++)
    if (s.seen[i] != VALUE) return "one has seen it before it was initialised";
  return s.made == 1 ? NULL : "it was initialised twice";
}

const struct example example_once = {
    .name = "initialise once",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"no release", RELAXED, EXAMPLE_PARTIAL_STORE, SIMULATED_ENDED, 3},
                 {"no second look", NO_SECOND_LOOK, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2}},
};
