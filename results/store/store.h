/*
 * The store: every result line ever imported, with its raw samples, in one SQLite file.
 *
 * The one idea: a line is a fact and facts only accumulate. Adding is idempotent on a line's id, so the
 * shards of a run can be merged in any order and as often as one likes; nothing is ever changed or deleted,
 * and a file that is not ours, not whole or newer than us is left exactly as it is.
 *
 * Threads: a store belongs to one thread; several processes may share a file (a writer waits up to
 * HT_STORE_WAIT_MS for another).
 * Errors: -1 or NULL, with one line in `error` (HT_ERROR_SIZE bytes) that begins with the file's name and
 * says what to do; then nothing was added.
 */
#ifndef RESULTS_STORE_STORE_H
#define RESULTS_STORE_STORE_H

#include "line/line.h"

#define HT_STORE_SCHEMA 1
#define HT_STORE_WAIT_MS 5000

struct ht_store;

enum ht_store_mode {
  HT_STORE_READ,  /* the file must exist */
  HT_STORE_WRITE, /* it is made if it does not */
};

struct ht_store *ht_store_open(const char *path, enum ht_store_mode mode, char *error);
void ht_store_close(struct ht_store *store); /* NULL is fine */

struct ht_store_added {
  size_t added;
  size_t known; /* were in the store already */
};

/* Adds all the lines or, with an error, none of them. */
int ht_store_add(struct ht_store *store, struct ht_line *const *lines, size_t count,
                 struct ht_store_added *added, char *error);

/* Reads a file of result lines and adds the good ones in one transaction. `file` receives what was read, with
 * a report for each broken line (ht_line_file_free); it may be NULL if nobody wants to know. */
int ht_store_import(struct ht_store *store, const char *path, struct ht_line_file *file,
                    struct ht_store_added *added, char *error);

/* Other programs' results as lines, ready for ht_store_add; ids are made from the file's contents, so a file
 * imported twice is known. `heap` is "" or what stands for files that do not say which heap they measured.
 * -1: the file cannot be read or is no such file; an entry without a usable number is a line that failed.
 *
 * Google Benchmark (--benchmark_out_format=json): a benchmark's repetitions become the samples of one line,
 * with cpu_per_op and wall_per_op (ns; an iteration is an operation), operations (from items_per_second), and
 * its counters under their own names. A name such as churn/malloc/size:64/16 gives parameters size=64 and
 * argument2=... by position. Keys "heap", "variant" and "provider" of the context
 * (--benchmark_context=heap=malloc) are those of the lines. Aggregates are left out: they are not samples. */
int ht_store_read_google_benchmark(const char *path, const char *heap, struct ht_line_file *file,
                                   char *error);
/* hyperfine (--export-json): a command is a line with wall (s) a run, cpu_mean (s, all that hyperfine keeps
 * of user and system time) and peak_resident (bytes, newer versions). Parameters named heap, variant,
 * provider and benchmark are those of the line; without the last, the command itself is the benchmark. */
int ht_store_read_hyperfine(const char *path, const char *heap, struct ht_line_file *file, char *error);

/* Lines of a kind as they stand now: of every series (heap, variant, benchmark, settings) the lines of the
 * run that was started last, which are replicates of each other, sorted by benchmark, settings, heap, variant
 * and start. Lines without a run count as one run if commit and environment are the same. */
int ht_store_latest(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines, char *error);

/* Lines of a kind by where they come from, in the order in which they were started. Each field may be NULL or
 * "" for any. */
struct ht_store_filter {
  const char *run;
  const char *commit; /* the beginning of one */
  const char *heap;   /* of the line; or its variant, if `variant` is not said */
  const char *variant;
  bool newest; /* only of the run that the newest of these lines belongs to */
};
int ht_store_select(struct ht_store *store, enum ht_line_kind kind, const struct ht_store_filter *filter,
                    struct ht_line_file *lines, char *error);

/* All lines of a kind in the order of their commits. */
int ht_store_history(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines, char *error);

#endif
