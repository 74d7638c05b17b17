/* Shared by the sources of results/export/ and by nobody else. */
#ifndef RESULTS_EXPORT_EXPORT_INTERNAL_H
#define RESULTS_EXPORT_EXPORT_INTERNAL_H

#include <jansson.h>
#include <stdio.h>

#include "results/export/export.h"
#include "results/stats/stats.h"

/* A metric of a series. */
struct value {
  const struct ht_line_measure *measure; /* of the first line that has it: name, unit, direction */
  size_t count;
  double *values;
  double median;
  struct ht_interval interval;
};

/* Lines of one heap, benchmark and settings. */
struct series {
  struct ht_line *const *lines;
  size_t line_count;
  size_t value_count;
  struct value *values;
};

struct export {
  FILE *out;
  struct ht_line_file kinds[HT_LINE_TRIAL + 1];
  size_t series_count;
  struct series *series; /* kind by kind */
  bool no_memory;
};

/* Each writes to export->out and returns how many results that was. */
size_t put_benchstat(struct export *export);
size_t put_smaller(struct export *export);
size_t put_bigger(struct export *export);
size_t put_bencher(struct export *export);
size_t put_openmetrics(struct export *export);
size_t put_junit(struct export *export);
size_t put_sarif(struct export *export);

/* Groups the lines and condenses their samples; false: no memory. */
bool collect_series(struct export *export);
void forget_series(struct export *export);

/* The samples of one process: of a series with one line only, each of its samples. */
size_t process_count(const struct series *series);
/* False if that process has no such value. */
bool process_value(const struct series *series, size_t process, const struct value *value, double *number);

/* How units are written elsewhere: what benchstat scales by itself, and OpenMetrics' base units. */
struct unit {
  const char *unit;
  const char *word; /* as Go's benchmarks have it */
  double scale;     /* times which a number is in that */
  const char *base; /* "" for what has none */
  double base_scale;
};
struct unit unit_of(const char *unit);

/* "cpu-ns/op" for cpu_per_op in ns, "peak-resident-bytes": metric and unit in one word. */
void unit_word(const struct ht_line_measure *measure, char *word, size_t size);

/* "churn/size=64/malloc+mimalloc", to be freed; NULL: no memory, which is noted. */
char *series_name(struct export *export, const struct series *series);

/* As few digits as read back to the same double. */
void put_number(FILE *out, double number);
/* Copies `text` with every character outside `allowed` or alphanumeric ASCII replaced. */
void put_plain(FILE *out, const char *text, const char *allowed, char replacement);

#endif
