// A reference count: who takes it to zero frees. Dropped by a load and a store, one of two drops is lost: it
// is freed twice, or never.
#include "tests/world/examples/example.h"

#include <stdatomic.h>

enum { THREADS = 2 };
enum { LOAD_AND_STORE = 1 };

static struct {
  unsigned fault;
  _Atomic uint64_t count, freed;
} s;

static uint64_t drop(void) {
  if (s.fault != LOAD_AND_STORE) return atomic_fetch_sub_explicit(&s.count, 1, memory_order_acq_rel) - 1;
  uint64_t left = atomic_load_explicit(&s.count, memory_order_acquire) - 1;
  atomic_store_explicit(&s.count, left, memory_order_release);
  return left;
}

static void thread(uintptr_t number) {
  (void)number;
  if (drop() == 0) atomic_fetch_add_explicit(&s.freed, 1, memory_order_relaxed);
}

static void body(unsigned fault) {
  s.fault = fault;
  atomic_init(&s.count, THREADS);
  example_threads(THREADS, thread);
}

static const char *wrong(void) {
  uint64_t freed = atomic_load(&s.freed);
  return freed == 1 ? NULL : freed ? "it was freed twice" : "it was never freed";
}

const struct example example_count = {
    .name = "reference count",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"load and store", LOAD_AND_STORE, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2}},
};
