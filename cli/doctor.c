// What on this machine spoils measurements, what is missing, and how to mend it.
#include "bench/doctor/doctor.h"
#include "cli/cli.h"
#include "cli/table.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  struct ht_doctor_plan plan;
  const char *database;
  bool json, rules;
};

enum {
  OPTION_ROOT = 256,
  OPTION_LATER,
  OPTION_INTERVAL,
  OPTION_DATABASE,
  OPTION_JSON,
  OPTION_CALIBRATE,
  OPTION_RULES
};

static const struct argp_option options[] = {
    {"root", OPTION_ROOT, "DIR", 0, "Look at the system below DIR: DIR/proc, DIR/sys, DIR/usr/bin (/)", 0},
    {"later", OPTION_LATER, "DIR", 0, "The same root a moment later, for what others use meanwhile", 0},
    {"interval", OPTION_INTERVAL, "TIME", 0, "How long to watch this machine (1s)", 0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are going to be kept (results.db, with --root nowhere)",
     0},
    {"json", OPTION_JSON, NULL, 0, "For scripts", 0},
    {"calibrate", OPTION_CALIBRATE, NULL, 0,
     "Measure what a comparison is worth here; --calibrate --help says more", 0},
    {"rules", OPTION_RULES, NULL, 0, "List what is looked at, the limits and where they come from", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case OPTION_ROOT:
    arguments->plan.root = value;
    return 0;
  case OPTION_LATER:
    arguments->plan.later = value;
    return 0;
  case OPTION_INTERVAL:
    arguments->plan.seconds = cli_seconds(state, "--interval", value);
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case OPTION_JSON:
    arguments->json = true;
    return 0;
  case OPTION_RULES:
    arguments->rules = true;
    return 0;
  case OPTION_CALIBRATE:
    argp_error(state, "--calibrate comes first, and its own options behind it");
    return 0;
  case ARGP_KEY_END:
    if (arguments->plan.later && !arguments->plan.root)
      argp_error(state, "--later DIR is the same root as --root DIR, a moment later: give both");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Says what on this machine spoils measurements, what is missing, and how to mend it. Changes nothing.\v"
    "Exit codes: 0 nothing spoils and nothing is missing, 1 something does or is, 2 usage, 3 nothing could "
    "be "
    "told.",
    NULL,
    NULL,
    NULL,
};

static bool is_bad(const struct ht_doctor_finding *finding) {
  return finding->verdict == HT_DOCTOR_SPOILS || finding->verdict == HT_DOCTOR_MISSING;
}

// What was found, and where unless that is what was found.
static void print_found(struct table *table, const struct ht_doctor_finding *finding, const char *targets) {
  char found[2 * HT_DOCTOR_TEXT + 4];
  bool placed = *finding->file && strcmp(finding->file, finding->value) != 0;
  snprintf(found, sizeof found, "%s%s%s%s", finding->value, placed ? " (" : "", placed ? finding->file : "",
           placed ? ")" : "");
  table_add(table, (const char *const[]){finding->rule->name, ht_doctor_verdict_names[finding->verdict],
                                         targets, found});
}

static void print_findings(const struct ht_doctor_report *report) {
  struct table table = {.columns = 4}, mends = {.columns = 2};
  table_add(&table, (const char *const[]){"what", "verdict", "spoils", "found"});
  for (size_t i = 0; i < report->count; i++) {
    const struct ht_doctor_finding *finding = &report->findings[i];
    char targets[HT_DOCTOR_TEXT] = "";
    if (is_bad(finding)) {
      ht_doctor_targets(finding->rule->spoils, targets, sizeof targets);
      table_add(&mends, (const char *const[]){finding->rule->name, finding->rule->mend});
    }
    print_found(&table, finding, targets);
  }
  table_print(&table);
  if (mends.rows) {
    puts("\nto mend it");
    table_print(&mends);
  }
  printf("\n%zu looked at: %zu fine, %zu spoil, %zu missing, %zu unknown\n", report->count,
         report->counts[HT_DOCTOR_FINE], report->counts[HT_DOCTOR_SPOILS], report->counts[HT_DOCTOR_MISSING],
         report->counts[HT_DOCTOR_UNKNOWN]);
  table_free(&table);
  table_free(&mends);
}

// A rule as words: its limit belongs behind what holds.
static const char *rule_text(const struct ht_doctor_rule *rule, char text[HT_DOCTOR_TEXT]) {
  if (isnan(rule->limit))
    snprintf(text, HT_DOCTOR_TEXT, "%s", rule->holds);
  else
    snprintf(text, HT_DOCTOR_TEXT, "%s %g", rule->holds, rule->limit);
  return text;
}

static void print_rules(void) {
  for (const struct ht_doctor_rule *rule = ht_doctor_rules; rule->name; rule++) {
    char text[HT_DOCTOR_TEXT], targets[HT_DOCTOR_TEXT];
    ht_doctor_targets(rule->spoils, targets, sizeof targets);
    printf("%s\n  %-8s%s\n  %-8s%s\n  %-8s%s\n", rule->name, "fine", rule_text(rule, text), "else",
           rule->spoils ? targets : "nothing is spoiled", "source", rule->source);
    if (rule->mend) printf("  %-8s%s\n", "mend", rule->mend);
  }
}

static json_t *json_targets(unsigned spoils) {
  json_t *targets = json_array();
  for (unsigned i = 0; i < HT_DOCTOR_TARGETS; i++)
    if (spoils >> i & 1) json_array_append_new(targets, json_string(ht_doctor_target_names[i]));
  return targets;
}

static bool print_json(const struct arguments *arguments, const struct ht_doctor_report *report) {
  json_t *counts = json_object(), *findings = json_array();
  for (enum ht_doctor_verdict i = 0; i < HT_DOCTOR_VERDICTS; i++)
    json_object_set_new(counts, ht_doctor_verdict_names[i], json_integer((json_int_t)report->counts[i]));
  for (size_t i = 0; i < report->count; i++) {
    const struct ht_doctor_finding *finding = &report->findings[i];
    char text[HT_DOCTOR_TEXT];
    bool bad = is_bad(finding);
    json_t *one =
        json_pack("{s:s, s:s, s:s, s:s?, s:o, s:s, s:s, s:s?}", "name", finding->rule->name, "verdict",
                  ht_doctor_verdict_names[finding->verdict], "value", finding->value, "file",
                  *finding->file ? finding->file : NULL, "spoils",
                  json_targets(bad ? finding->rule->spoils : 0), "rule", rule_text(finding->rule, text),
                  "source", finding->rule->source, "mend", bad ? finding->rule->mend : NULL);
    json_array_append_new(findings, one);
  }
  const char *root = arguments->plan.root ? arguments->plan.root : "/";
  json_t *whole =
      json_pack("{s:s%, s:o, s:o}", "root", root, strlen(root), "counts", counts, "findings", findings);
  bool good = whole && json_array_size(findings) == report->count &&
              json_dumpf(whole, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
  json_decref(whole);
  if (!good) cli_say("the findings could not be written as JSON: no memory, or --root is no UTF-8");
  return good;
}

// The folder of a file that need not be there yet, to be freed.
static char *folder_of(const char *file) {
  const char *slash = strrchr(file, '/');
  char *folder = !slash ? strdup(".") : slash == file ? strdup("/") : strndup(file, (size_t)(slash - file));
  if (folder) return folder;
  cli_say("no memory");
  exit(CLI_NO_VERDICT);
}

static int examine(struct arguments *arguments) {
  struct ht_doctor_report report;
  char error[HT_DOCTOR_TEXT];
  // A root from elsewhere says nothing of this machine's disk.
  if (!arguments->database && !arguments->plan.root) arguments->database = "results.db";
  char *results = arguments->database ? folder_of(arguments->database) : NULL;
  arguments->plan.results = results;
  int code = ht_doctor_look(&arguments->plan, &report, error, sizeof error);
  free(results);
  if (code == CLI_USAGE || code == CLI_NO_VERDICT) {
    cli_say("%s", error);
    return code;
  }
  if (!arguments->json)
    print_findings(&report);
  else if (!print_json(arguments, &report))
    return CLI_NO_VERDICT;
  return code;
}

int cli_doctor(int argc, char **argv) {
  struct arguments arguments = {0};
  // It has options of its own, and they are what follows.
  if (argc > 1 && strcmp(argv[1], "--calibrate") == 0) {
    static char name[] = "heaptrial doctor --calibrate";
    argv[1] = name;
    return cli_calibrate(argc - 1, argv + 1);
  }
  cli_parse(&argp, argc, argv, &arguments);
  if (arguments.rules) {
    print_rules();
    return CLI_FINE;
  }
  return examine(&arguments);
}

void cli_doctor_warning(void) {
  char text[4 * HT_DOCTOR_TEXT];
  if (ht_doctor_warning(NULL, text, sizeof text)) cli_say("%s", text);
}
