#include "tests/world/examples/example.h"

#include "allocators/base/thread.h"

struct call {
  void (*run)(uintptr_t number);
  uintptr_t number;
};

static void begin(void *argument) {
  const struct call *call = argument;
  call->run(call->number);
}

void example_threads(unsigned count, void (*run)(uintptr_t number)) {
  struct base_thread threads[SIMULATED_FIBERS];
  struct call calls[SIMULATED_FIBERS];
  for (unsigned i = 0; i < count; i++) {
    calls[i] = (struct call){run, i};
    if (!base_thread_start(&threads[i], begin, &calls[i])) __builtin_trap();
  }
  for (unsigned i = 0; i < count; i++) base_thread_join(&threads[i]);
}
