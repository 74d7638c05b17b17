#include "results/compare/compare.h"
#include "cli/cli.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  const char *database, *baseline;
  struct cli_words sides, metrics;
  struct ht_compare_question question;
  bool json;
};

enum { OPTION_DATABASE = 256, OPTION_RUN, OPTION_BASELINE, OPTION_GATE, OPTION_MARGIN, OPTION_FORMAT };

static const struct argp_option options[] = {
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {"run", OPTION_RUN, "RUN", 0, "Only what this run measured", 0},
    {"baseline", OPTION_BASELINE, "REFERENCE", 0,
     "Compare the newest results with those of this run or commit; the argument, if any, is the heap", 0},
    {"metric", 'm', "METRIC", 0, "May be repeated (cpu_per_op, cpu_per_op_quartile and instructions_per_op)",
     0},
    {"gate", OPTION_GATE, NULL, 0, "Holm's correction: not one false call in the table, instead of few", 0},
    {"margin", OPTION_MARGIN, "PERCENT", 0, "A difference below that is none (1)", 0},
    {"format", OPTION_FORMAT, "text|json", 0, "What is printed (text)", 0},
    {0},
};

static double parse_margin(struct argp_state *state, const char *text) {
  char *end;
  double percent = strtod(text, &end);
  if (end == text || *end || !(percent > 0) || percent > 100)
    argp_error(state, "--margin takes a percentage above 0 and up to 100, not \"%s\"", text);
  return percent / 100;
}

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case OPTION_RUN:
    arguments->question.run = value;
    return 0;
  case OPTION_BASELINE:
    arguments->baseline = value;
    return 0;
  case 'm':
    cli_words_add(&arguments->metrics, value);
    return 0;
  case OPTION_GATE:
    arguments->question.gate = true;
    return 0;
  case OPTION_MARGIN:
    arguments->question.margin = parse_margin(state, value);
    return 0;
  case OPTION_FORMAT:
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
      argp_error(state, "--format is text or json, not \"%s\"", value);
    arguments->json = strcmp(value, "json") == 0;
    return 0;
  case ARGP_KEY_ARG:
    cli_words_add(&arguments->sides, value);
    return 0;
  case ARGP_KEY_END:
    if (arguments->baseline ? arguments->sides.count > 1 : arguments->sides.count != 2)
      argp_error(state, arguments->baseline ? "--baseline compares one heap, or all without an argument"
                                            : "what with what? A and B are two heaps, runs or commits");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    "A B\n--baseline REFERENCE [HEAP]",
    "Is B faster than A? Over all that both were measured at: the ratio B / A with its 95 % interval, the "
    "test "
    "corrected for the number of rows, and what difference could have been found.\v"
    "A and B are heaps (malloc, malloc/jemalloc, jemalloc, myheap:grow=2), with @REFERENCE from a certain "
    "run "
    "or commit; or references alone, and then each heap is compared with itself. Without a reference it is "
    "the "
    "newest run that has both. Pairs come from heaptrial bench A B: with fewer than 20 the test is "
    "Mann-Whitney's, from 20 on the signed rank; without pairs it is Mann-Whitney's and less sharp.\n\n"
    "Exit codes: 0 nothing is slower, 1 something is slower or failed, 2 usage, 3 nothing can be compared.",
    NULL,
    NULL,
    NULL,
};

static const char *quantity(char text[64], double value, const char *unit) {
  static const struct { const char *unit, *next; } steps[] = {{"ns", "us"}, {"us", "ms"}, {"ms", "s"}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    if (strcmp(unit, steps[i].unit) == 0 && value >= 1000) {
      value /= 1000;
      unit = steps[i].next;
    }
  snprintf(text, 64, "%.4g %.20s", value, unit);
  return text;
}

static void add_row(struct table *table, const struct ht_compare_row *row, bool with_heap) {
  const struct ht_compare_samples *s = &row->samples;
  char name[512], a[64], b[64], ratio[96], q[32], detectable[32], verdict[512], words[64];
  snprintf(name, sizeof name, "%s%s%s%s%s%s%s", with_heap ? row->heap : "",
           with_heap && *row->variant ? "/" : "", with_heap ? row->variant : "", with_heap ? " " : "",
           row->benchmark, *row->settings ? " " : "", row->settings);
  if (*row->reason) {
    snprintf(verdict, sizeof verdict, "%s: %s", ht_compare_verdict_text(row, words), row->reason);
    table_add(table, (const char *const[]){name, row->metric, "", "", "", "", "", verdict});
    return;
  }
  bool exact = s->test == HT_COMPARE_COUNT;
  if (s->interval.known && !exact)
    snprintf(ratio, sizeof ratio, "%.4f [%.4f, %.4f]", s->ratio, s->interval.low, s->interval.high);
  else
    snprintf(ratio, sizeof ratio, exact ? "%.5f" : "%.4f [too few]", s->ratio);
  snprintf(q, sizeof q, exact ? "exact" : row->q < 1e-4 ? "< 0.0001" : "%.4f", row->q);
  snprintf(detectable, sizeof detectable, isnan(s->detectable) ? "-" : "%.2g %%", 100 * s->detectable);
  if (exact)
    snprintf(verdict, sizeof verdict, "%s", ht_compare_verdict_text(row, words));
  else if (s->paired)
    snprintf(verdict, sizeof verdict, "%s (%zu pairs, %s)", ht_compare_verdict_text(row, words), s->a_count,
             ht_compare_test_name(s->test));
  else
    snprintf(verdict, sizeof verdict, "%s (no pairs: %zu and %zu processes, %s)",
             ht_compare_verdict_text(row, words), s->a_count, s->b_count, ht_compare_test_name(s->test));
  table_add(table, (const char *const[]){name, row->metric, quantity(a, s->a_median, row->unit),
                                         quantity(b, s->b_median, row->unit), ratio, q, detectable, verdict});
}

static void print_text(const struct ht_compare_table *compared, bool gate) {
  struct table table = {.columns = 8};
  bool with_heap = strncmp(compared->a, "all heaps", strlen("all heaps")) == 0;
  printf("A: %s\nB: %s\n", compared->a, compared->b);
  table_add(&table, (const char *const[]){"benchmark", "metric", "A", "B", "B / A, 95 %",
                                          gate ? "p (Holm)" : "p (B-H)", "detectable", "verdict"});
  for (size_t i = 0; i < compared->row_count; i++) add_row(&table, &compared->rows[i], with_heap);
  table_print(&table);
  table_free(&table);
  printf("%zu slower, %zu faster, %zu without a difference, %zu undecided, %zu failed, %zu not comparable\n",
         compared->counts[HT_COMPARE_SLOWER], compared->counts[HT_COMPARE_FASTER],
         compared->counts[HT_COMPARE_SAME], compared->counts[HT_COMPARE_UNDECIDED],
         compared->counts[HT_COMPARE_FAILED], compared->counts[HT_COMPARE_INCOMPARABLE]);
}

static void say_missing(const struct ht_compare_table *compared) {
  if (compared->only_a + compared->only_b)
    cli_say("%zu benchmarks were measured for A alone and %zu for B alone, or with other parameters",
            compared->only_a, compared->only_b);
  if (compared->unpaired)
    cli_say(
        "%zu rows have no pairs: heaptrial bench A B measures both in turns, which finds smaller differences",
        compared->unpaired);
}

static int compare(struct ht_store *store, const struct arguments *arguments) {
  char error[HT_ERROR_SIZE];
  struct ht_compare_table compared;
  int result = ht_compare(store, &arguments->question, &compared, error), code = CLI_NO_VERDICT;
  if (result < 0) {
    cli_say("%s", error);
    code = CLI_USAGE;
  } else if (arguments->json) {
    char *text = ht_compare_json(&compared);
    if (text) puts(text);
    free(text);
    if (!text) cli_say("no memory");
    if (text) code = CLI_FINE;
  } else {
    if (compared.row_count) print_text(&compared, arguments->question.gate);
    code = CLI_FINE;
  }
  if (result >= 0) say_missing(&compared);
  if (result > 0) {
    cli_say("%s", error);
    code = CLI_NO_VERDICT;
  }
  if (code == CLI_FINE && compared.counts[HT_COMPARE_SLOWER] + compared.counts[HT_COMPARE_FAILED])
    code = CLI_FINDING;
  ht_compare_free(&compared);
  return code;
}

int cli_compare(int argc, char **argv) {
  struct arguments arguments = {.database = "results.db", .question = {.margin = 0.01}};
  char error[HT_ERROR_SIZE], *baseline = NULL;
  int code = CLI_USAGE;
  cli_parse(&argp, argc, argv, &arguments);
  struct ht_compare_question *question = &arguments.question;
  if (arguments.metrics.count) question->metrics = arguments.metrics.words;
  if (arguments.baseline) {
    question->b = arguments.sides.count ? arguments.sides.words[0] : "";
    if (asprintf(&baseline, "%s@%s", question->b, arguments.baseline) < 0) baseline = NULL;
    question->a = baseline ? baseline : "";
  } else {
    question->a = arguments.sides.words[0];
    question->b = arguments.sides.words[1];
  }
  struct ht_store *store = ht_store_open(arguments.database, HT_STORE_READ, error);
  if (store)
    code = compare(store, &arguments);
  else
    cli_say("%s", error);
  ht_store_close(store);
  free(baseline);
  free(arguments.sides.words);
  free(arguments.metrics.words);
  return code;
}
