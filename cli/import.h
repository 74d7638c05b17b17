#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

// Files of results on their way into a store, with what is said about each.

#include "cli/cli.h"
#include "results/store/store.h"

#include <stdio.h>

enum import_outcome {
  IMPORT_WHOLE,   // all that the file holds is in the store now
  IMPORT_IN_PART, // what was refused of it was said on standard error
  IMPORT_EMPTY,   // it holds nothing, and nothing was refused
  IMPORT_NONE,
};

// Says how much was new to `out`. Format HT_STORE_FORMATS: told from the contents.
enum import_outcome import_file(struct ht_store *store, const char *path, enum ht_store_format format,
                                const char *heap, FILE *out);

#endif
