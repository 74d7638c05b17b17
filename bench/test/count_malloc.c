// To be preloaded: says at exit how many blocks of 48 bytes were asked of malloc, how often free was called,
// and how many blocks were asked of malloc and calloc.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The size the test churns, which nothing else in the process asks for much.
enum { COUNTED = 48 };

static unsigned long mallocs, frees, all;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void __libc_free(void *block);

void *malloc(size_t size) {
  if (size == COUNTED) mallocs++;
  all++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  all++;
  return __libc_calloc(count, size);
}

void free(void *block) {
  frees++;
  __libc_free(block);
}

__attribute__((destructor)) static void say(void) {
  char text[96];
  int length = snprintf(text, sizeof text, "counted %lu %lu %lu\n", mallocs, frees, all);
  if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(3);
}
