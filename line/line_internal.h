/* Shared by the sources of line/ and by nobody else. */
#ifndef LINE_LINE_INTERNAL_H
#define LINE_LINE_INTERNAL_H

#include <stdarg.h>

#include "line/line.h"

/* Keeps the first mistake of a line; without memory for its text, the mistake is that. */
void ht_line_mistake(struct ht_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line with all strings "", no id and no start time. */
struct ht_line *ht_line_blank(enum ht_line_kind kind);

void ht_line_curves_drop(struct ht_line *line);

/* Writes to `error`, always returns -1. */
int ht_line_error(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Characters of a checksum in the file: 64 bits do not fit JSON's numbers, so it is hexadecimal text. */
#define HT_LINE_CHECKSUM_DIGITS 16

#endif
