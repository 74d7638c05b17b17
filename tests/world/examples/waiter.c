// One waits for an event until its time has come, in a record on its stack. If it goes without taking back
// the record, whoever makes the event true writes to a stack that is no more.
#include "tests/world/examples/example.h"

#include "allocators/base/clock.h"
#include "allocators/base/mutex.h"
#include "allocators/base/park.h"

enum { PATIENCE_NS = 1000 };
enum { NOT_TAKEN_BACK = 1 };

static struct {
  unsigned fault;
  struct base_mutex mutex;
  struct base_parker *waiter; // in the lock
  uint64_t came, gave_up, told;
} s;

static void wait_for_event(void) {
  struct base_parker parker;
  base_parker_init(&parker);
  base_mutex_lock(&s.mutex);
  s.waiter = &parker;
  base_mutex_unlock(&s.mutex);
  if (base_park_until(&parker, base_clock_ns() + PATIENCE_NS)) {
    s.came = 1;
    return;
  }
  if (s.fault != NOT_TAKEN_BACK) {
    base_mutex_lock(&s.mutex);
    s.waiter = NULL;
    base_mutex_unlock(&s.mutex);
  }
  s.gave_up = 1;
}

static void tell(void) {
  base_mutex_lock(&s.mutex);
  if (s.waiter) {
    s.told = 1;
    base_unpark(s.waiter);
    s.waiter = NULL;
  }
  base_mutex_unlock(&s.mutex);
}

static void thread(uintptr_t number) {
  if (number == 0)
    wait_for_event();
  else
    tell();
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(2, thread);
}

static const char *wrong(void) {
  if (s.came == s.gave_up) return "it came, and it did not";
  return s.came && !s.told ? "it came, and nobody told" : NULL;
}

const struct example example_waiter = {
    .name = "waiter's record",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"not taken back", NOT_TAKEN_BACK, EXAMPLE_SEQUENTIAL, SIMULATED_DEAD_STACK, 1}},
};
