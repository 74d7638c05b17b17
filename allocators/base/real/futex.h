// The system call under the mutex and the parker: sleep while a word holds a value, wake who sleeps on it.
#ifndef BASE_REAL_FUTEX_H
#define BASE_REAL_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Sleeps while *word == value, until woken, or until the monotonic clock reaches *deadline (NULL: no
// deadline). May return early; the caller looks at the word again.
static inline void base_futex_wait(_Atomic uint32_t *word, uint32_t value, const struct timespec *deadline) {
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline, NULL, FUTEX_BITSET_MATCH_ANY);
}

// Wakes one sleeper. The word is an address here and is not read: it may have found another use already.
static inline void base_futex_wake_one(_Atomic uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
