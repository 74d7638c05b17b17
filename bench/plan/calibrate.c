// How long a pair's runs may be: in CPU time, or in instructions where these are counted.
#include "bench/plan/plan_internal.h"

#include <stdlib.h>

enum { STEPS = 32 };
static const double default_cpu_seconds = 2;
// Under callgrind a second is some forty million instructions.
static const double counted_instructions = 200e6;
// Enough of them to say what one costs, since the count is exact.
static const uint64_t counted_operations = 200000;

// What a run may cost, and what it did.
static double allowance(const struct ht_bench_plan *plan, enum bench_way way) {
  if (way == BENCH_COUNTED) return counted_instructions;
  double seconds = plan->cpu_seconds > 0 ? plan->cpu_seconds : default_cpu_seconds;
  if (seconds > plan->process_seconds / 2 && plan->process_seconds > 0) seconds = plan->process_seconds / 2;
  return seconds * 1e9;
}

static double cost(const struct ht_line *line, enum bench_way way) {
  return bench_sample(line, way == BENCH_COUNTED ? "instructions" : "cpu");
}

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

void bench_params_of(const struct bench_pair *pair, const struct ht_line *line,
                     struct ht_workload_params *params) {
  for (const char *const *name = ht_workload_param_names; *name; name++) {
    const char *value = ht_line_find_param(line, *name);
    if (value && ht_workload_param_uses(pair->workload, *name))
      ht_workload_param_set(params, *name, strtoull(value, NULL, 10));
  }
}

struct ht_line *bench_calibrate(const struct bench_pair *pair, enum bench_way way,
                                struct ht_workload_params *params, bool *interrupted) {
  double allowed = allowance(pair->plan, way);
  struct ht_workload_params steps[STEPS];
  struct ht_workload_expectation lengths[STEPS];
  int count = 0;
  struct ht_workload_params step = *params;
  do {
    steps[count] = step;
    pair->workload->expect(&step, 1, &lengths[count]);
    // A longer one than this is not worth counting.
    if (way == BENCH_PLAIN || count > 0 || lengths[0].operations <= counted_operations) count++;
  } while (count < STEPS && ht_workload_shrink(pair->workload, &step));
  if (count == 0) count = 1;

  // From the last, shortest step down to step 0. Steps that fit even at most are leapt over, otherwise the
  // next one is tried if it fits at least.
  bool sure = true;
  for (int at = count - 1;;) {
    struct ht_line *line = bench_once(pair, &steps[at], way, NULL, interrupted);
    if (!line) return NULL;
    if (line->status == HT_LINE_TIMEOUT && !sure) {
      // Longer than it can be: what was tried before is as long as it gets. Had it been sure to fit, it
      // hangs.
      ht_line_free(line);
      return NULL;
    }
    if (*interrupted || line->status != HT_LINE_OK) return line;
    double spent = cost(line, way);
    ht_line_free(line);
    // It might have fitted, and does not: one step back, whose cost is known.
    if (spent > allowed && !sure) return NULL;
    *params = steps[at];
    int next = at;
    sure = true;
    for (int i = at - 1; i >= 0; i--)
      if (spent * at_most(&lengths[at], &lengths[i]) <= allowed) next = i;
    if (next == at && at > 0 && spent * at_least(&lengths[at], &lengths[at - 1]) <= allowed) {
      next = at - 1;
      sure = false;
    }
    if (next == at) return NULL;
    if (next == 0 && sure) {
      *params = steps[0];
      return NULL;
    }
    at = next;
  }
}
