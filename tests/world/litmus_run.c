// Compiled with -fsanitize=thread: its atomics are the simulated world's.
#include "tests/world/litmus.h"

#include "allocators/base/thread.h"

#include <stdatomic.h>

static _Atomic uint32_t words[LITMUS_WORDS];
static uint32_t registers[LITMUS_REGISTERS];

static void thread(void *argument) {
  const struct litmus_operation *o = argument;
  for (; o->code != LITMUS_END; o++) {
    switch (o->code) {
    case LITMUS_STORE:
      atomic_store_explicit(&words[o->word], o->value, memory_order_relaxed);
      break;
    case LITMUS_RELEASE:
      atomic_store_explicit(&words[o->word], o->value, memory_order_release);
      break;
    case LITMUS_LOAD:
      registers[o->to] = atomic_load_explicit(&words[o->word], memory_order_relaxed);
      break;
    case LITMUS_FENCE:
      atomic_thread_fence(memory_order_seq_cst);
      break;
    case LITMUS_SWAP:
      registers[o->to] = atomic_exchange_explicit(&words[o->word], o->value, memory_order_relaxed);
      break;
    }
  }
}

void litmus_run(const struct litmus *test) {
  struct base_thread threads[LITMUS_THREADS];
  for (unsigned i = 0; i < LITMUS_WORDS; i++) atomic_store_explicit(&words[i], 0, memory_order_seq_cst);
  for (unsigned i = 0; i < LITMUS_REGISTERS; i++) registers[i] = 0;
  for (unsigned t = 0; t < LITMUS_THREADS; t++)
    if (test->threads[t][0].code != LITMUS_END &&
        !base_thread_start(&threads[t], thread, (void *)(uintptr_t)test->threads[t]))
      __builtin_trap();
  for (unsigned t = 0; t < LITMUS_THREADS; t++)
    if (test->threads[t][0].code != LITMUS_END) base_thread_join(&threads[t]);
}

litmus_outcome litmus_outcome_of_run(void) {
  uint32_t values[LITMUS_WORDS];
  for (unsigned i = 0; i < LITMUS_WORDS; i++)
    values[i] = atomic_load_explicit(&words[i], memory_order_relaxed);
  return litmus_fold(registers, values);
}
