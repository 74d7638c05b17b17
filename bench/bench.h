#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

// Plans: which heaps, which workloads, how often; each run a process of its own, each process a result line.
//
// The replicate is the process. Rounds go through all pairs of heap and workload, each round in a new random
// order, so that whatever else the machine does falls on all of them alike.
//
// Before the first round each pair is tried at its shortest length and made longer step by step, until it has
// its full length or would take more CPU time than the plan allows: a heap that is a thousand times slower
// than the rest still gets a verdict. The lines say with which parameters.
//
// A run that failed, crashed, hung or lost its checksum gives a line with that status, the reason and no
// times; that pair is not run again in the plan. A run that cannot be (a library that is not there) gives a
// line too.
//
// Workloads and their parameters are listed by bench/workloads/workload.h. Threads: one plan at a time; the
// caller's main program may call ht_process_interruptible, and then an interrupt ends the plan after the line
// in hand.

#include "bench/workloads/workload.h"
#include "line/line.h"

// One step of a plan that was done.
struct ht_bench_progress {
  size_t done, total; // runs of the rounds; runs that are not needed any more count as done
  const char *heap;   // as the plan names it
  const char *workload;
  const struct ht_line *line; // what was appended; NULL: this was a trial of the length
};

struct ht_bench_plan {
  const char *const *heaps; // each as `--heap` takes it: NAME or PATH, with settings; native:NAME, limit:NAME
  size_t heap_count;
  const char *const *workloads; // each NAME or NAME:parameter=number,...
  size_t workload_count;
  unsigned replicates;
  uint64_t seed;          // of the workloads and of the order
  const char *output;     // lines are appended to this file
  double process_seconds; // wall time after which a process is ended; 0: 60
  double cpu_seconds;     // what a process may take, as far as that can be told before; 0: 2
  double total_seconds;   // nothing is started later than this; 0: no bound
  bool pinned;            // to `cpu`, but for workloads with several mutators
  int cpu;
  bool instructions; // count them too, once a pair, by callgrind
  void (*progress)(void *context, const struct ht_bench_progress *progress); // may be NULL
  void *context;
};

struct ht_bench_summary {
  size_t ok, failed, crashed, timed_out, checksum, no_verdict; // lines written, by status
  size_t not_run; // for lack of time, after an interrupt, or after the pair failed
};

// 0: all is well; 1: some line says that a heap failed; 2: the plan is wrong (no such heap or workload,
// nothing to run); 3: nothing was measured, or a line could not be written. With 2 and 3 `error`
// (HT_ERROR_SIZE bytes) says why.
int ht_bench_run(const struct ht_bench_plan *plan, struct ht_bench_summary *summary, char *error);

#endif
