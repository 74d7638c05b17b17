/* Shared by the sources of line/ and by nobody else. */
#ifndef LINE_LINE_INTERNAL_H
#define LINE_LINE_INTERNAL_H

#include <stdarg.h>

#include "line/line.h"

/* Keeps the first mistake of a line; without memory for its text, the mistake is that. */
void ht_line_mistake(struct ht_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A copy of `text` (NULL: "") in which each byte that is not UTF-8 is a '?': a reason is often the last words
 * of a crashed program, and must not cost us the line. NULL: no memory. */
char *ht_line_copy(const char *text);

/* What must hold of every line in a file, checked by writer and reader alike: 0, or -1 with `error`. */
int ht_line_check(const struct ht_line *line, char *error);

/* A line with all strings "", no id and no start time. */
struct ht_line *ht_line_blank(enum ht_line_kind kind);

void ht_line_curves_drop(struct ht_line *line);

/* Writes to `error`, always returns -1. */
int ht_line_error(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Characters of a checksum in the file: 64 bits do not fit JSON's numbers, so it is hexadecimal text. */
#define HT_LINE_CHECKSUM_DIGITS 16

#endif
