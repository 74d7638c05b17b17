/* The page around the sections, and its way to the disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "results/report/report_internal.h"

static void put_tile(struct report *report, bool bad, size_t number, const char *words) {
  fprintf(report->out, "<li%s><b>%zu</b><span>%s</span></li>\n", bad ? " class=\"bad\"" : "", number, words);
}

/* The newest start among all lines; "" without any. */
static const char *newest_start(const struct report *report) {
  const char *newest = "";
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++)
    for (size_t i = 0; i < report->kinds[kind].line_count; i++)
      if (strcmp(report->kinds[kind].lines[i]->started, newest) > 0)
        newest = report->kinds[kind].lines[i]->started;
  return newest;
}

static void put_head(struct report *report) {
  fprintf(report->out,
          "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
          "<title>heaptrial report</title>\n<style>\n%s%s</style>\n</head>\n<body>\n"
          "<a class=\"skip\" href=\"#overview\">To the overview</a>\n",
          report_charts_style, report_style);
  fputs("<header><div>\n<h1>heaptrial</h1>\n<p>Memory managers on trial: what each was caught at, what it "
        "costs, and "
        "what could not be found out.",
        report->out);
  const char *newest = newest_start(report);
  char text[32];
  if (*newest) {
    fputs(" Last measured ", report->out);
    snprintf(text, sizeof text, "%.10s", newest);
    put_text(report, text);
    const char *clock = strchr(newest, 'T');
    snprintf(text, sizeof text, ", %.5s UTC.", clock ? clock + 1 : "");
    put_text(report, text);
  }
  fputs("</p>\n", report->out);
}

static void put_tiles(struct report *report) {
  const struct ht_report_summary *summary = &report->summary;
  fputs("<ul class=\"tiles\">\n", report->out);
  put_tile(report, false, summary->heaps, summary->heaps == 1 ? "heap on trial" : "heaps on trial");
  put_tile(report, summary->broken_heaps > 0, summary->broken_heaps,
           summary->broken_heaps == 1 ? "heap caught breaking a promise" : "heaps caught breaking a promise");
  if (summary->mutants)
    put_tile(report, summary->surviving_mutants > 0, summary->surviving_mutants,
             summary->surviving_mutants == 1 ? "planted bug that survived" : "planted bugs that survived");
  if (summary->false_alarms)
    put_tile(report, true, summary->false_alarms,
             summary->false_alarms == 1 ? "false alarm" : "false alarms");
  put_tile(report, summary->failures > 0, summary->failures,
           summary->failures == 1 ? "run without a result" : "runs without a result");
  fputs("</ul>\n</div></header>\n", report->out);
}

static void put_navigation(struct report *report) {
  fputs("<nav aria-label=\"Sections\"><div><a href=\"#overview\">Overview</a>", report->out);
  if (report->kinds[HT_LINE_BENCH].line_count) fputs("<a href=\"#benchmarks\">Workloads</a>", report->out);
  if (report->kinds[HT_LINE_FUZZ].line_count) fputs("<a href=\"#fuzzing\">Fuzzing</a>", report->out);
  if (report->kinds[HT_LINE_MUTANT].line_count) fputs("<a href=\"#mutants\">Planted bugs</a>", report->out);
  fputs("<a href=\"#failures\">Failures</a><a href=\"#environment\">Machine and noise</a>"
        "<div id=\"search\" role=\"search\"><output></output><input type=\"search\" placeholder=\"Search ( / "
        ")\" "
        "aria-label=\"Search heaps, workloads, mutants\"></div></div></nav>\n",
        report->out);
}

static void put_page(struct report *report) {
  put_head(report);
  put_tiles(report);
  put_navigation(report);
  fputs("<main>\n", report->out);
  if (report->summary.lines == 0)
    fputs(
        "<section id=\"overview\"><h2>Nothing measured yet</h2><p class=\"lead\">The store holds no results: "
        "run a trial, or import a file of result lines, and write the report again.</p></section>\n",
        report->out);
  else
    put_overview(report);
  put_benchmarks(report);
  put_fuzzing(report);
  put_mutants(report);
  if (report->summary.lines) {
    put_failures(report);
    put_machines(report);
  }
  fputs("</main>\n<footer>Written by heaptrial. Dots are samples; the upright line is their median, the band "
        "its 95 % interval from order statistics, which takes at least six samples. Everything is in this "
        "file: "
        "nothing is fetched, and without JavaScript only searching, sorting and zooming are "
        "missing.</footer>\n",
        report->out);
  fprintf(report->out, "<script>%s</script>\n", report_script);
  if (*report_charts) fprintf(report->out, "<script>%s</script>\n", report_charts);
  fputs("</body>\n</html>\n", report->out);
}

/* Counted before anything is written, because the page begins with the counts. */
static void count_verdicts(struct report *report) {
  const struct ht_line_file *trials = &report->kinds[HT_LINE_TRIAL];
  for (size_t i = 0; i < report->heap_count; i++) {
    bool broken = false;
    for (size_t k = 0; k < trials->line_count; k++) {
      const char *verdict = ht_line_find_param(trials->lines[k], "verdict");
      if (heap_of(report, trials->lines[k]) == &report->heaps[i] && verdict && strcmp(verdict, "broken") == 0)
        broken = true;
    }
    report->summary.broken_heaps += broken;
  }
}

/* Made beside the target, so that the rename stays within one file system. */
static FILE *open_beside(const char *path, char **beside, char *error) {
  FILE *out = NULL;
  int file = -1;
  if (asprintf(beside, "%s.XXXXXX", path) < 0) {
    *beside = NULL;
    snprintf(error, HT_ERROR_SIZE, "%s: no memory", path);
    return NULL;
  }
  if ((file = mkstemp(*beside)) >= 0) out = fdopen(file, "w");
  if (out) {
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file, 0666 & ~mask);
    return out;
  }
  snprintf(error, HT_ERROR_SIZE, "%s: cannot write a report there: %s", path, strerror(errno));
  if (file >= 0) {
    close(file);
    unlink(*beside);
  }
  free(*beside);
  *beside = NULL;
  return NULL;
}

int ht_report_write(struct ht_store *store, const char *path, struct ht_report_summary *summary,
                    char *error) {
  struct report report = {0};
  char *beside = NULL;
  int result = collect(&report, store, error);
  if (result != 0) goto out;
  // A rename would put a file in the place of a device.
  struct stat there;
  if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
    snprintf(error, HT_ERROR_SIZE, "%s: this is a %s, the report needs a file", path,
             S_ISDIR(there.st_mode) ? "directory" : "device or pipe");
    result = -1;
    goto out;
  }
  if (!(report.out = open_beside(path, &beside, error))) {
    result = -1;
    goto out;
  }
  count_verdicts(&report);
  count_mutants(&report);
  put_page(&report);
  errno = 0;
  bool failed = ferror(report.out) != 0;
  if (fflush(report.out) != 0 || fsync(fileno(report.out)) != 0) failed = true;
  int reason = errno;
  if (fclose(report.out) != 0) {
    failed = true;
    reason = errno;
  }
  if (report.no_memory) {
    failed = true;
    reason = ENOMEM;
  }
  if (!failed && rename(beside, path) != 0) {
    failed = true;
    reason = errno;
  }
  if (failed) {
    snprintf(error, HT_ERROR_SIZE, "%s: the report was not written, what was there is unchanged: %s", path,
             strerror(reason ? reason : EIO));
    unlink(beside);
    result = -1;
  }
out:
  if (summary) *summary = report.summary;
  free(beside);
  forget(&report);
  return result;
}
