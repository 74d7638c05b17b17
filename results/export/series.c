/* From lines to series of numbers, and their names in other formats. */
#include "results/export/export_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct value *find_value(const struct series *series, const struct ht_line_measure *measure) {
  for (size_t i = 0; i < series->value_count; i++)
    if (strcmp(series->values[i].measure->metric, measure->metric) == 0) return &series->values[i];
  return NULL;
}

/* The metrics that lines with a result have, each once. */
static bool list_values(struct series *series) {
  for (size_t i = 0; i < series->line_count; i++) {
    const struct ht_line *line = series->lines[i];
    if (line->status != HT_LINE_OK) continue;
    for (size_t k = 0; k < line->measure_count; k++) {
      if (find_value(series, &line->measures[k])) continue;
      struct value *grown = reallocarray(series->values, series->value_count + 1, sizeof *grown);
      if (!grown) return false;
      series->values = grown;
      grown[series->value_count++] = (struct value){.measure = &line->measures[k]};
    }
  }
  return true;
}

size_t process_count(const struct series *series) {
  if (series->line_count > 1) return series->line_count;
  size_t most = 0;
  for (size_t i = 0; i < series->lines[0]->measure_count; i++)
    if (series->lines[0]->measures[i].sample_count > most) most = series->lines[0]->measures[i].sample_count;
  return most;
}

bool process_value(const struct series *series, size_t process, const struct value *value, double *number) {
  const struct ht_line *line = series->lines[series->line_count > 1 ? process : 0];
  const struct ht_line_measure *measure =
      line->status == HT_LINE_OK ? ht_line_find(line, value->measure->metric) : NULL;
  if (!measure || strcmp(measure->unit, value->measure->unit) != 0) return false;
  if (series->line_count > 1)
    *number = ht_stats_median(measure->samples, measure->sample_count);
  else if (process < measure->sample_count)
    *number = measure->samples[process];
  else
    return false;
  return true;
}

static bool condense(struct series *series) {
  if (!list_values(series)) return false;
  size_t processes = process_count(series);
  for (size_t i = 0; i < series->value_count; i++) {
    struct value *value = &series->values[i];
    if (!(value->values = calloc(processes + 1, sizeof *value->values))) return false;
    for (size_t process = 0; process < processes; process++)
      value->count += process_value(series, process, value, &value->values[value->count]);
    value->median = ht_stats_median(value->values, value->count);
    value->interval = ht_stats_median_interval(value->values, value->count, HT_STATS_CONFIDENCE);
    /* What was kept is finite, and so is what lies between; only memory can fail. */
    if (isnan(value->median)) return false;
  }
  return true;
}

bool collect_series(struct export *export) {
  size_t lines = 0;
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) lines += export->kinds[kind].line_count;
  if (!(export->series = calloc(lines + 1, sizeof *export->series))) return false;
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) {
    const struct ht_line_file *file = &export->kinds[kind];
    for (size_t begin = 0, end; begin < file->line_count; begin = end) {
      for (end = begin + 1; end < file->line_count; end++)
        if (!ht_line_same_series(file->lines[begin], file->lines[end])) break;
      struct series *series = &export->series[export->series_count++];
      *series = (struct series){.lines = file->lines + begin, .line_count = end - begin};
      if (!condense(series)) return false;
    }
  }
  return true;
}

void forget_series(struct export *export) {
  for (size_t i = 0; i < export->series_count; i++) {
    for (size_t k = 0; k < export->series[i].value_count; k++) free(export->series[i].values[k].values);
    free(export->series[i].values);
  }
  free(export->series);
}

struct unit unit_of(const char *unit) {
  static const struct unit units[] = {
      {"ns", "ns", 1, "seconds", 1e-9},     {"us", "ns", 1e3, "seconds", 1e-6},
      {"ms", "ns", 1e6, "seconds", 1e-3},   {"s", "sec", 1, "seconds", 1},
      {"min", "sec", 60, "seconds", 60},    {"h", "sec", 3600, "seconds", 3600},
      {"bytes", "bytes", 1, "bytes", 1},    {"bytes/s", "bytes/s", 1, "bytes_per_second", 1},
      {"1/s", "/s", 1, "per_second", 1},    {"ratio", "ratio", 1, "ratio", 1},
      {"count", "count", 1, "", 1},         {"instructions", "instructions", 1, "instructions", 1},
      {"cycles", "cycles", 1, "cycles", 1},
  };
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(units[i].unit, unit) == 0) return units[i];
  return (struct unit){unit, unit, 1, unit, 1};
}

static bool is_plain(char letter, const char *allowed) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || (letter && strchr(allowed, letter));
}

void put_plain(FILE *out, const char *text, const char *allowed, char replacement) {
  for (; *text; text++) fputc(is_plain(*text, allowed) ? *text : replacement, out);
}

void unit_word(const struct ht_line_measure *measure, char *word, size_t size) {
  static const char per_op[] = "_per_op";
  const char *unit = unit_of(measure->unit).word;
  size_t length = strlen(measure->metric);
  bool each = length > strlen(per_op) && strcmp(measure->metric + length - strlen(per_op), per_op) == 0;
  if (each) length -= strlen(per_op);
  /* instructions_per_op in instructions: once is enough. */
  bool same =
      strlen(unit) <= length && strncmp(measure->metric + length - strlen(unit), unit, strlen(unit)) == 0;
  snprintf(word, size, "%.*s%s%s%s", (int)length, measure->metric, same || *unit == '/' ? "" : "-",
           same ? "" : unit, each ? "/op" : "");
  for (; *word; word++)
    if (!is_plain(*word, "-./%")) *word = '-';
}

char *series_name(struct export *export, const struct series *series) {
  const struct ht_line *line = series->lines[0];
  const struct ht_line_param *param;
  char *name = NULL;
  size_t size, at = 0;
  FILE *out = open_memstream(&name, &size);
  if (out) {
    fputs(line->benchmark, out);
    while ((param = ht_line_setting(line, &at))) fprintf(out, "/%s=%s", param->name, param->value);
    fprintf(out, "/%s%s%s", line->heap, *line->variant ? "+" : "", line->variant);
  }
  if (out && fclose(out) == 0) return name;
  free(name);
  export->no_memory = true;
  return NULL;
}

void put_number(FILE *out, double number) {
  char text[32];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  fputs(text, out);
}
