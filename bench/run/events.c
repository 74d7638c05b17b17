// The events of a heap, kept without a lock and without asking for memory while it runs.
#include "bench/run/run_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// What is kept; a heap that collects at every allocation tells more.
enum { EVENTS_KEPT = 1 << 16 };

bool ht_bench_events_open(struct ht_bench_events *events) {
  *events = (struct ht_bench_events){.capacity = EVENTS_KEPT, .last = SIZE_MAX};
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
  if (!events->all && event->kind != HT_EVENT_PAUSE && event->kind != HT_EVENT_CYCLE) return;
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

void ht_bench_events_region(struct ht_bench_events *events, uint64_t start_ns) {
  events->first = __atomic_load_n(&events->count, __ATOMIC_RELAXED);
  events->start_ns = start_ns;
}

void ht_bench_events_region_end(struct ht_bench_events *events, uint64_t end_ns) {
  events->last = __atomic_load_n(&events->count, __ATOMIC_RELAXED);
  events->end_ns = end_ns;
}

// What the pauses of the region leave to the mutators. Nothing is said where there was nothing to tell, or
// where a pause has times that the region has not: the heap goes by another clock then.
static void add_utilisation(const struct ht_bench_events *events, size_t last, size_t pauses, size_t cycles,
                            struct ht_line *line) {
  if (events->start_ns == events->end_ns || pauses + cycles == 0) return;
  struct bench_pause *stopped = malloc((pauses + 1) * sizeof *stopped);
  if (!stopped) {
    ht_line_fail(line, HT_LINE_NO_VERDICT, "no memory to look at %zu pauses", pauses);
    return;
  }
  size_t count = 0;
  bool ours = true;
  for (size_t i = events->first; i < last; i++) {
    const struct ht_event *e = &events->events[i];
    if (e->kind != HT_EVENT_PAUSE) continue;
    ours &= e->end >= events->start_ns && e->start <= events->end_ns;
    stopped[count++] = (struct bench_pause){e->start, e->end};
  }
  if (ours) {
    count = bench_pauses_merge(stopped, count, events->start_ns, events->end_ns);
    bench_utilisation_add(stopped, count, events->end_ns - events->start_ns, line);
  }
  free(stopped);
}

void ht_bench_events_measure(const struct ht_bench_events *events, struct ht_line *line) {
  static struct bench_histogram lengths, stopping;
  memset(&lengths, 0, sizeof lengths);
  memset(&stopping, 0, sizeof stopping);
  size_t told = events->count < events->last ? events->count : events->last;
  size_t last = told < kept(events) ? told : kept(events), cycles = 0;
  uint64_t total = 0;
  for (size_t i = events->first; i < last; i++) {
    const struct ht_event *e = &events->events[i];
    cycles += e->kind == HT_EVENT_CYCLE;
    if (e->kind != HT_EVENT_PAUSE) continue;
    uint64_t length = e->end > e->start ? e->end - e->start : 0;
    bench_histogram_add(&lengths, length);
    total += length;
    if (e->value != HT_UNKNOWN) bench_histogram_add(&stopping, e->value);
  }
  // A stream that was cut counts nothing rightly, but its pauses are still pauses.
  if (told > last) {
    size_t seen = events->first < last ? last - events->first : 0;
    ht_line_sample(line, "events_lost", "count", HT_LINE_LOWER, (double)(told - events->first - seen));
  } else {
    ht_line_sample(line, "cycles", "count", HT_LINE_NONE, (double)cycles);
    ht_line_sample(line, "pauses", "count", HT_LINE_NONE, (double)lengths.total);
    if (lengths.total > 0) ht_line_sample(line, "pause_total", "ns", HT_LINE_LOWER, (double)total);
    add_utilisation(events, last, lengths.total, cycles, line);
  }
  bench_histogram_add_measures(&lengths, "pause", line);
  bench_histogram_draw(&lengths, "pause", line);
  // A heap that always says 0 has no one to wait for, or does not look.
  if (stopping.largest > 0) bench_histogram_add_measures(&stopping, "time_to_safepoint", line);
}
