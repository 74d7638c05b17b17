// One process, one line.
#include "bench/native/native.h"
#include "bench/plan/plan_internal.h"
#include "process/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS = 96, PATH_SIZE = 1024, DEFAULT_SECONDS = 60 };

// What the C library may find out about a CPU and choose its string functions by, beyond what all of them
// have.
#define HWCAPS_OF_EVERY_CPU \
  "-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load,-BMI2,-SSE4_2,-SSSE3"

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

static bool program_of(const struct ht_plugin_choice *choice, char *program, size_t size) {
  char heap[64];
  return built_in(choice, heap, sizeof heap) &&
         snprintf(program, size, "%s/bench-%s", HEAPTRIAL_BENCH_DIRECTORY, heap) < (int)size &&
         access(program, X_OK) == 0;
}

bool bench_has_program(const struct ht_plugin_choice *choice) {
  char program[PATH_SIZE];
  return program_of(choice, program, sizeof program);
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

// What a counted process finds in its environment, and nothing else: the size of the environment moves the
// stack, and some heaps look at it. One arena; the C library's functions as every x86-64 CPU has them;
// Boehm's collector marks on the thread that is counted; Python hashes alike.
static const char *const counted_environment[] = {
    "GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.cpu.hwcaps=" HWCAPS_OF_EVERY_CPU,
    "GC_MARKERS=1",
    "PYTHONHASHSEED=0",
    NULL,
};
static const char *const counted_environment_kept[] = {
    "PATH", "LD_LIBRARY_PATH", "HEAPTRIAL_MACHINE", "HEAPTRIAL_COMMIT", "HEAPTRIAL_COMMIT_SEQ", NULL};

// Some containers forbid it: then addresses are as valgrind lays them out.
static bool layout_can_be_fixed(void) {
  static enum { UNKNOWN, CAN, CANNOT } known;
  const char *const argv[] = {"setarch", "--addr-no-randomize", "true", NULL};
  struct ht_process_options options = {
      .argv = argv, .out = {.kind = HT_PROCESS_DISCARD}, .err = {.kind = HT_PROCESS_DISCARD}};
  struct ht_process_result result;
  if (known == UNKNOWN) {
    known = ht_process_run(&options, &result) ? CAN : CANNOT;
    ht_process_result_free(&result);
  }
  return known == CAN;
}

static void add_counter(struct command *c, const struct bench_pair *pair, const char *callgrind_out) {
  add(c, "env");
  add(c, "-i");
  for (const char *const *name = counted_environment_kept; *name; name++)
    if (getenv(*name)) add_text(c, "%s=%s", *name, getenv(*name));
  for (const char *const *entry = counted_environment; *entry; entry++) add(c, *entry);
  if (pair->choice->preload) add_text(c, "LD_PRELOAD=%s", pair->choice->preload);
  if (layout_can_be_fixed()) {
    add(c, "setarch");
    add(c, "--addr-no-randomize");
  }
  add(c, "valgrind");
  add(c, "--tool=callgrind");
  add(c, "--toggle-collect=ht_measured_region");
  add(c, "--log-file=/dev/null");
  add_text(c, "--callgrind-out-file=%s", callgrind_out);
}

static void make_command(struct command *c, const struct bench_pair *pair,
                         const struct ht_workload_params *params, enum bench_way way,
                         const char *callgrind_out) {
  char heap[64], program[PATH_SIZE];
  const struct ht_plugin_choice *choice = pair->choice;
  if (way == BENCH_COUNTED) add_counter(c, pair, callgrind_out);
  if (!pair->through_table && program_of(choice, program, sizeof program)) {
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
  if (way == BENCH_WATCHED) add(c, "--over-time");
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
                           enum bench_way way, const char *const *environment, const char *callgrind_out,
                           bool *interrupted) {
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
        .environment = environment,
        .preload = way == BENCH_COUNTED ? NULL : pair->choice->preload,
        .out = {.kind = HT_PROCESS_CAPTURE},
        .err = {.kind = HT_PROCESS_CAPTURE},
        .pinned = plan->pinned && params->mutators == 1,
        .cpu = plan->cpu,
        .wall_ns = (uint64_t)(seconds * (double)HT_PROCESS_SECOND),
    };
    ht_process_run(&options, &result);
    *interrupted = result.outcome == HT_PROCESS_INTERRUPTED;
    line = judge(pair, params, &result);
    if (line && options.pinned && way != BENCH_COUNTED) ht_line_param_number(line, "pinned_to", options.cpu);
    ht_process_result_free(&result);
  }
  command_free(&command);
  return line;
}

#define PADDING_NAME "HEAPTRIAL_PADDING="
enum { PADDING_ROOM = sizeof PADDING_NAME + BENCH_PADDING_MOST };

static void make_padding(char padding[PADDING_ROOM], const struct bench_place *place) {
  size_t name = strlen(PADDING_NAME);
  memcpy(padding, PADDING_NAME, name);
  memset(padding + name, 'x', place->padding);
  padding[name + place->padding] = 0;
}

static void add_place(struct ht_line *line, const struct bench_pair *pair, const struct bench_place *place) {
  ht_line_param_number(line, "round", place->round);
  ht_line_param_number(line, "place", place->place);
  ht_line_param_number(line, "padding", (int64_t)place->padding);
  ht_line_param_number(line, "warmups", pair->plan->warmups);
}

static struct ht_line *run_uncounted(const struct bench_pair *pair, const struct ht_workload_params *params,
                                     enum bench_way way, const struct bench_place *place, bool *interrupted) {
  char padding[PADDING_ROOM];
  const char *const environment[] = {padding, NULL};
  if (place) make_padding(padding, place);
  struct ht_line *line = run(pair, params, way, place ? environment : NULL, "", interrupted);
  if (line && place) add_place(line, pair, place);
  return line;
}

// The page that two processes in step share.
static int make_shared(char *path, size_t size) {
  enum { BYTES = 4096 };
  snprintf(path, size, "/dev/shm/heaptrial-step-XXXXXX");
  int file = mkstemp(path);
  if (file < 0) {
    snprintf(path, size, "/tmp/heaptrial-step-XXXXXX");
    file = mkstemp(path);
  }
  if (file >= 0 && ftruncate(file, BYTES) != 0) {
    close(file);
    unlink(path);
    file = -1;
  }
  return file;
}

static struct ht_process *start_in_step(const struct bench_pair *pair, unsigned side, const char *path,
                                        const char *padding, struct ht_process_result *result) {
  const struct ht_bench_plan *plan = pair->plan;
  double seconds = plan->process_seconds > 0 ? plan->process_seconds : DEFAULT_SECONDS;
  const char *const environment[] = {padding, NULL};
  struct command command = {0};
  make_command(&command, pair, &pair->params, BENCH_PLAIN, "");
  add_text(&command, "--in-step=%s", path);
  add_text(&command, "--side=%u", side);
  struct ht_process_options options = {
      .argv = command.argv,
      .environment = environment,
      .preload = pair->choice->preload,
      .out = {.kind = HT_PROCESS_CAPTURE},
      .err = {.kind = HT_PROCESS_CAPTURE},
      .pinned = plan->pinned,
      .cpu = plan->cpu,
      .wall_ns = (uint64_t)(seconds * (double)HT_PROCESS_SECOND),
  };
  struct ht_process *process = command.failed ? NULL : ht_process_start(&options, result);
  command_free(&command);
  return process;
}

void bench_in_step(const struct bench_pair *const pairs[2], const struct bench_place places[2],
                   struct ht_line *lines[2], bool *interrupted) {
  char path[64], padding[2][PADDING_ROOM];
  struct ht_process_result results[2] = {0}, ended;
  struct ht_process *processes[2];
  int file = make_shared(path, sizeof path), at;
  lines[0] = lines[1] = NULL;
  *interrupted = false;
  if (file < 0) return;
  close(file);
  for (unsigned i = 0; i < 2; i++) {
    make_padding(padding[i], &places[i]);
    processes[i] = start_in_step(pairs[i], i, path, padding[i], &results[i]);
  }
  while ((at = ht_process_wait_any(processes, 2, HT_PROCESS_FOREVER, &ended)) >= 0) results[at] = ended;
  unlink(path);
  for (unsigned i = 0; i < 2; i++) {
    *interrupted |= results[i].outcome == HT_PROCESS_INTERRUPTED;
    lines[i] = judge(pairs[i], &pairs[i]->params, &results[i]);
    if (!lines[i]) continue;
    if (pairs[i]->plan->pinned) ht_line_param_number(lines[i], "pinned_to", pairs[i]->plan->cpu);
    add_place(lines[i], pairs[i], &places[i]);
  }
  for (unsigned i = 0; i < 2; i++) ht_process_result_free(&results[i]);
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

static struct ht_line *run_counted(const struct bench_pair *pair, const struct ht_workload_params *params,
                                   bool *interrupted) {
  char path[] = "/tmp/heaptrial-count-XXXXXX";
  int file = mkstemp(path);
  if (file < 0) return NULL;
  close(file);
  struct ht_line *line = run(pair, params, BENCH_COUNTED, NULL, path, interrupted);
  double count = read_count(path), operations = line ? bench_sample(line, "measured_operations") : 0;
  unlink(path);
  if (!line) return NULL;
  // The name of the run is no part of the counted process's environment.
  ht_line_run(line, getenv("HEAPTRIAL_RUN"));
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

struct ht_line *bench_once(const struct bench_pair *pair, const struct ht_workload_params *params,
                           enum bench_way way, const struct bench_place *place, bool *interrupted) {
  return way == BENCH_COUNTED ? run_counted(pair, params, interrupted)
                              : run_uncounted(pair, params, way, place, interrupted);
}
