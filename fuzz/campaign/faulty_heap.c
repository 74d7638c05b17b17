// A heap with faults that are no broken invariants: what only a sanitizer, a signal handler or a watchdog can
// see. HEAPTRIAL_FAULT says which; it strikes when an object of more than FAULT_BYTES is allocated. The rest
// is the heap "bump".

#include <heaptrial/heap.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAULT_BYTES = 2000 };

extern const struct ht_heap_table bump_table; // bump.c, its table by another name

static volatile int one = 1; // nothing here is to be folded away

static void overrun(void) {
  volatile char *bytes = malloc(16);
  bytes[15 + one] = 1;
  free((void *)bytes);
}

static void overflow(void) {
  volatile int largest = 0x7fffffff;
  largest = largest + one;
}

// glibc finds it and aborts while it holds its lock, in which an engine's crash handler then waits.
static void free_twice(void) {
  void *bytes = malloc(5000);
  void *volatile same = bytes;
  free(bytes);
  free(same);
}

static void trap(void) {
  *(volatile int *)(uintptr_t)(one * 8) = 1;
}

// As a handler that waits for a lock that nobody gives back: no CPU is used, no signal helps but SIGKILL.
static void wait_for_ever(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (;;) pause();
}

// What merges a corpus says so in its arguments.
static bool is_fuzzing(void) {
  static char words[1 << 16];
  static bool fuzzing, known;
  FILE *file = known ? NULL : fopen("/proc/self/cmdline", "re");
  if (file) {
    size_t size = fread(words, 1, sizeof words - 1, file);
    for (size_t i = 0; i < size; i++)
      if (words[i] == 0) words[i] = ' ';
    fuzzing = strstr(words, "/libfuzzer/") && !strstr(words, " -merge");
    fclose(file);
  }
  known = true;
  return fuzzing;
}

static void trap_later(void) {
  if (!is_fuzzing()) trap();
}

static const struct {
  const char *name;
  void (*strike)(void);
} faults[] = {{"overrun", overrun}, {"overflow", overflow},     {"free-twice", free_twice},
              {"trap", trap},       {"trap-later", trap_later}, {"wait", wait_for_ever}};

static bool alloc(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type, size_t count,
                  size_t alignment, unsigned flags) {
  size_t bytes = ht_type_bytes(type, count);
  const char *fault = bytes > FAULT_BYTES && bytes < 4 * FAULT_BYTES ? getenv("HEAPTRIAL_FAULT") : NULL;
  for (size_t i = 0; fault != NULL && i < sizeof faults / sizeof faults[0]; i++)
    if (strcmp(fault, faults[i].name) == 0) faults[i].strike();
  return bump_table.alloc(mutator, slot, type, count, alignment, flags);
}

// The table is bump's but for one entry, which a constant initialiser cannot say.
struct ht_heap_table heaptrial_heap_table __asm__("heaptrial_heap");

__attribute__((constructor)) static void make_table(void) {
  heaptrial_heap_table = bump_table;
  heaptrial_heap_table.name = "faulty";
  heaptrial_heap_table.alloc = alloc;
}
