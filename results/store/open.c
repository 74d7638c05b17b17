/* Opening a store: everything that can be wrong with a file, told apart before anything is done to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/store/store_internal.h"

/* "HTRL": marks the file as ours, so that somebody else's database is not taken for one of schema 0. */
#define APPLICATION_ID 0x4854524c

static const char damaged[] =
    "is damaged or cut short; restore it from a copy or name another file, it was left as it is";

static int complain(char *error, const char *path, const char *words) {
  snprintf(error, HT_ERROR_SIZE, "%s: %s", path, words);
  return -1;
}

int ht_store_error(const struct ht_store *store, char *error) {
  switch (sqlite3_errcode(store->database)) {
  case SQLITE_NOTADB:
    return complain(error, store->path, "is not a results database; name another file, it was left as it is");
  case SQLITE_CORRUPT:
    return complain(
        error, store->path,
        "is damaged or cut short; restore it from a copy or name another file, it was left as it is");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return complain(error, store->path, "is locked by another program; nothing was written, try again later");
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return complain(error, store->path, "cannot be written to; nothing was added, check its permissions");
  case SQLITE_CANTOPEN:
    return complain(error, store->path,
                    "cannot be opened; check that the directory exists and is yours to use");
  case SQLITE_FULL:
    return complain(error, store->path,
                    "no space left on its disk; nothing was added, what it held is whole");
  case SQLITE_IOERR:
    /* Only a full disk is told apart by SQLite; a quota or a limit on file size comes as a failed write. */
    if (sqlite3_extended_errcode(store->database) == SQLITE_IOERR_WRITE)
      return complain(error, store->path,
                      "no space left for it (or its disk fails); nothing was added, what it held is whole");
    break;
  default:
    break;
  }
  snprintf(error, HT_ERROR_SIZE, "%s: %s", store->path, sqlite3_errmsg(store->database));
  return -1;
}

int ht_store_execute(struct ht_store *store, const char *sql, char *error) {
  return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : ht_store_error(store, error);
}

sqlite3_stmt *ht_store_prepare(struct ht_store *store, const char *sql, char *error) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK) return statement;
  ht_store_error(store, error);
  return NULL;
}

static int read_number(struct ht_store *store, const char *sql, sqlite3_int64 *number, char *error) {
  sqlite3_stmt *statement = ht_store_prepare(store, sql, error);
  if (!statement) return -1;
  int result = 0;
  if (sqlite3_step(statement) == SQLITE_ROW)
    *number = sqlite3_column_int64(statement, 0);
  else
    result = ht_store_error(store, error);
  sqlite3_finalize(statement);
  return result;
}

static int check_version(struct ht_store *store, sqlite3_int64 application, sqlite3_int64 version,
                         char *error) {
  if (application != APPLICATION_ID)
    return complain(error, store->path,
                    "is a database of something else; name another file, it was left as it is");
  if (version > HT_STORE_SCHEMA) {
    snprintf(error, HT_ERROR_SIZE,
             "%s: has schema %lld, newer than %d, which this program knows; use a newer heaptrial, "
             "it was left as it is",
             store->path, (long long)version, HT_STORE_SCHEMA);
    return -1;
  }
  if (version >= 1) return 0;
  snprintf(error, HT_ERROR_SIZE, "%s: has schema %lld, which never was; it was left as it is", store->path,
           (long long)version);
  return -1;
}

/* SQLite notices a damaged page only when it comes to need it, and what is added to a damaged file may be
 * lost with it. Reading can only fail where the damage is. */
static int check_whole(struct ht_store *store, char *error) {
  if (store->mode == HT_STORE_READ) return 0;
  sqlite3_stmt *statement = ht_store_prepare(store, "PRAGMA quick_check(1)", error);
  if (!statement) return -1;
  int result = 0;
  if (sqlite3_step(statement) != SQLITE_ROW)
    result = ht_store_error(store, error);
  else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
    result = complain(error, store->path, damaged);
  sqlite3_finalize(statement);
  return result;
}

static int make_schema(struct ht_store *store, char *error) {
  /* Two programs may be making the same file: whoever gets the lock looks again. */
  sqlite3_int64 tables = 0;
  if (ht_store_execute(store, "BEGIN IMMEDIATE", error) != 0) return -1;
  if (read_number(store, "SELECT count(*) FROM sqlite_master", &tables, error) != 0) goto failed;
  if (tables == 0) {
    char marks[96];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
             HT_STORE_SCHEMA);
    if (ht_store_execute(store, ht_store_schema, error) != 0 ||
        ht_store_execute(store, ht_store_schema_2, error) != 0 || ht_store_execute(store, marks, error) != 0)
      goto failed;
  }
  if (ht_store_execute(store, "COMMIT", error) == 0) return 0;
failed:
  sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
  return -1;
}

/* Adds what newer schemas have; what the file holds stays as it is. */
static int upgrade(struct ht_store *store, char *error) {
  sqlite3_int64 version = 0;
  if (ht_store_execute(store, "BEGIN IMMEDIATE", error) != 0) return -1;
  /* Somebody else may have done it meanwhile. */
  if (read_number(store, "PRAGMA user_version", &version, error) != 0) goto failed;
  if (version == 1 && (ht_store_execute(store, ht_store_schema_2, error) != 0 ||
                       ht_store_execute(store, "PRAGMA user_version = 2", error) != 0))
    goto failed;
  if (ht_store_execute(store, "COMMIT", error) == 0) return 0;
failed:
  sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
  return -1;
}

static int prepare(struct ht_store *store, char *error) {
  sqlite3_int64 tables = 0, application = 0, version = 0;
  sqlite3_busy_timeout(store->database, HT_STORE_WAIT_MS);
  if (read_number(store, "SELECT count(*) FROM sqlite_master", &tables, error) != 0) return -1;
  if (tables == 0) {
    if (store->mode == HT_STORE_READ)
      return complain(error, store->path, "holds no results; import some first");
    if (make_schema(store, error) != 0) return -1;
  }
  if (read_number(store, "PRAGMA application_id", &application, error) != 0 ||
      read_number(store, "PRAGMA user_version", &version, error) != 0 ||
      check_version(store, application, version, error) != 0 || check_whole(store, error) != 0)
    return -1;
  store->has_curves = version > 1;
  if (version < HT_STORE_SCHEMA && store->mode == HT_STORE_WRITE) {
    if (upgrade(store, error) != 0) return -1;
    store->has_curves = true;
  }
  return ht_store_execute(store, "PRAGMA foreign_keys = ON", error);
}

struct ht_store *ht_store_open(const char *path, enum ht_store_mode mode, char *error) {
  if (mode == HT_STORE_READ && access(path, F_OK) != 0) {
    complain(error, path, strerror(errno));
    return NULL;
  }
  struct ht_store *store = calloc(1, sizeof *store);
  if (!store || !(store->path = strdup(path))) {
    free(store);
    complain(error, path, "no memory");
    return NULL;
  }
  store->mode = mode;
  int flags = mode == HT_STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int opened = sqlite3_open_v2(path, &store->database, flags, NULL);
  if (store->database) sqlite3_extended_result_codes(store->database, 0);
  if (opened != SQLITE_OK) {
    if (store->database)
      ht_store_error(store, error);
    else
      complain(error, path, "no memory");
    ht_store_close(store);
    return NULL;
  }
  if (prepare(store, error) != 0) {
    ht_store_close(store);
    return NULL;
  }
  return store;
}

void ht_store_close(struct ht_store *store) {
  if (!store) return;
  sqlite3_close(store->database);
  free(store->path);
  free(store);
}
