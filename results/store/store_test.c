/* Import and query, and every way in which a file can be wrong: each has its own message and changes no byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/store/test.h"

int failures;
char error[HT_ERROR_SIZE];
static char directory[] = "/tmp/store-test-XXXXXX";

const char *path_of(const char *name) {
  static char paths[16][256];
  size_t length = strlen(directory) + 1;
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    if (*paths[i] && strcmp(paths[i] + length, name) != 0) continue;
    snprintf(paths[i], sizeof paths[i], "%s/%s", directory, name);
    return paths[i];
  }
  abort();
}

void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static char *read_bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "r");
  char *bytes = calloc(1, 1 << 22);
  *size = file && bytes ? fread(bytes, 1, 1 << 22, file) : 0;
  if (file) fclose(file);
  return bytes;
}

static struct ht_line *new_line(const char *id, const char *heap, double sample) {
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, heap, "churn");
  ht_line_environment(line);
  ht_line_id(line, id);
  ht_line_param(line, "size", "64");
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, sample);
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 1.0 / 3);
  ht_line_measure(line, "peak_resident", "bytes", HT_LINE_LOWER, (double[]){12345678901234568}, 1);
  ht_line_curve(line, "resident", "s", "bytes", (double[]){0, 1.0 / 3}, (double[]){4096, 1e9}, 2);
  ht_line_checksum(line, UINT64_MAX);
  ht_line_allocations(line, 7);
  ht_line_seed(line, UINT64_MAX - 1);
  return line;
}

static size_t count_latest(struct ht_store *store) {
  struct ht_line_file lines;
  CHECK(ht_store_latest(store, HT_LINE_BENCH, &lines, error) == 0);
  size_t count = lines.line_count;
  ht_line_file_free(&lines);
  return count;
}

static void import_and_query(void) {
  const char *jsonl = path_of("lines.jsonl");
  struct ht_line *line = new_line("a", "malloc", 1.5);
  char *printed = ht_line_print(line, error);
  CHECK(ht_line_append(line, jsonl, error) == 0);
  ht_line_free(line);
  line = new_line("b", "boehm", 2);
  ht_line_fail(line, HT_LINE_CRASHED, "ended by signal 11");
  CHECK(ht_line_append(line, jsonl, error) == 0);
  ht_line_free(line);
  FILE *file = fopen(jsonl, "a");
  fputs("broken\n", file);
  fclose(file);

  struct ht_store *store = ht_store_open(path_of("results.db"), HT_STORE_WRITE, error);
  CHECK(store);
  struct ht_line_file read;
  struct ht_store_added added;
  CHECK(ht_store_import(store, jsonl, &read, &added, error) == 0 && added.added == 2 && added.known == 0);
  CHECK(read.line_count == 0 && read.broken_count == 1);
  ht_line_file_free(&read);
  CHECK(ht_store_import(store, jsonl, NULL, &added, error) == 0 && added.added == 0 && added.known == 2);
  ht_store_close(store);

  store = ht_store_open(path_of("results.db"), HT_STORE_READ, error);
  CHECK(store && ht_store_latest(store, HT_LINE_BENCH, &read, error) == 0 && read.line_count == 2);
  if (failures) exit(1);
  CHECK(strcmp(read.lines[0]->heap, "boehm") == 0 && read.lines[0]->status == HT_LINE_CRASHED);
  CHECK(!ht_line_find(read.lines[0], "cpu_per_op") && ht_line_find(read.lines[0], "peak_resident"));
  /* Everything that was written comes back, to the last bit. */
  char *again = ht_line_print(read.lines[1], error);
  CHECK(printed && again && strcmp(printed, again) == 0);
  free(again);
  free(printed);
  ht_line_file_free(&read);
  CHECK(ht_store_latest(store, HT_LINE_FUZZ, &read, error) == 0 && read.line_count == 0);
  line = new_line("c", "malloc", 1);
  CHECK(ht_store_add(store, &line, 1, &added, error) == -1 && strstr(error, "cannot be written"));
  ht_line_free(line);
  ht_store_close(store);
}

/* Which lines are the latest: replicates of one run pool, an older run does not show, outcomes are no
 * settings. */
static void latest(void) {
  static const struct {
    const char *id, *run, *sha, *heap, *verdict;
    int64_t started;
  } entries[] = {{"1", "", "c1", "malloc", NULL, 10},   {"2", "", "c1", "malloc", NULL, 11},
                 {"3", "r1", "c1", "malloc", NULL, 12}, {"4", "r1", "c1", "malloc", "broken", 13},
                 {"5", "", "c1", "bump", NULL, 10},     {"6", "", "c2", "bump", NULL, 11},
                 {"7", "", "c2", "bump", NULL, 12}};
  struct ht_store *store = ht_store_open(path_of("latest.db"), HT_STORE_WRITE, error);
  struct ht_line *lines[7];
  struct ht_store_added added;
  for (size_t i = 0; i < 7; i++) {
    lines[i] = new_line(entries[i].id, entries[i].heap, 1);
    ht_line_run(lines[i], entries[i].run);
    ht_line_set(lines[i], &lines[i]->commit.sha, entries[i].sha);
    lines[i]->commit.seq = entries[i].sha[1] - '0';
    ht_line_started(lines[i], entries[i].started * 1000000000);
    if (entries[i].verdict) ht_line_param(lines[i], "verdict", entries[i].verdict);
  }
  CHECK(store && ht_store_add(store, lines, 7, &added, error) == 0 && added.added == 7);
  struct ht_line_file read;
  CHECK(ht_store_latest(store, HT_LINE_BENCH, &read, error) == 0 && read.line_count == 4);
  static const char *const expected[] = {"6", "7", "3", "4"};
  for (size_t i = 0; i < read.line_count && i < 4; i++) CHECK(strcmp(read.lines[i]->id, expected[i]) == 0);
  ht_line_file_free(&read);
  CHECK(ht_store_run(store, HT_LINE_BENCH, "r1", &read, error) == 0 && read.line_count == 2);
  for (size_t i = 0; i < read.line_count; i++) CHECK(strcmp(read.lines[i]->run, "r1") == 0);
  ht_line_file_free(&read);
  CHECK(ht_store_run(store, HT_LINE_BENCH, "r2", &read, error) == 0 && read.line_count == 0);
  CHECK(ht_store_run(store, HT_LINE_FUZZ, "r1", &read, error) == 0 && read.line_count == 0);
  CHECK(ht_store_history(store, HT_LINE_BENCH, &read, error) == 0 && read.line_count == 7);
  CHECK(strcmp(read.lines[0]->id, "1") == 0 && strcmp(read.lines[6]->id, "7") == 0);
  ht_line_file_free(&read);

  /* A line that cannot be added takes the others of its file with it: all or nothing. */
  struct ht_line *pair[2] = {new_line("8", "malloc", 1), new_line("9", "malloc", 1)};
  ht_line_sample(pair[1], "cpu_per_op", "s", HT_LINE_LOWER, 1);
  CHECK(ht_store_add(store, pair, 2, &added, error) == -1 && added.added == 0);
  CHECK(ht_store_history(store, HT_LINE_BENCH, &read, error) == 0 && read.line_count == 7);
  ht_line_file_free(&read);
  for (size_t i = 0; i < 7; i++) ht_line_free(lines[i]);
  ht_line_free(pair[0]);
  ht_line_free(pair[1]);
  ht_store_close(store);
}

/* Opening must fail with these words and leave the file as it is. */
static void refused(const char *path, enum ht_store_mode mode, const char *words) {
  size_t before_size, after_size;
  char *before = read_bytes(path, &before_size);
  struct ht_store *store = ht_store_open(path, mode, error);
  CHECK(!store && strstr(error, words) && strncmp(error, path, strlen(path)) == 0);
  if (store || !strstr(error, words)) fprintf(stderr, "  wanted: %s\n", words);
  ht_store_close(store);
  char *after = read_bytes(path, &after_size);
  CHECK(before_size == after_size && memcmp(before, after, before_size) == 0);
  free(before);
  free(after);
}

static void copy_of_results(const char *path, off_t size) {
  size_t whole;
  char *bytes = read_bytes(path_of("results.db"), &whole);
  FILE *file = fopen(path, "w");
  CHECK(file && fwrite(bytes, 1, size ? (size_t)size : whole, file) > 0 && fclose(file) == 0);
  free(bytes);
}

static void execute(const char *path, const char *sql) {
  sqlite3 *database;
  CHECK(sqlite3_open(path, &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK);
  sqlite3_close(database);
}

static void wrong_files(void) {
  const char *path = path_of("wrong.db");
  refused(path_of("missing.db"), HT_STORE_READ, "No such file");
  refused("/nowhere/results.db", HT_STORE_WRITE, "cannot be opened");
  put(path, "this is not a database, it is a text that is longer than the header of one: "
            "0123456789012345678901234567890123456789");
  refused(path, HT_STORE_WRITE, "is not a results database");
  refused(path, HT_STORE_READ, "is not a results database");
  for (off_t size = 4096; size <= 12288; size += 4096 - 100) {
    copy_of_results(path, size);
    refused(path, HT_STORE_WRITE, "damaged or cut short");
    refused(path, HT_STORE_READ, "damaged or cut short");
  }
  copy_of_results(path, 0);
  int file = open(path, O_WRONLY);
  CHECK(file >= 0 && pwrite(file, "garbage garbage garbage garbage", 31, 4096) == 31 && close(file) == 0);
  refused(path, HT_STORE_WRITE, "damaged or cut short");
  copy_of_results(path, 0);
  execute(path, "PRAGMA user_version = 99");
  refused(path, HT_STORE_WRITE, "has schema 99, newer than 2");
  refused(path, HT_STORE_READ, "has schema 99, newer than 2");
  unlink(path);
  execute(path, "CREATE TABLE theirs (a INTEGER)");
  refused(path, HT_STORE_WRITE, "a database of something else");
  put(path, "");
  refused(path, HT_STORE_READ, "holds no results");
}

/* A file of schema 1 is read as it is, and gets what is new when somebody first writes to it. */
static void older_schema(void) {
  const char *path = path_of("older.db");
  copy_of_results(path, 0);
  execute(path, "DROP TABLE curve; DROP INDEX line_run; PRAGMA user_version = 1");
  size_t before_size, after_size;
  char *before = read_bytes(path, &before_size);
  struct ht_store *store = ht_store_open(path, HT_STORE_READ, error);
  CHECK(store && count_latest(store) == 2);
  ht_store_close(store);
  char *after = read_bytes(path, &after_size);
  CHECK(before_size == after_size && memcmp(before, after, before_size) == 0);
  free(before);
  free(after);

  store = ht_store_open(path, HT_STORE_WRITE, error);
  struct ht_line *line = new_line("curved", "bump", 1);
  struct ht_store_added added;
  CHECK(store && ht_store_add(store, &line, 1, &added, error) == 0 && added.added == 1);
  ht_line_free(line);
  ht_store_close(store);
  store = ht_store_open(path, HT_STORE_READ, error);
  struct ht_line_file read;
  CHECK(store && ht_store_latest(store, HT_LINE_BENCH, &read, error) == 0 && read.line_count == 3);
  for (size_t i = 0; i < read.line_count; i++)
    CHECK((strcmp(read.lines[i]->id, "curved") == 0) == (read.lines[i]->curve_count == 1));
  ht_line_file_free(&read);
  ht_store_close(store);
  execute(path, "UPDATE curve SET y = '[1]'");
  store = ht_store_open(path, HT_STORE_READ, error);
  CHECK(store && ht_store_latest(store, HT_LINE_BENCH, &read, error) == -1 && strstr(error, "a curve that"));
  ht_store_close(store);
}

static void locked(void) {
  const char *path = path_of("locked.db");
  copy_of_results(path, 0);
  struct ht_store *store = ht_store_open(path, HT_STORE_WRITE, error);
  sqlite3 *other = NULL;
  CHECK(store && sqlite3_open(path, &other) == SQLITE_OK);
  CHECK(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
  struct ht_line *line = new_line("late", "malloc", 1);
  struct ht_store_added added;
  CHECK(ht_store_add(store, &line, 1, &added, error) == -1 && strstr(error, "is locked by another program"));
  CHECK(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
  CHECK(ht_store_add(store, &line, 1, &added, error) == 0 && added.added == 1);
  sqlite3_close(other);
  ht_line_free(line);
  ht_store_close(store);
}

static int try_read_only(const char *path) {
  /* Root may write to anything. */
  if (geteuid() == 0 && seteuid(65534) != 0) return 77;
  struct ht_store *store = ht_store_open(path, HT_STORE_WRITE, error);
  struct ht_line *line = new_line("late", "malloc", 1);
  struct ht_store_added added;
  if (!store) return strstr(error, "cannot be written to") ? 0 : 1;
  return ht_store_add(store, &line, 1, &added, error) == -1 && strstr(error, "cannot be written to") ? 0 : 2;
}

static void read_only(void) {
  const char *path = path_of("read-only.db");
  copy_of_results(path, 0);
  CHECK(chmod(path, 0444) == 0 && chmod(directory, 0755) == 0);
  pid_t child = fork();
  if (child == 0) _exit(try_read_only(path));
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
}

/* A limit on the size of files stands in for a disk that fills up in the middle of an import. */
static void no_space(void) {
  const char *path = path_of("full.db");
  copy_of_results(path, 0);
  struct ht_store *store = ht_store_open(path, HT_STORE_WRITE, error);
  size_t before = count_latest(store);
  struct ht_line *line = new_line("large", "malloc", 1);
  for (int i = 0; i < 50000; i++) ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 1.0 / (i + 3));
  struct stat status;
  struct rlimit old = {0}, limit;
  CHECK(stat(path, &status) == 0 && getrlimit(RLIMIT_FSIZE, &old) == 0);
  limit = old;
  limit.rlim_cur = (rlim_t)status.st_size + 10000;
  signal(SIGXFSZ, SIG_IGN);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  struct ht_store_added added;
  CHECK(ht_store_add(store, &line, 1, &added, error) == -1 && strstr(error, "no space left"));
  CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
  CHECK(count_latest(store) == before);
  ht_store_close(store);
  store = ht_store_open(path, HT_STORE_WRITE, error);
  CHECK(store && count_latest(store) == before);
  CHECK(ht_store_add(store, &line, 1, &added, error) == 0 && added.added == 1);
  ht_line_free(line);
  ht_store_close(store);

  limit.rlim_cur = 1000;
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(!ht_store_open(path_of("new.db"), HT_STORE_WRITE, error) && strstr(error, "no space left"));
  CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
}

int main(void) {
  if (!mkdtemp(directory)) return 1;
  import_and_query();
  latest();
  wrong_files();
  older_schema();
  locked();
  read_only();
  no_space();
  foreign_tests();
  static const char *const names[] = {"lines.jsonl", "results.db",   "latest.db", "wrong.db", "locked.db",
                                      "older.db",    "read-only.db", "full.db",   "new.db",   "foreign.json"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unlink(path_of(names[i]));
  CHECK(rmdir(directory) == 0);
  return failures != 0;
}
