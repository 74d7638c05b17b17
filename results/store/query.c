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

/* Of each series the newest line names the run; commit and environment tell runs without a name apart. */
static const char latest_sql[] =
    "WITH newest AS (SELECT heap, variant, benchmark, series, run, commit_sha, environment, ROW_NUMBER() "
    "OVER "
    "(PARTITION BY heap, variant, benchmark, series ORDER BY started DESC, number DESC) AS age "
    "FROM line WHERE kind = ?1) "
    "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number "
    "JOIN newest ON newest.age = 1 AND line.heap = newest.heap AND line.variant = newest.variant "
    "AND line.benchmark = newest.benchmark AND line.series = newest.series AND line.run = newest.run "
    "AND (line.run <> '' OR line.commit_sha = newest.commit_sha AND line.environment = newest.environment) "
    "WHERE line.kind = ?1 "
    "ORDER BY line.benchmark, line.series, line.heap, line.variant, line.started, line.number";

static const char history_sql[] =
    "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number WHERE kind = ?1 "
    "ORDER BY commit_seq, started, line.number";

static const char params_sql[] = "SELECT name, value FROM param WHERE line = ?1 ORDER BY name";
static const char measures_sql[] =
    "SELECT metric, unit, better, samples FROM measure WHERE line = ?1 ORDER BY position";

struct reading {
  struct ht_store *store;
  sqlite3_stmt *lines, *params, *measures;
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

static int read_measure(struct reading *reading, struct ht_line *line) {
  sqlite3_stmt *row = reading->measures;
  int better = ht_line_better_of(text(row, 2));
  json_t *array = json_loads(text(row, 3), 0, NULL);
  size_t count = json_array_size(array);
  double *samples = count && better >= 0 ? calloc(count, sizeof *samples) : NULL;
  if (!samples) {
    json_decref(array);
    return broken(reading, line->id, "samples that cannot be read");
  }
  for (size_t i = 0; i < count; i++) samples[i] = json_number_value(json_array_get(array, i));
  ht_line_measure(line, text(row, 0), text(row, 1), (enum ht_line_better)better, samples, count);
  free(samples);
  json_decref(array);
  return 0;
}

static int read_parts(struct reading *reading, struct ht_line *line, sqlite3_int64 number) {
  int step, result = 0;
  sqlite3_bind_int64(reading->params, 1, number);
  while ((step = sqlite3_step(reading->params)) == SQLITE_ROW)
    ht_line_param(line, text(reading->params, 0), text(reading->params, 1));
  if (step != SQLITE_DONE) result = ht_store_error(reading->store, reading->error);
  sqlite3_reset(reading->params);
  if (result != 0) return result;
  sqlite3_bind_int64(reading->measures, 1, number);
  while (result == 0 && (step = sqlite3_step(reading->measures)) == SQLITE_ROW)
    result = read_measure(reading, line);
  if (result == 0 && step != SQLITE_DONE) result = ht_store_error(reading->store, reading->error);
  sqlite3_reset(reading->measures);
  return result;
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

static int keep(struct ht_line_file *lines, struct ht_line *line) {
  void *grown = reallocarray(lines->lines, lines->line_count + 1, sizeof *lines->lines);
  if (!grown) return -1;
  lines->lines = grown;
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

static int query(struct ht_store *store, const char *sql, enum ht_line_kind kind, const char *const *texts,
                 int count, struct ht_line_file *lines, char *error) {
  *lines = (struct ht_line_file){0};
  struct reading reading = {.store = store, .error = error};
  int result = -1;
  /* One transaction, so that parts of a line are never from before and after somebody's import. */
  if (ht_store_execute(store, "BEGIN", error) != 0) return -1;
  if ((reading.lines = ht_store_prepare(store, sql, error)) &&
      (reading.params = ht_store_prepare(store, params_sql, error)) &&
      (reading.measures = ht_store_prepare(store, measures_sql, error))) {
    sqlite3_bind_text(reading.lines, 1, ht_line_kind_name(kind), -1, SQLITE_STATIC);
    for (int i = 0; i < count; i++) sqlite3_bind_text(reading.lines, i + 2, texts[i], -1, SQLITE_STATIC);
    result = read_lines(&reading, kind, lines);
  }
  sqlite3_finalize(reading.lines);
  sqlite3_finalize(reading.params);
  sqlite3_finalize(reading.measures);
  sqlite3_exec(store->database, "COMMIT", NULL, NULL, NULL);
  if (result != 0) ht_line_file_free(lines);
  return result;
}

int ht_store_latest(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines, char *error) {
  return query(store, latest_sql, kind, NULL, 0, lines, error);
}

int ht_store_history(struct ht_store *store, enum ht_line_kind kind, struct ht_line_file *lines,
                     char *error) {
  return query(store, history_sql, kind, NULL, 0, lines, error);
}

int ht_store_query_where(struct ht_store *store, enum ht_line_kind kind, const char *condition,
                         const char *const *texts, int count, struct ht_line_file *lines, char *error) {
  char *sql;
  *lines = (struct ht_line_file){0};
  if (asprintf(&sql,
               "SELECT " COLUMNS "FROM line JOIN environment ON line.environment = environment.number "
               "WHERE line.kind = ?1 AND (%s) ORDER BY line.started, line.number",
               condition) < 0) {
    snprintf(error, HT_ERROR_SIZE, "%s: no memory", store->path);
    return -1;
  }
  int result = query(store, sql, kind, texts, count, lines, error);
  free(sql);
  return result;
}
