/* From rows back to lines. */
#include <stdlib.h>
#include <string.h>

#include "results/store/store_internal.h"

#define COLUMNS                                                                                        \
  "line.number, line.id, line.run, line.kind, line.started, line.heap, line.variant, line.provider, "  \
  "line.benchmark, line.status, line.reason, line.checksum, line.allocations, line.seed, "             \
  "environment.machine, environment.cpu, environment.kernel, environment.libc, environment.compiler, " \
  "environment.flags, line.commit_sha, line.commit_seq "
enum {
  NUMBER,
  ID,
  RUN,
  KIND,
  STARTED,
  HEAP,
  VARIANT,
  PROVIDER,
  BENCHMARK,
  STATUS,
  REASON,
  CHECKSUM,
  ALLOCATIONS,
  SEED,
  MACHINE,
  CPU,
  KERNEL,
  LIBC,
  COMPILER,
  FLAGS,
  COMMIT_SHA,
  COMMIT_SEQ
};

/* The text of latest.sql goes between the two. */
static const char latest_begin[] =
    "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number "
    "WHERE line.number IN (";
static const char latest_end[] =
    ") ORDER BY line.benchmark, line.series, line.heap, line.variant, line.started, line.number";

static const char run_sql[] =
    "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number "
    "WHERE line.kind = ?1 AND line.run = ?2 "
    "ORDER BY line.benchmark, line.series, line.heap, line.variant, line.started, line.number";

static const char history_sql[] =
    "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number WHERE kind = ?1 "
    "ORDER BY commit_seq, started, line.number";

static const char params_sql[] = "SELECT name, value FROM param WHERE line = ?1 ORDER BY name";
static const char measures_sql[] =
    "SELECT metric, unit, better, samples FROM measure WHERE line = ?1 ORDER BY position";

static const char curves_sql[] =
    "SELECT name, x_unit, y_unit, x, y FROM curve WHERE line = ?1 ORDER BY position";

struct reading {
  struct ht_store *store;
  sqlite3_stmt *lines, *params, *measures, *curves; /* no curves: NULL */
  char *error;
};

static const char *text(sqlite3_stmt *row, int column) {
  const unsigned char *value = sqlite3_column_text(row, column);
  return value ? (const char *)value : "";
}

/* Rows are written by us and by whoever else has the file open: a bad one must be an error, not a crash. */
static int broken(struct reading *reading, const char *id, const char *what) {
  snprintf(reading->error, HT_ERROR_SIZE, "%s: the stored line %.60s has %s; restore the file from a copy",
           reading->store->path, id, what);
  return -1;
}

/* The numbers of a JSON array, and how many; NULL if it is none. */
static double *read_array(const char *text, size_t *count) {
  json_t *array = json_loads(text, 0, NULL);
  *count = json_array_size(array);
  double *numbers = *count ? calloc(*count, sizeof *numbers) : NULL;
  for (size_t i = 0; numbers && i < *count; i++) numbers[i] = json_number_value(json_array_get(array, i));
  json_decref(array);
  return numbers;
}

static int read_measure(struct reading *reading, struct ht_line *line) {
  sqlite3_stmt *row = reading->measures;
  int better = ht_line_better_of(text(row, 2));
  size_t count;
  double *samples = read_array(text(row, 3), &count);
  if (!samples || better < 0) {
    free(samples);
    return broken(reading, line->id, "samples that cannot be read");
  }
  ht_line_measure(line, text(row, 0), text(row, 1), (enum ht_line_better)better, samples, count);
  free(samples);
  return 0;
}

static int read_curve(struct reading *reading, struct ht_line *line) {
  sqlite3_stmt *row = reading->curves;
  size_t x_count, y_count;
  double *x = read_array(text(row, 3), &x_count), *y = read_array(text(row, 4), &y_count);
  int result = 0;
  if (x && y && x_count == y_count)
    ht_line_curve(line, text(row, 0), text(row, 1), text(row, 2), x, y, x_count);
  else
    result = broken(reading, line->id, "a curve that cannot be read");
  free(x);
  free(y);
  return result;
}

static int read_param(struct reading *reading, struct ht_line *line) {
  ht_line_param(line, text(reading->params, 0), text(reading->params, 1));
  return 0;
}

/* The rows of one kind of part that belong to a line; without a statement there are none. */
static int read_rows(struct reading *reading, struct ht_line *line, sqlite3_int64 number, sqlite3_stmt *rows,
                     int (*read)(struct reading *reading, struct ht_line *line)) {
  int step = SQLITE_DONE, result = 0;
  if (!rows) return 0;
  sqlite3_bind_int64(rows, 1, number);
  while (result == 0 && (step = sqlite3_step(rows)) == SQLITE_ROW) result = read(reading, line);
  if (result == 0 && step != SQLITE_DONE) result = ht_store_error(reading->store, reading->error);
  sqlite3_reset(rows);
  return result;
}

static int read_parts(struct reading *reading, struct ht_line *line, sqlite3_int64 number) {
  if (read_rows(reading, line, number, reading->params, read_param) != 0) return -1;
  if (read_rows(reading, line, number, reading->measures, read_measure) != 0) return -1;
  return read_rows(reading, line, number, reading->curves, read_curve);
}

static int read_line(struct reading *reading, struct ht_line *line) {
  sqlite3_stmt *row = reading->lines;
  ht_line_id(line, text(row, ID));
  ht_line_run(line, text(row, RUN));
  ht_line_variant(line, text(row, VARIANT), text(row, PROVIDER));
  const struct {
    char **field;
    int column;
  } fields[] = {{&line->started, STARTED},
                {&line->reason, REASON},
                {&line->environment.machine, MACHINE},
                {&line->environment.cpu, CPU},
                {&line->environment.kernel, KERNEL},
                {&line->environment.libc, LIBC},
                {&line->environment.compiler, COMPILER},
                {&line->environment.flags, FLAGS},
                {&line->commit.sha, COMMIT_SHA}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    ht_line_set(line, fields[i].field, text(row, fields[i].column));
  line->commit.seq = sqlite3_column_int64(row, COMMIT_SEQ);
  int status = ht_line_status_of(text(row, STATUS));
  if (status < 0) return broken(reading, line->id, "a status not known");
  line->status = (enum ht_line_status)status;
  if (sqlite3_column_type(row, CHECKSUM) != SQLITE_NULL)
    ht_line_checksum(line, strtoull(text(row, CHECKSUM), NULL, 16));
  if (sqlite3_column_type(row, ALLOCATIONS) != SQLITE_NULL)
    ht_line_allocations(line, (uint64_t)sqlite3_column_int64(row, ALLOCATIONS));
  if (sqlite3_column_type(row, SEED) != SQLITE_NULL) ht_line_seed(line, strtoull(text(row, SEED), NULL, 10));
  if (read_parts(reading, line, sqlite3_column_int64(row, NUMBER)) != 0) return -1;
  return line->mistake ? broken(reading, line->id, line->mistake) : 0;
}

/* Room is always a power of two. */
static int keep(struct ht_line_file *lines, struct ht_line *line) {
  if ((lines->line_count & (lines->line_count - 1)) == 0) {
    size_t room = lines->line_count ? 2 * lines->line_count : 1;
    void *grown = reallocarray(lines->lines, room, sizeof *lines->lines);
    if (!grown) return -1;
    lines->lines = grown;
  }
  lines->lines[lines->line_count++] = line;
  return 0;
}

static int read_lines(struct reading *reading, enum ht_line_kind kind, struct ht_line_file *lines) {
  int step;
  while ((step = sqlite3_step(reading->lines)) == SQLITE_ROW) {
    struct ht_line *line = ht_line_new(kind, text(reading->lines, HEAP), text(reading->lines, BENCHMARK));
    if (!line || keep(lines, line) != 0) {
      ht_line_free(line);
      snprintf(reading->error, HT_ERROR_SIZE, "%s: no memory", reading->store->path);
      return -1;
    }
    if (read_line(reading, line) != 0) return -1;
  }
  return step == SQLITE_DONE ? 0 : ht_store_error(reading->store, reading->error);
}

static int query(struct ht_store *store, const char *sql, enum ht_line_kind kind, const char *run,
                 struct ht_line_file *lines, char *error) {
  *lines = (struct ht_line_file){0};
  struct reading reading = {.store = store, .error = error};
  int result = -1;
  /* One transaction, so that parts of a line are never from before and after somebody's import. */
  if (ht_store_execute(store, "BEGIN", error) != 0) return -1;
  if ((reading.lines = ht_store_prepare(store, sql, error)) &&
      (reading.params = ht_store_prepare(store, params_sql, error)) &&
      (reading.measures = ht_store_prepare(store, measures_sql, error)) &&
      (!store->has_curves || (reading.curves = ht_store_prepare(store, curves_sql, error)))) {
    sqlite3_bind_text(reading.lines, 1, ht_line_kind_name(kind), -1, SQLITE_STATIC);
    if (run) sqlite3_bind_text(reading.lines, 2, run, -1, SQLITE_STATIC);
    result = read_lines(&reading, kind, lines);
  }
  sqlite3_finalize(reading.lines);
  sqlite3_finalize(reading.params);
  sqlite3_finalize(reading.measures);
  sqlite3_finalize(reading.curves);
  sqlite3_exec(store->database, "COMMIT", NULL, NULL, NULL);
  if (result != 0) ht_line_file_free(lines);
  return result;
}

int ht_store_latest(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines, char *error) {
  char *sql;
  *lines = (struct ht_line_file){0};
  if (asprintf(&sql, "%s%s%s", latest_begin, ht_store_latest_sql, latest_end) < 0) {
    snprintf(error, HT_ERROR_SIZE, "%s: no memory", store->path);
    return -1;
  }
  int result = query(store, sql, kind, NULL, lines, error);
  free(sql);
  return result;
}

int ht_store_run(struct ht_store *store, enum ht_line_kind kind, const char *run, struct ht_line_file *lines,
                 char *error) {
  return query(store, run_sql, kind, run, lines, error);
}

int ht_store_history(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines,
                     char *error) {
  return query(store, history_sql, kind, NULL, lines, error);
}
