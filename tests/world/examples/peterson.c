// Peterson's lock for two (1981): each says that it wants, lets the other one go first, and looks whether
// that one wants. On x86-64 it may look before its own word is visible: between them has to be a fence.
#include "tests/world/examples/example.h"

#include "allocators/base/pause.h"

#include <stdatomic.h>

enum { THREADS = 2 };
enum { NO_FENCE = 1 };

static struct {
  unsigned fault;
  _Atomic uint64_t wants[THREADS], first, count;
} s;

static void lock(uintptr_t me) {
  uintptr_t other = 1 - me;
  atomic_store_explicit(&s.wants[me], 1, memory_order_relaxed);
  atomic_store_explicit(&s.first, other, memory_order_release);
  if (s.fault != NO_FENCE) atomic_thread_fence(memory_order_seq_cst);
  while (atomic_load_explicit(&s.wants[other], memory_order_acquire) &&
         atomic_load_explicit(&s.first, memory_order_acquire) == other)
    base_pause();
}

static void unlock(uintptr_t me) {
  atomic_store_explicit(&s.wants[me], 0, memory_order_release);
}

static void thread(uintptr_t me) {
  lock(me);
  // Lost, if both do it at once.
  uint64_t count = atomic_load_explicit(&s.count, memory_order_relaxed);
  atomic_store_explicit(&s.count, count + 1, memory_order_relaxed);
  unlock(me);
}

static void body(unsigned fault) {
  s.fault = fault;
  example_threads(THREADS, thread);
}

static const char *wrong(void) {
  return atomic_load(&s.count) == THREADS ? NULL : "both were in the critical section";
}

const struct example example_peterson = {
    .name = "Peterson's lock",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0}, {"no fence", NO_FENCE, EXAMPLE_TOTAL_STORE, SIMULATED_ENDED, 2}},
};
