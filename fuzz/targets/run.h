#ifndef FUZZ_TARGETS_RUN_H
#define FUZZ_TARGETS_RUN_H

// How a target runs a program: one mutator at a time (run_turns.c), or all beside each other in the simulated
// world, as the program's schedule says (run_simulated.c). Which, is decided when it is linked.

#include "fuzz/runner/runner.h"

#include <stdio.h>

// Once, before the first program. False with a message if the heap cannot be made here.
bool ht_target_run_open(const struct ht_runner_options *options, char *message, size_t message_size);

// False: something is broken, and a line on `out` says what. The process should run no further program.
// `counts` as ht_runner_counts. A heap that cannot be made here is HT_NO_VERDICT in *verdict.
bool ht_target_run(const struct ht_program *program, struct ht_verdict *verdict, FILE *out);
const struct ht_runner_counts *ht_target_run_counts(void);

#endif
