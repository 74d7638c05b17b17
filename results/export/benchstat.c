/*
 * The text of Go's benchmarks ("Go Benchmark Data Format", golang.org/design/14313-benchmark-format, and
 * golang.org/x/perf/benchfmt): a line a process, so that benchstat tests what we would test.
 */
#include "results/export/export_internal.h"

#include <ctype.h>
#include <string.h>

enum { WORD = 256 };

/* A value until the next of the same key; without one the key goes away. */
static void put_key(struct export *export, const char *key, const char *before, const char *now) {
  if (strcmp(before, now) == 0) return;
  fprintf(export->out, "%s:%s", key, *now ? " " : "");
  for (; *now; now++) fputc(iscntrl((unsigned char)*now) ? ' ' : *now, export->out);
  fputc('\n', export->out);
}

static void put_configuration(struct export *export, const struct ht_line *before,
                              const struct ht_line *now) {
  const struct {
    const char *key, *before, *now;
  } keys[] = {
      {"machine", before ? before->environment.machine : "", now->environment.machine},
      {"cpu", before ? before->environment.cpu : "", now->environment.cpu},
      {"kernel", before ? before->environment.kernel : "", now->environment.kernel},
      {"libc", before ? before->environment.libc : "", now->environment.libc},
      {"compiler", before ? before->environment.compiler : "", now->environment.compiler},
      {"flags", before ? before->environment.flags : "", now->environment.flags},
      {"commit", before ? before->commit.sha : "", now->commit.sha},
      {"run", before ? before->run : "", now->run},
  };
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    put_key(export, keys[i].key, keys[i].before, keys[i].now);
}

/* Instructions come out alike in every process, so that one differing is an answer. Other counts do not: page
 * faults and context switches are the system's. */
static bool is_exact(const struct ht_line_measure *measure) {
  return strcmp(measure->unit, "instructions") == 0;
}

/* Of each unit once, in front of all that use it. */
static void put_units(struct export *export) {
  json_t *said = json_object();
  for (size_t i = 0; said && i < export->series_count; i++) {
    const struct series *series = &export->series[i];
    for (size_t k = 0; series->lines[0]->kind == HT_LINE_BENCH && k < series->value_count; k++) {
      const struct ht_line_measure *measure = series->values[k].measure;
      char word[WORD];
      unit_word(measure, word, sizeof word);
      if (json_object_get(said, word)) continue;
      if (json_object_set_new(said, word, json_true()) != 0) export->no_memory = true;
      fprintf(export->out, "Unit %s", word);
      if (measure->better != HT_LINE_NONE)
        fprintf(export->out, " better=%s", ht_line_better_name(measure->better));
      fprintf(export->out, " assume=%s\n", is_exact(measure) ? "exact" : "nothing");
    }
  }
  if (!said) export->no_memory = true;
  json_decref(said);
}

/* Parts are divided by '/', fields by white space, and "-8" at the end would be the number of processors. */
static void put_name(struct export *export, const struct ht_line *line) {
  static const char allowed[] = ".,:;+_%@#()[]<>=*~^!?&|\"'{}$-";
  const struct ht_line_param *param;
  size_t at = 0;
  fputs("Benchmark", export->out);
  char first[2] = {(char)toupper((unsigned char)line->benchmark[0])};
  put_plain(export->out, first, allowed, '_');
  put_plain(export->out, line->benchmark + 1, allowed, '_');
  while ((param = ht_line_setting(line, &at))) {
    fputc('/', export->out);
    put_plain(export->out, param->name, allowed, '_');
    fputc('=', export->out);
    put_plain(export->out, param->value, allowed, '_');
  }
  fputs("/heap=", export->out);
  put_plain(export->out, line->heap, allowed, '_');
  if (*line->variant) {
    fputs("/variant=", export->out);
    put_plain(export->out, line->variant, allowed, '_');
  }
  const char *last = *line->variant ? line->variant : line->heap, *dash = strrchr(last, '-');
  if (dash && dash[1] && dash[1 + strspn(dash + 1, "0123456789")] == '\0') fputc('_', export->out);
}

static bool put_process(struct export *export, const struct series *series, size_t process) {
  const struct ht_line *line = series->lines[series->line_count > 1 ? process : 0];
  bool any = false;
  double number;
  char word[WORD];
  for (size_t i = 0; i < series->value_count; i++) {
    const struct value *value = &series->values[i];
    if (!process_value(series, process, value, &number)) continue;
    if (!any) {
      put_name(export, line);
      /* What the rest of the line is the mean of, by Go's rules: we have one value and not how it was made.
       */
      fputs("\t1", export->out);
    }
    any = true;
    unit_word(value->measure, word, sizeof word);
    fputc('\t', export->out);
    put_number(export->out, number * unit_of(value->measure->unit).scale);
    fprintf(export->out, " %s", word);
  }
  if (any) fputc('\n', export->out);
  return any;
}

size_t put_benchstat(struct export *export) {
  const struct ht_line *before = NULL;
  size_t count = 0;
  put_units(export);
  for (size_t i = 0; i < export->series_count; i++) {
    const struct series *series = &export->series[i];
    if (series->lines[0]->kind != HT_LINE_BENCH || series->value_count == 0) continue;
    for (size_t process = 0; process < process_count(series); process++) {
      const struct ht_line *line = series->lines[series->line_count > 1 ? process : 0];
      if (line->status != HT_LINE_OK) continue;
      put_configuration(export, before, line);
      before = line;
      count += put_process(export, series, process);
    }
  }
  return count;
}
