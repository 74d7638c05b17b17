#ifndef BENCH_NATIVE_PYTHON_SAMPLES_H
#define BENCH_NATIVE_PYTHON_SAMPLES_H

// What the programs beside libpython share: a clock, a median, a number of the command line.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES_MOST = 101 };

// CPU time of the process.
static inline double samples_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int samples_compare(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

// Of `count` samples, SAMPLES_MOST at most, that lie `stride` bytes apart.
static inline double samples_median(const double *first, size_t count, size_t stride) {
  double sorted[SAMPLES_MOST];
  for (size_t i = 0; i < count; i++) sorted[i] = *(const double *)((const char *)first + i * stride);
  qsort(sorted, count, sizeof *sorted, samples_compare);
  return sorted[count / 2];
}

// Ends the program if `text` is no number from `least` to `most`.
static inline size_t samples_number(const char *program, const char *text, size_t least, size_t most) {
  char *end;
  unsigned long long value = strtoull(text, &end, 10);
  if (end == text || *end || value < least || value > most) {
    fprintf(stderr, "%s: '%s' is no number from %zu to %zu\n", program, text, least, most);
    exit(2);
  }
  return (size_t)value;
}

#endif
