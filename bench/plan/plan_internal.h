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
  struct ht_workload_params params;       // of its runs
  struct ht_workload_params count_params; // of the run that counts instructions
  bool counted;                           // there is to be such a run
  bool through_table;                     // not called by its own program
  unsigned left;                          // replicates to run
  unsigned failed;                        // of those that ran
};

// BENCH_COUNTED: under callgrind. Its line has instructions and no times. BENCH_WATCHED: for memory over
// time.
enum bench_way { BENCH_PLAIN, BENCH_COUNTED, BENCH_WATCHED };

// Where in the plan a run stands.
struct bench_place {
  unsigned round, place;
  size_t padding;
};
enum { BENCH_PADDING_MOST = 4096 };

// A plan while it is carried out. Pairs stand by workload, within that by heap, both in the plan's order.
struct bench_runner {
  const struct ht_bench_plan *plan;
  struct ht_bench_summary *summary;
  struct ht_plugin_choice *choices;
  size_t choice_count;
  struct bench_pair *pairs;
  size_t pair_count;
  size_t done;
  double started;
  uint64_t random;
  char *error;
};

// No time is left, or the caller was interrupted.
bool bench_over(const struct bench_runner *runner);
// Appends and counts the line, tells of it and frees it. False: it could not be written.
bool bench_record(struct bench_runner *runner, const struct bench_pair *pair, struct ht_line *line);
void bench_tell(struct bench_runner *runner, const struct bench_pair *pair, const struct ht_line *line);
// The pair is not run again; `with_result`: a line stands for one of its runs.
void bench_give_up(struct bench_runner *runner, struct bench_pair *pair, bool with_result);
// Finds the lengths of all pairs, warms up, counts. False: a line could not be written.
bool bench_prepare(struct bench_runner *runner);

// Is there a program that is built against this heap?
bool bench_has_program(const struct ht_plugin_choice *choice);

// Runs the pair once with `params`, in a process of its own. `place` NULL: a trial, outside the rounds. NULL:
// no memory. The line is complete, whatever became of the process; *interrupted is set if it was ended for
// the caller and the line means nothing.
struct ht_line *bench_once(const struct bench_pair *pair, const struct ht_workload_params *params,
                           enum bench_way way, const struct bench_place *place, bool *interrupted);

// Runs two pairs at the same time, in turns; the first begins. lines[i] is as above.
void bench_in_step(const struct bench_pair *const pairs[2], const struct bench_place places[2],
                   struct ht_line *lines[2], bool *interrupted);

// Finds the length of the pair's runs of a way, no longer than what `params` says: puts it there. NULL: it
// has one. Otherwise the line of the run that failed.
struct ht_line *bench_calibrate(const struct bench_pair *pair, enum bench_way way,
                                struct ht_workload_params *params, bool *interrupted);

// The parameters with which a line's process ran: it may have taken a shorter run than it was told to.
void bench_params_of(const struct bench_pair *pair, const struct ht_line *line,
                     struct ht_workload_params *params);

// A measure's only sample, or 0.
double bench_sample(const struct ht_line *line, const char *metric);

#endif
