// A heap program on a heap, in the simulated world, under any chooser.
#ifndef FUZZ_SCHEDULE_HEAP_RUN_H
#define FUZZ_SCHEDULE_HEAP_RUN_H

#include "fuzz/runner/runner.h"
#include "fuzz/schedule/schedule.h"

struct ht_heap_run {
  struct ht_runner *runner;
  const struct ht_program *program;
  struct ht_verdict verdict; // of the last run
  struct ht_runner_beside beside;
  struct ht_runner_place places[SIMULATED_FIBERS];
};

// `run` stays where it is until it is closed. The heap is of this world: compiled for it. False with a
// message if it cannot be made here.
bool ht_heap_run_open(struct ht_heap_run *run, const struct ht_runner_options *options, char *message,
                      size_t message_size);
void ht_heap_run_close(struct ht_heap_run *run);

// The body of a simulated run, and what simulated_run has to be told to switch between its threads.
// `argument` and `context` are the struct ht_heap_run.
void ht_heap_run_body(void *argument);
simulated_switches ht_heap_run_switches;

// Did the last run keep every invariant, and come to its end?
bool ht_heap_run_kept(const struct ht_heap_run *run, const struct simulated_end *end);
// One line that says what broke.
void ht_heap_run_print(const struct ht_heap_run *run, const struct ht_heap_table *table,
                       const struct simulated_end *end, FILE *out);

#endif
