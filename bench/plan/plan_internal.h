#ifndef BENCH_PLAN_PLAN_INTERNAL_H
#define BENCH_PLAN_PLAN_INTERNAL_H

// Private to bench/plan: one pair of heap and workload, and how it is run once.

#include "bench/bench.h"
#include "plugin/plugin.h"

struct bench_pair {
  const struct ht_bench_plan *plan;
  const char *heap_text, *workload_text;
  const struct ht_plugin_choice *choice;
  const struct ht_workload *workload;
  struct ht_workload_params params;
  double cpu_ns; // of the measured region at these parameters; 0: not known
  unsigned left; // replicates to run
};

enum bench_way { BENCH_PLAIN, BENCH_COUNTED };

// Runs the pair once with `params`, in a process of its own. NULL: no memory. The line is complete, whatever
// became of the process; *interrupted is set if it was ended for the caller and the line means nothing.
struct ht_line *bench_once(const struct bench_pair *pair, const struct ht_workload_params *params,
                           enum bench_way way, bool *interrupted);

// The same under callgrind: a line with instructions and no times, or one without a verdict.
struct ht_line *bench_count(const struct bench_pair *pair, bool *interrupted);

// Finds the length of the pair's runs. NULL: it has one. Otherwise the line of the run that failed.
struct ht_line *bench_calibrate(struct bench_pair *pair, bool *interrupted);

// A measure's only sample, or 0.
double bench_sample(const struct ht_line *line, const char *metric);

#endif
