// Two locks again: who cannot get the second gives the first back and begins anew, and is polite enough to
// let others go first while it holds one. If their orders are opposite, both may do so for ever.
#include "tests/world/examples/example.h"

#include "allocators/base/mutex.h"
#include "allocators/base/pause.h"

enum { THREADS = 2 };
enum { OPPOSITE = 1 };

static struct {
  unsigned fault;
  struct base_mutex mutexes[2];
  uint64_t count; // in both locks
} s;

static void thread(uintptr_t number) {
  unsigned first = s.fault == OPPOSITE && number == 1;
  for (bool both = false; !both;) {
    base_mutex_lock(&s.mutexes[first]);
    base_pause();
    both = base_mutex_trylock(&s.mutexes[1 - first]);
    if (!both) {
      base_pause();
      base_mutex_unlock(&s.mutexes[first]);
    }
  }
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

const struct example example_backoff = {
    .name = "try and back off",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"opposite order", OPPOSITE, EXAMPLE_SEQUENTIAL, SIMULATED_ENDLESS, 1}},
};
