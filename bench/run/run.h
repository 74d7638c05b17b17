#ifndef BENCH_RUN_RUN_H
#define BENCH_RUN_RUN_H

// A bench program: one process that runs one workload once on one heap and writes one result line.
//
//   bench-<heap>    built against the heap's inline header; --calls chooses direct, table or, for malloc,
//   hand bench-plugin    any heap, through its table: --heap NAME or PATH, as `heaptrial` takes it
//
// The one idea: the process is the replicate, so all that it shares with others is what it was started with.
// What the program itself needs (room for events and samples) is touched before the memory of the heap is
// looked at, so it counts for nobody.

#include "bench/workloads/workload.h"
#include "line/line.h"

enum { HT_BENCH_SETTINGS = 32 };
struct ht_bench_arguments;

// What a bench program is built for.
struct ht_bench_binding {
  const char *heap;                          // "malloc"; NULL: --heap says which
  const struct ht_workload_set *const *sets; // ends with NULL; the first is what is used unless told
  const struct ht_heap_table *(*table)(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                       size_t setting_capacity, char *message, size_t message_size);
  // What runs the workload and fills the line; ht_bench_measure where the table is that of a heap.
  int (*measure)(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                 struct ht_line *line);
};
extern const struct ht_bench_binding ht_bench_binding;

// What the command line asked for.
struct ht_bench_arguments {
  const char *heap, *variant, *calls, *provider, *line_path, *events_path;
  const struct ht_workload *workload;
  const struct ht_workload_set *set;
  struct ht_workload_params params;
  size_t setting_count;
  struct ht_setting settings[HT_BENCH_SETTINGS];
  bool counting; // under a tool that counts: times mean nothing
};

// Puts the settings that came with a heap's name before those of the command line, which win. False with a
// message: too many.
bool ht_bench_settings_before(struct ht_setting *settings, size_t *count, size_t capacity,
                              const struct ht_setting *first, size_t first_count, char *message,
                              size_t message_size);

// Everything a heap told while it ran, kept in the order in which it came.
struct ht_bench_events {
  struct ht_event *events;
  size_t capacity;
  size_t count; // that came; may be more than capacity
};
bool ht_bench_events_open(struct ht_bench_events *events);
void ht_bench_events_close(struct ht_bench_events *events);
struct ht_event_sink ht_bench_events_sink(struct ht_bench_events *events);
// One event a line: kind, label, start, end, value, with tabs between. 0, or -1 with errno.
int ht_bench_events_write(const struct ht_bench_events *events, const char *path);
// Adds pause_max, pause_p50, pause_p99 and the numbers of cycles and pauses.
void ht_bench_events_measure(const struct ht_bench_events *events, struct ht_line *line);

// The process's clocks and counters.
struct ht_bench_reading {
  uint64_t cpu_ns, wall_ns;
  uint64_t page_faults, context_switches;
  uint64_t resident_bytes, peak_resident_bytes; // 0: not known
};
void ht_bench_read(struct ht_bench_reading *reading);
// From now on the peak is counted anew. False: the kernel does not offer it.
bool ht_bench_peak_restart(void);

// A percentile by nearest rank. Sorts the values. False if there are too few of them to say: a percentile
// needs 10 values above it.
bool ht_bench_percentile(uint32_t *values, size_t count, double percentile, double *result);

// The parameters, settings and seed of the run.
void ht_bench_add_params(struct ht_line *line, const struct ht_bench_arguments *arguments);
// What passed between two readings, while that many operations were done.
void ht_bench_add_times(struct ht_line *line, const struct ht_bench_reading *before,
                        const struct ht_bench_reading *after, uint64_t operations);
// The peak of `end` over what was resident at the baseline.
void ht_bench_add_space(struct ht_line *line, const struct ht_bench_reading *baseline,
                        const struct ht_bench_reading *end, uint64_t live_bytes);
// Percentiles of single operations. Sorts the samples.
void ht_bench_add_samples(struct ht_line *line, struct ht_workload_samples *samples);

// Runs what was asked for and fills the line. The exit code: 0, 1 (the line says what failed), 3 (the line
// says why there is no verdict).
int ht_bench_measure(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                     struct ht_line *line);

#endif
