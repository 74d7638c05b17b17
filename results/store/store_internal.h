/* Shared by the sources of results/store/ and by nobody else. */
#ifndef RESULTS_STORE_STORE_INTERNAL_H
#define RESULTS_STORE_STORE_INTERNAL_H

#include <jansson.h>
#include <sqlite3.h>

#include "results/store/store.h"

struct ht_store {
  sqlite3 *database;
  char *path;
  enum ht_store_mode mode;
  bool has_curves; /* false: a file of schema 1 that is only read */
};

/* The texts of schema.sql, of what schema-2.sql adds to it, and of latest.sql. */
extern const char ht_store_schema[], ht_store_schema_2[], ht_store_latest_sql[];

/* Puts SQLite's complaint in words for people; always returns -1. */
int ht_store_error(const struct ht_store *store, char *error);

int ht_store_execute(struct ht_store *store, const char *sql, char *error);
/* NULL with `error`. */
sqlite3_stmt *ht_store_prepare(struct ht_store *store, const char *sql, char *error);

/* The settings of a line as JSON text; NULL: no memory. */
char *ht_store_series(const struct ht_line *line);

/* A foreign file while it is turned into lines. */
struct foreign {
  const char *path, *heap;
  json_t *root;
  uint64_t hash[2]; /* of the whole file */
  int64_t modified_ns;
  struct ht_line_file *file;
};

/* Reads JSON that may hold bare NaN and Infinity, which become empty strings, so no numbers, and bytes that
 * are no UTF-8, which become '?'. */
int ht_foreign_open(struct foreign *foreign, const char *path, const char *heap, struct ht_line_file *file,
                    char *error);
void ht_foreign_close(struct foreign *foreign);
/* A new line of the file, kept in foreign->file; its id is made from contents and position. NULL: no memory.
 */
struct ht_line *ht_foreign_line(struct foreign *foreign, const char *heap, const char *benchmark);
/* Lines that could not be built become reports; a file with neither is an error. */
int ht_foreign_check(struct foreign *foreign, char *error);
/* True and the number if there is a finite one. */
bool ht_foreign_number(const json_t *object, const char *name, double *number);

#endif
