// PCT keeps its word: what needs d orderings is found with a probability of at least 1 / (n k^(d-1)).
#include "tests/world/examples/drive.h"

#include "allocators/base/check.h"

#include <math.h>
#include <string.h>

enum { RUNS = 20000, SIGMAS = 3 };

static const struct example *const examples[] = {&example_depth,   &example_count, &example_once,
                                                 &example_treiber, &example_queue, &example_locks,
                                                 &example_marker};
enum { EXAMPLES = sizeof examples / sizeof *examples };

// Who has made a step.
static unsigned fibers_in(const struct ht_trace *trace) {
  uint32_t fibers = 0;
  for (size_t i = 0; i < trace->count; i++) fibers |= 1u << trace->choices[i].fiber;
  return (unsigned)__builtin_popcount(fibers);
}

// The longest of some runs, and how many take part.
static void measure(const struct drive *drive, unsigned *fibers, uint64_t *steps) {
  enum { SOME = 1000 };
  *fibers = 0;
  *steps = 1;
  for (uint64_t seed = 1; seed <= SOME; seed++) {
    struct ht_trace trace = {0};
    struct simulated_end end;
    drive_pct(drive, seed, 3, *steps, &trace, &end);
    if (end.steps > *steps) *steps = end.steps;
    if (fibers_in(&trace) > *fibers) *fibers = fibers_in(&trace);
    ht_trace_free(&trace);
  }
}

static bool try_one(const struct example *example, const struct example_variant *variant) {
  struct drive drive = {example, variant, EXAMPLE_SEQUENTIAL};
  unsigned fibers, found = 0;
  uint64_t steps;
  measure(&drive, &fibers, &steps);
  for (uint64_t seed = 1; seed <= RUNS; seed++) {
    struct ht_trace trace = {0};
    struct simulated_end end;
    drive_pct(&drive, seed, variant->depth, steps, &trace, &end);
    found += !drive_is_right(&drive, &end);
    ht_trace_free(&trace);
  }
  double bound = 1 / (fibers * pow((double)steps, variant->depth - 1));
  double least = bound * RUNS - SIGMAS * sqrt(RUNS * bound * (1 - bound));
  bool keeps = found >= least;
  printf("%-16s %-26s d %u, n %u, k %3u: 1 in %7.1f, found 1 in %7.1f%s\n", example->name, variant->name,
         variant->depth, fibers, (unsigned)steps, 1 / bound, found ? (double)RUNS / found : INFINITY,
         keeps ? "" : ": too seldom");
  return keeps;
}

int main(void) {
  bool well = true;
  for (size_t i = 0; i < EXAMPLES; i++)
    for (const struct example_variant *v = examples[i]->variants; v->name; v++)
      if (v->fault && v->order == EXAMPLE_SEQUENTIAL) well &= try_one(examples[i], v);
  return !well;
}
