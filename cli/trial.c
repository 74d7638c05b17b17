// Tries heaps: first whether what they do is right, then how fast it is.
#include "cli/keep.h"
#include "cli/safety.h"
#include "cli/speed.h"
#include "cli/table.h"
#include "results/report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

struct arguments {
  struct cli_words heaps;
  const char *database, *report;
  struct safety_plan safety;
  double seconds;
  bool safety_only;
};

enum { OPTION_DATABASE = 256, OPTION_REPORT, OPTION_FINDINGS, OPTION_PROGRAMS, OPTION_SAFETY };

// How a trial spends its time unless it is told: the design asks for less than 10 minutes on 2 cores.
enum {
  TRIAL_SECONDS = 300,
  SAFETY_PERCENT = 40,
  PROGRAMS = 20000, // generated, a heap
  REPLICATES = 7,   // an interval takes at least six
  PROCESS_SECONDS = 20,
  CPU_SECONDS = 1, // a process; calibration keeps to it
  END_PERCENT = 8, // of the time, for the run in hand to end
  JOBS_MAX = 64,
};

static const struct argp_option options[] = {
    {"heap", 'H', "HEAP", 0, "A name (see heaptrial list) or the path of a library; may be repeated; all", 0},
    {"time", 'T', "TIME", 0, "How long the whole trial may take (5m)", 0},
    {"seed", 's', "N", 0, "Of the generated programs and of the order of runs (1)", 0},
    {"programs", OPTION_PROGRAMS, "N", 0, "How many programs are generated, for each heap (20000)", 0},
    {"jobs", 'j', "N", 0, "Heaps at once, while safety is tried (one a core)", 0},
    {"safety-only", OPTION_SAFETY, NULL, 0, "Do not measure", 0},
    {"db", OPTION_DATABASE, "FILE", 0, "Where results are kept (results.db)", 0},
    {"report", OPTION_REPORT, "FILE", 0, "Where the report goes (report.html)", 0},
    {"findings", OPTION_FINDINGS, "DIR", 0, "Where programs go that break something (findings)", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
  struct arguments *arguments = state->input;
  switch (key) {
  case 'H':
    cli_words_add(&arguments->heaps, value);
    return 0;
  case 'T':
    arguments->seconds = cli_seconds(state, "--time", value);
    return 0;
  case 's':
    arguments->safety.seed = cli_number(state, "--seed", value, 0, INT64_MAX);
    return 0;
  case 'j':
    arguments->safety.jobs = (unsigned)cli_number(state, "--jobs", value, 1, JOBS_MAX);
    return 0;
  case OPTION_PROGRAMS:
    arguments->safety.programs = cli_number(state, "--programs", value, 1, INT64_MAX);
    return 0;
  case OPTION_SAFETY:
    arguments->safety_only = true;
    return 0;
  case OPTION_DATABASE:
    arguments->database = value;
    return 0;
  case OPTION_REPORT:
    arguments->report = value;
    return 0;
  case OPTION_FINDINGS:
    arguments->safety.findings = value;
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "\"%s\": heaps are given as --heap %s", value, value);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Tries heaps: heap programs look for broken invariants, then a short benchmark measures throughput, "
    "pauses and "
    "space. Prints a row a heap and writes one HTML file.\v"
    "Every result is kept as it comes; after an interrupt the report is made of what there is. "
    "Exit codes: 0 fine, 1 a heap broke something, 2 usage, 3 a heap could not be tried or not all was done.",
    NULL,
    NULL,
    NULL,
};

// What is measured; bench knows more.
static const char *const workloads[] = {"churn", "binary-trees"};

struct trial {
  const struct arguments *arguments;
  struct keep keep;
  struct safety *safeties;
  struct speed *speeds;
  size_t heaps;
};

static void say_safety(const struct safety *safety) {
  const char *name = safety->heap->choice.name;
  const struct ht_runner_counts *counts = &safety->counts;
  switch (safety->result.kind) {
  case ATTEMPT_KEPT:
    cli_say("%s: kept everything: %llu programs, %.1f million operations, %.0f s", name,
            (unsigned long long)counts->programs, (double)counts->operations / 1e6, safety->seconds);
    break;
  case ATTEMPT_BROKEN:
  case ATTEMPT_CRASHED:
  case ATTEMPT_HUNG:
    cli_say("%s: BROKEN after %llu programs: %s", name, (unsigned long long)counts->programs,
            safety->result.message);
    if (*safety->saved)
      cli_say("%s: to see it again: heaptrial replay --heap %s %s", name, safety->heap->choice.text,
              safety->saved);
    break;
  case ATTEMPT_NO_VERDICT:
  case ATTEMPT_INTERRUPTED:
    cli_say("%s: no verdict: %s", name, safety->result.message);
    break;
  }
}

static void safety_is_done(void *context, const struct safety *safety) {
  struct trial *trial = context;
  say_safety(safety);
  struct ht_line *line = keep_safety(safety, &trial->arguments->safety);
  keep_line(&trial->keep, line);
  ht_line_free(line);
}

static void safety_cell(const struct safety *safety, char *cell, size_t size) {
  switch (safety->result.kind) {
  case ATTEMPT_KEPT:
    snprintf(cell, size, "kept (%.1f M operations)", (double)safety->counts.operations / 1e6);
    break;
  case ATTEMPT_BROKEN:
  case ATTEMPT_CRASHED:
  case ATTEMPT_HUNG:
    snprintf(cell, size, "BROKEN: %s", safety->result.what);
    break;
  case ATTEMPT_INTERRUPTED:
    snprintf(cell, size, "partial (%.1f M operations)", (double)safety->counts.operations / 1e6);
    break;
  case ATTEMPT_NO_VERDICT:
    snprintf(cell, size, "no verdict");
    break;
  }
}

static void print_table(const struct trial *trial) {
  bool measured = !trial->arguments->safety_only;
  struct table table = {.columns = measured ? 5 : 2};
  table_add(&table, (const char *const[]){"heap", "safety", "throughput", "pause", "space"});
  for (size_t i = 0; i < trial->heaps; i++) {
    const struct safety *safety = &trial->safeties[i];
    const struct speed *speed = &trial->speeds[i];
    char safe[64], time[SPEED_TEXT], throughput[64], pause[SPEED_TEXT], space[SPEED_TEXT];
    safety_cell(safety, safe, sizeof safe);
    snprintf(throughput, sizeof throughput, "%s%s", speed_time(time, speed->throughput),
             speed->bad                 ? " (a run failed)"
             : isnan(speed->throughput) ? ""
                                        : "/op");
    table_add(&table, (const char *const[]){safety->heap->choice.name, safe, throughput,
                                            speed_pause(pause, speed), speed_ratio(space, speed->space)});
  }
  table_print(&table);
  table_free(&table);
}

// Speed, for the heaps that could be loaded. Their rows are filled, the others stay empty.
static int measure(struct trial *trial, const struct cli_heaps *heaps, double seconds) {
  const char **names = calloc(heaps->count, sizeof *names);
  size_t *rows = calloc(heaps->count, sizeof *rows);
  struct speed *speeds = calloc(heaps->count, sizeof *speeds);
  int code = CLI_NO_VERDICT;
  struct ht_bench_plan plan = {
      .heaps = names,
      .workloads = workloads,
      .workload_count = sizeof workloads / sizeof *workloads,
      .replicates = REPLICATES,
      .seed = trial->arguments->safety.seed,
      .process_seconds = fmin(PROCESS_SECONDS, seconds),
      .cpu_seconds = CPU_SECONDS,
      .total_seconds = seconds,
      .over_time = true,
  };
  if (!names || !rows || !speeds) {
    cli_say("no memory");
    goto out;
  }
  for (size_t i = 0; i < heaps->count; i++) {
    if (!heaps->heaps[i].table) continue;
    rows[plan.heap_count] = i;
    names[plan.heap_count++] = heaps->heaps[i].choice.text;
  }
  if (plan.heap_count == 0 || ht_process_interrupted()) goto out;
  cli_say("measuring: %zu heaps, %zu workloads, %u times, at most %.0f s", plan.heap_count,
          plan.workload_count, plan.replicates, seconds);
  cli_doctor_warning();
  // Fewer rounds than planned are a wider interval and no lack of a verdict.
  size_t left_out;
  code = speed_measure(&plan, &trial->keep, speeds, &left_out);
  for (size_t i = 0; i < plan.heap_count; i++) trial->speeds[rows[i]] = speeds[i];
out:
  free(speeds);
  free(rows);
  free(names);
  return code;
}

static bool is_broken(enum attempt_kind kind) {
  return kind == ATTEMPT_BROKEN || kind == ATTEMPT_CRASHED || kind == ATTEMPT_HUNG;
}

// A finding weighs most: what else went wrong does not make it go away.
static enum cli_exit verdict(const struct trial *trial, int measured, bool complete) {
  for (size_t i = 0; i < trial->heaps; i++)
    if (is_broken(trial->safeties[i].result.kind)) return CLI_FINDING;
  if (measured == CLI_FINDING) return CLI_FINDING;
  for (size_t i = 0; i < trial->heaps; i++)
    if (trial->safeties[i].result.kind != ATTEMPT_KEPT || trial->speeds[i].missing) return CLI_NO_VERDICT;
  return measured == CLI_FINE && complete ? CLI_FINE : CLI_NO_VERDICT;
}

static enum cli_exit try_heaps(struct trial *trial, struct cli_heaps *heaps) {
  const struct arguments *arguments = trial->arguments;
  double started = cli_now();
  struct safety_plan plan = arguments->safety;
  trial->heaps = heaps->count;
  // As many rounds as it takes to try all, `jobs` at once.
  size_t rounds = (heaps->count + plan.jobs - 1) / plan.jobs;
  plan.seconds = arguments->seconds * (arguments->safety_only ? 100 : SAFETY_PERCENT) / 100 / (double)rounds;
  cli_say("%zu heaps, at most %.0f s; safety first, %.0f s a heap", heaps->count, arguments->seconds,
          plan.seconds);
  safety_try(heaps, &plan, trial->safeties, safety_is_done, trial);
  int measured = CLI_FINE;
  double left = arguments->seconds * (100 - END_PERCENT) / 100 - (cli_now() - started);
  if (!arguments->safety_only) measured = measure(trial, heaps, fmax(left, 1));

  struct ht_report_summary summary;
  char error[HT_ERROR_SIZE];
  bool reported = ht_report_write(trial->keep.store, arguments->report, &summary, error) == 0;
  if (!reported) cli_say("%s", error);
  int stopped = ht_process_interrupted();
  print_table(trial);
  if (reported) printf("report: %s\n", arguments->report);
  if (stopped)
    cli_say("interrupted: table and report are partial; all that was measured is in %s", arguments->database);
  cli_say("%.0f s", cli_now() - started);
  bool stored = keep_close(&trial->keep);
  return verdict(trial, measured, stored && reported && !stopped);
}

int cli_trial(int argc, char **argv) {
  struct arguments arguments = {
      .database = "results.db",
      .report = "report.html",
      .seconds = TRIAL_SECONDS,
      .safety = {.seed = 1, .programs = PROGRAMS, .findings = "findings", .jobs = (unsigned)get_nprocs()},
  };
  cli_parse(&argp, argc, argv, &arguments);
  struct cli_heaps heaps;
  if (!cli_heaps_open(&arguments.heaps, &heaps)) return CLI_USAGE;
  int code = CLI_USAGE;
  struct trial trial = {.arguments = &arguments,
                        .safeties = calloc(heaps.count, sizeof *trial.safeties),
                        .speeds = calloc(heaps.count, sizeof *trial.speeds)};
  for (size_t i = 0; trial.speeds && i < heaps.count; i++)
    trial.speeds[i] = (struct speed){.throughput = NAN, .pause = NAN, .space = NAN};
  if (!trial.safeties || !trial.speeds) {
    cli_say("no memory");
    code = CLI_NO_VERDICT;
  } else if (keep_open(&trial.keep, arguments.database)) {
    // From here on Ctrl-C ends children, and this program when it has reported what there is.
    ht_process_interruptible();
    code = try_heaps(&trial, &heaps);
  }
  free(trial.speeds);
  free(trial.safeties);
  cli_heaps_close(&heaps);
  free(arguments.heaps.words);
  return code;
}
