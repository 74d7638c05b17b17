/* hyperfine's JSON: a command is a line, its runs are the samples. */
#include <string.h>

#include "results/store/store_internal.h"

/* A parameter of this name, else `otherwise`. */
static const char *param_of(const json_t *entry, const char *name, const char *otherwise) {
  const char *value = json_string_value(json_object_get(json_object_get(entry, "parameters"), name));
  return value ? value : otherwise;
}

static bool is_own(const char *name) {
  return strcmp(name, "heap") == 0 || strcmp(name, "variant") == 0 || strcmp(name, "provider") == 0 ||
         strcmp(name, "benchmark") == 0;
}

/* hyperfine --ignore-failure goes on after a run that failed, and times it. */
static bool all_exited_well(struct ht_line *line, const json_t *entry) {
  const json_t *codes = json_object_get(entry, "exit_codes");
  for (size_t i = 0; i < json_array_size(codes); i++) {
    const json_t *code = json_array_get(codes, i);
    if (!json_is_integer(code)) {
      ht_line_fail(line, HT_LINE_CRASHED, "run %zu was ended by a signal", i + 1);
      return false;
    }
    if (json_integer_value(code) != 0) {
      ht_line_fail(line, HT_LINE_FAILED, "run %zu ended with exit code %" JSON_INTEGER_FORMAT, i + 1,
                   json_integer_value(code));
      return false;
    }
  }
  return true;
}

static void add_runs(struct ht_line *line, const json_t *entry) {
  const json_t *times = json_object_get(entry, "times");
  if (json_array_size(times) == 0) {
    ht_line_fail(line, HT_LINE_NO_VERDICT, "the file has no times of single runs");
    return;
  }
  for (size_t i = 0; i < json_array_size(times); i++) {
    if (!json_is_number(json_array_get(times, i))) {
      ht_line_fail(line, HT_LINE_FAILED, "the time of run %zu is not a number", i + 1);
      return;
    }
    ht_line_sample(line, "wall", "s", HT_LINE_LOWER, json_number_value(json_array_get(times, i)));
  }
  double user, system;
  if (ht_foreign_number(entry, "user", &user) && ht_foreign_number(entry, "system", &system))
    ht_line_sample(line, "cpu_mean", "s", HT_LINE_LOWER, user + system);
  const json_t *memory = json_object_get(entry, "memory_usage_byte");
  for (size_t i = 0; i < json_array_size(memory); i++)
    if (json_is_number(json_array_get(memory, i)))
      ht_line_sample(line, "peak_resident", "bytes", HT_LINE_LOWER,
                     json_number_value(json_array_get(memory, i)));
}

static int read_entry(struct foreign *foreign, const json_t *entry) {
  const char *command = json_string_value(json_object_get(entry, "command"));
  if (!command) command = "unnamed";
  struct ht_line *line =
      ht_foreign_line(foreign, param_of(entry, "heap", foreign->heap), param_of(entry, "benchmark", command));
  if (!line) return -1;
  ht_line_variant(line, param_of(entry, "variant", ""), param_of(entry, "provider", ""));
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(entry, "parameters"), name, value) {
    if (!is_own(name) && json_is_string(value)) ht_line_param(line, name, json_string_value(value));
  }
  if (all_exited_well(line, entry)) add_runs(line, entry);
  return 0;
}

int ht_store_read_hyperfine(const char *path, const char *heap, struct ht_line_file *file, char *error) {
  struct foreign foreign;
  if (ht_foreign_open(&foreign, path, heap, file, error) != 0) return -1;
  const json_t *entries = json_object_get(foreign.root, "results");
  int result = 0;
  if (!json_is_array(entries)) {
    snprintf(error, HT_ERROR_SIZE, "%s: has no \"results\": not a file of hyperfine", path);
    result = -1;
  }
  for (size_t i = 0; result == 0 && i < json_array_size(entries); i++)
    if (read_entry(&foreign, json_array_get(entries, i)) != 0) {
      snprintf(error, HT_ERROR_SIZE, "%s: no memory", path);
      result = -1;
    }
  if (result == 0) result = ht_foreign_check(&foreign, error);
  ht_foreign_close(&foreign);
  if (result != 0) ht_line_file_free(file);
  return result;
}
