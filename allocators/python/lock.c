#include "allocators/python/lock.h"

#include "base/clock.h"
#include "base/park.h"

// CPython's switch interval.
enum { INTERVAL_NS = 5000000 };

struct waiter {
  struct base_link link;
  struct base_parker parker;
};

void python_lock_init(struct python_lock *lock) {
  base_mutex_init(&lock->mutex);
  base_list_init(&lock->waiting);
}

// The mutex is held; the lock goes straight to the first waiter, so it stays held.
static void give(struct python_lock *lock) {
  struct base_link *first = base_list_pop_first(&lock->waiting);
  atomic_store_explicit(&lock->wanted, false, memory_order_relaxed);
  if (first)
    base_unpark(&base_container_of(first, struct waiter, link)->parker);
  else
    lock->held = false;
}

// The mutex is held on entry and not on return.
static void wait_for(struct python_lock *lock) {
  struct waiter waiter = {0};
  base_parker_init(&waiter.parker);
  base_list_push_last(&lock->waiting, &waiter.link);
  base_mutex_unlock(&lock->mutex);
  while (!base_park_until(&waiter.parker, base_clock_ns() + INTERVAL_NS))
    atomic_store_explicit(&lock->wanted, true, memory_order_relaxed);
}

void python_lock_take(struct python_lock *lock) {
  base_mutex_lock(&lock->mutex);
  if (lock->held) {
    wait_for(lock);
    return;
  }
  lock->held = true;
  base_mutex_unlock(&lock->mutex);
}

void python_lock_give(struct python_lock *lock) {
  base_mutex_lock(&lock->mutex);
  give(lock);
  base_mutex_unlock(&lock->mutex);
}

void python_lock_hand_over(struct python_lock *lock) {
  base_mutex_lock(&lock->mutex);
  if (base_list_is_empty(&lock->waiting)) {
    atomic_store_explicit(&lock->wanted, false, memory_order_relaxed);
    base_mutex_unlock(&lock->mutex);
    return;
  }
  give(lock);
  wait_for(lock);
}
