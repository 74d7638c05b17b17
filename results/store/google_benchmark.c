/* Google Benchmark's JSON: repetitions of one benchmark become the samples of one line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "results/store/store_internal.h"

/* Keys of an entry that are not counters. */
static const char *const own_keys[] = {"family_index",     "per_family_instance_index",
                                       "repetitions",      "repetition_index",
                                       "threads",          "iterations",
                                       "real_time",        "cpu_time",
                                       "items_per_second", "bytes_per_second"};

static const struct {
  const char *name;
  double ns;
} time_units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

static bool is_own(const char *key) {
  for (size_t i = 0; i < sizeof own_keys / sizeof own_keys[0]; i++)
    if (strcmp(own_keys[i], key) == 0) return true;
  return false;
}

static const char *string_of(const json_t *object, const char *key, const char *otherwise) {
  const char *value = json_string_value(json_object_get(object, key));
  return value ? value : otherwise;
}

/* "2026-11-20T18:19:18+00:00"; a context without a date leaves the file's own. */
static void set_started(struct ht_line *line, const char *date) {
  struct tm parts = {0};
  if (!strptime(date, "%Y-%m-%dT%H:%M:%S%z", &parts)) return;
  long offset = parts.tm_gmtoff;
  time_t seconds = timegm(&parts) - offset;
  if (seconds > 0) ht_line_started(line, (int64_t)seconds * 1000000000);
}

/* What follows the first '/' of a name: "size:64" is a setting with a name, "64" one without. */
static void set_params(struct ht_line *line, const char *arguments) {
  char name[64];
  for (int position = 1; *arguments; position++) {
    arguments++;
    size_t length = strcspn(arguments, "/");
    char *text = strndup(arguments, length);
    if (!text) {
      ht_line_fail(line, HT_LINE_NO_VERDICT, "no memory");
      return;
    }
    char *colon = strchr(text, ':');
    snprintf(name, sizeof name, "argument%d", position);
    if (colon) *colon = '\0';
    ht_line_param(line, colon && colon != text ? text : name, colon ? colon + 1 : text);
    free(text);
    arguments += length;
  }
}

/* What --benchmark_context said of where the numbers come from. */
static void set_environment(struct ht_line *line, const json_t *context) {
  const struct {
    char **field;
    const char *key, *otherwise;
  } fields[] = {{&line->environment.machine, "machine", string_of(context, "host_name", "")},
                {&line->environment.cpu, "cpu", ""},
                {&line->environment.kernel, "kernel", ""},
                {&line->environment.libc, "libc", ""},
                {&line->environment.compiler, "compiler", ""},
                {&line->environment.flags, "flags", ""},
                {&line->commit.sha, "commit", ""}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    ht_line_set(line, fields[i].field, string_of(context, fields[i].key, fields[i].otherwise));
  const char *seq = string_of(context, "commit_seq", "");
  char *end;
  long long number = strtoll(seq, &end, 10);
  if (*seq && !*end && number >= 0) line->commit.seq = number;
}

static struct ht_line *new_line(struct foreign *foreign, const char *run_name) {
  const json_t *context = json_object_get(foreign->root, "context");
  size_t base = strcspn(run_name, "/");
  char *benchmark = strndup(run_name, base);
  struct ht_line *line =
      benchmark ? ht_foreign_line(foreign, string_of(context, "heap", foreign->heap), benchmark) : NULL;
  free(benchmark);
  if (!line) return NULL;
  ht_line_variant(line, string_of(context, "variant", ""), string_of(context, "provider", ""));
  set_environment(line, context);
  set_started(line, string_of(context, "date", ""));
  set_params(line, run_name + base);
  return line;
}

static void add_counters(struct ht_line *line, json_t *entry) {
  const char *key;
  json_t *value;
  double number;
  json_object_foreach(entry, key, value) {
    if (is_own(key) || !ht_foreign_number(entry, key, &number)) continue;
    ht_line_sample(line, key, "count", HT_LINE_NONE, number);
  }
}

/* One repetition. Once a line has failed it stays so: half of the repetitions are no answer. */
static void add_repetition(struct ht_line *line, json_t *entry) {
  if (line->status != HT_LINE_OK) return;
  if (json_is_true(json_object_get(entry, "error_occurred"))) {
    ht_line_fail(line, HT_LINE_FAILED, "error: %s", string_of(entry, "error_message", "not described"));
    return;
  }
  if (json_is_true(json_object_get(entry, "skipped"))) {
    ht_line_fail(line, HT_LINE_NO_VERDICT, "skipped: %s", string_of(entry, "skip_message", "not described"));
    return;
  }
  const char *unit = string_of(entry, "time_unit", "");
  double scale = NAN, cpu, wall, number;
  for (size_t i = 0; i < sizeof time_units / sizeof time_units[0]; i++)
    if (strcmp(time_units[i].name, unit) == 0) scale = time_units[i].ns;
  if (isnan(scale) || !ht_foreign_number(entry, "cpu_time", &cpu) ||
      !ht_foreign_number(entry, "real_time", &wall)) {
    ht_line_fail(line, HT_LINE_FAILED, "its times are not numbers, or not in a unit of time (\"%s\")", unit);
    return;
  }
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, cpu * scale);
  ht_line_sample(line, "wall_per_op", "ns", HT_LINE_LOWER, wall * scale);
  if (ht_foreign_number(entry, "items_per_second", &number))
    ht_line_sample(line, "operations", "1/s", HT_LINE_HIGHER, number);
  if (ht_foreign_number(entry, "bytes_per_second", &number))
    ht_line_sample(line, "bytes", "bytes/s", HT_LINE_HIGHER, number);
  add_counters(line, entry);
}

/* The line of a benchmark, made when it is first met: repetitions may be interleaved with those of others.
 * `seen` maps names to positions in the file's lines. NULL: no memory. */
static struct ht_line *line_of(struct foreign *foreign, json_t *seen, const char *run_name) {
  const json_t *known = json_object_get(seen, run_name);
  if (known) return foreign->file->lines[json_integer_value(known)];
  struct ht_line *line = new_line(foreign, run_name);
  json_int_t position = (json_int_t)foreign->file->line_count - 1;
  if (line && json_object_set_new(seen, run_name, json_integer(position)) != 0) return NULL;
  return line;
}

static bool is_aggregate(const json_t *entry) {
  return strcmp(string_of(entry, "run_type", "iteration"), "aggregate") == 0;
}

static int read_entries(struct foreign *foreign, json_t *entries, json_t *seen) {
  size_t at;
  json_t *entry;
  struct ht_line *line;
  json_array_foreach(entries, at, entry) {
    const char *run_name = string_of(entry, "run_name", string_of(entry, "name", "unnamed"));
    if (is_aggregate(entry)) continue;
    if (!(line = line_of(foreign, seen, run_name))) return -1;
    add_repetition(line, entry);
  }
  json_array_foreach(entries, at, entry) {
    const char *run_name = string_of(entry, "run_name", string_of(entry, "name", "unnamed"));
    if (!is_aggregate(entry) || json_object_get(seen, run_name)) continue;
    if (!(line = line_of(foreign, seen, run_name))) return -1;
    ht_line_fail(line, HT_LINE_NO_VERDICT,
                 "the file has only aggregates of it; run without --benchmark_report_aggregates_only");
  }
  return 0;
}

int ht_store_read_google_benchmark(const char *path, const char *heap, struct ht_line_file *file,
                                   char *error) {
  struct foreign foreign;
  if (ht_foreign_open(&foreign, path, heap, file, error) != 0) return -1;
  json_t *entries = json_object_get(foreign.root, "benchmarks"), *seen = json_object();
  int result = -1;
  if (!json_is_array(entries))
    snprintf(error, HT_ERROR_SIZE, "%s: has no \"benchmarks\": not a file of Google Benchmark", path);
  else if (!seen || read_entries(&foreign, entries, seen) != 0)
    snprintf(error, HT_ERROR_SIZE, "%s: no memory", path);
  else
    result = ht_foreign_check(&foreign, error);
  json_decref(seen);
  ht_foreign_close(&foreign);
  if (result != 0) ht_line_file_free(file);
  return result;
}
