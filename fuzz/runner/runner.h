#ifndef FUZZ_RUNNER_RUNNER_H
#define FUZZ_RUNNER_RUNNER_H

// The runner: a heap program, run on a heap beside the oracle, ends in a verdict.
//
// It is deterministic: at any time one mutator runs, and all others are blocked (but for runs beside each
// other, below). The carriers of a heap with
// HT_THREAD_BOUND are threads that hand the run on like a baton; those of any other heap are all the calling
// thread. The schedule of the program, and where it ends the order of its operations, says which mutator goes
// next. Every operation is first reduced to what exists (slots, fields, objects), then done on the shadow
// heap and on the heap, and what the heap gave is compared. A runner is made once a process and runs any
// number of programs, each on a new heap; after a fork it serves the child only if it has not run yet.

#include "fuzz/oracle/invariants.h"
#include "fuzz/program/program.h"

#include <heaptrial/heap.h>

enum ht_verdict_kind {
  HT_KEPT,       // every check that was evaluated held
  HT_BROKEN,     // an invariant is broken
  HT_NO_VERDICT, // the heap could not be made here
};

struct ht_verdict {
  enum ht_verdict_kind kind;
  size_t invariant;            // if broken: its place in the catalogue of the heap
  size_t operation;            // index of the operation after which it was seen; operation_count: at the end
  enum ht_operation_code code; // that operation's
  char message[512];           // one line: what was expected, what was found, which objects
};

struct ht_runner_options {
  const struct ht_heap_table *table;
  const struct ht_setting *settings; // outlive the runner
  size_t setting_count;
  struct ht_invariant_set only; // of the catalogue, those that are checked; HT_INVARIANTS_ALL
  unsigned carriers;            // at most so many, whatever the program says; 0: as many as it says
  bool every;                   // compare everything after each operation
  FILE *trace;                  // if not NULL: every operation as it is done, with the objects it meets
  const struct ht_runner_beside *beside; // NULL: one mutator runs at a time
};

// For a world where threads take turns and somebody chooses whose it is: mutators run beside each other, each
// carrier on a thread of its own (base/thread.h), and the world says where the runner is. The schedule of the
// program means nothing to the runner then. Whatever may happen at a safepoint happens there; reads and
// writes of slots, globals and cells are one step each, as nothing but a collector may see a part of them.
struct ht_runner_beside {
  void *context;
  void (*operation)(void *context); // a mutator is about to begin an operation: others may go first
  void (*broken)(void *context);    // an invariant is, the verdict is written: does not return
};

struct ht_runner;

// NULL with a message if the heap cannot be made here, or lists what no catalogue can hold.
struct ht_runner *ht_runner_open(const struct ht_runner_options *options, char *message, size_t message_size);
void ht_runner_close(struct ht_runner *runner);

// Runs one program on a new heap. After a broken invariant the heap may be corrupt: it is left as it is, and
// the process should run no further program.
void ht_runner_run(struct ht_runner *runner, const struct ht_program *program, struct ht_verdict *verdict);

// Where a thread of such a run is. Who switches between threads leaves at one place, and enters at the
// other's, which was left last or is new.
struct ht_runner_place {
  unsigned running, depth;
  size_t operation;
  enum ht_operation_code code;
  bool bulk, done, collect_due;
  uint32_t judged_number, judged_count;
};
void ht_runner_leave(const struct ht_runner *runner, struct ht_runner_place *place);
void ht_runner_enter(struct ht_runner *runner, const struct ht_runner_place *place);
void ht_runner_place_init(struct ht_runner_place *place);

struct ht_runner_counts {
  uint64_t programs, operations;           // operations done, not those reduced to nothing
  uint64_t evaluations[HT_INVARIANTS_MAX]; // of the catalogue
};
// As of now; good until the runner is closed.
const struct ht_runner_counts *ht_runner_counts(const struct ht_runner *runner);

// "INVARIANT GEN-3 operation 17 store heap semispace: ..." : the line that every driver prints and triage
// keys on.
void ht_verdict_print(const struct ht_verdict *verdict, const struct ht_heap_table *table, FILE *out);

#endif
