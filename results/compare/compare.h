/*
 * Is B faster than A? Two sides, each a heap, a run or a commit, over everything that both were measured at.
 *
 * The one idea: processes of one round ran back to back on one machine, so the ratio of such a pair has lost
 * most of what the machine did. Everything here is about logarithms of ratios of pairs; without pairs it is
 * Mann-Whitney between two heaps of samples, and the answer says that pairs are missing.
 *
 *   pairs         test           interval of the ratio
 *   fewer than 20 Mann-Whitney   Hodges-Lehmann on the pairs' log ratios, 95 %
 *   20 and more   signed rank    the same
 *   none          Mann-Whitney   Hodges-Lehmann on all log differences, 95 %
 *   counts        exact: a difference of more than 0.1 % is one
 *
 * (Measured on A/A runs of a busy machine: with 10 pairs the rank sum finds 2 %, and the signed rank is
 * ruined by a single bad pair; with 30 the signed rank finds 0.8 % and the rank sum 1.2 %.)
 *
 * p-values are adjusted over the whole table, by Benjamini & Hochberg, or by Holm where a table is a gate.
 * The verdict is that B is different if the adjusted p is below 0.05 and the interval does not hold 1; that
 * there is no difference above x % if the interval ends within the margin, x being its farther end; else
 * undecided. The detectable difference is what would have been found with 80 % probability, from the width of
 * the interval.
 *
 * Not compared are results of different machines, systems or compilers, of different parameters, and of
 * different work (checksums). A crash of B where A ran is a verdict of its own.
 *
 * Threads and errors: as for the store.
 */
#ifndef RESULTS_COMPARE_COMPARE_H
#define RESULTS_COMPARE_COMPARE_H

#include "results/stats/stats.h"
#include "results/store/store.h"

#define HT_COMPARE_LEVEL 0.05
#define HT_COMPARE_POWER 0.8
#define HT_COMPARE_EXACT 0.001
#define HT_COMPARE_MANY_PAIRS 20

enum ht_compare_test { HT_COMPARE_MANN_WHITNEY, HT_COMPARE_SIGNED_RANK, HT_COMPARE_COUNT };
const char *ht_compare_test_name(enum ht_compare_test test);

/* What two sets of samples say of b / a, before any verdict. */
struct ht_compare_samples {
  enum ht_compare_test test;
  bool paired;
  size_t a_count, b_count; /* the same if paired */
  double a_median, b_median;
  double ratio;
  struct ht_interval interval; /* of the ratio */
  double p;
  double detectable; /* a share: 0.01 is one per cent; NAN: not known */
};
/* Samples must be finite and above 0. False: no memory. */
bool ht_compare_pairs(const double *a, const double *b, size_t count, struct ht_compare_samples *result);
bool ht_compare_sets(const double *a, size_t a_count, const double *b, size_t b_count,
                     struct ht_compare_samples *result);

enum ht_compare_verdict {
  HT_COMPARE_FASTER, /* or smaller, or more a second: better */
  HT_COMPARE_SLOWER,
  HT_COMPARE_SAME,
  HT_COMPARE_UNDECIDED,
  HT_COMPARE_FAILED,       /* B has no result where A has one */
  HT_COMPARE_INCOMPARABLE, /* the row says why */
  HT_COMPARE_VERDICTS
};

/* `p` as adjusted. A difference that is found is an improvement or not by `better`. */
enum ht_compare_verdict ht_compare_judge(const struct ht_compare_samples *samples, double p, double margin,
                                         enum ht_line_better better);
/* The farther end of the interval, as a share. */
double ht_compare_above(const struct ht_compare_samples *samples);

/* A comparison tried on itself: many pairs, cut into comparisons of `pairs` fresh ones each. */
struct ht_compare_series {
  size_t comparisons, faster, slower;
  struct ht_interval called; /* 95 %, of the probability that a comparison calls a difference */
  struct ht_interval found;  /* the same, that it calls B slower */
  double ratio;              /* over all pairs */
  struct ht_interval interval;
  double uniform; /* Kolmogorov-Smirnov on the p-values; they are uniform if there is nothing to find */
};
/* False: no memory, or not one whole comparison. */
bool ht_compare_try(const double *a, const double *b, size_t count, size_t pairs,
                    struct ht_compare_series *series);
/* Of pairs in which there is nothing to find: the smallest share by which B can be made slower so that of the
 * comparisons of `pairs` neighbouring ones at least `power` find it. NAN: not even twice as slow, or too few
 * pairs to tell (they take 10 windows that overlap by no more than half). */
double ht_compare_detectable(const double *a, const double *b, size_t count, size_t pairs, double power);

struct ht_compare_row {
  const char *heap, *variant; /* of side B */
  const char *benchmark;
  char *settings; /* "live=4096 size=64", without what tells the sides apart */
  const char *metric, *unit;
  enum ht_line_better better;
  struct ht_compare_samples samples; /* unless incomparable or failed */
  double q;
  enum ht_compare_verdict verdict;
  char reason[256]; /* of a row that failed or cannot be compared */
};

struct ht_compare_table {
  size_t row_count;
  struct ht_compare_row *rows;
  size_t counts[HT_COMPARE_VERDICTS];
  size_t only_a, only_b; /* benchmarks with settings that one side alone was measured at */
  size_t unpaired;       /* rows that had to do without pairs */
  char a[256], b[256];   /* what was compared: "malloc of run 17, commit 1234abcd" */
  struct ht_line_file lines[2];
};

struct ht_compare_question {
  /* HEAP, HEAP/VARIANT or VARIANT, with :SETTING=VALUE,... of the heap where there are several, and with
   * @REFERENCE: a run or the beginning of a commit. Or a REFERENCE alone, on both sides: then heaps are
   * matched. Without one: the newest run that has both sides, else the newest of each. */
  const char *a, *b;
  const char *run;            /* NULL: see above */
  const char *const *metrics; /* ends with NULL; NULL: cpu_per_op, its quartile, instructions_per_op */
  bool gate;                  /* Holm */
  double margin;              /* a share */
};

/* 0: compared, whatever came out. 1: nothing there could be compared, `error` says why (rows may say more).
 * -1: the question is wrong: no such heap, run or commit; or the store cannot be read. Give the table back
 * with ht_compare_free in each case. */
int ht_compare(struct ht_store *store, const struct ht_compare_question *question,
               struct ht_compare_table *table, char *error);
void ht_compare_free(struct ht_compare_table *table);

/* As JSON text, freed with free(). NULL: no memory. */
char *ht_compare_json(const struct ht_compare_table *table);
/* "slower"; for what is no time "worse"; "no difference above 0.8 %". */
const char *ht_compare_verdict_text(const struct ht_compare_row *row, char text[64]);

#endif
