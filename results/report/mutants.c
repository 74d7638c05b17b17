/* Planted bugs: which were caught, by what, after how much work. A line is a trial: its benchmark the mutant,
 * or "none", the heap as it is, which has to stay silent. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/report_internal.h"

/* Lines of one mutant on one heap and engine: its seeds. */
struct mutant {
  const struct ht_line *first;
  size_t seeds, caught, untried;          /* untried: lines without a result */
  const char *caught_by;                  /* of one of the lines that caught it */
  struct summary executions, cpu_seconds; /* of the lines that caught it */
};

static const char *param(const struct ht_line *line, const char *name) {
  const char *value = ht_line_find_param(line, name);
  return value ? value : "";
}

static bool same_mutant(const struct ht_line *a, const struct ht_line *b) {
  return strcmp(a->benchmark, b->benchmark) == 0 && strcmp(param(a, "settings"), param(b, "settings")) == 0 &&
         strcmp(param(a, "engine"), param(b, "engine")) == 0 && strcmp(a->heap, b->heap) == 0 &&
         strcmp(a->variant, b->variant) == 0;
}

static bool was_caught(const struct ht_line *line) {
  const struct ht_line_measure *caught = ht_line_find(line, "caught");
  return caught && caught->samples[0] > 0;
}

/* One that survived is a failed line; one without an outcome is no verdict, or has come to no end. */
static bool was_tried(const struct ht_line *line) {
  return line->status == HT_LINE_OK || line->status == HT_LINE_FAILED;
}

static bool is_unmodified(const struct ht_line *line) {
  return strcmp(line->benchmark, "none") == 0;
}

/* True if the line is the first of its mutant; then counts are filled in. */
static bool count_seeds(const struct report *report, size_t at, struct mutant *mutant) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_MUTANT];
  *mutant = (struct mutant){.first = lines->lines[at], .caught_by = ""};
  for (size_t i = 0; i < lines->line_count; i++) {
    const struct ht_line *line = lines->lines[i];
    if (!same_mutant(line, mutant->first)) continue;
    if (i < at) return false;
    if (!was_tried(line)) {
      mutant->untried++;
      continue;
    }
    mutant->seeds++;
    if (!was_caught(line)) continue;
    mutant->caught++;
    if (*param(line, "caught_by")) mutant->caught_by = param(line, "caught_by");
  }
  return true;
}

void count_mutants(struct report *report) {
  struct mutant mutant;
  for (size_t i = 0; i < report->kinds[HT_LINE_MUTANT].line_count; i++) {
    if (!count_seeds(report, i, &mutant)) continue;
    report->mutant_rows++;
    if (is_unmodified(mutant.first)) {
      report->summary.false_alarms += mutant.caught > 0;
      continue;
    }
    report->summary.mutants++;
    report->summary.surviving_mutants += mutant.caught < mutant.seeds;
  }
}

/* A seed that did not catch it has no number of executions: only those that did are summarised. */
static bool measure(struct report *report, struct mutant *mutant) {
  const struct ht_line_file *lines = &report->kinds[HT_LINE_MUTANT];
  struct ht_line **caught = calloc(lines->line_count, sizeof *caught);
  size_t count = 0;
  if (!caught) {
    report->no_memory = true;
    return false;
  }
  for (size_t i = 0; i < lines->line_count; i++)
    if (same_mutant(lines->lines[i], mutant->first) && was_tried(lines->lines[i]) &&
        was_caught(lines->lines[i]))
      caught[count++] = lines->lines[i];
  mutant->executions = summarise(report, caught, count, NULL, "executions");
  mutant->cpu_seconds = summarise(report, caught, count, NULL, "cpu_seconds");
  free(caught);
  return true;
}

static void put_outcome(struct report *report, const struct mutant *mutant) {
  if (mutant->seeds == 0)
    fputs("<span class=\"badge none\">\u2013 not tried</span>", report->out);
  else if (is_unmodified(mutant->first))
    fputs(mutant->caught ? "<span class=\"badge bad\">\u2717 false alarm</span>"
                         : "<span class=\"badge good\">\u2713 silent</span>",
          report->out);
  else if (mutant->caught == mutant->seeds)
    fputs("<span class=\"badge good\">\u2713 caught</span>", report->out);
  else if (mutant->caught == 0)
    fputs("<span class=\"badge bad\">\u2717 survived</span>", report->out);
  else
    fputs("<span class=\"badge bad\">\u25d0 survived some seeds</span>", report->out);
}

static void put_row(struct report *report, const struct mutant *mutant) {
  char text[NUMBER_TEXT];
  fputs("<tr><th scope=\"row\">", report->out);
  put_text(report, mutant->first->benchmark);
  fputs("</th><td class=\"keep\">", report->out);
  put_text(report, param(mutant->first, "breaks"));
  fputs("</td><td class=\"keep\">", report->out);
  put_heap(report, heap_of(report, mutant->first));
  fputs("</td><td class=\"keep\">", report->out);
  put_text(report, param(mutant->first, "engine"));
  fputs("</td><td>", report->out);
  put_outcome(report, mutant);
  if (*mutant->caught_by && strcmp(mutant->caught_by, param(mutant->first, "breaks")) != 0) {
    fputs("<small>by ", report->out);
    put_text(report, mutant->caught_by);
    fputs("</small>", report->out);
  }
  fprintf(report->out, "</td><td class=\"number\">%zu / %zu</td>", mutant->caught, mutant->seeds);
  fprintf(report->out, "<td class=\"number\">%s</td>",
          number_text(text, mutant->executions.value_count ? mutant->executions.median : NAN));
  fprintf(report->out, "<td class=\"number\">%s</td></tr>\n",
          number_text(text, mutant->cpu_seconds.value_count ? mutant->cpu_seconds.median : NAN));
}

/* A colour an engine, in the order of their appearance. */
static unsigned engine_colour(const struct mutant *mutants, size_t at) {
  unsigned colour = 0;
  for (size_t i = 0; i < at; i++) {
    size_t k = 0;
    while (strcmp(param(mutants[k].first, "engine"), param(mutants[i].first, "engine")) != 0) k++;
    if (strcmp(param(mutants[i].first, "engine"), param(mutants[at].first, "engine")) == 0)
      return engine_colour(mutants, i);
    colour += k == i;
  }
  return colour % COLOURS;
}

static int by_name(const void *a, const void *b) {
  const struct ht_line *x = ((const struct mutant *)a)->first, *y = ((const struct mutant *)b)->first;
  int order = strcmp(x->benchmark, y->benchmark);
  if (order == 0) order = strcmp(x->heap, y->heap);
  if (order == 0) order = strcmp(x->variant, y->variant);
  return order ? order : strcmp(param(x, "engine"), param(y, "engine"));
}

#define LABEL_TEXT 96

static void put_drawing(struct report *report, const struct mutant *mutants, size_t count) {
  struct drawn_row *rows = calloc(count, sizeof *rows);
  char(*labels)[LABEL_TEXT] = calloc(count, sizeof *labels);
  if (!rows || !labels) {
    report->no_memory = true;
    goto out;
  }
  for (size_t i = 0; i < count; i++) {
    const struct ht_line *line = mutants[i].first;
    snprintf(labels[i], LABEL_TEXT, "%.60s \u00b7 %.24s", line->benchmark, param(line, "engine"));
    rows[i] = (struct drawn_row){.label = labels[i],
                                 .colour = engine_colour(mutants, i),
                                 .summary = &mutants[i].executions,
                                 .note = !mutants[i].seeds                 ? "\u2013 not tried"
                                         : is_unmodified(mutants[i].first) ? "\u2713 silent"
                                                                           : "\u2717 survived"};
  }
  fputs("<div class=\"card after\">\n", report->out);
  put_heading(report, 3, "mutants-executions", "Executions until caught");
  fputs("<p>A dot a seed that caught it, a colour an engine.</p>\n", report->out);
  draw_rows(report, "executions", rows, count);
  fputs("</div>\n", report->out);
out:
  free(labels);
  free(rows);
}

void put_mutants(struct report *report) {
  size_t total = report->mutant_rows, count = 0;
  if (total == 0) return;
  struct mutant *mutants = calloc(total, sizeof *mutants);
  if (!mutants) {
    report->no_memory = true;
    return;
  }
  for (size_t i = 0; i < report->kinds[HT_LINE_MUTANT].line_count && count < total; i++)
    if (count_seeds(report, i, &mutants[count]) && measure(report, &mutants[count])) count++;
  qsort(mutants, count, sizeof *mutants, by_name);
  fputs("<section>\n", report->out);
  put_heading(report, 2, "mutants", "Planted bugs");
  fputs("<p class=\"lead\">Each is a small patch that breaks one invariant: a check that catches none of "
        "them checks "
        "nothing. Executions and CPU time are medians over the seeds that caught it.</p>\n"
        "<div class=\"card scroll tall\" tabindex=\"0\"><table class=\"sortable\"><caption>Planted bugs and "
        "what caught them</caption>\n<thead><tr><th scope=\"col\">Mutant</th><th "
        "scope=\"col\">Breaks</th>"
        "<th scope=\"col\">Heap</th><th scope=\"col\">Engine</th><th scope=\"col\">Outcome</th>"
        "<th scope=\"col\" class=\"number\">Seeds</th><th scope=\"col\" class=\"number\">Executions</th>"
        "<th scope=\"col\" class=\"number\">CPU seconds</th></tr></thead>\n<tbody>\n",
        report->out);
  for (size_t i = 0; i < count; i++) put_row(report, &mutants[i]);
  fputs("</tbody></table></div>\n", report->out);
  put_drawing(report, mutants, count);
  fputs("</section>\n", report->out);
  for (size_t i = 0; i < count; i++) {
    summary_free(&mutants[i].executions);
    summary_free(&mutants[i].cpu_seconds);
  }
  free(mutants);
}
