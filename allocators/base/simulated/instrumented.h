// Put in front of every source that is compiled for the simulated world, so that both compilers make the same
// points of it: gcc's instrumentation leaves the library's copying and filling alone, and clang's an atomic's
// initialisation.
#ifndef BASE_SIMULATED_INSTRUMENTED_H
#define BASE_SIMULATED_INSTRUMENTED_H

#include <stdatomic.h>
#include <string.h>

#undef atomic_init
#define atomic_init(object, value) atomic_store_explicit(object, value, memory_order_relaxed)

#ifndef __clang__
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes);

#define memcpy __tsan_memcpy
#define memmove __tsan_memmove
#define memset __tsan_memset
#endif

#endif
