/*
 * Results as other programs read them: dashboards, comparers, CI.
 *
 * The one idea: an export is a view of what stands, made whole in memory or not at all. A run without a
 * result has no number in any format; where a format has a word for it (failed, skipped) it is used, and
 * where nothing is left to say there is an error and no empty file that looks like a good one.
 *
 * Numbers are as everywhere: a process is one value, the median of what it repeated inside; a series with one
 * line alone stands for itself, each of its samples a value. Intervals are those of the median
 * (results/stats), left out where the values are too few.
 */
#ifndef RESULTS_EXPORT_EXPORT_H
#define RESULTS_EXPORT_EXPORT_H

#include "results/store/store.h"

enum ht_export_format {
  HT_EXPORT_BENCHSTAT,   /* text of Go's benchmarks: a line a process, for benchstat */
  HT_EXPORT_SMALLER,     /* github-action-benchmark, customSmallerIsBetter: what is better low */
  HT_EXPORT_BIGGER,      /* customBiggerIsBetter */
  HT_EXPORT_BENCHER,     /* Bencher Metric Format */
  HT_EXPORT_OPENMETRICS, /* what Prometheus scrapes, strict: base units, UNIT and EOF */
  HT_EXPORT_JUNIT,       /* XML: a series of lines of any kind is a test case */
  HT_EXPORT_SARIF,       /* 2.1.0: what fuzzing and trials found */
  HT_EXPORT_FORMATS
};

/* "benchstat", "github-action-benchmark", "github-action-benchmark-bigger", "bencher", "openmetrics",
 * "junit", "sarif"; HT_EXPORT_FORMATS if there is none of that name. */
const char *ht_export_name(enum ht_export_format format);
enum ht_export_format ht_export_named(const char *name);

/* What a run left, or the latest lines if `run` is NULL, as text to be freed with free(). NULL with `error`
 * (HT_ERROR_SIZE bytes): there is nothing to export, or the store cannot be read. */
char *ht_export_text(struct ht_store *store, enum ht_export_format format, const char *run, size_t *size,
                     char *error);

#endif
