/* What is exported, and whether there is anything. */
#include "results/export/export_internal.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  size_t (*put)(struct export *export);
  const char *nothing; /* what there is none of */
} formats[HT_EXPORT_FORMATS] = {
    [HT_EXPORT_BENCHSTAT] = {"benchstat", put_benchstat, "benchmark with a measurement"},
    [HT_EXPORT_SMALLER] = {"github-action-benchmark", put_smaller,
                           "benchmark with a measurement that is better when smaller"},
    [HT_EXPORT_BIGGER] = {"github-action-benchmark-bigger", put_bigger,
                          "benchmark with a measurement that is better when bigger"},
    [HT_EXPORT_BENCHER] = {"bencher", put_bencher, "benchmark with a measurement"},
    [HT_EXPORT_OPENMETRICS] = {"openmetrics", put_openmetrics, "result"},
    [HT_EXPORT_JUNIT] = {"junit", put_junit, "result"},
    [HT_EXPORT_SARIF] = {"sarif", put_sarif, "campaign or trial with a verdict"},
};

const char *ht_export_name(enum ht_export_format format) {
  return formats[format].name;
}

enum ht_export_format ht_export_named(const char *name) {
  for (int format = 0; format < HT_EXPORT_FORMATS; format++)
    if (strcmp(formats[format].name, name) == 0) return (enum ht_export_format)format;
  return HT_EXPORT_FORMATS;
}

static int read_lines(struct export *export, struct ht_store *store, const char *run, char *error) {
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) {
    struct ht_line_file *lines = &export->kinds[kind];
    if ((run ? ht_store_run(store, (enum ht_line_kind)kind, run, lines, error)
             : ht_store_latest(store, (enum ht_line_kind)kind, lines, error)) != 0)
      return -1;
  }
  return 0;
}

char *ht_export_text(struct ht_store *store, enum ht_export_format format, const char *run, size_t *size,
                     char *error) {
  struct export export = {0};
  char *text = NULL;
  size_t results = 0;
  *size = 0;
  if (read_lines(&export, store, run, error) != 0) goto out;
  if (!(export.out = open_memstream(&text, size)) || !collect_series(&export)) {
    export.no_memory = true;
  } else {
    results = formats[format].put(&export);
  }
  if (export.out && fclose(export.out) != 0) export.no_memory = true;
  if (export.no_memory)
    snprintf(error, HT_ERROR_SIZE, "no memory for this many results");
  else if (results == 0)
    snprintf(error, HT_ERROR_SIZE, "nothing to export as %s: no %s%s%.60s%s", formats[format].name,
             formats[format].nothing, run ? " in run \"" : "", run ? run : "", run ? "\"" : "");
  if (export.no_memory || results == 0) {
    free(text);
    text = NULL;
  }
out:
  forget_series(&export);
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) ht_line_file_free(&export.kinds[kind]);
  return text;
}
