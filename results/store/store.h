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

#define HT_STORE_SCHEMA 2
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

/* Adds the good lines of a file of result lines, which may be larger than memory, in one transaction. `file`
 * receives a report for each broken line and no lines (ht_line_file_free); it may be NULL if nobody wants to
 * know. */
int ht_store_import(struct ht_store *store, const char *path, struct ht_line_file *file,
                    struct ht_store_added *added, char *error);

enum ht_store_format { HT_STORE_LINES, HT_STORE_GOOGLE_BENCHMARK, HT_STORE_HYPERFINE, HT_STORE_FORMATS };
/* "line", "google-benchmark", "hyperfine"; HT_STORE_FORMATS if there is none of that name. */
const char *ht_store_format_name(enum ht_store_format format);
enum ht_store_format ht_store_format_named(const char *name);
/* Told from the first key that one of them has and the others have not; HT_STORE_FORMATS with `error` if
 * there is none, or the file cannot be read. */
enum ht_store_format ht_store_format_of(const char *path, char *error);

/* ht_store_import for a file of any of these formats; `heap` as below. */
int ht_store_import_as(struct ht_store *store, const char *path, enum ht_store_format format,
                       const char *heap, struct ht_line_file *file, struct ht_store_added *added,
                       char *error);

/* Other programs' results as lines, ready for ht_store_add; ids are made from the file's contents, so a file
 * imported twice is known, and the file is a run of its own unless HEAPTRIAL_RUN names it. `heap` is "" or
 * what stands for files that do not say which heap they measured. A result that cannot be made a line is
 * reported in `file` like a broken line. Machine, compiler, flags and commit are what the file says, or the
 * variables that ht_line_environment_given reads, else "". -1: the file cannot be read or is no such file; an
 * entry without a usable number is a line that failed.
 *
 * Google Benchmark (--benchmark_out_format=json): a benchmark's repetitions become the samples of one line,
 * with cpu_per_op and wall_per_op (ns; an iteration is an operation), operations (from items_per_second), and
 * its counters under their own names. A name such as churn/malloc/size:64/16 gives parameters size=64 and
 * argument2=... by position. Keys "heap", "variant" and "provider" of the context
 * (--benchmark_context=heap=malloc) are those of the lines, and so are "machine" (else its own "host_name"),
 * "cpu", "kernel", "libc", "compiler", "flags", "commit" and "commit_seq". Aggregates are left out: they are
 * not samples. */
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

/* The lines of a kind that one run wrote, sorted as above; none is no error. */
int ht_store_run(struct ht_store *store, enum ht_line_kind kind, const char *run, struct ht_line_file *lines,
                 char *error);

/* All lines of a kind in the order of their commits. */
int ht_store_history(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines, char *error);

#endif
