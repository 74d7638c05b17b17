// Two locks, taken in the same order by all, or in opposite ones.
#include "tests/world/examples/example.h"

#include "allocators/base/mutex.h"

enum { THREADS = 2 };
enum { OPPOSITE = 1 };

static struct {
  unsigned fault;
  struct base_mutex mutexes[2];
  uint64_t count; // in both locks
} s;

static void thread(uintptr_t number) {
  unsigned first = s.fault == OPPOSITE && number == 1;
  base_mutex_lock(&s.mutexes[first]);
  base_mutex_lock(&s.mutexes[1 - first]);
  s.count++;
  base_mutex_unlock(&s.mutexes[1 - first]);
  base_mutex_unlock(&s.mutexes[first]);
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(THREADS, thread);
}

static const char *wrong(void) {
  return s.count == THREADS ? NULL : "not all were in the locks";
}

const struct example example_locks = {
    .name = "two locks",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"opposite order", OPPOSITE, EXAMPLE_SEQUENTIAL, SIMULATED_DEADLOCK, 2}},
};
