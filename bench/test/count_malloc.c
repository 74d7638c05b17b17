// To be preloaded: says at exit how many blocks of 48 bytes were asked of malloc, and how often free was
// called.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The size the test churns, which nothing else in the process asks for much.
enum { COUNTED = 48 };

static unsigned long mallocs, frees;

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

void *malloc(size_t size) {
  if (size == COUNTED) mallocs++;
  return __libc_malloc(size);
}

void free(void *block) {
  frees++;
  __libc_free(block);
}

__attribute__((destructor)) static void say(void) {
  char text[64];
  int length = snprintf(text, sizeof text, "counted %lu %lu\n", mallocs, frees);
  if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(3);
}
