/* JUnit XML: a suite a benchmark, a case a series. What failed is a failure, what gave no verdict is skipped,
 * and what has nothing to show is an error. */
#include "results/export/export_internal.h"

#include <string.h>

enum verdict { PASSED, FAILED, SKIPPED, EMPTY, VERDICTS };

/* XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF. */
static void put_text(FILE *out, const char *text) {
  for (; *text; text++) {
    unsigned char letter = (unsigned char)*text;
    if (letter == '&')
      fputs("&amp;", out);
    else if (letter == '<')
      fputs("&lt;", out);
    else if (letter == '>')
      fputs("&gt;", out);
    else if (letter == '"')
      fputs("&quot;", out);
    else if (letter == '\n' || letter == '\t' || letter == '\r')
      fprintf(out, "&#%d;", letter);
    else if (letter < ' ' || letter == 0x7f)
      fputc('?', out);
    else if (strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0)
      fputc('?', out), text += 2;
    else
      fputc(letter, out);
  }
}

static void put_attribute(FILE *out, const char *name, const char *value) {
  fprintf(out, " %s=\"", name);
  put_text(out, value);
  fputc('"', out);
}

/* The line that decides, which is the worst. */
static const struct ht_line *decisive(const struct series *series, enum verdict *verdict) {
  const struct ht_line *no_verdict = NULL;
  for (size_t i = 0; i < series->line_count; i++) {
    const struct ht_line *line = series->lines[i];
    if (line->status == HT_LINE_NO_VERDICT && !no_verdict) no_verdict = line;
    if (line->status == HT_LINE_OK || line->status == HT_LINE_NO_VERDICT) continue;
    *verdict = FAILED;
    return line;
  }
  *verdict = no_verdict ? SKIPPED : series->value_count == 0 ? EMPTY : PASSED;
  return no_verdict ? no_verdict : series->lines[0];
}

static void put_values(FILE *out, const struct series *series) {
  if (series->value_count == 0) return;
  fputs("   <system-out>", out);
  for (size_t i = 0; i < series->value_count; i++) {
    const struct value *value = &series->values[i];
    put_text(out, value->measure->metric);
    fputs(": ", out);
    put_number(out, value->median);
    fputc(' ', out);
    put_text(out, value->measure->unit);
    fprintf(out, ", median of %zu", value->count);
    if (value->interval.known) fprintf(out, " [%.6g, %.6g]", value->interval.low, value->interval.high);
    fputc('\n', out);
  }
  fputs("</system-out>\n", out);
}

static void put_case(struct export *export, const struct series *series) {
  FILE *out = export->out;
  const struct ht_line *first = series->lines[0];
  enum verdict verdict;
  const struct ht_line *line = decisive(series, &verdict);
  char *name = series_name(export, series), *class = NULL;
  if (asprintf(&class, "%s.%s", ht_line_kind_name(first->kind), first->benchmark) < 0) class = NULL;
  fputs("  <testcase", out);
  put_attribute(out, "classname", class ? class : "");
  put_attribute(out, "name", name ? name : "");
  fputs(">\n", out);
  if (!class) export->no_memory = true;
  free(class);
  free(name);
  if (verdict == FAILED) {
    fputs("   <failure", out);
    put_attribute(out, "type", ht_line_status_name(line->status));
    put_attribute(out, "message", line->reason);
    fputc('>', out);
    for (size_t i = 0; i < series->line_count; i++) {
      if (series->lines[i]->status == HT_LINE_OK) continue;
      put_text(out, series->lines[i]->reason);
      fputc('\n', out);
    }
    fputs("</failure>\n", out);
  } else if (verdict == SKIPPED) {
    fputs("   <skipped", out);
    put_attribute(out, "message", line->reason);
    fputs("/>\n", out);
  } else if (verdict == EMPTY) {
    fputs("   <error type=\"no-data\" message=\"it ended well and measured nothing\"/>\n", out);
  }
  put_values(out, series);
  fputs("  </testcase>\n", out);
}

static void put_property(FILE *out, const char *name, const char *value) {
  fputs("   <property", out);
  put_attribute(out, "name", name);
  put_attribute(out, "value", value);
  fputs("/>\n", out);
}

static bool same_suite(const struct series *a, const struct series *b) {
  return a->lines[0]->kind == b->lines[0]->kind &&
         strcmp(a->lines[0]->benchmark, b->lines[0]->benchmark) == 0;
}

static void put_counts(FILE *out, const struct series *series, size_t count) {
  size_t counts[VERDICTS] = {0};
  enum verdict verdict;
  for (size_t i = 0; i < count; i++) {
    decisive(&series[i], &verdict);
    counts[verdict]++;
  }
  fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", count, counts[FAILED],
          counts[EMPTY], counts[SKIPPED]);
}

static void put_suite(struct export *export, const struct series *series, size_t count) {
  FILE *out = export->out;
  const struct ht_line *line = series[0].lines[0];
  fputs(" <testsuite", out);
  put_attribute(out, "name", line->benchmark);
  put_counts(out, series, count);
  /* Without a zone and a fraction, as readers of this format expect it; it is UTC. */
  fprintf(out, " timestamp=\"%.19s\"", line->started);
  put_attribute(out, "hostname", line->environment.machine);
  fputs(">\n  <properties>\n", out);
  put_property(out, "cpu", line->environment.cpu);
  put_property(out, "kernel", line->environment.kernel);
  put_property(out, "libc", line->environment.libc);
  put_property(out, "compiler", line->environment.compiler);
  put_property(out, "flags", line->environment.flags);
  put_property(out, "commit", line->commit.sha);
  fputs("  </properties>\n", out);
  for (size_t i = 0; i < count; i++) put_case(export, &series[i]);
  fputs(" </testsuite>\n", out);
}

size_t put_junit(struct export *export) {
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"heaptrial\"", export->out);
  put_counts(export->out, export->series, export->series_count);
  fputs(">\n", export->out);
  for (size_t begin = 0, end; begin < export->series_count; begin = end) {
    for (end = begin + 1; end < export->series_count; end++)
      if (!same_suite(&export->series[begin], &export->series[end])) break;
    put_suite(export, &export->series[begin], end - begin);
  }
  fputs("</testsuites>\n", export->out);
  return export->series_count;
}
