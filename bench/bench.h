#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

// Plans: which heaps, which workloads, how often; each run a process of its own, each process a result line.
//
// The replicate is the process, and processes are comparable in rounds: in a round every workload runs once
// on every heap, back to back, so that what the machine does to one it does to the others. Workloads come in
// a new random order each round, and so do the heaps of each workload.
//
//   round 1   churn: B A   trees: A B
//   round 2   trees: A B   churn: A B        lines of one round and one workload are a pair (or a tuple)
//   round 3   churn: A B   trees: B A
//
// Each process is fresh, runs on one CPU, with the address space laid out at random (the kernel does that)
// and with a variable of 0 to 4096 bytes in its environment, which shifts its stack. Order and sizes follow
// from the plan's seed. Its line has parameters that are no settings:
//   round, place     the round, and when it ran among the heaps of its workload, both counted from 1
//   padding          bytes of that variable
//   pinned_to        the CPU; absent if it was not pinned
//   warmups          processes of this heap and workload that ran at full length before and were not counted
// What disturbed it stands beside its times (bench/run/run.h): preemptions, foreign_load, stolen_load,
// load_1min.
//
// Warming up, by rule: what a process needs once (page cache, the libraries it loads) is warm because the
// first process at full length is not counted. What a heap needs once is in `begin`, before the measured
// region, where a workload fills up to what it will hold; what is left shows as a trend over the pieces into
// which the region is cut (bench/run/pieces.c).
//
// Before the first round each pair of heap and workload is tried at its shortest length and made longer step
// by step, until it has its full length or would take more CPU time than the plan allows: a heap that is a
// thousand times slower than the rest still gets a verdict. The lines say with which parameters. In a paired
// plan all heaps take those of the slowest, and are called the same way: through their tables if one of them
// has no program of its own.
//
// In step, the two processes of a pair run at the same time on the same CPU and take turns, a piece of less
// than a millisecond each: a neighbour or a clock that changes every few milliseconds slows both alike, which
// pairs that run one after the other only share by luck. They also share the caches. Lines have the parameter
// in_step=1, a setting, and no wall time.
//
// Instructions are counted by callgrind, in the measured region alone, once: the count is exact. Its length
// is chosen by counting, not by the clock, and everything around it is fixed (environment, address space,
// malloc's arenas, the C library's choice of functions by CPU), so that it is the same again wherever the
// heap itself does the same again.
//
// Memory over time is seen by a second process that looks at the first every millisecond. That costs time, so
// it is one process for each heap and workload, before the rounds, whose line has no times (not those of
// twins).
//
// A run that failed, crashed, hung or lost its checksum gives a line with that status, the reason and no
// times; that pair is not run again in the plan, unless the plan allows for failures. A run that cannot be (a
// library that is not there) gives a line too.
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
  size_t heap_index;  // which of the plan's: one may be there twice
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
  bool paired;            // heaps are compared with each other: one length, one way of calling
  bool in_step;           // the two heaps of a paired plan run at the same time and in turns
  unsigned warmups;       // processes at full length before the first that counts
  unsigned failures;      // runs of a pair that may fail before it is not run again
  bool over_time;         // one more process each, watched by a second one, for memory over time
  bool instructions;      // count them too
  bool only_instructions; // and run nothing else; replicates do not matter
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

// The library of a heap that is slower on purpose, for `--heap`: malloc with a loop planted in its
// allocation, which the setting `loop` makes longer.
extern const char ht_bench_planted_heap[];

#endif
