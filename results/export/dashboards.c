/* JSON for what draws a line a benchmark: github-action-benchmark and Bencher. */
#include "results/export/export_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bencher's limits on the names of benchmarks and of measures. */
enum { NAME_MAX_BYTES = 1024, SLUG_MAX = 64, WORD = 256 };

static bool is_bench(const struct series *series) {
  return series->lines[0]->kind == HT_LINE_BENCH && series->value_count > 0;
}

static void put_json(struct export *export, json_t *json) {
  if (!json || json_dumpf(json, export->out, JSON_INDENT(1)) != 0) export->no_memory = true;
  fputc('\n', export->out);
  json_decref(json);
}

/* What people see when they point at a dot. */
static json_t *extra(const struct series *series, const struct value *value) {
  const struct ht_line *line = series->lines[0];
  char text[1024], interval[96] = "";
  if (value->interval.known)
    snprintf(interval, sizeof interval, "\n%g %% interval %.6g to %.6g", 100 * HT_STATS_CONFIDENCE,
             value->interval.low, value->interval.high);
  snprintf(text, sizeof text, "n=%zu%s\nmachine %.100s\ncompiler %.100s\nflags %.200s\ncommit %.60s",
           value->count, interval, line->environment.machine, line->environment.compiler,
           line->environment.flags, line->commit.sha);
  char *whole = ht_line_copy(text); /* a character that was cut becomes a '?' */
  json_t *string = json_string(whole ? whole : "");
  free(whole);
  return string;
}

static json_t *point(struct export *export, const struct series *series, const struct value *value) {
  char *series_text = series_name(export, series), *name = NULL, range[64];
  if (!series_text || asprintf(&name, "%s/%s", series_text, value->measure->metric) < 0) name = NULL;
  free(series_text);
  json_t *object = name ? json_pack("{s:s, s:s, s:f, s:o}", "name", name, "unit", value->measure->unit,
                                    "value", value->median, "extra", extra(series, value))
                        : NULL;
  free(name);
  if (object && value->interval.known) {
    /* The wider side, as a number in the same unit. */
    double up = value->interval.high - value->median, down = value->median - value->interval.low;
    snprintf(range, sizeof range, "\u00b1 %.3g", up > down ? up : down);
    if (json_object_set_new(object, "range", json_string(range)) != 0) export->no_memory = true;
  }
  return object;
}

static size_t put_points(struct export *export, enum ht_line_better better) {
  json_t *points = json_array();
  for (size_t i = 0; i < export->series_count; i++)
    for (size_t k = 0; is_bench(&export->series[i]) && k < export->series[i].value_count; k++) {
      const struct value *value = &export->series[i].values[k];
      if (value->measure->better != better) continue;
      if (json_array_append_new(points, point(export, &export->series[i], value)) != 0)
        export->no_memory = true;
    }
  size_t count = json_array_size(points);
  put_json(export, points);
  return count;
}

size_t put_smaller(struct export *export) {
  return put_points(export, HT_LINE_LOWER);
}

size_t put_bigger(struct export *export) {
  return put_points(export, HT_LINE_HIGHER);
}

/* FNV-1a, 64 bits: two long names that begin alike stay two. */
static uint64_t hash_of(const char *text) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return hash;
}

/* Cuts a text in place to `most` bytes, the last of which tell what was cut. */
static void shorten(char *text, size_t most) {
  char end[24];
  uint64_t hash = hash_of(text);
  if (strlen(text) <= most) return;
  snprintf(end, sizeof end, "-%016" PRIx64, hash);
  size_t at = most - strlen(end);
  while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80) at--;
  strcpy(text + at, end);
}

/* A measure has no unit there, so that its slug has to say it: "cpu-ns-per-op". */
static void slug_of(const struct ht_line_measure *measure, char *slug, size_t size) {
  char word[WORD];
  size_t used = 0;
  unit_word(measure, word, sizeof word);
  for (const char *at = word; *at && used + sizeof "-per-" < size; at++) {
    if (*at == '/')
      used += (size_t)snprintf(slug + used, size - used, "-per-");
    else if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9'))
      slug[used++] = *at;
    else if (*at >= 'A' && *at <= 'Z')
      slug[used++] = (char)(*at - 'A' + 'a');
    else if (used > 0 && slug[used - 1] != '-')
      slug[used++] = '-';
  }
  slug[used] = '\0';
  shorten(slug, SLUG_MAX);
}

static json_t *measure_object(const struct value *value) {
  double scale = unit_of(value->measure->unit).scale;
  json_t *object = json_pack("{s:f}", "value", value->median * scale);
  if (!object || !value->interval.known) return object;
  if (json_object_set_new(object, "lower_value", json_real(value->interval.low * scale)) == 0 &&
      json_object_set_new(object, "upper_value", json_real(value->interval.high * scale)) == 0)
    return object;
  json_decref(object);
  return NULL;
}

size_t put_bencher(struct export *export) {
  json_t *benchmarks = json_object();
  for (size_t i = 0; i < export->series_count; i++) {
    const struct series *series = &export->series[i];
    if (!is_bench(series)) continue;
    char *name = series_name(export, series), slug[WORD];
    json_t *measures = json_object();
    for (size_t k = 0; k < series->value_count; k++) {
      slug_of(series->values[k].measure, slug, sizeof slug);
      if (json_object_set_new(measures, slug, measure_object(&series->values[k])) != 0)
        export->no_memory = true;
    }
    if (name) shorten(name, NAME_MAX_BYTES);
    if (!name || json_object_set_new(benchmarks, name, measures) != 0) export->no_memory = true;
    free(name);
  }
  size_t count = json_object_size(benchmarks);
  put_json(export, benchmarks);
  return count;
}
