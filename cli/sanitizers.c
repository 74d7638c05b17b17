// What sanitizers of this program start from; ASAN_OPTIONS and UBSAN_OPTIONS win.

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

// A report ends the process by a signal, as what it reports would have done: an exit code of the sanitizer's
// own could be taken for an answer. A size that no heap can give is refused and no error. Leaks: a heap that
// broke is left as it is.
const char *__asan_default_options(void) {
  return "abort_on_error=1:allocator_may_return_null=1:detect_leaks=0";
}

const char *__ubsan_default_options(void) {
  return "abort_on_error=1:print_stacktrace=1";
}
