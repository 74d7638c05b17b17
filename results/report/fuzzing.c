/* Campaigns: how much was tried, and what came of it. */
#include <math.h>
#include <string.h>

#include "results/report/report_internal.h"

static void put_measure(struct report *report, const struct ht_line *line, const char *metric) {
  const struct ht_line_measure *measure = ht_line_find(line, metric);
  char text[NUMBER_TEXT];
  double value = measure ? ht_stats_median(measure->samples, measure->sample_count) : NAN;
  fprintf(report->out, "<td class=\"number\" data-value=\"%.9g\">%s</td>", value, number_text(text, value));
}

static void put_param(struct report *report, const struct ht_line *line, const char *name,
                      const char *class) {
  const char *value = ht_line_find_param(line, name);
  fprintf(report->out, "<td class=\"%s\">", class);
  put_text(report, value && *value ? value : "\u2014");
  fputs("</td>", report->out);
}

static void put_findings(struct report *report, const struct ht_line *line) {
  const struct ht_line_measure *measure = ht_line_find(line, "findings");
  char text[NUMBER_TEXT];
  double findings = measure ? ht_stats_median(measure->samples, measure->sample_count) : NAN;
  if (isnan(findings))
    fputs("<td>\u2014</td>", report->out);
  else
    fprintf(report->out, "<td><span class=\"badge %s\">%s %s</span></td>", findings > 0 ? "bad" : "good",
            findings > 0 ? "\u2717" : "\u2713 none", findings > 0 ? number_text(text, findings) : "");
}

void put_fuzzing(struct report *report) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_FUZZ];
  if (lines->line_count == 0) return;
  fputs("<section>\n", report->out);
  put_heading(report, 2, "fuzzing", "Fuzzing");
  fputs("<p class=\"lead\">Edges and features are what the engine counts as coverage; they compare within an "
        "engine, not "
        "between engines.</p>\n<div class=\"card scroll tall\" tabindex=\"0\"><table "
        "class=\"sortable\"><caption>Campaigns</caption>\n<thead><tr><th scope=\"col\">Heap</th>"
        "<th scope=\"col\">Engine</th><th scope=\"col\">Sanitizer</th><th scope=\"col\" "
        "class=\"number\">Jobs</th>"
        "<th scope=\"col\">Findings</th><th scope=\"col\" class=\"number\">Executions</th>"
        "<th scope=\"col\" class=\"number\">per second</th><th scope=\"col\" class=\"number\">Edges</th>"
        "<th scope=\"col\" class=\"number\">Features</th><th scope=\"col\" class=\"number\">Corpus files</th>"
        "<th scope=\"col\" class=\"number\">Seconds</th><th scope=\"col\" class=\"number\">Seed</th>"
        "</tr></thead>\n<tbody>\n",
        report->out);
  for (size_t i = 0; i < lines->line_count; i++) {
    const struct ht_line *line = lines->lines[i];
    if (line->status != HT_LINE_OK) continue;
    fputs("<tr><th scope=\"row\">", report->out);
    put_heap(report, heap_of(report, line));
    fputs("</th>", report->out);
    put_param(report, line, "engine", "keep");
    put_param(report, line, "sanitizer", "keep");
    put_param(report, line, "jobs", "number");
    put_findings(report, line);
    put_measure(report, line, "executions");
    put_measure(report, line, "executions_per_second");
    put_measure(report, line, "edges");
    put_measure(report, line, "features");
    put_measure(report, line, "corpus_files");
    put_measure(report, line, "seconds");
    put_param(report, line, "seed", "number");
    fputs("</tr>\n", report->out);
  }
  fputs("</tbody></table></div>\n</section>\n", report->out);
}
