// The clocks and counters of this process.
#include "bench/run/run.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

// Read without the C library's streams: they would allocate, and malloc may be what is on trial.
static void read_status(struct ht_bench_reading *reading) {
  char text[4096];
  int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size < 0) return;
  text[size] = 0;
  static const struct {
    const char *name;
    size_t place;
  } lines[] = {{"\nVmRSS:", offsetof(struct ht_bench_reading, resident_bytes)},
               {"\nVmHWM:", offsetof(struct ht_bench_reading, peak_resident_bytes)}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const char *found = strstr(text, lines[i].name);
    if (found)
      *(uint64_t *)((char *)reading + lines[i].place) =
          strtoull(found + strlen(lines[i].name), NULL, 10) * 1024;
  }
}

void ht_bench_read(struct ht_bench_reading *reading) {
  struct rusage usage;
  *reading = (struct ht_bench_reading){0};
  read_status(reading);
  getrusage(RUSAGE_SELF, &usage);
  reading->page_faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt);
  reading->context_switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
  reading->wall_ns = clock_ns(CLOCK_MONOTONIC);
  reading->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

bool ht_bench_peak_restart(void) {
  int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  bool done = write(file, "5", 1) == 1;
  close(file);
  return done;
}

static int compare(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

bool ht_bench_percentile(uint32_t *values, size_t count, double percentile, double *result) {
  enum { ABOVE = 10 };
  if ((double)count * (100 - percentile) < ABOVE * 100) return false;
  qsort(values, count, sizeof *values, compare);
  size_t rank = (size_t)ceil((double)count * percentile / 100);
  *result = values[rank > 0 ? rank - 1 : 0];
  return true;
}
