// One process, one line.
#include "bench/native/native.h"
#include "bench/plan/plan_internal.h"
#include "process/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS = 64, PATH_SIZE = 1024, DEFAULT_SECONDS = 60 };

struct command {
  const char *argv[ARGUMENTS];
  size_t count;
  char *owned[ARGUMENTS];
  size_t owned_count;
  bool failed; // no memory, or too many
};

static void add(struct command *c, const char *word) {
  if (!word || c->count + 1 >= ARGUMENTS)
    c->failed = true;
  else
    c->argv[c->count++] = word;
}

static void add_text(struct command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_text(struct command *c, const char *format, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) text = NULL;
  va_end(arguments);
  if (text) c->owned[c->owned_count++] = text;
  add(c, text);
}

static void command_free(struct command *c) {
  while (c->owned_count > 0) free(c->owned[--c->owned_count]);
}

// Heaps of this build lie in files of this pattern, and have a program that is built against them.
static bool built_in(const struct ht_plugin_choice *choice, char *heap, size_t size) {
  static const char prefix[] = "libheaptrial-", suffix[] = ".so";
  const char *slash = strrchr(choice->path, '/'), *file = slash ? slash + 1 : choice->path;
  size_t folder = slash ? (size_t)(slash - choice->path) : 0, length = strlen(file);
  if (folder != strlen(HEAPTRIAL_HEAPS_DIRECTORY) ||
      strncmp(choice->path, HEAPTRIAL_HEAPS_DIRECTORY, folder) != 0 ||
      strncmp(file, prefix, sizeof prefix - 1) != 0 || length < sizeof prefix + sizeof suffix)
    return false;
  length -= sizeof prefix - 1 + sizeof suffix - 1;
  return (size_t)snprintf(heap, size, "%.*s", (int)length, file + sizeof prefix - 1) < size;
}

static const char *heap_name(const struct ht_plugin_choice *choice, char *buffer, size_t size) {
  return built_in(choice, buffer, size) ? buffer : choice->name;
}

// The malloc libraries stand behind one heap; the line's variant tells them apart.
static const char *variant_of(const struct ht_plugin_choice *choice, const char *heap) {
  return strcmp(choice->name, heap) == 0 ? "" : choice->name;
}

static const char *setting_of(const struct ht_plugin_choice *choice, const char *name) {
  const char *value = NULL;
  for (size_t i = 0; i < choice->setting_count; i++)
    if (strcmp(choice->settings[i].name, name) == 0) value = choice->settings[i].value;
  return value;
}

static void add_workload(struct command *c, const struct bench_pair *pair,
                         const struct ht_workload_params *params) {
  add(c, "--workload");
  add(c, pair->workload->name);
  for (const char *const *name = ht_workload_param_names; *name; name++)
    if (ht_workload_param_uses(pair->workload, *name))
      add_text(c, "--param=%s=%llu", *name, (unsigned long long)ht_workload_param_get(params, *name));
  add_text(c, "--seed=%llu", (unsigned long long)params->seed);
  add(c, "--fit");
}

static void make_command(struct command *c, const struct bench_pair *pair,
                         const struct ht_workload_params *params, enum bench_way way,
                         const char *callgrind_out) {
  char heap[64], program[PATH_SIZE];
  const struct ht_plugin_choice *choice = pair->choice;
  if (way == BENCH_COUNTED) {
    add(c, "valgrind");
    add(c, "--tool=callgrind");
    add(c, "--toggle-collect=ht_measured_region");
    add(c, "--log-file=/dev/null");
    add_text(c, "--callgrind-out-file=%s", callgrind_out);
  }
  bool direct = built_in(choice, heap, sizeof heap) &&
                snprintf(program, sizeof program, "%s/bench-%s", HEAPTRIAL_BENCH_DIRECTORY, heap) <
                    (int)sizeof program &&
                access(program, X_OK) == 0;
  if (direct) {
    add_text(c, "%s", program);
    for (size_t i = 0; i < choice->setting_count; i++)
      add_text(c, "--setting=%s=%s", choice->settings[i].name, choice->settings[i].value);
  } else {
    const char *native = ht_native_program(choice->text);
    add_text(c, "%s/%s", HEAPTRIAL_BENCH_DIRECTORY, native ? native : "bench-plugin");
    add_text(c, "--heap=%s", choice->text);
  }
  const char *provider = setting_of(choice, "provider"),
             *variant = variant_of(choice, heap_name(choice, heap, sizeof heap));
  if (provider && *provider) add_text(c, "--expect-provider=%s", provider);
  if (*variant) add_text(c, "--variant=%s", variant);
  if (way == BENCH_COUNTED) add(c, "--counting");
  add_workload(c, pair, params);
}

// What a process that gave no line of its own is reported by.
static struct ht_line *line_of(const struct bench_pair *pair, const struct ht_workload_params *params) {
  char heap[64];
  const char *name = heap_name(pair->choice, heap, sizeof heap);
  struct ht_line *line = ht_line_new(HT_LINE_BENCH, name, pair->workload->name);
  if (!line) return NULL;
  ht_line_variant(line, variant_of(pair->choice, name), "");
  for (const char *const *param = ht_workload_param_names; *param; param++)
    if (ht_workload_param_uses(pair->workload, *param))
      ht_line_param_number(line, *param, (int64_t)ht_workload_param_get(params, *param));
  ht_line_seed(line, params->seed);
  ht_line_environment(line);
  return line;
}

// The last line a process said on its standard error, without its newline.
static const char *last_words(char *text) {
  if (!text) return "";
  size_t length = strlen(text);
  while (length > 0 && text[length - 1] == '\n') text[--length] = 0;
  char *newline = strrchr(text, '\n');
  return newline ? newline + 1 : text;
}

static struct ht_line *judge(const struct bench_pair *pair, const struct ht_workload_params *params,
                             struct ht_process_result *result) {
  char error[HT_ERROR_SIZE];
  bool whole = result->outcome == HT_PROCESS_EXITED && result->out && result->out_size > 0;
  struct ht_line *line = whole ? ht_line_parse(result->out, result->out_size, error) : NULL;
  // A line that says ok from a process that does not is not believed.
  if (line && (line->status == HT_LINE_OK) == (result->exit_code == 0)) return line;
  ht_line_free(line);
  line = line_of(pair, params);
  if (!line) return NULL;
  const char *words = last_words(result->err);
  switch (result->outcome) {
  case HT_PROCESS_SIGNALED:
    ht_line_fail(line, HT_LINE_CRASHED, "%s", result->reason);
    break;
  case HT_PROCESS_TIMED_OUT:
    ht_line_fail(line, HT_LINE_TIMEOUT, "%s", result->reason);
    break;
  case HT_PROCESS_NOT_STARTED:
    ht_line_fail(line, HT_LINE_NO_VERDICT, "%s", result->reason);
    break;
  default:
    ht_line_fail(line, result->exit_code == 3 ? HT_LINE_NO_VERDICT : HT_LINE_FAILED, "%s",
                 *words            ? words
                 : *result->reason ? result->reason
                                   : "it gave no result");
    break;
  }
  return line;
}

static struct ht_line *run(const struct bench_pair *pair, const struct ht_workload_params *params,
                           enum bench_way way, const char *callgrind_out, bool *interrupted) {
  const struct ht_bench_plan *plan = pair->plan;
  double seconds = plan->process_seconds > 0 ? plan->process_seconds : DEFAULT_SECONDS;
  struct command command = {0};
  struct ht_process_result result;
  make_command(&command, pair, params, way, callgrind_out);
  struct ht_line *line = NULL;
  *interrupted = false;
  if (!command.failed) {
    struct ht_process_options options = {
        .argv = command.argv,
        .preload = pair->choice->preload,
        .out = {.kind = HT_PROCESS_CAPTURE},
        .err = {.kind = HT_PROCESS_CAPTURE},
        .pinned = plan->pinned && params->mutators == 1,
        .cpu = plan->cpu,
        .wall_ns = (uint64_t)(seconds * (double)HT_PROCESS_SECOND),
    };
    ht_process_run(&options, &result);
    *interrupted = result.outcome == HT_PROCESS_INTERRUPTED;
    line = judge(pair, params, &result);
    ht_process_result_free(&result);
  }
  command_free(&command);
  return line;
}

struct ht_line *bench_once(const struct bench_pair *pair, const struct ht_workload_params *params,
                           enum bench_way way, bool *interrupted) {
  return run(pair, params, way, "/dev/null", interrupted);
}

// The sum that callgrind writes at the end of its file; -1 if it is not there.
static double read_count(const char *path) {
  char text[256];
  double count = -1;
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  while (fgets(text, sizeof text, file))
    if (sscanf(text, "summary: %lf", &count) != 1) sscanf(text, "totals: %lf", &count);
  fclose(file);
  return count;
}

double bench_sample(const struct ht_line *line, const char *metric) {
  const struct ht_line_measure *measure = ht_line_find(line, metric);
  return measure ? measure->samples[0] : 0;
}

struct ht_line *bench_count(const struct bench_pair *pair, bool *interrupted) {
  // Valgrind takes some fifty times as long: this many operations are enough, since the count is exact.
  enum { OPERATIONS = 200000, SLOWER = 200 };
  struct ht_workload_params params = pair->params;
  struct ht_workload_expectation full, e;
  const struct ht_bench_plan *plan = pair->plan;
  double seconds = plan->process_seconds > 0 ? plan->process_seconds : DEFAULT_SECONDS;
  pair->workload->expect(&params, 1, &full);
  do pair->workload->expect(&params, 1, &e);
  while ((e.operations > OPERATIONS ||
          pair->cpu_ns * (double)e.operations / (double)full.operations * SLOWER > seconds * 1e9) &&
         ht_workload_shrink(pair->workload, &params));

  char path[] = "/tmp/heaptrial-count-XXXXXX";
  int file = mkstemp(path);
  if (file < 0) return NULL;
  close(file);
  struct ht_line *line = run(pair, &params, BENCH_COUNTED, path, interrupted);
  double count = read_count(path), operations = line ? bench_sample(line, "measured_operations") : 0;
  unlink(path);
  if (!line) return NULL;
  if (line->status == HT_LINE_OK && count > 0 && operations > 0) {
    ht_line_sample(line, "instructions", "instructions", HT_LINE_LOWER, count);
    ht_line_sample(line, "instructions_per_op", "instructions", HT_LINE_LOWER, count / operations);
  } else {
    // What is slow or breaks under valgrind has said nothing about the heap.
    char reason[256];
    snprintf(reason, sizeof reason, "%s",
             line->status == HT_LINE_OK ? "callgrind counted nothing" : line->reason);
    ht_line_fail(line, HT_LINE_NO_VERDICT, "instructions were not counted: %s", reason);
  }
  return line;
}
