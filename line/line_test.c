/* The format: what is written reads back the same, what must not be written is refused, and a full disk or a
 * broken line costs nothing but itself. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line/line.h"

static int failures;
static char error[HT_ERROR_SIZE];
static char directory[] = "/tmp/line-test-XXXXXX";

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: %s [%s]\n", __FILE__, __LINE__, #condition, error); \
      failures++;                                                                 \
    }                                                                             \
  } while (0)

static const char *path_of(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct ht_line *sample_line(void) {
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, "malloc", "churn");
  ht_line_variant(line, "mimalloc", "/usr/lib/libmimalloc.so.2.0");
  ht_line_param_number(line, "size", 64);
  ht_line_param(line, "live", "4096");
  ht_line_param(line, "<odd> \"name\"", "\xc3\xa9\n");
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 0.1);
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 1.0 / 3);
  ht_line_measure(line, "peak_resident", "bytes", HT_LINE_LOWER, (double[]){1e15, 3}, 2);
  ht_line_curve(line, "resident", "s", "bytes", (double[]){0, 0.1, 0.1}, (double[]){4096, 1e9, 3}, 3);
  ht_line_checksum(line, UINT64_C(0xfedcba9876543210));
  ht_line_allocations(line, 42);
  ht_line_seed(line, UINT64_MAX);
  ht_line_environment(line);
  return line;
}

static void round_trip(void) {
  struct ht_line *line = sample_line();
  char *text = ht_line_print(line, error);
  CHECK(text && strchr(text, '\n') == text + strlen(text) - 1);
  struct ht_line *back = text ? ht_line_parse(text, strlen(text), error) : NULL;
  CHECK(back);
  if (back) {
    char *again = ht_line_print(back, error);
    CHECK(again && strcmp(text, again) == 0);
    free(again);
    CHECK(back->seed == UINT64_MAX && back->checksum == UINT64_C(0xfedcba9876543210));
    CHECK(back->measure_count == 2 && back->measures[0].samples[1] == 1.0 / 3);
    const struct ht_line_curve *curve = ht_line_find_curve(back, "resident");
    CHECK(curve && !ht_line_find_curve(back, "latency"));
    CHECK(curve && curve->count == 3 && curve->x[1] == 0.1 && curve->y[2] == 3);
    CHECK(curve && strcmp(curve->x_unit, "s") == 0 && strcmp(curve->y_unit, "bytes") == 0);
    CHECK(strcmp(ht_line_find_param(back, "size"), "64") == 0 && !ht_line_find_param(back, "none"));
    CHECK(strcmp(back->params[0].name, "<odd> \"name\"") == 0 && strcmp(back->params[1].name, "live") == 0);
    CHECK(*back->environment.kernel && *back->environment.compiler && *back->environment.libc);
    CHECK(strstr(back->environment.flags, "-O") != NULL || strstr(back->environment.flags, "-g") != NULL);
  }
  ht_line_free(back);
  ht_line_free(line);
  free(text);

  setenv("HEAPTRIAL_RUN", "run 7", 1);
  struct ht_line *a = sample_line(), *b = sample_line();
  CHECK(strcmp(a->run, "run 7") == 0);
  unsetenv("HEAPTRIAL_RUN");
  CHECK(strcmp(a->id, b->id) != 0);
  ht_line_free(a);
  ht_line_free(b);
}

/* The last words of a crashed program are seldom UTF-8. */
static void odd_text(void) {
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, "h\xff", "b");
  ht_line_fail(line, HT_LINE_CRASHED, "bad \xc0\xaf and \xed\xa0\x80 and \xe2\x82");
  char *text = ht_line_print(line, error);
  CHECK(text && strstr(text, "\"h?\"") && strstr(text, "bad ?? and ??? and ??\""));
  free(text);
  ht_line_free(line);
}

static void refused(struct ht_line *line, const char *words) {
  char *text = ht_line_print(line, error);
  CHECK(!text && strstr(error, words));
  free(text);
  FILE *nowhere = fopen("/dev/null", "w");
  CHECK(ht_line_write(line, nowhere, error) == -1);
  fclose(nowhere);
  CHECK(ht_line_append(line, path_of("refused"), error) == -1 && access(path_of("refused"), F_OK) != 0);
  ht_line_free(line);
}

static void refusals(void) {
  struct ht_line *line = sample_line();
  ht_line_sample(line, "wall", "s", HT_LINE_LOWER, NAN);
  refused(line, "finite");
  line = sample_line();
  ht_line_sample(line, "wall", "s", HT_LINE_LOWER, -INFINITY);
  refused(line, "finite");
  line = sample_line();
  ht_line_sample(line, "cpu_per_op", "us", HT_LINE_LOWER, 1);
  refused(line, "cpu_per_op was in ns");
  static const double rising[] = {1, 2}, falling[] = {2, 1}, endless[] = {1, INFINITY};
  line = sample_line();
  ht_line_curve(line, "utilisation", "ns", "", falling, rising, 2);
  refused(line, "point 2 of utilisation lies before");
  line = sample_line();
  ht_line_curve(line, "utilisation", "ns", "", rising, endless, 2);
  refused(line, "point 2 of utilisation is not finite");
  line = sample_line();
  ht_line_curve(line, "resident", "s", "bytes", rising, rising, 2);
  refused(line, "curve resident is there twice");
  line = sample_line();
  ht_line_curve(line, "utilisation", "ns", "", rising, rising, 0);
  refused(line, "a curve needs");
  line = sample_line();
  ht_line_fail(line, HT_LINE_CRASHED, "ended by signal %d", 11);
  ht_line_curve(line, "utilisation", "ns", "", rising, rising, 2);
  refused(line, "has no curve utilisation");
  /* A crashed run is never a time: neither measured before it failed, nor put in afterwards. */
  line = sample_line();
  ht_line_fail(line, HT_LINE_CRASHED, "ended by signal %d", 11);
  CHECK(line->measure_count == 1 && ht_line_find(line, "peak_resident") && !ht_line_find(line, "cpu_per_op"));
  CHECK(!ht_line_find_curve(line, "resident"));
  static const char *const costs[] = {"ns", "us", "ms", "s", "1/s", "bytes/s", "instructions", "cycles"};
  for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
    struct ht_line *failed = ht_line_new(HT_LINE_BENCH, "malloc", "churn");
    ht_line_fail(failed, HT_LINE_TIMEOUT, "60 s were up");
    ht_line_sample(failed, "cost", costs[i], HT_LINE_LOWER, 1);
    refused(failed, "a run with status \"timeout\" has no cost");
  }
  CHECK(!ht_line_is_cost("bytes") && !ht_line_is_cost("ratio") && !ht_line_is_cost("count"));
  char *text = ht_line_print(line, error);
  CHECK(text && strstr(text, "\"status\":\"crashed\",\"reason\":\"ended by signal 11\""));
  free(text);
  ht_line_fail(line, HT_LINE_FAILED, "%s", "");
  refused(line, "without a reason");
  line = sample_line();
  ht_line_id(line, "");
  refused(line, "id is empty");

  CHECK(setenv("HEAPTRIAL_COMMIT", "abc", 1) == 0 && setenv("HEAPTRIAL_COMMIT_SEQ", "17", 1) == 0);
  line = sample_line();
  CHECK(strcmp(line->commit.sha, "abc") == 0 && line->commit.seq == 17);
  ht_line_free(line);
  CHECK(setenv("HEAPTRIAL_COMMIT_SEQ", "x", 1) == 0);
  refused(sample_line(), "HEAPTRIAL_COMMIT_SEQ");
  unsetenv("HEAPTRIAL_COMMIT");
  unsetenv("HEAPTRIAL_COMMIT_SEQ");
}

static void broken_lines(void) {
  struct ht_line *line = sample_line();
  char *good = ht_line_print(line, error), *text;
  ht_line_free(line);
  static const char *const head =
      "{\"schema\":1,\"id\":\"x\",\"kind\":\"bench\",\"started\":\"2026-11-21T07:52:23Z\","
      "\"heap\":\"h\",\"benchmark\":\"b\",";
  CHECK(asprintf(
            &text,
            "%s\n\nnot json\n%s{\"schema\":99}\n"
            "%s\"status\":\"crashed\",\"reason\":\"r\",\"measures\":[{\"metric\":\"wall\",\"unit\":\"s\","
            "\"better\":\"lower\",\"samples\":[1]}]}\n"
            "%s\"status\":\"ok\",\"measures\":[{\"metric\":\"wall\",\"unit\":\"s\","
            "\"better\":\"lower\",\"samples\":[NaN]}]}\n"
            "%s\"status\":\"fine\"}\n[1]\n%s"
            "%s\"status\":\"ok\",\"curves\":[{\"curve\":\"resident\",\"x_unit\":\"s\",\"y_unit\":\"bytes\","
            "\"x\":[1,2],\"y\":[1]}]}\n%.*s",
            good, good, head, head, head, good, head, 40, good) > 0);
  put(path_of("broken"), text);
  struct ht_line_file file;
  CHECK(ht_line_read(path_of("broken"), &file, error) == 0);
  CHECK(file.line_count == 3 && file.broken_count == 8);
  static const struct {
    size_t number;
    const char *words;
  } expected[] = {{4, "not JSON"},        {6, "schema 99 is newer"}, {7, "status \"crashed\" has no wall"},
                  {8, "not JSON"},        {9, "\"fine\""},           {10, "not a JSON object"},
                  {12, "as many x as y"}, {13, "file ends"}};
  for (size_t i = 0; i < file.broken_count && i < 8; i++) {
    CHECK(file.broken[i].number == expected[i].number);
    CHECK(strstr(file.broken[i].text, expected[i].words));
    if (!strstr(file.broken[i].text, expected[i].words)) fprintf(stderr, "  %s\n", file.broken[i].text);
  }
  ht_line_file_free(&file);
  CHECK(ht_line_read(path_of("missing"), &file, error) == -1 && strstr(error, "No such file"));
  CHECK(ht_line_read(directory, &file, error) == -1 && strstr(error, "directory"));

  /* What somebody cut short must not take our line with it. */
  put(path_of("cut"), "{\"schema\":1,\"id\":");
  line = sample_line();
  CHECK(ht_line_append(line, path_of("cut"), error) == 0);
  CHECK(ht_line_read(path_of("cut"), &file, error) == 0 && file.line_count == 1 && file.broken_count == 1);
  ht_line_file_free(&file);
  ht_line_free(line);
  free(good);
  free(text);
}

static void no_space(void) {
  struct ht_line *line = sample_line();
  CHECK(ht_line_append(line, "/dev/full", error) == -1 && strstr(error, "No space"));
  FILE *full = fopen("/dev/full", "w");
  CHECK(ht_line_write(line, full, error) == -1 && strstr(error, "No space"));
  fclose(full);
  CHECK(ht_line_append(line, "/nonexistent/file", error) == -1 && strstr(error, "No such file"));

  /* A limit on file size makes a write come short, as a disk that fills up does. */
  const char *path = path_of("short");
  CHECK(ht_line_append(line, path, error) == 0);
  struct stat one, now;
  CHECK(stat(path, &one) == 0);
  struct rlimit before, limit;
  getrlimit(RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = (rlim_t)one.st_size + 100;
  signal(SIGXFSZ, SIG_IGN);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(ht_line_append(line, path, error) == -1 && strstr(error, "No space"));
  CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(stat(path, &now) == 0 && now.st_size == one.st_size);
  ht_line_free(line);
}

#define WRITERS 4
#define LINES_EACH 50

static void *writer(void *path) {
  for (int i = 0; i < LINES_EACH; i++) {
    char problem[HT_ERROR_SIZE];
    struct ht_line *line = sample_line();
    if (ht_line_append(line, path, problem) != 0) fprintf(stderr, "%s\n", problem);
    ht_line_free(line);
  }
  return NULL;
}

static void many_writers(void) {
  char path[256];
  snprintf(path, sizeof path, "%s", path_of("many"));
  pthread_t threads[WRITERS];
  for (int i = 0; i < WRITERS; i++) CHECK(pthread_create(&threads[i], NULL, writer, path) == 0);
  for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
  struct ht_line_file file;
  CHECK(ht_line_read(path, &file, error) == 0);
  CHECK(file.line_count == WRITERS * LINES_EACH && file.broken_count == 0);
  ht_line_file_free(&file);
}

int main(void) {
  if (!mkdtemp(directory)) return 1;
  round_trip();
  odd_text();
  refusals();
  broken_lines();
  no_space();
  many_writers();
  static const char *const names[] = {"broken", "cut", "short", "many", "refused"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unlink(path_of(names[i]));
  CHECK(rmdir(directory) == 0);
  return failures != 0;
}
