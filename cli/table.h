#ifndef CLI_TABLE_H
#define CLI_TABLE_H

// A table of words on standard output, as wide as its words.

#include <stddef.h>

enum { TABLE_COLUMNS = 8 };

struct table {
  size_t columns, rows;
  char **cells; // rows * columns; row 0 is the head
};

// All cells of a row; NULL is an empty one. No memory ends the process with CLI_NO_VERDICT.
void table_add(struct table *table, const char *const *cells);
void table_print(const struct table *table);
void table_free(struct table *table);

#endif
