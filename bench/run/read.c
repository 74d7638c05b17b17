// The clocks and counters of this process.
#include "bench/run/run.h"

#include <fcntl.h>
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

// The first line of /proc/stat, in ticks: "cpu  user nice system idle iowait irq softirq steal ...". Guests
// are in user and nice already.
static void read_machine(struct ht_bench_reading *reading) {
  enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, TIMES };
  uint64_t ticks[TIMES], tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
  char text[512];
  int file = open("/proc/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size < 0) return;
  text[size] = 0;
  if (strncmp(text, "cpu ", 4) != 0) return;
  char *rest = text + 4, *end;
  for (size_t i = 0; i < TIMES; i++, rest = end) {
    ticks[i] = strtoull(rest, &end, 10);
    if (end == rest) return;
  }
  reading->machine_ns = (ticks[USER] + ticks[NICE] + ticks[SYSTEM] + ticks[IRQ] + ticks[SOFTIRQ]) * tick_ns;
  reading->stolen_ns = ticks[STEAL] * tick_ns;
  getloadavg(&reading->load, 1);
}

static uint64_t time_ns(const struct timeval *time) {
  return (uint64_t)time->tv_sec * UINT64_C(1000000000) + (uint64_t)time->tv_usec * 1000;
}

static void read_usage(struct ht_bench_reading *reading) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  reading->page_faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt);
  reading->context_switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
  reading->apart = true;
  reading->user_ns = time_ns(&usage.ru_utime);
  reading->system_ns = time_ns(&usage.ru_stime);
  reading->major_faults = (uint64_t)usage.ru_majflt;
  reading->preemptions = (uint64_t)usage.ru_nivcsw;
}

void ht_bench_read_before(struct ht_bench_reading *reading) {
  *reading = (struct ht_bench_reading){0};
  read_status(reading);
  read_machine(reading);
  read_usage(reading);
  reading->wall_ns = clock_ns(CLOCK_MONOTONIC);
  reading->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void ht_bench_read_after(struct ht_bench_reading *reading) {
  *reading = (struct ht_bench_reading){0};
  reading->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  reading->wall_ns = clock_ns(CLOCK_MONOTONIC);
  read_usage(reading);
  read_machine(reading);
  read_status(reading);
}

bool ht_bench_peak_restart(void) {
  int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  bool done = write(file, "5", 1) == 1;
  close(file);
  return done;
}
