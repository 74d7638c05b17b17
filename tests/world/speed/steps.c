#include "tests/world/speed/loop.h"

#include "allocators/base/memory.h"
#include "allocators/base/thread.h"

#include <stdatomic.h>

enum { THREADS_MAX = 8, MEMORY_BYTES = 1 << 20 };

static _Atomic uint64_t words[THREADS_MAX];
static uint64_t times_each;

static void thread(void *argument) {
  _Atomic uint64_t *word = argument;
  for (uint64_t i = 0; i < times_each; i++) {
    atomic_store_explicit(word, i, memory_order_relaxed);
    atomic_load_explicit(&words[0], memory_order_relaxed);
  }
}

void loop_steps(unsigned threads, uint64_t times) {
  struct base_thread started[THREADS_MAX];
  times_each = times;
  for (unsigned i = 0; i < threads; i++)
    if (!base_thread_start(&started[i], thread, &words[i])) __builtin_trap();
  for (unsigned i = 0; i < threads; i++) base_thread_join(&started[i]);
}

void loop_nothing(void) {}

void loop_memory(void) {
  uint64_t *memory = base_map(base_memory_os(), MEMORY_BYTES, HT_PAGE_SIZE);
  if (!memory) __builtin_trap();
  for (unsigned i = 0; i < MEMORY_BYTES / HT_PAGE_SIZE; i++) memory[i * HT_PAGE_SIZE / sizeof *memory] = i;
}
