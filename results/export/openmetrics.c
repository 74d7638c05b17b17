/*
 * OpenMetrics text (github.com/prometheus/OpenMetrics, specification 1.0): a family a metric, in base units.
 *
 * It says what stands and not when it was measured: a scraper has its own clock. Where the numbers come from
 * is a family of its own, heaptrial_environment_info, so that a commit does not make new time series of all.
 */
#include "results/export/export_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Metric and unit together are a family. */
struct family {
  const struct ht_line_measure *measure;
  char *name;
};

struct families {
  size_t count;
  struct family *families;
  json_t *taken; /* names */
  json_t *known; /* position by metric and unit */
};

static void put_escaped(FILE *out, const char *text) {
  for (; *text; text++) {
    if (*text == '\\' || *text == '"') fputc('\\', out);
    if (*text == '\n')
      fputs("\\n", out);
    else
      fputc(*text, out);
  }
}

static void put_label(FILE *out, bool first, const char *name, const char *value) {
  fprintf(out, "%s%s=\"", first ? "" : ",", name);
  put_escaped(out, value);
  fputc('"', out);
}

/* Different settings may look alike as names of labels: the second gets a number. */
static void put_settings(FILE *out, const struct ht_line *line) {
  const struct ht_line_param *param;
  size_t at = 0, number = 0;
  while ((param = ht_line_setting(line, &at))) {
    bool plain = true;
    for (const char *letter = param->name; *letter; letter++)
      plain &= isalnum((unsigned char)*letter) || *letter == '_';
    fputs(",setting_", out);
    put_plain(out, param->name, "_", '_');
    if (!plain) fprintf(out, "_%zu", ++number);
    fputs("=\"", out);
    put_escaped(out, param->value);
    fputc('"', out);
  }
}

static void put_series(FILE *out, const struct ht_line *line) {
  put_label(out, true, "benchmark", line->benchmark);
  put_label(out, false, "heap", line->heap);
  put_label(out, false, "variant", line->variant);
  put_settings(out, line);
}

/* Room for a name: "heaptrial_cpu_per_op_seconds". Of a unit that is no base unit its own name is what is
 * left. */
static char *family_name(const struct ht_line_measure *measure) {
  char *name = NULL;
  size_t size;
  const char *base = unit_of(measure->unit).base;
  FILE *out = open_memstream(&name, &size);
  if (!out) return NULL;
  fputs("heaptrial_", out);
  put_plain(out, measure->metric, "_", '_');
  size_t length = strlen(measure->metric), end = strlen(base);
  bool has_unit = length > end && strcmp(measure->metric + length - end, base) == 0;
  if (*base && !has_unit) {
    fputc('_', out);
    put_plain(out, base, "_", '_');
  }
  if (fclose(out) == 0) return name;
  free(name);
  return NULL;
}

static bool add_family(struct families *families, const struct ht_line_measure *measure) {
  char *key, *name;
  if (asprintf(&key, "%s\n%s", measure->metric, measure->unit) < 0) return false;
  bool known = json_object_get(families->known, key) != NULL;
  bool added =
      known || json_object_set_new(families->known, key, json_integer((json_int_t)families->count)) == 0;
  free(key);
  if (known || !added) return added;
  struct family *grown = reallocarray(families->families, families->count + 1, sizeof *grown);
  if (!grown) return false;
  families->families = grown;
  if (!(name = family_name(measure))) return false;
  while (json_object_get(families->taken, name)) {
    char *other;
    int length = asprintf(&other, "heaptrial_other_%s", name + strlen("heaptrial_"));
    free(name);
    if (length < 0) return false;
    name = other;
  }
  grown[families->count++] = (struct family){measure, name};
  return json_object_set_new(families->taken, name, json_true()) == 0;
}

static bool list_families(struct families *families, const struct export *export) {
  families->taken = json_object();
  families->known = json_object();
  if (!families->taken || !families->known) return false;
  for (size_t i = 0; i < export->series_count; i++)
    for (size_t k = 0; k < export->series[i].value_count; k++)
      if (export->series[i].lines[0]->kind == HT_LINE_BENCH &&
          !add_family(families, export->series[i].values[k].measure))
        return false;
  return true;
}

static void put_samples(FILE *out, const struct family *family, const struct series *series,
                        const struct value *value) {
  const struct {
    const char *stat;
    double number;
  } samples[] = {{"median", value->median}, {"lower", value->interval.low}, {"upper", value->interval.high}};
  for (size_t i = 0; i < (value->interval.known ? 3 : 1); i++) {
    fprintf(out, "%s{", family->name);
    put_series(out, series->lines[0]);
    put_label(out, false, "stat", samples[i].stat);
    fputs("} ", out);
    put_number(out, samples[i].number * unit_of(value->measure->unit).base_scale);
    fputc('\n', out);
  }
}

static void put_family(struct export *export, const struct family *family) {
  FILE *out = export->out;
  const char *base = unit_of(family->measure->unit).base;
  size_t length = strlen(family->name), end = strlen(base);
  fprintf(out, "# TYPE %s gauge\n", family->name);
  /* A unit is given only if the name ends with it, letter by letter. */
  if (end > 0 && length > end && family->name[length - end - 1] == '_' &&
      strcmp(family->name + length - end, base) == 0)
    fprintf(out, "# UNIT %s %s\n", family->name, base);
  fprintf(out, "# HELP %s ", family->name);
  put_escaped(out, family->measure->metric);
  fprintf(out, " of a process: median, and its %g %% interval.\n", 100 * HT_STATS_CONFIDENCE);
  for (size_t i = 0; i < export->series_count; i++) {
    const struct series *series = &export->series[i];
    for (size_t k = 0; series->lines[0]->kind == HT_LINE_BENCH && k < series->value_count; k++) {
      const struct value *value = &series->values[k];
      if (strcmp(value->measure->metric, family->measure->metric) == 0 &&
          strcmp(value->measure->unit, family->measure->unit) == 0)
        put_samples(out, family, series, value);
    }
  }
}

/* How many lines ended how: a run without a result shows here and nowhere else. */
static void put_lines(struct export *export) {
  fputs("# TYPE heaptrial_lines gauge\n# HELP heaptrial_lines Result lines, by how they ended.\n",
        export->out);
  for (size_t i = 0; i < export->series_count; i++) {
    const struct series *series = &export->series[i];
    for (int status = HT_LINE_OK; status <= HT_LINE_NO_VERDICT; status++) {
      size_t count = 0;
      for (size_t k = 0; k < series->line_count; k++) count += series->lines[k]->status == (unsigned)status;
      if (count == 0) continue;
      fputs("heaptrial_lines{", export->out);
      put_series(export->out, series->lines[0]);
      put_label(export->out, false, "kind", ht_line_kind_name(series->lines[0]->kind));
      put_label(export->out, false, "status", ht_line_status_name((enum ht_line_status)status));
      fprintf(export->out, "} %zu\n", count);
    }
  }
}

static void put_environments(struct export *export) {
  json_t *said = json_object();
  char *labels;
  size_t size;
  fputs("# TYPE heaptrial_environment_info gauge\n"
        "# HELP heaptrial_environment_info Where results come from, the value is always 1.\n",
        export->out);
  for (size_t i = 0; i < export->series_count; i++)
    for (size_t k = 0; k < export->series[i].line_count; k++) {
      const struct ht_line *line = export->series[i].lines[k];
      FILE *out = open_memstream(&labels, &size);
      if (!out) {
        export->no_memory = true;
        continue;
      }
      put_label(out, true, "machine", line->environment.machine);
      put_label(out, false, "cpu", line->environment.cpu);
      put_label(out, false, "kernel", line->environment.kernel);
      put_label(out, false, "libc", line->environment.libc);
      put_label(out, false, "compiler", line->environment.compiler);
      put_label(out, false, "flags", line->environment.flags);
      put_label(out, false, "commit", line->commit.sha);
      fclose(out);
      if (!json_object_get(said, labels)) {
        fprintf(export->out, "heaptrial_environment_info{%s} 1\n", labels);
        if (json_object_set_new(said, labels, json_true()) != 0) export->no_memory = true;
      }
      free(labels);
    }
  json_decref(said);
}

size_t put_openmetrics(struct export *export) {
  struct families families = {0};
  if (!list_families(&families, export)) export->no_memory = true;
  for (size_t i = 0; i < families.count; i++) put_family(export, &families.families[i]);
  put_lines(export);
  put_environments(export);
  fputs("# EOF\n", export->out);
  for (size_t i = 0; i < families.count; i++) free(families.families[i].name);
  free(families.families);
  json_decref(families.known);
  json_decref(families.taken);
  return export->series_count;
}
