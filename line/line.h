/*
 * The result line: the one format that whatever measures writes and whatever keeps results reads.
 *
 * A file of results is JSON Lines: one object a line, one line a process that was measured, appended with one
 * write(2), so that many writers share a file and a crash costs at most the line in hand. The one idea: a
 * line either holds a measurement or says why there is none. A line whose status is not "ok" carries no cost
 * (no time, rate, instruction or cycle count): the writer refuses it, and the reader refuses a file that has
 * one.
 *
 * Building never fails half-way: the first mistake (a sample that is not finite, no memory) is kept in the
 * line, and writing it reports that mistake and writes nothing.
 *
 * Ownership: a line owns copies of all that it is given. Threads: a line belongs to one thread at a time;
 * ht_line_append may be called on one file by any number of threads and processes.
 * Errors: functions that can fail return 0 or -1 and put one line of text, without a newline, in `error`,
 * a buffer of HT_ERROR_SIZE bytes.
 */
#ifndef LINE_LINE_H
#define LINE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* 2 added curves; lines of schema 1 are read as lines without any. */
#define HT_LINE_SCHEMA 2
#define HT_ERROR_SIZE 512

enum ht_line_kind { HT_LINE_BENCH, HT_LINE_FUZZ, HT_LINE_MUTANT, HT_LINE_TRIAL };

enum ht_line_status {
  HT_LINE_OK,
  HT_LINE_FAILED,     /* it ran and said no: a nonzero exit code, an error it reported */
  HT_LINE_CRASHED,    /* ended by a signal */
  HT_LINE_TIMEOUT,    /* ended by us at its bound */
  HT_LINE_CHECKSUM,   /* it ended well with a wrong checksum or too few allocations */
  HT_LINE_NO_VERDICT, /* it could not be tried here: a missing library, a capability the heap lacks */
};

/* Which direction of a metric is an improvement. */
enum ht_line_better { HT_LINE_LOWER, HT_LINE_HIGHER, HT_LINE_NONE };

/* Samples of one metric, in the order in which they were taken: repetitions within the line's one process
 * (or, in a line made from a file of hyperfine, one a process). */
struct ht_line_measure {
  char *metric; /* "cpu_per_op" */
  char *unit;   /* "ns" "us" "ms" "s" "1/s" "bytes" "ratio" "instructions" "count" ... */
  enum ht_line_better better;
  size_t sample_count; /* at least 1 in a line that was written */
  double *samples;     /* all finite */
};

/* One measure as a function of something: resident memory over time, utilisation over the window's length,
 * latency over the percentile. A drawing, where a measure is a number: replicates are not compared by curves.
 */
struct ht_line_curve {
  char *name;            /* "resident", "utilisation", "latency"; unique in the line */
  char *x_unit, *y_unit; /* "" for what has none */
  size_t count;          /* at least 1 in a line that was written */
  double *x, *y;         /* all finite; x never falls */
};

struct ht_line_param {
  char *name, *value;
};

/* Strings are UTF-8 and never NULL in a line that was read; "" stands for "not known" or "does not apply". */
struct ht_line {
  char *id;  /* unique: importing the same id twice keeps one */
  char *run; /* shared by the lines of one invocation: they are replicates of each other */
  enum ht_line_kind kind;
  char *started;   /* UTC, "2026-11-21T07:52:23.123Z" */
  char *heap;      /* "malloc", "boehm", "semispace" */
  char *variant;   /* what else stands behind that heap: "mimalloc" preloaded under malloc */
  char *provider;  /* proof of which library served: the path dladdr gave for malloc in that process */
  char *benchmark; /* "churn", "campaign" */

  size_t param_count;
  struct ht_line_param *params; /* sorted by name, names unique */

  enum ht_line_status status;
  char *reason; /* never "" when status is not HT_LINE_OK */

  size_t measure_count;
  struct ht_line_measure *measures;

  size_t curve_count;
  struct ht_line_curve *curves;

  bool has_checksum, has_allocations, has_seed;
  uint64_t checksum, allocations, seed;

  struct {
    char *machine, *cpu, *kernel, *libc, *compiler, *flags;
  } environment;
  struct {
    char *sha;
    int64_t seq; /* number of first-parent commits up to and with this one; -1 not known */
  } commit;

  char *mistake; /* the first error while building, NULL if none */
};

/* A new line with a fresh random id, the run that HEAPTRIAL_RUN in the environment names (if it does),
 * started now, status ok, and nothing else known. NULL: no memory. Give it back with ht_line_free. */
struct ht_line *ht_line_new(enum ht_line_kind kind, const char *heap, const char *benchmark);
void ht_line_free(struct ht_line *line); /* NULL is fine */

void ht_line_id(struct ht_line *line, const char *id);   /* for results that have a name of their own */
void ht_line_run(struct ht_line *line, const char *run); /* instead of HEAPTRIAL_RUN of the environment */
void ht_line_started(struct ht_line *line, int64_t unix_nanoseconds);
void ht_line_variant(struct ht_line *line, const char *variant, const char *provider);
/* For string fields without a call of their own: ht_line_set(line, &line->environment.machine, "nightly-3").
 */
void ht_line_set(struct ht_line *line, char **field, const char *text);
void ht_line_param(struct ht_line *line, const char *name, const char *value); /* again: replaces */
void ht_line_param_number(struct ht_line *line, const char *name, int64_t value);
void ht_line_param_text(struct ht_line *line, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds samples to a metric. Calling again appends; unit and direction must stay the same. */
void ht_line_measure(struct ht_line *line, const char *metric, const char *unit, enum ht_line_better better,
                     const double *samples, size_t sample_count);
/* The same with one sample. */
void ht_line_sample(struct ht_line *line, const char *metric, const char *unit, enum ht_line_better better,
                    double sample);
/* Adds a curve of `count` points; a second one of the same name is a mistake. */
void ht_line_curve(struct ht_line *line, const char *name, const char *x_unit, const char *y_unit,
                   const double *x, const double *y, size_t count);
/* Makes the line one without a result: drops every cost measured so far, and every curve. The reason must not
 * be empty. */
void ht_line_fail(struct ht_line *line, enum ht_line_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ht_line_checksum(struct ht_line *line, uint64_t checksum);
void ht_line_allocations(struct ht_line *line, uint64_t allocations);
void ht_line_seed(struct ht_line *line, uint64_t seed);

/* Fills environment and commit from this machine and this build.
 * HEAPTRIAL_MACHINE, HEAPTRIAL_COMMIT and HEAPTRIAL_COMMIT_SEQ in the environment win over what is found
 * (host name, git at build time); what cannot be found stays "". */
void ht_line_environment(struct ht_line *line);

/* Fills only what these three variables say: for results that were measured elsewhere, by something else. */
void ht_line_environment_given(struct ht_line *line);

/* True for a unit that a run which did not end well must not report: ns us ms s min h, anything per one of
 * these ("1/s", "bytes/s"), instructions, cycles. */
bool ht_line_is_cost(const char *unit);

/* What was found while fuzzing, as parameters of the campaign's line: "finding.GEN-3 store" holds the line
 * that says what is broken, "program.GEN-3 store" the path of the heap program that shows it. Behind the
 * prefix stands the finding's key: what triage sorts by, the same in every campaign. */
#define HT_LINE_FINDING "finding."
#define HT_LINE_PROGRAM "program."

/* True for a parameter that is no setting of a benchmark: the seed, what else replicates differ in (round,
 * place, padding, pinned_to and warmups of bench/bench.h), and the outcomes "caught_by", "way", "verdict" and
 * findings. Lines that differ in these alone belong to one series. */
bool ht_line_is_varying(const char *param);
/* The next parameter that is a setting, from position *at on; NULL after the last. */
const struct ht_line_param *ht_line_setting(const struct ht_line *line, size_t *at);
/* Same benchmark and settings, whatever the heap. */
bool ht_line_same_trial(const struct ht_line *a, const struct ht_line *b);
/* Same heap and variant too. */
bool ht_line_same_series(const struct ht_line *a, const struct ht_line *b);

/* NULL if there is no such measure, parameter or curve; what is returned belongs to the line. */
const struct ht_line_measure *ht_line_find(const struct ht_line *line, const char *metric);
const struct ht_line_curve *ht_line_find_curve(const struct ht_line *line, const char *name);
const char *ht_line_find_param(const struct ht_line *line, const char *name);

/* The words used in the file; -1 for a word that is none of them. */
const char *ht_line_kind_name(enum ht_line_kind kind);
const char *ht_line_status_name(enum ht_line_status status);
const char *ht_line_better_name(enum ht_line_better better);
int ht_line_kind_of(const char *name);
int ht_line_status_of(const char *name);
int ht_line_better_of(const char *name);

/* A copy of `text` (NULL: "") in which each byte that is not UTF-8 is a '?': a reason is often the last words
 * of a crashed program, and must not cost us the line. NULL: no memory. */
char *ht_line_copy(const char *text);

/* What must hold of every line in a file, checked by writer and reader alike: 0, or -1 with `error`. */
int ht_line_check(const struct ht_line *line, char *error);

/* One line of text with its newline, to be freed with free(). NULL with `error` if the line has a mistake. */
char *ht_line_print(const struct ht_line *line, char *error);
/* Writes to a stream and flushes it. */
int ht_line_write(const struct ht_line *line, FILE *stream, char *error);
/* Appends to a file, made if missing: one write(2) under a lock on the file; a write that came short (no
 * space left) is cut away again and reported, so the file never ends in half a line of ours. */
int ht_line_append(const struct ht_line *line, const char *path, char *error);

/* One line of a file. NULL with `error`. */
struct ht_line *ht_line_parse(const char *text, size_t size, char *error);

/* A file that was read: its good lines, and a report for each line that is not. */
struct ht_line_file {
  size_t line_count;
  struct ht_line **lines; /* in file order */
  size_t broken_count;
  struct {
    size_t number; /* counted from 1 */
    char *text;    /* "results.jsonl:7: status is missing" */
  } * broken;
};

/* Takes a line, which is now the taker's: 0 to go on, or -1 with `error`, and the reading ends. */
typedef int ht_line_taker(void *context, struct ht_line *line, char *error);

/* Reads a file line by line, which may be larger than memory: `take` gets the good lines, `file` the reports
 * of broken ones and no lines. -1 if the file could not be read or `take` said so. */
int ht_line_each(const char *path, ht_line_taker *take, void *context, struct ht_line_file *file,
                 char *error);

/* Reads a whole file. Broken lines are listed, never fatal; blank lines are skipped. -1 only if the file
 * could not be opened or read, or memory ran out; then `file` is empty. Free with ht_line_file_free. */
int ht_line_read(const char *path, struct ht_line_file *file, char *error);
void ht_line_file_free(struct ht_line_file *file);
/* Adds a report; `number` says where in the file. -1: no memory. */
int ht_line_file_report(struct ht_line_file *file, size_t number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
