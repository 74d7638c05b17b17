// Programs that go wrong when so many orderings come together as their number says: each is a step of one
// thread that has to come before a step of the other one.
#include "tests/world/examples/example.h"

#include <stdatomic.h>

enum { ONE = 1, TWO, THREE };

static struct {
  unsigned fault;
  _Atomic uint64_t a, b, c, lost;
} s;

static uint64_t load(_Atomic uint64_t *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value) {
  atomic_store_explicit(word, value, memory_order_relaxed);
}

// 1 looks before 0 has stored.
static void one(uintptr_t number) {
  if (number == 0)
    store(&s.a, 1);
  else if (load(&s.a) == 0)
    store(&s.lost, 1);
}

// Each looks before the other one has stored.
static void two(uintptr_t number) {
  (void)number;
  store(&s.a, load(&s.a) + 1);
}

// Each step after the other one's.
static void three(uintptr_t number) {
  if (number == 0) {
    store(&s.a, 1);
    if (load(&s.b)) store(&s.c, 1);
  } else if (load(&s.a)) {
    store(&s.b, 1);
    if (load(&s.c)) store(&s.lost, 1);
  }
}

static void thread(uintptr_t number) {
  if (s.fault == ONE) one(number);
  if (s.fault == TWO) two(number);
  if (s.fault == THREE) three(number);
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(2, thread);
}

static const char *wrong(void) {
  if (s.fault == TWO) return atomic_load(&s.a) == 2 ? NULL : "one of two is lost";
  return atomic_load(&s.lost) ? "it came in that order" : NULL;
}

const struct example example_depth = {
    .name = "depth",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .variants = {{"one", ONE, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 1},
                 {"two", TWO, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2},
                 {"three", THREE, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 3}},
};
