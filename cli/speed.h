#ifndef CLI_SPEED_H
#define CLI_SPEED_H

// How fast is what a heap does, how long does it stop its mutators, how much memory does it take? Runs a plan
// of the benchmarks, keeps every line as it comes, and folds them to a few numbers a heap for a table.

#include "bench/bench.h"
#include "cli/keep.h"

// Of one heap. NAN where nothing was measured.
struct speed {
  double throughput; // ns of CPU time an operation, over all workloads: geometric mean of medians
  double pause;      // ns, the longest: largest median of the processes' longest
  double space;      // peak resident over live bytes, geometric mean of medians
  size_t good, bad;  // runs with a result; that failed
  size_t missing;    // workloads without a result, for whatever reason
};

// Runs the plan and keeps its lines. `speeds` has an entry for each of the plan's heaps. Returns the plan's
// code; `left_out` is how many of its runs there was no time for, and is said.
int speed_measure(struct ht_bench_plan *plan, struct keep *keep, struct speed *speeds, size_t *left_out);

// Cells of a table: "12.3 ns", "1.52 x live"; "-" for what was not measured.
enum { SPEED_TEXT = 32 };
const char *speed_time(char text[SPEED_TEXT], double ns);
const char *speed_ratio(char text[SPEED_TEXT], double ratio);
// "none" for a heap that ran and told of no pause.
const char *speed_pause(char text[SPEED_TEXT], const struct speed *speed);

#endif
