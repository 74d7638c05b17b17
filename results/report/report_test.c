/* The page: everything in it escaped, every sample drawn, no failure among the times, whole or not there at
 * all. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/report/report.h"
#include "results/report/test_series.h"

static int failures;
static char error[HT_ERROR_SIZE];
static char directory[] = "/tmp/report-test-XXXXXX";
static char database[64], page[64];

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: %s [%s]\n", __FILE__, __LINE__, #condition, error); \
      failures++;                                                                 \
    }                                                                             \
  } while (0)

static void add(struct ht_store *store, struct ht_line *line) {
  struct ht_store_added added;
  ht_line_environment(line);
  CHECK(ht_store_add(store, &line, 1, &added, error) == 0 && added.added == 1);
  ht_line_free(line);
}

static struct ht_line *bench(const char *heap, const char *variant, int replicate) {
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, heap, "churn");
  ht_line_run(line, "r");
  ht_line_variant(line, variant, "/lib/provider.so");
  ht_line_param(line, "size", "64");
  ht_line_param_number(line, "seed", replicate);
  return line;
}

/* A curve that all processes have at the same places, one of percentiles, one over time whose length differs
 * and that has more points than a drawing takes, and one nobody knows. */
static void add_curves(struct ht_line *line, int replicate) {
  static double x[1000], y[1000];
  static const double windows[] = {1e3, 1e6, 1e9}, shares[] = {0, 0.5, 0.875};
  static const double one_in[] = {1, 2, 10, 1000}, latencies[] = {100, 200, 5000, 1234567};
  double moved[3];
  for (int i = 0; i < 3; i++) moved[i] = shares[i] + replicate * 0.01;
  ht_line_curve(line, "utilisation", "ns", "ratio", windows, moved, 3);
  ht_line_curve(line, "latency", "", "ns", one_in, latencies, 4);
  for (int i = 0; i < 1000; i++) {
    x[i] = i * (0.010 + replicate * 0.001);
    y[i] = 1 << 20;
  }
  y[501 + replicate] = 64 << 20; /* a spike of one sample */
  ht_line_curve(line, "resident", "s", "bytes", x, y, 1000);
  ht_line_curve(line, "</script><img src=x>", "<u>", "\"'&", windows, shares, 3);
}

static void add_benchmarks(struct ht_store *store) {
  for (int i = 0; i < 7; i++) {
    struct ht_line *line = bench("malloc", "", i);
    ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 100 + i);
    ht_line_sample(line, "peak_resident", "bytes", HT_LINE_LOWER, 3 << 20);
    add_curves(line, i);
    add(store, line);
    line = bench("boehm", "", i);
    ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 200 + 2 * i);
    ht_line_sample(line, "pause_max", "ns", HT_LINE_LOWER, 1500000);
    ht_line_sample(line, "resident_over_live", "ratio", HT_LINE_LOWER, 2.5);
    add(store, line);
  }
  struct ht_line *line = bench("bump", "", 0);
  ht_line_sample(line, "cpu_per_op", "ns", HT_LINE_LOWER, 77777);
  ht_line_sample(line, "resident_over_live", "ratio", HT_LINE_LOWER, 88);
  ht_line_curve(line, "latency", "", "ns", (double[]){1}, (double[]){66666666}, 1);
  ht_line_fail(line, HT_LINE_CRASHED, "ended by signal 11 (Segmentation fault)");
  add(store, line);
  line = bench("<script>alert(1)</script>", "\"><img src=x onerror='y'>", 0);
  ht_line_param(line, "<b>", "&amp;");
  ht_line_fail(line, HT_LINE_CHECKSUM, "was <i>abc</i>\x01 & is 'def'");
  add(store, line);
}

/* As fuzz/mutants writes them: one that survives is a failed line. */
static void add_mutant(struct ht_store *store, const char *name, int seed, bool caught, double executions) {
  struct ht_line *line = ht_line_new(HT_LINE_MUTANT, "bump", name);
  bool unmodified = strcmp(name, "none") == 0;
  ht_line_run(line, "r");
  ht_line_param(line, "breaks", unmodified ? "nothing" : "GEN-2");
  ht_line_param(line, "engine", "libfuzzer");
  ht_line_param_number(line, "seed", seed);
  if (caught) ht_line_param(line, "caught_by", "GEN-5");
  ht_line_sample(line, "caught", "count", HT_LINE_HIGHER, caught);
  ht_line_sample(line, "executions", "count", HT_LINE_LOWER, executions);
  ht_line_sample(line, "cpu_seconds", "s", HT_LINE_LOWER, executions / 1000);
  if (caught == unmodified) ht_line_fail(line, HT_LINE_FAILED, "survived, or false alarm");
  add(store, line);
}

static void add_rest(struct ht_store *store) {
  struct ht_line *line = ht_line_new(HT_LINE_FUZZ, "bump", "campaign");
  ht_line_param(line, "engine", "aflpp");
  ht_line_sample(line, "executions", "count", HT_LINE_NONE, 1234567);
  ht_line_sample(line, "findings", "count", HT_LINE_LOWER, 3);
  ht_line_sample(line, "seconds", "s", HT_LINE_NONE, 60);
  add(store, line);
  static const struct {
    const char *heap, *verdict;
    double findings;
  } trials[] = {{"malloc", "kept", 0}, {"bump", "broken", 3}, {"boehm", "no-verdict", 0}};
  for (size_t i = 0; i < 3; i++) {
    line = ht_line_new(HT_LINE_TRIAL, trials[i].heap, "trial");
    ht_line_param(line, "verdict", trials[i].verdict);
    ht_line_sample(line, "safety_findings", "count", HT_LINE_LOWER, trials[i].findings);
    ht_line_sample(line, "safety_checks", "count", HT_LINE_NONE, 987654);
    add(store, line);
  }
  add_mutant(store, "dies", 1, true, 100);
  add_mutant(store, "dies", 2, true, 300);
  add_mutant(store, "halves", 1, true, 40);
  add_mutant(store, "halves", 2, false, 5000);
  add_mutant(store, "lives", 1, false, 5000);
  add_mutant(store, "none", 1, false, 5000);
  add_mutant(store, "none", 2, true, 70);
}

#define PAGE_ROOM ((size_t)1 << 24)

static char *read_page(void) {
  FILE *file = fopen(page, "r");
  char *text = calloc(1, PAGE_ROOM);
  if (file && text) text[fread(text, 1, PAGE_ROOM - 1, file)] = '\0';
  if (file) fclose(file);
  return text;
}

/* The page without its own scripts and styles: what is left is made of lines. Returns how many there were. */
static size_t cut_programs(char *text) {
  static const char *const begins[] = {"<style>", "<script>"}, *const ends[] = {"</style>", "</script>"};
  size_t count = 0;
  for (size_t i = 0; i < 2; i++)
    for (char *begin = text; (begin = strstr(begin, begins[i])); count++) {
      char *end = strstr(begin, ends[i]);
      if (!end) return 0;
      end += strlen(ends[i]);
      memmove(begin, end, strlen(end) + 1);
    }
  return count;
}

static size_t occurrences(const char *text, const char *words) {
  size_t count = 0;
  for (; (text = strstr(text, words)); text += strlen(words)) count++;
  return count;
}

#define NAME_LETTERS "!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Every element that is opened is closed, in order: what browsers forgive, other readers do not. */
static void balanced(const char *text) {
  static const char *const empty[] = {"meta", "rect", "circle", "line", "input", "!DOCTYPE"};
  char open[64][16];
  size_t depth = 0;
  for (; (text = strchr(text, '<')); text++) {
    bool closing = text[1] == '/';
    char name[16] = "";
    snprintf(name, sizeof name, "%.*s", (int)strspn(text + 1 + closing, NAME_LETTERS), text + 1 + closing);
    bool is_empty = false;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) is_empty |= strcmp(name, empty[i]) == 0;
    if (is_empty) continue;
    const char *end = strchr(text, '>');
    if (end && end[-1] == '/') continue;
    if (!closing) {
      CHECK(depth < 64);
      if (depth == 64) return;
      strcpy(open[depth++], name);
    } else if (depth == 0 || strcmp(open[--depth], name) != 0) {
      fprintf(stderr, "</%s> closes <%s>: %.60s\n", name, depth ? open[depth] : "", text);
      failures++;
      return;
    }
  }
  CHECK(depth == 0);
}

static void curves_drawn(const char *text) {
  /* malloc alone has curves: four, each one line, in a card with a legend and a table. */
  CHECK(occurrences(text, "<path class=\"curve ") == 4 + occurrences(text, "<svg class=\"swatch\""));
  CHECK(occurrences(text, "<article class=\"card curves\"") == 4);
  CHECK(occurrences(text, "<small>7 processes</small>") == 4);
  CHECK(strstr(text, ">Minimum mutator utilisation</h5>") && strstr(text, ">Window, logarithmic</text>"));
  CHECK(strstr(text, ">Latency, logarithmic</text>") &&
        strstr(text, ">Resident memory, in MiB, logarithmic</text>"));
  CHECK(strstr(text, ">Time, in s</text>"));
  /* Medians of the processes at round places; between points the next one. */
  CHECK(strstr(text, "1\u00a0ms</th><td class=\"number\">0.530</td>") ||
        strstr(text, "1.00\u00a0ms</th><td class=\"number\">0.530</td>"));
  CHECK(strstr(text, "99\u00a0%</th><td class=\"number\">1.23\u00a0ms</td>"));
  /* The spikes are in the band: its top reaches 64 MiB of a logarithmic axis from 1 at 244 to
   * 100 at 26. */
  CHECK(strstr(text, " 47.1L"));
  CHECK(occurrences(text, "&lt;/script&gt;&lt;img src=x&gt;") >= 3 && strstr(text, "&quot;&#39;&amp;"));
}

static void contents(struct ht_store *store) {
  struct ht_report_summary summary;
  CHECK(ht_report_write(store, page, &summary, error) == 0);
  CHECK(summary.heaps == 4 && summary.broken_heaps == 1 && summary.failures == 2);
  CHECK(summary.mutants == 3 && summary.surviving_mutants == 2 && summary.false_alarms == 1);
  CHECK(summary.lines == 27);
  char *text = read_page();
  bool charts = strstr(text, "uPlot") != NULL;
  CHECK(cut_programs(text) == (charts ? 3 : 2));
  balanced(text);
  /* Nothing that came in a line is markup, and nothing is fetched. */
  CHECK(occurrences(text, "<script") == (charts ? 4 : 0));
  CHECK(occurrences(text, "<script type=\"application/json\">[[") == occurrences(text, "<script"));
  CHECK(!strstr(text, "<img") && !strstr(text, "<i>abc") && !strstr(text, "<b>&"));
  CHECK(strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;") && strstr(text, "&amp;amp;"));
  CHECK(strstr(text, "was &lt;i&gt;abc&lt;/i&gt;? &amp; is &#39;def&#39;"));
  CHECK(!strstr(text, "http:") && !strstr(text, "https:"));
  /* A quotation mark of a line is escaped, so these are attributes. */
  CHECK(!strstr(text, " src=\"") && occurrences(text, " href=\"") == occurrences(text, " href=\"#"));
  /* A dot a sample: 14 times, 7 pauses, 7 ratios (the peaks give way to them) and 3 executions of mutants;
   * and again 14 times as noise. */
  CHECK(occurrences(text, "<circle ") == 14 + 7 + 7 + 3 + 14);
  CHECK(strstr(text, "<title>106\u00a0ns</title>") && strstr(text, "103\u00a0ns") &&
        strstr(text, "206\u00a0ns"));
  CHECK(strstr(text, "2.00\u00d7") && strstr(text, "0.500\u00d7") && strstr(text, "&lt; 0.001"));
  CHECK(strstr(text, "CPU time per operation, in ns \u2014 lower is better"));
  CHECK(strstr(text, "1.50\u00a0ms") && strstr(text, "2.50\u00d7") && strstr(text, "3.00\u00a0MiB"));
  CHECK(!strstr(text, "77777") && !strstr(text, "77\u202f777") && !strstr(text, "77.8"));
  CHECK(!strstr(text, "88.0\u00d7") && !strstr(text, "66.7\u00a0ms") && !strstr(text, "66.66"));
  curves_drawn(text);
  CHECK(strstr(text, "\u2717 crashed") && strstr(text, "ended by signal 11 (Segmentation fault)"));
  CHECK(strstr(text, "\u2717 wrong checksum") && strstr(text, "\u2713 kept") &&
        strstr(text, "\u2717 broken"));
  CHECK(strstr(text, "no verdict") && strstr(text, "1\u202f234\u202f567"));
  CHECK(strstr(text, "2 / 2") && strstr(text, "1 / 2") && strstr(text, "0 / 1"));
  CHECK(strstr(text, "\u2713 caught") && strstr(text, "survived some seeds"));
  CHECK(strstr(text, "<td class=\"number\">200</td><td class=\"number\">0.200</td>") &&
        strstr(text, "by GEN-5"));
  CHECK(strstr(text, "/lib/provider.so"));
  static const char *const anchors[] = {"overview",
                                        "benchmarks",
                                        "fuzzing",
                                        "mutants",
                                        "failures",
                                        "environment",
                                        "bench-churn-size-64-cpu_per_op"};
  char id[64];
  for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++) {
    snprintf(id, sizeof id, "id=\"%s\"", anchors[i]);
    CHECK(occurrences(text, id) == 1);
  }
  free(text);

  /* Two reports of the same results are the same. */
  char *first = read_page();
  CHECK(ht_report_write(store, page, NULL, error) == 0);
  char *second = read_page();
  CHECK(strcmp(first, second) == 0);
  free(first);
  free(second);
}

/* As many series as a long night has: everything is in it, and it can still be opened. */
static void many(void) {
  char path[sizeof directory + 16];
  snprintf(path, sizeof path, "%s/many.db", directory);
  struct ht_store *store = ht_store_open(path, HT_STORE_WRITE, error);
  struct ht_report_summary summary;
  CHECK(store && test_series_add(store, error) == 0);
  CHECK(ht_report_write(store, page, &summary, error) == 0);
  CHECK(summary.heaps == TEST_HEAPS && summary.failures == 3 && summary.broken_heaps == 1);
  char *text = read_page();
  CHECK(strlen(text) < 10000000);
  cut_programs(text);
  balanced(text);
  CHECK(occurrences(text, "<details class=\"workload\">") == TEST_WORKLOADS);
  CHECK(occurrences(text, "<article class=\"card curves\"") == 3 * TEST_WORKLOADS);
  /* A cell a series leads to its details, and so does the name of each workload. */
  CHECK(occurrences(text, "<a href=\"#bench-") == TEST_WORKLOADS * (TEST_HEAPS + 1));
  CHECK(occurrences(text, "3 of 7 crashed") == 1 && !strstr(text, "</b><i"));
  /* A row a process that has a time, and as noise a dot. */
  const char *processes = strstr(text, "Every process and what disturbed it");
  CHECK(processes &&
        occurrences(processes, "<tr data-heap=") == TEST_HEAPS * TEST_WORKLOADS * TEST_PROCESSES - 3);
  free(text);
  ht_store_close(store);
  unlink(path);
}

static size_t files_in_directory(void) {
  DIR *listing = opendir(directory);
  size_t count = 0;
  while (listing && readdir(listing)) count++;
  if (listing) closedir(listing);
  return count;
}

/* A disk that fills up while the page is written, and a place where nothing can be written. */
static void no_space(struct ht_store *store) {
  char *before = read_page();
  size_t files = files_in_directory();
  struct rlimit old, limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
  limit = old;
  limit.rlim_cur = 10000;
  signal(SIGXFSZ, SIG_IGN);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(ht_report_write(store, page, NULL, error) == -1 && strstr(error, "what was there is unchanged"));
  CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
  char *after = read_page();
  CHECK(strlen(before) > 10000 && strcmp(before, after) == 0 && files_in_directory() == files);
  free(before);
  free(after);
  CHECK(ht_report_write(store, "/nowhere/report.html", NULL, error) == -1 && strstr(error, "No such file"));
  CHECK(ht_report_write(store, directory, NULL, error) == -1 && strstr(error, "directory"));
  // What is no file stays what it is: here a pipe, on a bad day /dev/null.
  char pipe[PATH_MAX];
  struct stat there;
  snprintf(pipe, sizeof pipe, "%s/pipe", directory);
  CHECK(mkfifo(pipe, 0600) == 0);
  CHECK(ht_report_write(store, pipe, NULL, error) == -1 && strstr(error, "device or pipe"));
  CHECK(stat(pipe, &there) == 0 && S_ISFIFO(there.st_mode));
  unlink(pipe);
}

static void nothing(struct ht_store *store) {
  struct ht_report_summary summary;
  CHECK(ht_report_write(store, page, &summary, error) == 0 && summary.lines == 0 && summary.heaps == 0);
  char *text = read_page();
  cut_programs(text);
  balanced(text);
  CHECK(strstr(text, "Nothing measured yet") && !strstr(text, "<svg"));
  free(text);
}

int main(void) {
  if (!mkdtemp(directory)) return 1;
  snprintf(database, sizeof database, "%s/results.db", directory);
  snprintf(page, sizeof page, "%s/report.html", directory);
  struct ht_store *store = ht_store_open(database, HT_STORE_WRITE, error);
  if (!store) return 1;
  nothing(store);
  add_benchmarks(store);
  add_rest(store);
  contents(store);
  no_space(store);
  ht_store_close(store);
  many();
  unlink(database);
  unlink(page);
  CHECK(rmdir(directory) == 0);
  return failures != 0;
}
