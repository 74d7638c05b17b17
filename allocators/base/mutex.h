// A mutex of one word: no allocation, usable in memory that a heap maps itself. Not recursive, not fair. An
// uncontended lock or unlock is one atomic operation; a thread that has to wait sleeps.
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct base_mutex {
  _Atomic uint32_t state; // private
};

// Zeroed memory is a mutex too: a heap may take its tables straight from a fresh page.
void base_mutex_init(struct base_mutex *mutex);

// Nobody holds it or waits for it. Traps when somebody holds it.
void base_mutex_destroy(struct base_mutex *mutex);

// What the last holder wrote before unlock is visible after lock.
void base_mutex_lock(struct base_mutex *mutex);

// true: locked. Never waits.
bool base_mutex_trylock(struct base_mutex *mutex);

// The caller holds it. Traps when nobody does.
void base_mutex_unlock(struct base_mutex *mutex);

#endif
