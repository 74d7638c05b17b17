/* From lines to rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/store_internal.h"

/* The statements of one transaction. */
enum { FIND_ENVIRONMENT, ADD_ENVIRONMENT, ADD_LINE, ADD_PARAM, ADD_MEASURE, ADD_CURVE, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [FIND_ENVIRONMENT] = "SELECT number FROM environment WHERE machine = ?1 AND cpu = ?2 AND kernel = ?3 AND "
                         "libc = ?4 AND compiler = ?5 AND flags = ?6",
    [ADD_ENVIRONMENT] =
        "INSERT INTO environment (number, machine, cpu, kernel, libc, compiler, flags) SELECT "
        "coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5, ?6 FROM environment",
    [ADD_LINE] = "INSERT INTO line (number, id, run, kind, started, heap, variant, provider, benchmark, "
                 "series, status, "
                 "reason, checksum, allocations, seed, environment, commit_sha, commit_seq) "
                 "SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                 "?13, ?14, ?15, "
                 "?16, ?17 FROM line WHERE true ON CONFLICT (id) DO NOTHING",
    [ADD_PARAM] = "INSERT INTO param (line, name, value) VALUES (?1, ?2, ?3)",
    [ADD_MEASURE] =
        "INSERT INTO measure (line, position, metric, unit, better, samples) VALUES (?1, ?2, ?3, ?4, "
        "?5, ?6)",
    [ADD_CURVE] = "INSERT INTO curve (line, position, name, x_unit, y_unit, x, y) VALUES (?1, ?2, ?3, ?4, "
                  "?5, ?6, ?7)",
};

struct adding {
  struct ht_store *store;
  sqlite3_stmt *statements[STATEMENTS];
  struct ht_store_added *added;
  char *error;
};

char *ht_store_series(const struct ht_line *line) {
  json_t *object = json_object();
  for (size_t i = 0; i < line->param_count; i++)
    if (!ht_line_is_varying(line->params[i].name) &&
        json_object_set_new(object, line->params[i].name, json_string(line->params[i].value)) != 0) {
      json_decref(object);
      return NULL;
    }
  char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(object);
  return text;
}

static char *numbers_text(const double *numbers, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(array, json_real(numbers[i])) != 0) {
      json_decref(array);
      return NULL;
    }
  char *text = json_dumps(array, JSON_COMPACT | JSON_REAL_PRECISION(17));
  json_decref(array);
  return text;
}

/* Binds texts to ?1, ?2, ...; they must live until the statement is reset. */
static void bind_texts(sqlite3_stmt *statement, const char *const *texts, int count) {
  for (int i = 0; i < count; i++) sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
}

static int step(struct adding *adding, sqlite3_stmt *statement) {
  int result = sqlite3_step(statement) == SQLITE_DONE ? 0 : ht_store_error(adding->store, adding->error);
  sqlite3_reset(statement);
  return result;
}

static int find_environment(struct adding *adding, const struct ht_line *line, sqlite3_int64 *number) {
  const char *const texts[] = {line->environment.machine,  line->environment.cpu,
                               line->environment.kernel,   line->environment.libc,
                               line->environment.compiler, line->environment.flags};
  const int count = sizeof texts / sizeof texts[0];
  sqlite3_stmt *find = adding->statements[FIND_ENVIRONMENT];
  bind_texts(find, texts, count);
  for (bool made = false;; made = true) {
    int found = sqlite3_step(find);
    if (found == SQLITE_ROW) *number = sqlite3_column_int64(find, 0);
    int failed =
        found == SQLITE_ROW || found == SQLITE_DONE ? 0 : ht_store_error(adding->store, adding->error);
    sqlite3_reset(find);
    if (found == SQLITE_ROW || failed || made) return failed;
    bind_texts(adding->statements[ADD_ENVIRONMENT], texts, count);
    if (step(adding, adding->statements[ADD_ENVIRONMENT]) != 0) return -1;
  }
}

static int add_params(struct adding *adding, const struct ht_line *line, sqlite3_int64 number) {
  sqlite3_stmt *add = adding->statements[ADD_PARAM];
  for (size_t i = 0; i < line->param_count; i++) {
    sqlite3_bind_int64(add, 1, number);
    sqlite3_bind_text(add, 2, line->params[i].name, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 3, line->params[i].value, -1, SQLITE_STATIC);
    if (step(adding, add) != 0) return -1;
  }
  return 0;
}

static int add_measures(struct adding *adding, const struct ht_line *line, sqlite3_int64 number) {
  sqlite3_stmt *add = adding->statements[ADD_MEASURE];
  for (size_t i = 0; i < line->measure_count; i++) {
    const struct ht_line_measure *measure = &line->measures[i];
    char *samples = numbers_text(measure->samples, measure->sample_count);
    if (!samples) {
      snprintf(adding->error, HT_ERROR_SIZE, "%s: no memory", adding->store->path);
      return -1;
    }
    sqlite3_bind_int64(add, 1, number);
    sqlite3_bind_int64(add, 2, (sqlite3_int64)i);
    sqlite3_bind_text(add, 3, measure->metric, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 4, measure->unit, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 5, ht_line_better_name(measure->better), -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 6, samples, -1, SQLITE_STATIC);
    int failed = step(adding, add);
    free(samples);
    if (failed) return -1;
  }
  return 0;
}

static int add_curves(struct adding *adding, const struct ht_line *line, sqlite3_int64 number) {
  sqlite3_stmt *add = adding->statements[ADD_CURVE];
  for (size_t i = 0; i < line->curve_count; i++) {
    const struct ht_line_curve *curve = &line->curves[i];
    char *x = numbers_text(curve->x, curve->count), *y = numbers_text(curve->y, curve->count);
    const char *const texts[] = {curve->name, curve->x_unit, curve->y_unit, x, y};
    int failed = -1;
    if (x && y) {
      sqlite3_bind_int64(add, 1, number);
      sqlite3_bind_int64(add, 2, (sqlite3_int64)i);
      for (int k = 0; k < 5; k++) sqlite3_bind_text(add, k + 3, texts[k], -1, SQLITE_STATIC);
      failed = step(adding, add);
    } else {
      snprintf(adding->error, HT_ERROR_SIZE, "%s: no memory", adding->store->path);
    }
    free(x);
    free(y);
    if (failed) return -1;
  }
  return 0;
}

/* 1: added, 0: was there, -1 with the error. */
static int add_line(struct adding *adding, const struct ht_line *line) {
  sqlite3_int64 environment = 0;
  if (find_environment(adding, line, &environment) != 0) return -1;
  char *series = ht_store_series(line);
  if (!series) {
    snprintf(adding->error, HT_ERROR_SIZE, "%s: no memory", adding->store->path);
    return -1;
  }
  char checksum[32], seed[32];
  snprintf(checksum, sizeof checksum, "%016" PRIx64, line->checksum);
  snprintf(seed, sizeof seed, "%" PRIu64, line->seed);
  const char *const texts[] = {line->id,
                               line->run,
                               ht_line_kind_name(line->kind),
                               line->started,
                               line->heap,
                               line->variant,
                               line->provider,
                               line->benchmark,
                               series,
                               ht_line_status_name(line->status),
                               line->reason,
                               line->has_checksum ? checksum : NULL};
  const int count = sizeof texts / sizeof texts[0];
  sqlite3_stmt *add = adding->statements[ADD_LINE];
  sqlite3_clear_bindings(add);
  bind_texts(add, texts, count);
  if (line->has_allocations) sqlite3_bind_int64(add, count + 1, (sqlite3_int64)line->allocations);
  if (line->has_seed) sqlite3_bind_text(add, count + 2, seed, -1, SQLITE_STATIC);
  sqlite3_bind_int64(add, count + 3, environment);
  sqlite3_bind_text(add, count + 4, line->commit.sha, -1, SQLITE_STATIC);
  sqlite3_bind_int64(add, count + 5, line->commit.seq);
  int failed = step(adding, add);
  free(series);
  if (failed) return -1;
  if (sqlite3_changes(adding->store->database) == 0) return 0;
  sqlite3_int64 number = sqlite3_last_insert_rowid(adding->store->database);
  if (add_params(adding, line, number) != 0 || add_measures(adding, line, number) != 0 ||
      add_curves(adding, line, number) != 0)
    return -1;
  return 1;
}

static int begin(struct adding *adding) {
  /* Immediate: a transaction that begins as a reader and finds a writer in its way could only be given up. */
  if (ht_store_execute(adding->store, "BEGIN IMMEDIATE", adding->error) != 0) return -1;
  for (size_t i = 0; i < STATEMENTS; i++)
    if (!(adding->statements[i] = ht_store_prepare(adding->store, sql[i], adding->error))) return -1;
  return 0;
}

static int add_one(struct adding *adding, const struct ht_line *line) {
  if (line->mistake) {
    snprintf(adding->error, HT_ERROR_SIZE, "%s: line %.60s: %.300s", adding->store->path, line->id,
             line->mistake);
    return -1;
  }
  int outcome = add_line(adding, line);
  if (outcome < 0) return -1;
  adding->added->added += outcome == 1;
  adding->added->known += outcome == 0;
  return 0;
}

/* All that was added since `begin`, or nothing of it. */
static int end(struct adding *adding, int result) {
  for (size_t i = 0; i < STATEMENTS; i++) sqlite3_finalize(adding->statements[i]);
  if (result == 0) result = ht_store_execute(adding->store, "COMMIT", adding->error);
  if (result != 0) {
    sqlite3_exec(adding->store->database, "ROLLBACK", NULL, NULL, NULL);
    *adding->added = (struct ht_store_added){0};
  }
  return result;
}

int ht_store_add(struct ht_store *store, struct ht_line *const *lines, size_t count,
                 struct ht_store_added *added, char *error) {
  *added = (struct ht_store_added){0};
  struct adding adding = {.store = store, .added = added, .error = error};
  int result = begin(&adding);
  for (size_t i = 0; result == 0 && i < count; i++) result = add_one(&adding, lines[i]);
  return end(&adding, result);
}

static int take(void *context, struct ht_line *line, char *error) {
  struct adding *adding = context;
  adding->error = error;
  int result = add_one(adding, line);
  ht_line_free(line);
  return result;
}

int ht_store_import(struct ht_store *store, const char *path, struct ht_line_file *file,
                    struct ht_store_added *added, char *error) {
  struct ht_line_file reports = {0};
  if (file) *file = reports;
  *added = (struct ht_store_added){0};
  struct adding adding = {.store = store, .added = added, .error = error};
  int result = begin(&adding);
  if (result == 0) result = ht_line_each(path, take, &adding, &reports, error);
  result = end(&adding, result);
  if (file && result == 0)
    *file = reports;
  else
    ht_line_file_free(&reports);
  return result;
}
