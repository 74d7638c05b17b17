// The speed of a process when nothing disturbs it.
//
// What others do to a machine shows in CPU time too: a neighbour on the same core, a timer that the machine
// below serves, a clock that slows down make stretches of some milliseconds up to twice as slow. The sum of a
// process has all of that in it. So the measured region is entered many times, and the lower quartile of its
// pieces tells how fast it is in between. The first piece is the one that may still warm up.
//
// That only holds where all pieces do the same. A collector works in some and not in others, so with a heap
// that collects the sum is all there is.
//
// Two processes on one CPU may take turns, piece by piece: then what slows one down slows the other too, and
// their ratio has lost it.
#include "bench/run/run.h"

#include <stdlib.h>
#include <time.h>

// A look at the clock takes a third of a microsecond: a piece is to take much longer.
enum { OPERATIONS_LEAST = 4096, PIECES_LEAST = 8 };

bool ht_bench_pieces_cut(struct ht_bench_pieces *pieces, const struct ht_bench_arguments *a,
                         const struct ht_heap_table *table, struct ht_workload_params *params) {
  pieces->count = 1;
  pieces->alike = !(table->capabilities & HT_COLLECTS);
  if (a->in_step && !(pieces->turns = ht_bench_turns_open(a->in_step, a->side))) return false;
  if (a->counting || params->mutators > 1 || !(pieces->alike || pieces->turns) ||
      !ht_workload_param_uses(a->workload, "operations"))
    return true;
  uint64_t count = a->pieces < HT_BENCH_PIECES ? a->pieces : HT_BENCH_PIECES;
  while (count >= PIECES_LEAST &&
         (params->operations % count || params->operations / count < OPERATIONS_LEAST))
    count--;
  if (count < PIECES_LEAST) return true;
  pieces->count = count;
  params->operations /= count;
  return true;
}

static double cpu_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

uint64_t ht_bench_pieces_run(struct ht_bench_pieces *pieces, void (*region)(void *argument), void *argument) {
  double sum = 0;
  for (uint64_t i = 0; i < pieces->count; i++) {
    if (pieces->turns) ht_bench_turns_wait(pieces->turns);
    double before = cpu_now();
    ht_measured_region(region, argument);
    sum += pieces->cpu_ns[i] = cpu_now() - before;
    if (pieces->turns) ht_bench_turns_pass(pieces->turns);
  }
  return (uint64_t)sum;
}

static int by_value(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

void ht_bench_pieces_measure(const struct ht_bench_pieces *pieces, uint64_t operations,
                             struct ht_line *line) {
  if (pieces->count == 1 || !pieces->alike) return;
  struct ht_bench_pieces sorted = *pieces;
  qsort(sorted.cpu_ns, sorted.count, sizeof *sorted.cpu_ns, by_value);
  ht_line_sample(line, "cpu_per_op_quartile", "ns", HT_LINE_LOWER,
                 sorted.cpu_ns[sorted.count / 4] * (double)sorted.count / (double)operations);
}
