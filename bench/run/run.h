#ifndef BENCH_RUN_RUN_H
#define BENCH_RUN_RUN_H

// A bench program: one process that runs one workload once on one heap and writes one result line.
//
//   bench-<heap>   built against the heap's inline header; --calls direct, table or, for malloc, hand
//   bench-plugin   any heap, through its table: --heap NAME or PATH, as `heaptrial` takes it
//
// The one idea: the process is the replicate, so all that it shares with others is what it was started with.
// What the program itself needs (room for events and samples) is touched before the memory of the heap is
// looked at, so it counts for nobody.
//
// The measures of a line that says ok. All are of the measured region alone but for the peak, which is of the
// whole run. What cannot be told (the kernel or the heap does not say, too few samples) is absent, never 0.
//
//   metric                  unit    better  what it is
//   cpu_per_op              ns      lower   CPU time per operation
//   wall_per_op             ns      lower   wall time per operation
//   cpu                     ns      lower   CPU time
//   user_cpu                ns      lower   CPU time in the program
//   system_cpu              ns      lower   CPU time in the kernel
//   wall                    ns      lower   wall time
//   operations              1/s     higher  operations per second of wall time
//   collector_share         ratio   lower   CPU time for collecting over CPU time; 1 less this is throughput
//   page_faults             count   lower   page faults, major ones too
//   major_faults            count   lower   page faults that had to wait for a disk
//   context_switches        count   -       times a thread left its CPU, pre-emptions too
//   preemptions             count   -       times a thread was made to leave its CPU
//   foreign_load            cpus    -       CPUs that others kept busy meanwhile, on average
//   stolen_load             cpus    -       CPUs that the machine below ours withheld, on average
//   load_1min               count   -       load average of the last minute, at the end
//   peak_resident           bytes   lower   most that was resident, over what was before there was a heap
//   resident_over_live      ratio   lower   peak_resident over what was alive at most
//   cycles, pauses          count   -       that the heap told of
//   events_lost             count   -       events that were not kept; cycles, pauses, pause_total and
//                                           utilisation are absent then
//   pause_total             ns      lower   sum of the pauses
//   pause_max               ns      lower   longest pause
//   pause_p50, p90, p99 ... ns      lower   percentiles of pauses
//   time_to_safepoint_max   ns      lower   longest time from asking the mutators to stop until all had
//   time_to_safepoint_p50 ...  ns   lower   its percentiles
//   mmu_1ms, _10ms, _100ms  ratio   higher  minimum mutator utilisation in a window of that length
//   latency_samples         count   -       operations that were timed one by one
//   latency_max             ns      lower   longest operation
//   latency_p50, p90 ...    ns      lower   percentiles of operations; p999 is 99.9 %
//   measured_operations     count   -       operations in the region
//
// With --over-time, where a second process looks on, these instead and no times:
//   resident_mean           bytes   lower   mean of what was resident, over what was before there was a heap
//   live_over_resident      ratio   higher  what was alive at most over resident_mean
//
//   curve        x                       y
//   utilisation  window, ns              minimum mutator utilisation, 0 to 1
//   pause        1 / (1 - percentile)    ns
//   latency      1 / (1 - percentile)    ns
//   resident     s since the region began  bytes, as in resident_mean; with --over-time only

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
  bool counting;       // under a tool that counts: times mean nothing
  bool over_time;      // watched by a second process, which costs time: report memory over time and no times
  const char *in_step; // a file to share with the process that runs in turns with this one; NULL: none
  unsigned side;       // 0 or 1: which of the two
  unsigned pieces;     // into which the measured region is cut, if that makes sense; 0 or 1: none
};

// Puts the settings that came with a heap's name before those of the command line, which win. False with a
// message: too many.
bool ht_bench_settings_before(struct ht_setting *settings, size_t *count, size_t capacity,
                              const struct ht_setting *first, size_t first_count, char *message,
                              size_t message_size);

// What a heap told while it ran, kept in the order in which it came: its pauses and cycles, or everything.
struct ht_bench_events {
  struct ht_event *events;
  size_t capacity;
  size_t count;              // that came; may be more than capacity
  bool all;                  // keep what is neither a pause nor a cycle too
  size_t first, last;        // those of the measured region; until it is told, all
  uint64_t start_ns, end_ns; // of the region, by CLOCK_MONOTONIC; the same: not known
};
bool ht_bench_events_open(struct ht_bench_events *events);
void ht_bench_events_close(struct ht_bench_events *events);
struct ht_event_sink ht_bench_events_sink(struct ht_bench_events *events);
// One event a line: kind, label, start, end, value, with tabs between. 0, or -1 with errno.
int ht_bench_events_write(const struct ht_bench_events *events, const char *path);
// Told when the measured region begins and when it has ended.
void ht_bench_events_region(struct ht_bench_events *events, uint64_t start_ns);
void ht_bench_events_region_end(struct ht_bench_events *events, uint64_t end_ns);
// Adds what the pauses and cycles of the region amount to. One thread at a time.
void ht_bench_events_measure(const struct ht_bench_events *events, struct ht_line *line);

// The process's clocks and counters.
struct ht_bench_reading {
  uint64_t cpu_ns, wall_ns;
  uint64_t page_faults, context_switches;
  bool apart; // the four below are known
  uint64_t user_ns, system_ns, major_faults, preemptions;
  uint64_t resident_bytes, peak_resident_bytes; // 0: not known
  // Of the whole machine: CPU time used, and withheld by the machine below, since it started; 0: not known.
  uint64_t machine_ns, stolen_ns;
  double load;   // average of the last minute
  bool in_turns; // half of the wall time is another's
};
// The clocks are what is read last before the region and first after it.
void ht_bench_read_before(struct ht_bench_reading *reading);
void ht_bench_read_after(struct ht_bench_reading *reading);
// From now on the peak is counted anew. False: the kernel does not offer it.
bool ht_bench_peak_restart(void);

// The parameters, settings and seed of the run.
void ht_bench_add_params(struct ht_line *line, const struct ht_bench_arguments *arguments);
// What passed between two readings, while that many operations were done.
void ht_bench_add_times(struct ht_line *line, const struct ht_bench_reading *before,
                        const struct ht_bench_reading *after, uint64_t operations);
// The peak of `end` over what was resident at the baseline.
void ht_bench_add_space(struct ht_line *line, const struct ht_bench_reading *baseline,
                        const struct ht_bench_reading *end, uint64_t live_bytes);
// Percentiles of single operations. One thread at a time.
void ht_bench_add_samples(struct ht_line *line, const struct ht_workload_samples *samples);
// Two processes that take turns: each runs while the other waits.
struct ht_bench_turns;
// Waits for the other to come, but not long: one that died must not take us with it. NULL with errno.
struct ht_bench_turns *ht_bench_turns_open(const char *path, unsigned side);
void ht_bench_turns_wait(struct ht_bench_turns *turns);
void ht_bench_turns_pass(struct ht_bench_turns *turns);
// The other need not wait for us any more. NULL is fine.
void ht_bench_turns_close(struct ht_bench_turns *turns);

// The measured region, cut into equal pieces with a look at the CPU clock between them.
enum { HT_BENCH_PIECES = 1024 };
struct ht_bench_pieces {
  uint64_t count;                 // how often the region is entered
  bool alike;                     // all do the same
  double cpu_ns[HT_BENCH_PIECES]; // of each
  struct ht_bench_turns *turns;   // NULL: not in turns
};
// Decides how many pieces there are and makes `params` those of one. False with errno: nobody to take turns
// with.
bool ht_bench_pieces_cut(struct ht_bench_pieces *pieces, const struct ht_bench_arguments *arguments,
                         const struct ht_heap_table *table, struct ht_workload_params *params);
// Returns the CPU time of all pieces, in ns.
uint64_t ht_bench_pieces_run(struct ht_bench_pieces *pieces, void (*region)(void *argument), void *argument);
// Adds cpu_per_op_quartile. `operations`: of all pieces.
void ht_bench_pieces_measure(const struct ht_bench_pieces *pieces, uint64_t operations, struct ht_line *line);

// Runs what was asked for and fills the line. The exit code: 0, 1 (the line says what failed), 3 (the line
// says why there is no verdict).
int ht_bench_measure(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                     struct ht_line *line);

#endif
