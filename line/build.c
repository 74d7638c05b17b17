/* Building a line: every call copies what it is given and keeps the first mistake. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "line/line_internal.h"

#define ID_BYTES 16

int ht_line_error(char *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error, HT_ERROR_SIZE, format, arguments);
  va_end(arguments);
  return -1;
}

void ht_line_mistake(struct ht_line *line, const char *format, ...) {
  if (line->mistake) return;
  char text[HT_ERROR_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  line->mistake = strdup(text);
  /* Without memory even for that, the line must still not pass for a good one. */
  if (!line->mistake) line->id[0] = '\0';
}

void ht_line_set(struct ht_line *line, char **field, const char *text) {
  char *copy = ht_line_copy(text);
  if (!copy) {
    ht_line_mistake(line, "no memory");
    return;
  }
  free(*field);
  *field = copy;
}

struct ht_line *ht_line_blank(enum ht_line_kind kind) {
  struct ht_line *line = calloc(1, sizeof *line);
  if (!line) return NULL;
  line->kind = kind;
  line->commit.seq = -1;
  char **fields[] = {&line->id,
                     &line->run,
                     &line->started,
                     &line->heap,
                     &line->variant,
                     &line->provider,
                     &line->benchmark,
                     &line->reason,
                     &line->environment.machine,
                     &line->environment.cpu,
                     &line->environment.kernel,
                     &line->environment.libc,
                     &line->environment.compiler,
                     &line->environment.flags,
                     &line->commit.sha};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    *fields[i] = strdup("");
    if (!*fields[i]) {
      ht_line_free(line);
      return NULL;
    }
  }
  return line;
}

static void fresh_id(struct ht_line *line) {
  unsigned char bytes[ID_BYTES];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
    ht_line_mistake(line, "no random bytes for an id: %s", strerror(errno));
    return;
  }
  char text[2 * ID_BYTES + 1];
  for (size_t i = 0; i < ID_BYTES; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  ht_line_set(line, &line->id, text);
}

struct ht_line *ht_line_new(enum ht_line_kind kind, const char *heap, const char *benchmark) {
  struct ht_line *line = ht_line_blank(kind);
  if (!line) return NULL;
  fresh_id(line);
  ht_line_run(line, getenv("HEAPTRIAL_RUN"));
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  ht_line_started(line, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
  ht_line_set(line, &line->heap, heap);
  ht_line_set(line, &line->benchmark, benchmark);
  return line;
}

static void free_measure(struct ht_line_measure *measure) {
  free(measure->metric);
  free(measure->unit);
  free(measure->samples);
}

void ht_line_free(struct ht_line *line) {
  if (!line) return;
  for (size_t i = 0; i < line->measure_count; i++) free_measure(&line->measures[i]);
  free(line->measures);
  ht_line_curves_drop(line);
  for (size_t i = 0; i < line->param_count; i++) {
    free(line->params[i].name);
    free(line->params[i].value);
  }
  free(line->params);
  free(line->id);
  free(line->run);
  free(line->started);
  free(line->heap);
  free(line->variant);
  free(line->provider);
  free(line->benchmark);
  free(line->reason);
  free(line->environment.machine);
  free(line->environment.cpu);
  free(line->environment.kernel);
  free(line->environment.libc);
  free(line->environment.compiler);
  free(line->environment.flags);
  free(line->commit.sha);
  free(line->mistake);
  free(line);
}

void ht_line_id(struct ht_line *line, const char *id) {
  ht_line_set(line, &line->id, id);
}

void ht_line_run(struct ht_line *line, const char *run) {
  ht_line_set(line, &line->run, run);
}

void ht_line_started(struct ht_line *line, int64_t unix_nanoseconds) {
  time_t seconds = (time_t)(unix_nanoseconds / 1000000000);
  int milliseconds = (int)(unix_nanoseconds % 1000000000 / 1000000);
  struct tm utc;
  char text[64];
  if (unix_nanoseconds < 0 || !gmtime_r(&seconds, &utc)) {
    ht_line_mistake(line, "start time %" PRId64 " is not a time after 1970", unix_nanoseconds);
    return;
  }
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(text + length, sizeof text - length, ".%03dZ", milliseconds);
  ht_line_set(line, &line->started, text);
}

void ht_line_variant(struct ht_line *line, const char *variant, const char *provider) {
  ht_line_set(line, &line->variant, variant);
  ht_line_set(line, &line->provider, provider);
}

void ht_line_param(struct ht_line *line, const char *name, const char *value) {
  if (!name || !*name) {
    ht_line_mistake(line, "a parameter needs a name");
    return;
  }
  size_t at = 0;
  while (at < line->param_count && strcmp(line->params[at].name, name) < 0) at++;
  if (at < line->param_count && strcmp(line->params[at].name, name) == 0) {
    ht_line_set(line, &line->params[at].value, value);
    return;
  }
  struct ht_line_param *params = reallocarray(line->params, line->param_count + 1, sizeof *params);
  if (params) line->params = params;
  char *name_copy = ht_line_copy(name), *value_copy = ht_line_copy(value);
  if (!params || !name_copy || !value_copy) {
    free(name_copy);
    free(value_copy);
    ht_line_mistake(line, "no memory");
    return;
  }
  memmove(&params[at + 1], &params[at], (line->param_count - at) * sizeof *params);
  params[at] = (struct ht_line_param){name_copy, value_copy};
  line->param_count++;
}

void ht_line_param_number(struct ht_line *line, const char *name, int64_t value) {
  ht_line_param_text(line, name, "%" PRId64, value);
}

void ht_line_param_text(struct ht_line *line, const char *name, const char *format, ...) {
  va_list arguments;
  char *text;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    ht_line_mistake(line, "no memory");
    return;
  }
  ht_line_param(line, name, text);
  free(text);
}

static struct ht_line_measure *find_measure(const struct ht_line *line, const char *metric) {
  for (size_t i = 0; i < line->measure_count; i++)
    if (strcmp(line->measures[i].metric, metric) == 0) return &line->measures[i];
  return NULL;
}

static struct ht_line_measure *add_measure(struct ht_line *line, const char *metric, const char *unit,
                                           enum ht_line_better better) {
  struct ht_line_measure *measures = reallocarray(line->measures, line->measure_count + 1, sizeof *measures);
  if (measures) line->measures = measures;
  struct ht_line_measure new = {.metric = ht_line_copy(metric), .unit = ht_line_copy(unit), .better = better};
  if (!measures || !new.metric || !new.unit) {
    free_measure(&new);
    ht_line_mistake(line, "no memory");
    return NULL;
  }
  measures[line->measure_count] = new;
  return &measures[line->measure_count++];
}

static size_t room_for(size_t count) {
  size_t room = 1;
  while (room < count) room *= 2;
  return room;
}

void ht_line_measure(struct ht_line *line, const char *metric, const char *unit, enum ht_line_better better,
                     const double *samples, size_t sample_count) {
  if (!metric || !*metric || !unit || sample_count == 0) {
    ht_line_mistake(line, "a measure needs a metric, a unit and a sample");
    return;
  }
  for (size_t i = 0; i < sample_count; i++)
    if (!isfinite(samples[i])) {
      ht_line_mistake(line, "sample %zu of %s is not a finite number", i + 1, metric);
      return;
    }
  struct ht_line_measure *measure = find_measure(line, metric);
  if (!measure && !(measure = add_measure(line, metric, unit, better))) return;
  if (strcmp(measure->unit, unit) != 0 || measure->better != better) {
    ht_line_mistake(line, "%s was in %s (better: %s) and is now in %s (better: %s)", metric, measure->unit,
                    ht_line_better_name(measure->better), unit, ht_line_better_name(better));
    return;
  }
  double *grown = measure->samples;
  /* Room is always a power of two, so that a sample at a time costs no copy of all those before it. */
  size_t room = room_for(measure->sample_count + sample_count);
  if (!grown || room != room_for(measure->sample_count)) grown = reallocarray(grown, room, sizeof *grown);
  if (!grown) {
    ht_line_mistake(line, "no memory");
    return;
  }
  memcpy(grown + measure->sample_count, samples, sample_count * sizeof *grown);
  measure->samples = grown;
  measure->sample_count += sample_count;
}

void ht_line_sample(struct ht_line *line, const char *metric, const char *unit, enum ht_line_better better,
                    double sample) {
  ht_line_measure(line, metric, unit, better, &sample, 1);
}

void ht_line_fail(struct ht_line *line, enum ht_line_status status, const char *format, ...) {
  va_list arguments;
  char *text;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    ht_line_mistake(line, "no memory");
    return;
  }
  line->status = status;
  ht_line_set(line, &line->reason, text);
  free(text);
  size_t kept = 0;
  for (size_t i = 0; i < line->measure_count; i++) {
    if (ht_line_is_cost(line->measures[i].unit))
      free_measure(&line->measures[i]);
    else
      line->measures[kept++] = line->measures[i];
  }
  line->measure_count = kept;
  ht_line_curves_drop(line);
}

void ht_line_checksum(struct ht_line *line, uint64_t checksum) {
  line->checksum = checksum;
  line->has_checksum = true;
}

void ht_line_allocations(struct ht_line *line, uint64_t allocations) {
  line->allocations = allocations;
  line->has_allocations = true;
}

void ht_line_seed(struct ht_line *line, uint64_t seed) {
  line->seed = seed;
  line->has_seed = true;
}

const struct ht_line_measure *ht_line_find(const struct ht_line *line, const char *metric) {
  return find_measure(line, metric);
}

const char *ht_line_find_param(const struct ht_line *line, const char *name) {
  for (size_t i = 0; i < line->param_count; i++)
    if (strcmp(line->params[i].name, name) == 0) return line->params[i].value;
  return NULL;
}

const struct ht_line_param *ht_line_setting(const struct ht_line *line, size_t *at) {
  while (*at < line->param_count && ht_line_is_varying(line->params[*at].name)) ++*at;
  return *at < line->param_count ? &line->params[(*at)++] : NULL;
}

bool ht_line_same_trial(const struct ht_line *a, const struct ht_line *b) {
  if (strcmp(a->benchmark, b->benchmark) != 0) return false;
  for (size_t at_a = 0, at_b = 0;;) {
    const struct ht_line_param *x = ht_line_setting(a, &at_a), *y = ht_line_setting(b, &at_b);
    if (!x || !y) return !x && !y;
    if (strcmp(x->name, y->name) != 0 || strcmp(x->value, y->value) != 0) return false;
  }
}

bool ht_line_same_series(const struct ht_line *a, const struct ht_line *b) {
  return strcmp(a->heap, b->heap) == 0 && strcmp(a->variant, b->variant) == 0 && ht_line_same_trial(a, b);
}

/* "2026-11-21T07:52:23Z", with or without a fraction: what can be compared as text must have one form. */
static bool is_utc(const char *text) {
  static const char form[] = "0000-00-00T00:00:00";
  for (size_t i = 0; form[i]; i++)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return false;
  text += sizeof form - 1;
  if (*text == '.') text += 1 + strspn(text + 1, "0123456789");
  return strcmp(text, "Z") == 0;
}

int ht_line_check(const struct ht_line *line, char *error) {
  if (line->mistake) return ht_line_error(error, "%s", line->mistake);
  if (!*line->id) return ht_line_error(error, "id is empty");
  if (!is_utc(line->started))
    return ht_line_error(error, "started is \"%.40s\", not a UTC time such as 2026-11-21T07:52:23Z",
                         line->started);
  if (!*line->heap) return ht_line_error(error, "heap is empty");
  if (!*line->benchmark) return ht_line_error(error, "benchmark is empty");
  if (line->status != HT_LINE_OK && !*line->reason)
    return ht_line_error(error, "status is \"%s\" without a reason", ht_line_status_name(line->status));
  for (size_t i = 0; i < line->measure_count; i++) {
    const struct ht_line_measure *measure = &line->measures[i];
    if (measure->sample_count == 0) return ht_line_error(error, "%s has no samples", measure->metric);
    if (line->status != HT_LINE_OK && ht_line_is_cost(measure->unit))
      return ht_line_error(error, "a run with status \"%s\" has no %s (in %s): leave it out",
                           ht_line_status_name(line->status), measure->metric, measure->unit);
  }
  if (line->status != HT_LINE_OK && line->curve_count > 0)
    return ht_line_error(error, "a run with status \"%s\" has no curve %s: leave it out",
                         ht_line_status_name(line->status), line->curves[0].name);
  return 0;
}
