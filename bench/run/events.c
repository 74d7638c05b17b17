// The events of a heap, kept without a lock and without asking for memory while it runs.
#include "bench/run/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

// What is kept; a heap that collects at every allocation tells more, and the first are as good as any.
enum { EVENTS_KEPT = 1 << 16 };

bool ht_bench_events_open(struct ht_bench_events *events) {
  *events = (struct ht_bench_events){.capacity = EVENTS_KEPT};
  // Touched here: it must not show in the memory that the heap takes.
  void *memory = mmap(NULL, EVENTS_KEPT * sizeof *events->events, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return false;
  events->events = memory;
  return true;
}

void ht_bench_events_close(struct ht_bench_events *events) {
  munmap(events->events, events->capacity * sizeof *events->events);
}

static void keep(void *context, const struct ht_event *event) {
  struct ht_bench_events *events = context;
  size_t place = __atomic_fetch_add(&events->count, 1, __ATOMIC_RELAXED);
  if (place < events->capacity) events->events[place] = *event;
}

struct ht_event_sink ht_bench_events_sink(struct ht_bench_events *events) {
  return (struct ht_event_sink){events, keep};
}

static size_t kept(const struct ht_bench_events *events) {
  return events->count < events->capacity ? events->count : events->capacity;
}

int ht_bench_events_write(const struct ht_bench_events *events, const char *path) {
  static const char *const kinds[] = {
      [HT_EVENT_CYCLE] = "cycle",       [HT_EVENT_PHASE] = "phase", [HT_EVENT_PAUSE] = "pause",
      [HT_EVENT_MARKED] = "marked",     [HT_EVENT_SWEPT] = "swept", [HT_EVENT_MAPPED] = "mapped",
      [HT_EVENT_RETURNED] = "returned",
  };
  FILE *file = fopen(path, "we");
  if (!file) return -1;
  for (size_t i = 0; i < kept(events); i++) {
    const struct ht_event *e = &events->events[i];
    const char *kind = e->kind < sizeof kinds / sizeof *kinds ? kinds[e->kind] : "unknown";
    fprintf(file, "%s\t%s\t%llu\t%llu\t%llu\n", kind, e->label ? e->label : "", (unsigned long long)e->start,
            (unsigned long long)e->end, (unsigned long long)e->value);
  }
  if (events->count > events->capacity)
    fprintf(file, "# %zu more were not kept\n", events->count - events->capacity);
  bool failed = ferror(file);
  int error = errno;
  if (fclose(file)) return -1;
  errno = error;
  return failed ? -1 : 0;
}

void ht_bench_events_measure(const struct ht_bench_events *events, struct ht_line *line) {
  size_t count = kept(events), pauses = 0, cycles = 0;
  uint64_t longest = 0;
  uint32_t *lengths = malloc((count + 1) * sizeof *lengths);
  if (!lengths) return;
  for (size_t i = 0; i < count; i++) {
    const struct ht_event *e = &events->events[i];
    cycles += e->kind == HT_EVENT_CYCLE;
    if (e->kind != HT_EVENT_PAUSE) continue;
    uint64_t length = e->end - e->start;
    if (length > longest) longest = length;
    lengths[pauses++] = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
  }
  double value;
  // A stream that was cut counts nothing rightly, but its pauses are still pauses.
  if (events->count <= events->capacity) {
    ht_line_sample(line, "cycles", "count", HT_LINE_NONE, (double)cycles);
    ht_line_sample(line, "pauses", "count", HT_LINE_NONE, (double)pauses);
  }
  if (pauses > 0) ht_line_sample(line, "pause_max", "ns", HT_LINE_LOWER, (double)longest);
  if (ht_bench_percentile(lengths, pauses, 50, &value))
    ht_line_sample(line, "pause_p50", "ns", HT_LINE_LOWER, value);
  if (ht_bench_percentile(lengths, pauses, 99, &value))
    ht_line_sample(line, "pause_p99", "ns", HT_LINE_LOWER, value);
  free(lengths);
}
