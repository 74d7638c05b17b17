// The lock of a heap whose mutators share one interpreter: CPython's global interpreter lock.
//
// Whoever waits for the lock longer than an interval asks for it; the holder sees that at its next safepoint
// and hands the lock over to the one that has waited longest, so that it does not take it back at once.
//
// (CPython's new GIL, Python/ceval_gil.c: Antoine Pitrou, 2009.)
#ifndef PYTHON_LOCK_H
#define PYTHON_LOCK_H

#include "base/list.h"
#include "base/mutex.h"

struct python_lock {
  struct base_mutex mutex; // guards the rest
  bool held;
  struct base_list waiting;
  _Atomic bool wanted; // somebody waited too long
};

void python_lock_init(struct python_lock *lock);
void python_lock_take(struct python_lock *lock);
void python_lock_give(struct python_lock *lock);

// The holder is at a safepoint: gives the lock to who asked for it, and takes it again after that.
void python_lock_hand_over(struct python_lock *lock);
static inline void python_lock_offer(struct python_lock *lock) {
  if (__builtin_expect(atomic_load_explicit(&lock->wanted, memory_order_relaxed), 0))
    python_lock_hand_over(lock);
}

#endif
