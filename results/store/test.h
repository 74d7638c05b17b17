/* What the two sources of the store's test share. */
#ifndef RESULTS_STORE_TEST_H
#define RESULTS_STORE_TEST_H

#include <stdio.h>

#include "results/store/store.h"

extern int failures;
extern char error[HT_ERROR_SIZE];

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: %s [%s]\n", __FILE__, __LINE__, #condition, error); \
      failures++;                                                                 \
    }                                                                             \
  } while (0)

/* A path in the test's own directory. */
const char *path_of(const char *name);
void put(const char *path, const char *text);

void foreign_tests(void);

#endif
