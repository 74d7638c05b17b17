/* From text to lines. What is wrong with a line is said in words; the lines around it are kept. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "line/line_internal.h"

/* A string field; `required` ones must be there, others default to "". */
static int read_string(struct ht_line *line, char **field, const json_t *object, const char *name,
                       bool required, char *error) {
  const json_t *value = json_object_get(object, name);
  if (!value) return required ? ht_line_error(error, "%s is missing", name) : 0;
  if (!json_is_string(value)) return ht_line_error(error, "%s is not a string", name);
  ht_line_set(line, field, json_string_value(value));
  return 0;
}

/* A word out of a table; -1 with `error`. */
static int read_word(const json_t *object, const char *name, int (*of)(const char *), char *error) {
  const json_t *value = json_object_get(object, name);
  if (!value) return ht_line_error(error, "%s is missing", name);
  const char *word = json_string_value(value);
  int number = word ? of(word) : -1;
  if (number < 0) return ht_line_error(error, "%s is \"%.40s\", a word not known", name, word ? word : "");
  return number;
}

/* Numbers of an array of `count`; NULL with `error`. */
static double *read_array(const json_t *array, size_t count, const char *name, char *error) {
  double *numbers = calloc(count, sizeof *numbers);
  if (!numbers) {
    ht_line_error(error, "no memory");
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    const json_t *number = json_array_get(array, i);
    if (!json_is_number(number)) {
      free(numbers);
      ht_line_error(error, "number %zu of %s is none", i + 1, name);
      return NULL;
    }
    numbers[i] = json_number_value(number);
  }
  return numbers;
}

static int read_measure(struct ht_line *line, const json_t *object, char *error) {
  const char *metric = json_string_value(json_object_get(object, "metric"));
  const char *unit = json_string_value(json_object_get(object, "unit"));
  const json_t *samples = json_object_get(object, "samples");
  if (!metric || !unit || !json_is_array(samples) || json_array_size(samples) == 0)
    return ht_line_error(error, "a measure needs metric, unit and samples");
  int better = read_word(object, "better", ht_line_better_of, error);
  if (better < 0) return -1;
  if (ht_line_find(line, metric)) return ht_line_error(error, "%s is measured twice", metric);

  size_t count = json_array_size(samples);
  double *values = read_array(samples, count, metric, error);
  if (!values) return -1;
  ht_line_measure(line, metric, unit, (enum ht_line_better)better, values, count);
  free(values);
  return 0;
}

static int read_curve(struct ht_line *line, const json_t *object, char *error) {
  const char *name = json_string_value(json_object_get(object, "curve")),
             *x_unit = json_string_value(json_object_get(object, "x_unit")),
             *y_unit = json_string_value(json_object_get(object, "y_unit"));
  const json_t *x = json_object_get(object, "x"), *y = json_object_get(object, "y");
  size_t count = json_array_size(x);
  if (!name || !x_unit || !y_unit || count == 0 || json_array_size(y) != count)
    return ht_line_error(error, "a curve needs curve, x_unit, y_unit and as many x as y");
  double *xs = read_array(x, count, name, error);
  double *ys = xs ? read_array(y, count, name, error) : NULL;
  if (ys) ht_line_curve(line, name, x_unit, y_unit, xs, ys, count);
  int result = ys ? 0 : -1;
  free(xs);
  free(ys);
  return result;
}

static int read_params(struct ht_line *line, json_t *object, char *error) {
  if (!object) return 0;
  if (!json_is_object(object)) return ht_line_error(error, "params is not an object");
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value) {
    if (!json_is_string(value)) return ht_line_error(error, "parameter %.60s is not a string", name);
    ht_line_param(line, name, json_string_value(value));
  }
  return 0;
}

/* A number kept as text because JSON's numbers end below 64 bits. */
static int read_digits(const json_t *object, const char *name, int base, uint64_t *number, bool *present,
                       char *error) {
  const json_t *value = json_object_get(object, name);
  if (!value) return 0;
  const char *text = json_string_value(value);
  char *end = NULL;
  errno = 0;
  if (text && ((*text >= '0' && *text <= '9') || (base == 16 && *text >= 'a' && *text <= 'f')))
    *number = strtoull(text, &end, base);
  if (!end || *end || errno) return ht_line_error(error, "%s is not a number in base %d", name, base);
  *present = true;
  return 0;
}

static int read_numbers(struct ht_line *line, const json_t *object, char *error) {
  if (read_digits(object, "checksum", 16, &line->checksum, &line->has_checksum, error) != 0 ||
      read_digits(object, "seed", 10, &line->seed, &line->has_seed, error) != 0)
    return -1;
  const json_t *allocations = json_object_get(object, "allocations");
  if (!allocations) return 0;
  if (!json_is_integer(allocations) || json_integer_value(allocations) < 0)
    return ht_line_error(error, "allocations is not a count");
  ht_line_allocations(line, (uint64_t)json_integer_value(allocations));
  return 0;
}

static int read_commit(struct ht_line *line, const json_t *object, char *error) {
  if (!object) return 0;
  const json_t *seq = json_object_get(object, "seq");
  if (seq && !json_is_integer(seq)) return ht_line_error(error, "the commit's seq is not an integer");
  if (seq) line->commit.seq = json_integer_value(seq);
  return read_string(line, &line->commit.sha, object, "sha", false, error);
}

static int read_schema(const json_t *object, char *error) {
  const json_t *schema = json_object_get(object, "schema");
  if (!json_is_integer(schema)) return ht_line_error(error, "schema is missing: not a result line");
  json_int_t number = json_integer_value(schema);
  if (number > HT_LINE_SCHEMA)
    return ht_line_error(error, "schema %" JSON_INTEGER_FORMAT " is newer than %d, which this program reads",
                         number, HT_LINE_SCHEMA);
  if (number < 1) return ht_line_error(error, "schema %" JSON_INTEGER_FORMAT " never was", number);
  return 0;
}

static int read_fields(struct ht_line *line, const json_t *object, char *error) {
  const json_t *environment = json_object_get(object, "env");
  const struct {
    char **field;
    const json_t *object;
    const char *name;
    bool required;
  } strings[] = {
      {&line->id, object, "id", true},
      {&line->run, object, "run", false},
      {&line->started, object, "started", true},
      {&line->heap, object, "heap", true},
      {&line->variant, object, "variant", false},
      {&line->provider, object, "provider", false},
      {&line->benchmark, object, "benchmark", true},
      {&line->reason, object, "reason", false},
      {&line->environment.machine, environment, "machine", false},
      {&line->environment.cpu, environment, "cpu", false},
      {&line->environment.kernel, environment, "kernel", false},
      {&line->environment.libc, environment, "libc", false},
      {&line->environment.compiler, environment, "compiler", false},
      {&line->environment.flags, environment, "flags", false},
  };
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
    if (read_string(line, strings[i].field, strings[i].object, strings[i].name, strings[i].required, error) !=
        0)
      return -1;

  int status = read_word(object, "status", ht_line_status_of, error);
  if (status < 0) return -1;
  line->status = (enum ht_line_status)status;
  const json_t *measures = json_object_get(object, "measures");
  if (measures && !json_is_array(measures)) return ht_line_error(error, "measures is not an array");
  for (size_t i = 0; i < json_array_size(measures); i++)
    if (read_measure(line, json_array_get(measures, i), error) != 0) return -1;
  const json_t *curves = json_object_get(object, "curves");
  if (curves && !json_is_array(curves)) return ht_line_error(error, "curves is not an array");
  for (size_t i = 0; i < json_array_size(curves); i++)
    if (read_curve(line, json_array_get(curves, i), error) != 0) return -1;
  if (read_params(line, json_object_get(object, "params"), error) != 0 ||
      read_numbers(line, object, error) != 0 ||
      read_commit(line, json_object_get(object, "commit"), error) != 0)
    return -1;
  return ht_line_check(line, error);
}

struct ht_line *ht_line_parse(const char *text, size_t size, char *error) {
  json_error_t problem;
  json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
  if (!object) {
    ht_line_error(error, "not JSON, column %d: %s", problem.column, problem.text);
    return NULL;
  }
  struct ht_line *line = NULL;
  int kind;
  if (!json_is_object(object)) {
    ht_line_error(error, "not a JSON object");
    goto out;
  }
  if (read_schema(object, error) != 0) goto out;
  if ((kind = read_word(object, "kind", ht_line_kind_of, error)) < 0) goto out;
  if (!(line = ht_line_blank((enum ht_line_kind)kind))) {
    ht_line_error(error, "no memory");
    goto out;
  }
  if (read_fields(line, object, error) != 0) {
    ht_line_free(line);
    line = NULL;
  }
out:
  json_decref(object);
  return line;
}

int ht_line_file_report(struct ht_line_file *file, size_t number, const char *format, ...) {
  void *grown = reallocarray(file->broken, file->broken_count + 1, sizeof *file->broken);
  if (!grown) return -1;
  file->broken = grown;
  char *text;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) return -1;
  file->broken[file->broken_count].number = number;
  file->broken[file->broken_count++].text = text;
  return 0;
}

struct reading {
  const char *path;
  ht_line_taker *take;
  void *context;
  struct ht_line_file *file;
};

/* One line as getline gave it. */
static int read_text(struct reading *reading, size_t number, const char *text, size_t size, char *error) {
  bool ended = size > 0 && text[size - 1] == '\n';
  /* What some editors and systems put in front of UTF-8. */
  static const char mark[] = "\xef\xbb\xbf";
  if (number == 1 && strncmp(text, mark, strlen(mark)) == 0) {
    text += strlen(mark);
    size -= strlen(mark);
  }
  if (strspn(text, " \t\r\n") == size) return 0;
  char problem[HT_ERROR_SIZE];
  struct ht_line *line = ht_line_parse(text, size, problem);
  if (line) return reading->take(reading->context, line, error);
  if (ht_line_file_report(reading->file, number, "%s:%zu: %s%s%s", reading->path, number,
                          ended ? "" : "the file ends within this line (", problem, ended ? "" : ")") == 0)
    return 0;
  return ht_line_error(error, "no memory");
}

int ht_line_each(const char *path, ht_line_taker *take, void *context, struct ht_line_file *file,
                 char *error) {
  *file = (struct ht_line_file){0};
  struct reading reading = {path, take, context, file};
  FILE *stream = fopen(path, "re");
  if (!stream) return ht_line_error(error, "%s: %s", path, strerror(errno));
  char *text = NULL;
  size_t room = 0, number = 0;
  ssize_t size;
  int result = 0;
  errno = 0;
  while (result == 0 && (size = getline(&text, &room, stream)) >= 0)
    result = read_text(&reading, ++number, text, (size_t)size, error);
  if (result == 0 && !feof(stream)) result = ht_line_error(error, "%s: %s", path, strerror(errno));
  free(text);
  fclose(stream);
  if (result != 0) ht_line_file_free(file);
  return result;
}

/* Room is always a power of two. */
static int keep_line(void *context, struct ht_line *line, char *error) {
  struct ht_line_file *file = context;
  if ((file->line_count & (file->line_count - 1)) == 0) {
    size_t room = file->line_count ? 2 * file->line_count : 1;
    void *grown = reallocarray(file->lines, room, sizeof *file->lines);
    if (!grown) {
      ht_line_free(line);
      return ht_line_error(error, "no memory");
    }
    file->lines = grown;
  }
  file->lines[file->line_count++] = line;
  return 0;
}

int ht_line_read(const char *path, struct ht_line_file *file, char *error) {
  return ht_line_each(path, keep_line, file, file, error);
}

void ht_line_file_free(struct ht_line_file *file) {
  for (size_t i = 0; i < file->line_count; i++) ht_line_free(file->lines[i]);
  for (size_t i = 0; i < file->broken_count; i++) free(file->broken[i].text);
  free(file->lines);
  free(file->broken);
  *file = (struct ht_line_file){0};
}
