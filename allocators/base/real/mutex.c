// The three-state futex mutex of Ulrich Drepper, "Futexes Are Tricky" (2011), section "Mutex, Take 2": the
// state tells the holder whether anybody may be asleep, so that an unlock without waiters makes no system
// call.
#include "base/mutex.h"

#include "base/pause.h"
#include "base/real/futex.h"

enum { FREE = 0, HELD = 1, HELD_WITH_WAITERS = 2 };

// Short sections end within this many pauses; a sleep and a wake cost thousands of cycles.
enum { SPINS = 40 };

void base_mutex_init(struct base_mutex *mutex) {
  atomic_init(&mutex->state, FREE);
}

void base_mutex_destroy(struct base_mutex *mutex) {
  if (atomic_load_explicit(&mutex->state, memory_order_relaxed) != FREE) __builtin_trap();
}

bool base_mutex_trylock(struct base_mutex *mutex) {
  uint32_t expected = FREE;
  return atomic_compare_exchange_strong_explicit(&mutex->state, &expected, HELD, memory_order_acquire,
                                                 memory_order_relaxed);
}

static void lock_slowly(struct base_mutex *mutex) {
  for (int spin = 0; spin < SPINS; spin++) {
    base_pause();
    if (atomic_load_explicit(&mutex->state, memory_order_relaxed) == FREE && base_mutex_trylock(mutex))
      return;
  }
  // Who has slept cannot know whether others still sleep, so it takes the lock as one with waiters.
  while (atomic_exchange_explicit(&mutex->state, HELD_WITH_WAITERS, memory_order_acquire) != FREE)
    base_futex_wait(&mutex->state, HELD_WITH_WAITERS, NULL);
}

void base_mutex_lock(struct base_mutex *mutex) {
  if (!base_mutex_trylock(mutex)) lock_slowly(mutex);
}

void base_mutex_unlock(struct base_mutex *mutex) {
  switch (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release)) {
  case FREE:
    __builtin_trap();
  case HELD_WITH_WAITERS:
    base_futex_wake_one(&mutex->state);
  }
}
