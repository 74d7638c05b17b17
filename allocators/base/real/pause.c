#include "base/pause.h"

#include <sched.h>

void base_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory"); // `yield` does nothing on most cores
#else
  __asm__ volatile("" ::: "memory");
#endif
}

void base_yield(void) {
  sched_yield();
}
