// A bounded queue: who finds it full, or empty, says so under the lock and parks; who changes that wakes it.
// If it says so after it has given the lock back, the other one may have looked already, and nobody wakes it.
#include "tests/world/examples/example.h"

#include "allocators/base/mutex.h"
#include "allocators/base/park.h"

#include <stdatomic.h>

enum { ITEMS = 2, ROOM = 1 };
enum { LATE_WORD = 1 };
enum { PRODUCER, CONSUMER };

static struct {
  unsigned fault;
  struct base_mutex mutex;
  struct base_parker parkers[2];
  _Atomic uint64_t waits[2];
  uint64_t put, taken, room[ROOM];
  uint64_t got[ITEMS];
} s;

// In the lock, and after it back in it.
static void wait_for_other(unsigned me) {
  if (s.fault != LATE_WORD) atomic_store_explicit(&s.waits[me], 1, memory_order_relaxed);
  base_mutex_unlock(&s.mutex);
  if (s.fault == LATE_WORD) atomic_store_explicit(&s.waits[me], 1, memory_order_relaxed);
  base_park(&s.parkers[me]);
  base_mutex_lock(&s.mutex);
}

static void unlock_and_wake(unsigned other) {
  bool wake = atomic_exchange_explicit(&s.waits[other], 0, memory_order_relaxed);
  base_mutex_unlock(&s.mutex);
  if (wake) base_unpark(&s.parkers[other]);
}

static void put(uint64_t item) {
  base_mutex_lock(&s.mutex);
  while (s.put - s.taken == ROOM) wait_for_other(PRODUCER);
  s.room[s.put++ % ROOM] = item;
  unlock_and_wake(CONSUMER);
}

static uint64_t take(void) {
  base_mutex_lock(&s.mutex);
  while (s.put == s.taken) wait_for_other(CONSUMER);
  uint64_t item = s.room[s.taken++ % ROOM];
  unlock_and_wake(PRODUCER);
  return item;
}

static void thread(uintptr_t number) {
  for (unsigned i = 0; i < ITEMS; i++) {
    if (number == PRODUCER)
      put(i + 1);
    else
      s.got[i] = take();
  }
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(2, thread);
}

static const char *wrong(void) {
  for (unsigned i = 0; i < ITEMS; i++)
    if (s.got[i] != i + 1) return "the items did not come out as they went in";
  return NULL;
}

const struct example example_queue = {
    .name = "bounded queue",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"lost wake-up", LATE_WORD, EXAMPLE_SEQUENTIAL, SIMULATED_DEADLOCK, 2}},
};
