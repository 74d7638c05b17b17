// What -fsanitize=thread calls before plain accesses to memory.
#include "base/simulated/world.h"

#include <string.h>

// Of the sanitizers' interface, as both compilers call it.
#define FOR_SIZES(of) of(1) of(2) of(4) of(8) of(16)

static inline void reads(void *address, size_t bytes) {
  struct world *w = &simulated_world;
  world_check_stack(address);
  if (__builtin_expect(w->touches, 0)) touch(address, bytes, false);
}

static __attribute__((noinline, cold)) void logged(void *address, size_t bytes) {
  struct world *w = &simulated_world;
  if (!w->running) return;
  if (w->options->buffers)
    buffer_add(address, bytes, false, false);
  else if (w->touches)
    touch(address, bytes, true);
}

static inline void writes(void *address, size_t bytes) {
  struct world *w = &simulated_world;
  world_check_stack(address);
  if (__builtin_expect(w->logs, 0)) logged(address, bytes);
}

#define PLAIN(size)                                       \
  void __tsan_read##size(void *address);                  \
  void __tsan_read##size(void *address) {                 \
    reads(address, size);                                 \
  }                                                       \
  void __tsan_write##size(void *address);                 \
  void __tsan_write##size(void *address) {                \
    writes(address, size);                                \
  }                                                       \
  void __tsan_unaligned_read##size(void *address);        \
  void __tsan_unaligned_read##size(void *address) {       \
    reads(address, size);                                 \
  }                                                       \
  void __tsan_unaligned_write##size(void *address);       \
  void __tsan_unaligned_write##size(void *address) {      \
    writes(address, size);                                \
  }                                                       \
  void __tsan_read_write##size(void *address);            \
  void __tsan_read_write##size(void *address) {           \
    reads(address, size);                                 \
    writes(address, size);                                \
  }                                                       \
  void __tsan_unaligned_read_write##size(void *address);  \
  void __tsan_unaligned_read_write##size(void *address) { \
    reads(address, size);                                 \
    writes(address, size);                                \
  }
FOR_SIZES(PLAIN)

void __tsan_init(void);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) {
  (void)caller;
}
void __tsan_func_exit(void);
void __tsan_func_exit(void) {}
void __tsan_read_range(void *address, size_t bytes);
void __tsan_read_range(void *address, size_t bytes) {
  reads(address, bytes);
}
void __tsan_write_range(void *address, size_t bytes);
void __tsan_write_range(void *address, size_t bytes) {
  writes(address, bytes);
}

// clang calls these in place of the library's. gcc calls the library's: instrumented.h sees to it.
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
  reads((void *)(uintptr_t)from, bytes);
  writes(to, bytes);
  return memcpy(to, from, bytes);
}
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes) {
  reads((void *)(uintptr_t)from, bytes);
  writes(to, bytes);
  return memmove(to, from, bytes);
}
void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes) {
  writes(to, bytes);
  return memset(to, value, bytes);
}
