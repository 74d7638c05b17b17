#ifndef CLI_ATTEMPT_H
#define CLI_ATTEMPT_H

// Heap programs tried where they may do harm: in a child of this process.
//
// The child and its watcher share a record: which program is running, what the runner had counted, the
// verdict. However the child ends, the record says what it was doing, so a crash is attributed to an
// operation like a broken invariant is.

#include "cli/cli.h"
#include "fuzz/runner/runner.h"
#include "process/process.h"

struct attempt_record {
  uint64_t started, finished; // programs; one is running while they differ
  struct ht_runner_counts counts;
  struct ht_verdict verdict; // of the program that finished last
  char message[1024];        // why there is no runner
  char provider[256];        // the library that served allocations
  size_t doing_length;       // what was last traced: the operation a crash belongs to
  char doing[256];
  uint64_t size; // of the program that was started last
  uint8_t bytes[HT_PROGRAM_BYTES_MAX];
};

enum attempt_kind {
  ATTEMPT_KEPT,
  ATTEMPT_BROKEN,
  ATTEMPT_CRASHED,
  ATTEMPT_HUNG,
  ATTEMPT_NO_VERDICT,
  ATTEMPT_INTERRUPTED,
};

struct attempt_result {
  enum attempt_kind kind;
  size_t invariant;   // if broken
  int signal;         // if crashed
  char what[32];      // for file names and tables: "GEN-3", "signal-11", "hang"
  char message[1024]; // one line; empty if kept
};

// The child's side: a runner that reports to the record. NULL, with a message in the record, if the heap
// cannot be made here.
struct ht_runner *attempt_open(const struct cli_heap *heap, bool every, FILE *trace,
                               struct attempt_record *record);
// A stream that leaves the latest line in the record as what the child is doing, and passes everything on to
// `copy` unless that is NULL. NULL: no memory.
FILE *attempt_trace(struct attempt_record *record, FILE *copy);
// Runs one program and returns the child's exit code: 0 kept, 1 broken, 3 no verdict.
int attempt_run(struct ht_runner *runner, const struct ht_program *program, struct attempt_record *record);

// The watcher's side: what the end of a child and its record mean together.
void attempt_judge(const struct ht_process_result *process, const struct attempt_record *record,
                   const struct ht_heap_table *table, struct attempt_result *result);

struct attempt_options {
  double seconds; // bound
  bool every;     // compare everything after each operation
  FILE *trace;    // where what was traced is printed afterwards; NULL: nowhere
};

// One program on a heap, in a forked child. The record is the caller's, from attempt_record_new.
void attempt_fork(const struct cli_heap *heap, const struct ht_program *program,
                  const struct attempt_options *options, struct attempt_record *record,
                  struct attempt_result *result);

// Memory that children share; NULL: no memory.
struct attempt_record *attempt_record_new(void);
void attempt_record_free(struct attempt_record *record);

// Reads a program from a file, bytes or text: a file named .txt is text, and so is any file that reads as
// such. Says on standard error what of it was ignored. False, after an error message, if it cannot be read.
bool program_read(const char *path, struct ht_program *program);
// Writes bytes, or text to a file named .txt. False after an error message; then no such file was left.
bool program_write(const char *path, const struct ht_program *program);
// Writes into a folder, made if missing, under a name of its own ("semispace-GEN-3-1f2e3d4c.program"), which
// is put in `path`.
bool program_save(const char *folder, const char *heap, const char *what, const struct ht_program *program,
                  char *path, size_t path_size);

#endif
