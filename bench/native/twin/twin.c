// Starts a twin and makes its line.
#include "bench/native/native.h"
#include "bench/native/twin/twin.h"
#include "process/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  ARGUMENTS = 32,
  SAMPLES_KEPT = 1 << 20,
  SAID_BYTES = 32 << 20, // that many samples and some words
};

struct command {
  const char *argv[ARGUMENTS];
  size_t count;
  char words[ARGUMENTS][48];
};

static void add_number(struct command *c, const char *name, uint64_t value) {
  snprintf(c->words[c->count], sizeof *c->words, "%s=%llu", name, (unsigned long long)value);
  c->argv[c->count] = c->words[c->count];
  c->count++;
}

static void make_command(struct command *c, const struct ht_bench_arguments *a, const char *const *program) {
  while (*program) c->argv[c->count++] = *program++;
  c->argv[c->count++] = a->workload->name;
  for (const char *const *name = ht_workload_param_names; *name; name++)
    if (ht_workload_param_uses(a->workload, *name))
      add_number(c, *name, ht_workload_param_get(&a->params, *name));
  add_number(c, "seed", a->params.seed);
}

// Why it failed: the last line of what was said, but Go says it first and then where each goroutine stands.
static const char *last_words(char *text) {
  static const char *const first_words[] = {"panic: ", "fatal error: "};
  size_t length = text ? strlen(text) : 0;
  while (length > 0 && text[length - 1] == '\n') text[--length] = 0;
  if (!length) return "it said nothing";
  for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++)
    if (strncmp(text, first_words[i], strlen(first_words[i])) == 0) {
      text[strcspn(text, "\n")] = 0;
      return text;
    }
  char *newline = strrchr(text, '\n');
  return newline ? newline + 1 : text;
}

static int fail(struct ht_line *line, enum ht_line_status status, const char *reason) {
  ht_line_fail(line, status, "%s", reason);
  return status == HT_LINE_NO_VERDICT ? 3 : 1;
}

// What the environment sets unasked is taken away, so that the line tells all that was set. 0 or an exit
// code.
static int apply_settings(const struct ht_bench_arguments *a, const char *const *known,
                          struct ht_line *line) {
  char message[256];
  for (const char *const *name = known; *name; name++) unsetenv(*name);
  for (size_t i = 0; i < a->setting_count; i++) {
    const char *const *name = known;
    while (*name && strcmp(*name, a->settings[i].name) != 0) name++;
    if (!*name) {
      snprintf(message, sizeof message, "%s has no setting \"%s\"", a->heap, a->settings[i].name);
      return fail(line, HT_LINE_NO_VERDICT, message);
    }
    if (setenv(*name, a->settings[i].value, 1)) return fail(line, HT_LINE_FAILED, "no memory");
  }
  return 0;
}

// 0 if the twin ended well, or an exit code with the line saying why.
static int judge_process(struct ht_process_result *result, struct ht_line *line) {
  if (result->outcome == HT_PROCESS_SIGNALED) return fail(line, HT_LINE_CRASHED, result->reason);
  if (result->outcome != HT_PROCESS_EXITED) return fail(line, HT_LINE_NO_VERDICT, result->reason);
  if (result->exit_code == 0) return 0;
  return fail(line, result->exit_code == 3 ? HT_LINE_NO_VERDICT : HT_LINE_FAILED, last_words(result->err));
}

// The same that ht_workload_run demands of a heap.
static int judge_work(const struct twin_report *report, const struct ht_workload_expectation *expected,
                      struct ht_line *line) {
  ht_line_checksum(line, report->checksum);
  ht_line_allocations(line, report->allocations);
  if (report->checksum != expected->checksum) {
    ht_line_fail(line, HT_LINE_CHECKSUM, "checksum %#llx, expected %#llx",
                 (unsigned long long)report->checksum, (unsigned long long)expected->checksum);
    return 1;
  }
  if (report->allocations < expected->allocations) {
    ht_line_fail(line, HT_LINE_CHECKSUM, "%llu allocations, expected %llu",
                 (unsigned long long)report->allocations, (unsigned long long)expected->allocations);
    return 1;
  }
  return 0;
}

static int fill(const struct ht_bench_arguments *a, struct ht_process_result *result,
                struct twin_report *report, struct ht_line *line) {
  struct ht_workload_expectation expected;
  const struct ht_bench_reading nothing = {0};
  char message[256];
  int status = judge_process(result, line);
  if (status) return status;
  if (result->out_cut || !twin_report_read(result->out, report, message, sizeof message))
    return fail(line, HT_LINE_FAILED, result->out_cut ? "the twin says more than can be kept" : message);
  ht_line_variant(line, a->variant ? a->variant : "", report->runtime);
  if (a->provider && !strstr(report->runtime, a->provider)) {
    snprintf(message, sizeof message, "the twin runs on %s, not on %s", report->runtime, a->provider);
    return fail(line, HT_LINE_NO_VERDICT, message);
  }
  a->workload->expect(&a->params, 1, &expected);
  if ((status = judge_work(report, &expected, line))) return status;
  ht_bench_add_space(line, &report->space, &report->space, expected.live_bytes);
  ht_bench_add_times(line, &nothing, &report->region, expected.operations);
  ht_bench_add_samples(line, &report->samples);
  ht_bench_events_measure(&report->events, line);
  ht_line_sample(line, "measured_operations", "count", HT_LINE_NONE, (double)expected.operations);
  if (a->events_path && ht_bench_events_write(&report->events, a->events_path)) {
    snprintf(message, sizeof message, "cannot write %s: %m", a->events_path);
    return fail(line, HT_LINE_FAILED, message);
  }
  return 0;
}

static int start(const struct ht_bench_arguments *a, const char *const *program, struct ht_line *line) {
  struct command command = {0};
  struct ht_process_result result;
  struct twin_report report = {.samples = {.capacity = SAMPLES_KEPT}};
  int status;
  report.samples.ns = malloc(SAMPLES_KEPT * sizeof *report.samples.ns);
  if (!report.samples.ns || !ht_bench_events_open(&report.events)) {
    free(report.samples.ns);
    return fail(line, HT_LINE_FAILED, "no memory");
  }
  make_command(&command, a, program);
  // Its time is bounded by who started this program: it does not outlive it.
  struct ht_process_options options = {.argv = command.argv,
                                       .out = {.kind = HT_PROCESS_CAPTURE, .capture_bytes = SAID_BYTES},
                                       .err = {.kind = HT_PROCESS_CAPTURE}};
  ht_process_run(&options, &result);
  status = fill(a, &result, &report, line);
  ht_process_result_free(&result);
  ht_bench_events_close(&report.events);
  free(report.samples.ns);
  return status;
}

int twin_measure(const struct ht_bench_arguments *a, const struct ht_heap_table *table,
                 struct ht_line *line) {
  struct ht_plugin_choice choice;
  char message[256];
  ht_line_variant(line, a->variant ? a->variant : "", "");
  ht_bench_add_params(line, a);
  if (a->counting) return fail(line, HT_LINE_NO_VERDICT, "instructions of another runtime are not counted");
  if (!ht_native_choose(a->heap, &choice, message, sizeof message))
    return fail(line, HT_LINE_NO_VERDICT, message);
  const struct twin *twin = *choice.path ? NULL : twin_find(strchr(table->name, ':') + 1);
  const char *own[] = {choice.path, NULL}, *const none[] = {NULL};
  int status = apply_settings(a, twin ? twin->settings : none, line);
  for (const char *const *file = twin ? twin->command : own; *file && !status; file++)
    if (**file == '/' && access(*file, R_OK) != 0) {
      snprintf(message, sizeof message, "%s is not here: %s", *file, twin ? twin->missing : strerror(errno));
      status = fail(line, HT_LINE_NO_VERDICT, message);
    }
  if (!status) status = start(a, twin ? twin->command : own, line);
  ht_plugin_choice_free(&choice);
  return status;
}
