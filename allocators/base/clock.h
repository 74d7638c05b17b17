// Time: nanoseconds of a clock that never goes back and that all threads agree on. Its zero means nothing.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t base_clock_ns(void);

#endif
