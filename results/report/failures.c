/* What has no result, and why. */
#include "results/report/report_internal.h"

static void put_failure(struct report *report, const struct ht_line *line) {
  static const char *const words[] = {
      [HT_LINE_OK] = "",
      [HT_LINE_FAILED] = "\u2717 failed",
      [HT_LINE_CRASHED] = "\u2717 crashed",
      [HT_LINE_TIMEOUT] = "\u2717 out of time",
      [HT_LINE_CHECKSUM] = "\u2717 wrong checksum",
      [HT_LINE_NO_VERDICT] = "\u2013 no verdict",
  };
  fprintf(report->out, "<tr><td><span class=\"badge %s\">%s</span></td><th scope=\"row\">",
          line->status == HT_LINE_NO_VERDICT ? "none" : "bad", words[line->status]);
  put_heap(report, heap_of(report, line));
  fprintf(report->out, "</th><td>%s</td><td>", ht_line_kind_name(line->kind));
  put_text(report, line->benchmark);
  if (line->param_count) {
    fputs("<small>", report->out);
    put_settings(report, line);
    fputs("</small>", report->out);
  }
  fputs("</td><td class=\"text\">", report->out);
  put_text(report, line->reason);
  fputs("</td></tr>\n", report->out);
}

void put_failures(struct report *report) {
  fputs("<section>\n", report->out);
  put_heading(report, 2, "failures", "Failures, and runs without a result");
  if (report->summary.failures == 0) {
    fputs("<p class=\"lead\">None: every run ended well, with its checksum.</p>\n</section>\n", report->out);
    return;
  }
  fputs("<p class=\"lead\">These count in no median and no mean; a crash is never a time.</p>\n"
        "<div class=\"card scroll tall\" tabindex=\"0\"><table class=\"sortable\"><caption>Runs without a "
        "result</caption>\n<thead><tr><th scope=\"col\">What happened</th><th "
        "scope=\"col\">Heap</th>"
        "<th scope=\"col\">Kind</th><th scope=\"col\">Run</th><th "
        "scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
        report->out);
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++)
    for (size_t i = 0; i < report->kinds[kind].line_count; i++)
      if (has_no_result(report->kinds[kind].lines[i])) put_failure(report, report->kinds[kind].lines[i]);
  fputs("</tbody></table></div>\n</section>\n", report->out);
}
