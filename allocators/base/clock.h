// Time: nanoseconds of a clock that never goes back and that all threads agree on (its zero means nothing),
// and of one that counts what a thread takes.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t base_clock_ns(void);

// CPU time that the calling thread has taken so far: what collecting costs, whoever else runs meanwhile. Asks
// the kernel, which takes about a microsecond.
uint64_t base_clock_thread_ns(void);

#endif
