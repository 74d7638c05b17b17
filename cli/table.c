#include "cli/table.h"

#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, const char *const *cells) {
  char **grown = realloc(table->cells, (table->rows + 1) * table->columns * sizeof *grown);
  for (size_t i = 0; grown && i < table->columns; i++)
    if (!(grown[table->rows * table->columns + i] = strdup(cells[i] ? cells[i] : ""))) grown = NULL;
  if (!grown) {
    cli_say("no memory");
    exit(CLI_NO_VERDICT);
  }
  table->cells = grown;
  table->rows++;
}

void table_print(const struct table *table) {
  size_t widths[TABLE_COLUMNS] = {0};
  for (size_t i = 0; i < table->rows * table->columns; i++) {
    size_t length = strlen(table->cells[i]), *width = &widths[i % table->columns];
    if (length > *width) *width = length;
  }
  for (size_t row = 0; row < table->rows; row++)
    for (size_t column = 0; column < table->columns; column++) {
      const char *cell = table->cells[row * table->columns + column];
      if (column + 1 == table->columns)
        printf("%s\n", cell);
      else
        printf("%-*s  ", (int)widths[column], cell);
    }
}

void table_free(struct table *table) {
  for (size_t i = 0; i < table->rows * table->columns; i++) free(table->cells[i]);
  free(table->cells);
  *table = (struct table){0};
}
