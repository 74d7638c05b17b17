/* Where the results come from, and which library served. */
#include <string.h>

#include "results/report/report_internal.h"

static bool same_place(const struct ht_line *a, const struct ht_line *b) {
  return strcmp(a->environment.machine, b->environment.machine) == 0 &&
         strcmp(a->environment.cpu, b->environment.cpu) == 0 &&
         strcmp(a->environment.kernel, b->environment.kernel) == 0 &&
         strcmp(a->environment.libc, b->environment.libc) == 0 &&
         strcmp(a->environment.compiler, b->environment.compiler) == 0 &&
         strcmp(a->environment.flags, b->environment.flags) == 0 && strcmp(a->commit.sha, b->commit.sha) == 0;
}

/* The line at a position in all kinds, one after the other; NULL after the last. */
static const struct ht_line *nth_line(const struct report *report, size_t number) {
  for (int kind = HT_LINE_BENCH; kind <= HT_LINE_TRIAL; kind++) {
    if (number < report->kinds[kind].line_count) return report->kinds[kind].lines[number];
    number -= report->kinds[kind].line_count;
  }
  return NULL;
}

static size_t lines_like(const struct report *report, const struct ht_line *line) {
  const struct ht_line *other;
  size_t count = 0;
  for (size_t i = 0; (other = nth_line(report, i)); i++) count += same_place(line, other);
  return count;
}

static bool first_of_place(const struct report *report, size_t number) {
  for (size_t i = 0; i < number; i++)
    if (same_place(nth_line(report, i), nth_line(report, number))) return false;
  return true;
}

static void put_fact(struct report *report, const char *name, const char *value) {
  fprintf(report->out, "<dt>%s</dt><dd>", name);
  put_text(report, *value ? value : "not known");
  fputs("</dd>\n", report->out);
}

static void put_place(struct report *report, const struct ht_line *line) {
  size_t count = lines_like(report, line);
  fputs("<article class=\"card\"><h3>", report->out);
  put_text(report, *line->environment.machine ? line->environment.machine : "machine not known");
  fprintf(report->out, "</h3><p>%zu line%s of results</p><dl>\n", count, count == 1 ? "" : "s");
  put_fact(report, "Processor", line->environment.cpu);
  put_fact(report, "Kernel", line->environment.kernel);
  put_fact(report, "C library", line->environment.libc);
  put_fact(report, "Compiler", line->environment.compiler);
  put_fact(report, "Flags", line->environment.flags);
  put_fact(report, "Commit", line->commit.sha);
  if (line->commit.seq >= 0)
    fprintf(report->out, "<dt>Number</dt><dd>%lld</dd>\n", (long long)line->commit.seq);
  fputs("</dl></article>\n", report->out);
}

/* Which library answered for each heap: the proof that a preload took effect. */
static void put_providers(struct report *report) {
  bool begun = false;
  for (size_t i = 0; i < report->heap_count; i++) {
    const struct ht_line *line, *found = NULL;
    for (size_t k = 0; !found && (line = nth_line(report, k)); k++)
      if (*line->provider && heap_of(report, line) == &report->heaps[i]) found = line;
    if (!found) continue;
    if (!begun)
      fputs("<article class=\"card\"><h3>Who served</h3><p>The library that answered in each heap\u2019s own "
            "process</p><dl>\n",
            report->out);
    begun = true;
    fputs("<dt>", report->out);
    put_heap(report, &report->heaps[i]);
    fputs("</dt><dd><code>", report->out);
    put_text(report, found->provider);
    fputs("</code></dd>\n", report->out);
  }
  if (begun) fputs("</dl></article>\n", report->out);
}

void put_machines(struct report *report) {
  size_t places = 0;
  const struct ht_line *line;
  for (size_t i = 0; nth_line(report, i); i++) places += first_of_place(report, i);
  fputs("<section>\n", report->out);
  put_heading(report, 2, "environment", "Machine and noise");
  fputs(places > 1 ? "<p class=\"lead\">These results come from more than one machine, compiler or commit: "
                     "compare only "
                     "what was measured side by side.</p>\n"
                   : "<p class=\"lead\">All results come from here.</p>\n",
        report->out);
  fputs("<div class=\"cards\">\n", report->out);
  for (size_t i = 0; (line = nth_line(report, i)); i++)
    if (first_of_place(report, i)) put_place(report, line);
  put_providers(report);
  fputs("</div>\n", report->out);
  put_noise(report);
  fputs("</section>\n", report->out);
}
