// How long a pair's runs may be.
#include "bench/plan/plan_internal.h"

enum { STEPS = 32 };
static const double default_cpu_seconds = 2;

// How much longer than the one a run at the other parameters takes: at least, in proportion to its
// operations; at most, if each allocation, filling included, costs in proportion to what is live, as in a
// collector that copies everything each time.
static double at_least(const struct ht_workload_expectation *one,
                       const struct ht_workload_expectation *other) {
  return (double)other->operations / (double)one->operations;
}

static double at_most(const struct ht_workload_expectation *one,
                      const struct ht_workload_expectation *other) {
  // Where the region is collections, one of them is what an allocation is to such a collector.
  uint64_t region = one->cycles ? one->cycles : one->operations;
  return (double)(other->allocations + other->cycles) / (double)region * (double)other->live_bytes /
         (double)one->live_bytes;
}

struct ht_line *bench_calibrate(struct bench_pair *pair, bool *interrupted) {
  double cpu_seconds = pair->plan->cpu_seconds > 0 ? pair->plan->cpu_seconds : default_cpu_seconds;
  if (cpu_seconds > pair->plan->process_seconds / 2 && pair->plan->process_seconds > 0)
    cpu_seconds = pair->plan->process_seconds / 2;
  double allowed = cpu_seconds * 1e9;
  struct ht_workload_params steps[STEPS];
  struct ht_workload_expectation lengths[STEPS];
  int count = 0;
  struct ht_workload_params params = pair->params;
  do {
    steps[count] = params;
    pair->workload->expect(&params, 1, &lengths[count]);
    count++;
  } while (count < STEPS && ht_workload_shrink(pair->workload, &params));

  // From the last, shortest step down to step 0. Steps that fit even at most are leapt over, otherwise the
  // next one is tried if it fits at least.
  bool sure = true;
  for (int at = count - 1;;) {
    struct ht_line *line = bench_once(pair, &steps[at], BENCH_PLAIN, interrupted);
    if (!line) return NULL;
    if (line->status == HT_LINE_TIMEOUT && !sure) {
      // Longer than it can be: what was tried before is as long as it gets. Had it been sure to fit, it
      // hangs.
      ht_line_free(line);
      return NULL;
    }
    if (*interrupted || line->status != HT_LINE_OK) return line;
    double cpu = bench_sample(line, "cpu");
    ht_line_free(line);
    // It might have fitted, and does not: one step back, whose time is known.
    if (cpu > allowed && !sure) return NULL;
    pair->params = steps[at];
    pair->cpu_ns = cpu;
    int next = at;
    sure = true;
    for (int i = at - 1; i >= 0; i--)
      if (cpu * at_most(&lengths[at], &lengths[i]) <= allowed) next = i;
    if (next == at && at > 0 && cpu * at_least(&lengths[at], &lengths[at - 1]) <= allowed) {
      next = at - 1;
      sure = false;
    }
    if (next == at) return NULL;
    if (next == 0 && sure) {
      pair->cpu_ns = cpu * at_least(&lengths[at], &lengths[0]);
      pair->params = steps[0];
      return NULL;
    }
    at = next;
  }
}
