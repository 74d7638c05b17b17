/* From a line to text, and the text to a file without ever leaving half of it there. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line/line_internal.h"

static json_t *params_object(const struct ht_line *line) {
  json_t *object = json_object();
  for (size_t i = 0; i < line->param_count; i++)
    if (json_object_set_new(object, line->params[i].name, json_string(line->params[i].value)) != 0) {
      json_decref(object);
      return NULL;
    }
  return object;
}

static json_t *numbers_array(const double *numbers, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(array, json_real(numbers[i])) != 0) {
      json_decref(array);
      return NULL;
    }
  return array;
}

static json_t *measure_object(const struct ht_line_measure *measure) {
  return json_pack("{s:s, s:s, s:s, s:o}", "metric", measure->metric, "unit", measure->unit, "better",
                   ht_line_better_name(measure->better), "samples",
                   numbers_array(measure->samples, measure->sample_count));
}

static json_t *measures_array(const struct ht_line *line) {
  json_t *measures = json_array();
  for (size_t i = 0; i < line->measure_count; i++)
    if (json_array_append_new(measures, measure_object(&line->measures[i])) != 0) {
      json_decref(measures);
      return NULL;
    }
  return measures;
}

static json_t *curves_array(const struct ht_line *line) {
  json_t *curves = json_array();
  for (size_t i = 0; i < line->curve_count; i++) {
    const struct ht_line_curve *curve = &line->curves[i];
    json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:o}", "curve", curve->name, "x_unit", curve->x_unit,
                               "y_unit", curve->y_unit, "x", numbers_array(curve->x, curve->count), "y",
                               numbers_array(curve->y, curve->count));
    if (json_array_append_new(curves, object) != 0) {
      json_decref(curves);
      return NULL;
    }
  }
  return curves;
}

/* What a line may lack is NULL here: jansson leaves out an "s*" or "o*" that is NULL, and fails on others. */
static json_t *line_object(const struct ht_line *line) {
  char checksum[32], seed[32];
  snprintf(checksum, sizeof checksum, "%0*" PRIx64, HT_LINE_CHECKSUM_DIGITS, line->checksum);
  snprintf(seed, sizeof seed, "%" PRIu64, line->seed);
  json_t *allocations = line->has_allocations ? json_integer((json_int_t)line->allocations) : NULL;
  return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:s*, s:o*, s:s*,"
                   " s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:{s:s, s:I}}",
                   "schema", HT_LINE_SCHEMA, "id", line->id, "run", line->run, "kind",
                   ht_line_kind_name(line->kind), "started", line->started, "heap", line->heap, "variant",
                   line->variant, "provider", line->provider, "benchmark", line->benchmark, "params",
                   params_object(line), "status", ht_line_status_name(line->status), "reason", line->reason,
                   "measures", measures_array(line), "curves", curves_array(line), "checksum",
                   line->has_checksum ? checksum : NULL, "allocations", allocations, "seed",
                   line->has_seed ? seed : NULL, "env", "machine", line->environment.machine, "cpu",
                   line->environment.cpu, "kernel", line->environment.kernel, "libc", line->environment.libc,
                   "compiler", line->environment.compiler, "flags", line->environment.flags, "commit", "sha",
                   line->commit.sha, "seq", (json_int_t)line->commit.seq);
}

char *ht_line_print(const struct ht_line *line, char *error) {
  if (ht_line_check(line, error) != 0) return NULL;
  if (line->has_allocations && line->allocations > INT64_MAX) {
    ht_line_error(error, "%" PRIu64 " allocations are more than a line can hold", line->allocations);
    return NULL;
  }
  json_t *object = line_object(line);
  char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
  json_decref(object);
  if (!text) {
    ht_line_error(error, "the line of %.100s cannot be written: no memory", line->id);
    return NULL;
  }
  size_t length = strlen(text);
  char *ended = realloc(text, length + 2);
  if (!ended) {
    free(text);
    ht_line_error(error, "no memory");
    return NULL;
  }
  memcpy(ended + length, "\n", 2);
  return ended;
}

int ht_line_write(const struct ht_line *line, FILE *stream, char *error) {
  char *text = ht_line_print(line, error);
  if (!text) return -1;
  int failed = fputs(text, stream) == EOF || fflush(stream) != 0 ? errno : 0;
  free(text);
  if (failed) return ht_line_error(error, "cannot write a result line: %s", strerror(failed));
  return 0;
}

/* A file whose last line was cut short by somebody else gets its end of line first: one broken line, not two.
 */
static bool lacks_newline(int file, off_t size) {
  char last;
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

static int append_locked(int file, const char *path, const char *text, char *error) {
  struct stat before;
  if (fstat(file, &before) != 0) return ht_line_error(error, "%s: %s", path, strerror(errno));
  bool repair = S_ISREG(before.st_mode) && lacks_newline(file, before.st_size);
  char *whole;
  int length = asprintf(&whole, "%s%s", repair ? "\n" : "", text);
  if (length < 0) return ht_line_error(error, "no memory");
  errno = 0;
  ssize_t written = write(file, whole, (size_t)length);
  int reason = written < 0 ? errno : ENOSPC;
  free(whole);
  if (written == length) return 0;
  if (S_ISREG(before.st_mode) && ftruncate(file, before.st_size) != 0)
    return ht_line_error(error, "%s: %s, and its last line is now broken: %s", path, strerror(reason),
                         strerror(errno));
  return ht_line_error(error, "%s: the result was not written: %s", path, strerror(reason));
}

int ht_line_append(const struct ht_line *line, const char *path, char *error) {
  char *text = ht_line_print(line, error);
  if (!text) return -1;
  int result = -1;
  int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  /* What can only be written to (a pipe, a terminal) is given the line as it is. */
  if (file < 0 && errno != ENOENT && errno != EISDIR) file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) {
    ht_line_error(error, "%s: %s", path, strerror(errno));
    goto out_text;
  }
  /* The lock lets a short write be cut away: nobody else's line can stand behind it. */
  while (flock(file, LOCK_EX) != 0)
    if (errno != EINTR) {
      ht_line_error(error, "%s: cannot lock: %s", path, strerror(errno));
      goto out_file;
    }
  result = append_locked(file, path, text, error);
out_file:
  /* Some file systems report a full disk only now. */
  if (close(file) != 0 && result == 0)
    result = ht_line_error(error, "%s: the result was not written: %s", path, strerror(errno));
out_text:
  free(text);
  return result;
}
