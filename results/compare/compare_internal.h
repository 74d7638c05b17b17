/* Shared by the sources of results/compare/ and by nobody else. */
#ifndef RESULTS_COMPARE_COMPARE_INTERNAL_H
#define RESULTS_COMPARE_COMPARE_INTERNAL_H

#include "results/compare/compare.h"

/* One side of a question, taken apart. */
struct side {
  char *text;      /* what the fields below point into */
  char *heap;      /* "": all heaps */
  char *variant;   /* "": not said */
  char *settings;  /* "a=1,b=2" or "" */
  char *reference; /* "": none */
  struct ht_line_file *lines;
};

/* Finds the lines of both sides. 0, or -1 with the error. */
int select_sides(struct ht_store *store, const struct ht_compare_question *question, struct side sides[2],
                 char *error);
void side_free(struct side *side);
/* Is it named by the settings of a side, so that the sides may differ in it? */
bool side_names(const struct side *side, const char *setting);
void side_describe(const struct side *side, char *text, size_t size);

#endif
