// What sanitizers of a target start from; ASAN_OPTIONS, UBSAN_OPTIONS and TSAN_OPTIONS win.

#include "fuzz/targets/target.h"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

// An impossible size: heaps are asked for one on purpose, and have to say no. Leaks: the runner lives as long
// as the process, in pages that the leak checker does not look at. Quarantine: the default holds half a
// gigabyte of freed memory and slows every fork down.
const char *__asan_default_options(void) {
  return "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=10:malloc_context_size=5";
}

const char *__ubsan_default_options(void) {
  return "halt_on_error=1:print_stacktrace=1";
}

// A thread sanitizer that goes on after a report would blame a later program.
const char *__tsan_default_options(void) {
  return "allocator_may_return_null=1:halt_on_error=1";
}
