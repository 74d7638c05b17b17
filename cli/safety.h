#ifndef CLI_SAFETY_H
#define CLI_SAFETY_H

// Is what a heap does right? A fixed number of heap programs, the kept ones first and then generated ones, in
// a child process a heap, with the heap's preload. The same seed gives the same programs.

#include "cli/attempt.h"

struct safety_plan {
  uint64_t seed;
  uint64_t programs;    // that are generated, after those of the corpus
  double seconds;       // a heap; what is not done by then is left out
  unsigned jobs;        // heaps at once
  const char *findings; // folder
};

struct safety {
  const struct cli_heap *heap;
  struct attempt_result result;
  struct ht_runner_counts counts;
  double seconds;
  char provider[256];
  char saved[4096]; // the file of the program that broke something; "" if there is none
};

// Tries heaps; `done` is called as each is finished, in the order in which that happens. After an interrupt
// the rest is filled with what was counted until then.
typedef void safety_done(void *context, const struct safety *safety);
void safety_try(const struct cli_heaps *heaps, const struct safety_plan *plan, struct safety *results,
                safety_done *done, void *context);

#endif
