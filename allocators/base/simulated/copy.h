// Put in front of every source that gcc compiles for the simulated world: its instrumentation leaves the
// library's copying and filling alone.
#ifndef BASE_SIMULATED_COPY_H
#define BASE_SIMULATED_COPY_H

#include <string.h>

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes);

#define memcpy __tsan_memcpy
#define memmove __tsan_memmove
#define memset __tsan_memset

#endif
