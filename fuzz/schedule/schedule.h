#ifndef FUZZ_SCHEDULE_SCHEDULE_H
#define FUZZ_SCHEDULE_SCHEDULE_H

// Who runs next in the simulated world: every way there is, up to a bound; at random, with priorities, so
// that a bug of known depth is found with known probability; as bytes say; or as a recorded run did.
//
// Each of these is a chooser: what simulated_run asks at every point. All that a run depends on is what it
// chooses, so a trace of its choices is the run.

#include "allocators/base/simulated/simulation.h"
#include "fuzz/program/random.h"

#include <stdio.h>

// A run's choices, as they were made.
struct ht_trace {
  struct simulated_choice *choices;
  size_t count, capacity;
  bool overflowed; // no memory for more: the trace is of no use
};

void ht_trace_free(struct ht_trace *trace);
void ht_trace_add(struct ht_trace *trace, struct simulated_choice choice);
// One line: "0x12 1x3 0v1": fiber 0 makes 12 steps, fiber 1 three, the first of fiber 0's late stores becomes
// visible. parse returns false at what is no trace.
void ht_trace_print(const struct ht_trace *trace, FILE *out);
bool ht_trace_parse(const char *text, struct ht_trace *trace);

// Choices from a trace; where it ends, or asks for what is not possible, the fiber that runs goes on, and
// else the first that can.
struct ht_replayer {
  const struct ht_trace *trace;
  size_t next;
  bool strayed; // it asked for what is not possible
};
simulated_choose ht_replay_choose; // context: struct ht_replayer

// Choices from bytes, each for some steps: the low four bits say who of those that can go on, or whose late
// store becomes visible, the high four for how many steps. Where they end, as a replayer.
struct ht_byte_chooser {
  const uint8_t *bytes;
  size_t size, next;
  struct simulated_choice choice;
  unsigned left; // steps of that choice
};
simulated_choose ht_bytes_choose; // context: struct ht_byte_chooser

// Probabilistic concurrency testing: random priorities, and after depth - 1 random steps who has made that
// step falls behind all others. A bug that needs `depth` orderings is found with probability at least 1 / (n
// * k^(d-1)), with n fibers and k steps. A buffer has a priority as a fiber has. (Burckhardt, Kothari,
// Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010.)
enum { HT_PCT_DEPTH_MAX = 8 };
struct ht_pct {
  struct ht_random random;
  uint64_t step;
  unsigned depth;
  unsigned last;                             // whose step, or buffer's, the last one was
  uint32_t lowest;                           // below all others: of who has offered last
  uint32_t priorities[2 * SIMULATED_FIBERS]; // of fibers, and of their buffers; 0: not drawn yet
  uint64_t changes[HT_PCT_DEPTH_MAX - 1];    // steps
};
// `steps`: how long a run is, about.
void ht_pct_begin(struct ht_pct *pct, uint64_t seed, unsigned depth, uint64_t steps);
simulated_choose ht_pct_choose; // context: struct ht_pct

// Every way, up to a bound on preemptions: switches away from a fiber that could go on and did not offer it.
// With store buffers, as much as one of these counts each time in which stores that could be visible are not.
enum { HT_PREEMPTIONS_ANY = 1000000 };
struct ht_exploration {
  void (*body)(void *argument); // of one run: makes all anew
  void *argument;
  simulated_switches *switches; // with `argument`; may be NULL
  // After each run: false is a finding, and ends the search. Not called for runs that are cut.
  bool (*judge)(void *argument, const struct simulated_end *end);
  bool buffers, per_address;
  unsigned preemptions; // at most so many in a run
  bool reduce;          // leave out runs that differ from others in the order of independent steps alone
  uint64_t most_runs;   // 0: as many as there are
  uint64_t most_cpu_ns; // 0: as long as it takes
  uint64_t most_steps;  // of a run
  void (*progress)(void *argument, uint64_t runs); // may be NULL; every some thousand runs
};

enum ht_explored { HT_EXPLORED_ALL, HT_EXPLORED_FINDING, HT_EXPLORED_PART, HT_EXPLORED_NOT };

struct ht_exploration_result {
  enum ht_explored explored; // NOT: no memory
  uint64_t runs;             // whole ones
  uint64_t cut;              // runs that reduction ended, as they were others
  uint64_t steps;            // of all
  uint64_t points, choices;  // of the last pass: points met, and of these with more than one way to go on
  size_t sites, switched;   // places in the code where a fiber was met, and where another was preferred to it
  unsigned passes;          // the search begins anew when a word is found to be shared
  struct simulated_end end; // of a finding
  struct ht_trace trace;    // of a finding; the caller frees it
};

// One run as a chooser says; `trace` gets its choices, behind those it has.
void ht_run_chosen(const struct ht_exploration *exploration, simulated_choose *choose, void *context,
                   struct ht_trace *trace, struct simulated_end *end);

// One run as a trace says, printed for a person: a line a step, a column a fiber, and how it ended. Addresses
// are named by the order in which they come ("word 1"), so the text is the same wherever memory lies. A late
// store that becomes visible stands in the column of who has stored.
//
//    12  load word 2
//    13                      lock word 1
void ht_print_columns(const struct ht_exploration *exploration, const struct ht_trace *trace, FILE *out,
                      struct simulated_end *end);

void ht_explore(const struct ht_exploration *exploration, struct ht_exploration_result *result);

#endif
