// What to start for each engine, and in which environment. Every option here is one that a default of the
// engine made necessary; the comment beside it says why.

#include "fuzz/campaign/campaign_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[HT_ENGINES] = {"libfuzzer", "aflpp", "blind"};

const char *ht_engine_name(enum ht_engine engine) {
  return engine < HT_ENGINES ? names[engine] : "none";
}

enum ht_engine ht_engine_named(const char *name) {
  unsigned engine = 0;
  while (engine < HT_ENGINES && strcmp(names[engine], name) != 0) engine++;
  return (enum ht_engine)engine;
}

static void add(char **words, size_t *count, const char *format, va_list arguments) {
  if (*count == ENGINE_WORDS_MAX - 1) return;
  if (vasprintf(&words[*count], format, arguments) < 0) {
    words[*count] = NULL;
    return;
  }
  words[++*count] = NULL;
}

static __attribute__((format(printf, 2, 3))) void argument(struct engine_command *command, const char *format,
                                                           ...) {
  va_list arguments;
  va_start(arguments, format);
  add(command->argv, &command->argument_count, format, arguments);
  va_end(arguments);
}

static __attribute__((format(printf, 2, 3))) void variable(struct engine_command *command, const char *format,
                                                           ...) {
  va_list arguments;
  va_start(arguments, format);
  add(command->environment, &command->environment_count, format, arguments);
  va_end(arguments);
}

static void libfuzzer(const struct campaign *campaign, unsigned job, uint64_t seconds, uint64_t executions,
                      struct engine_command *command) {
  uint64_t seed = campaign->options->seed + job * 7919u + campaign->jobs[job].restarts * 104729u;
  argument(command, "%s", campaign->engine.binary);
  argument(command, "-seed=%" PRIu64, seed % INT32_MAX + 1); // 0 would be the time
  argument(command, "-max_len=%d", INPUT_MAX);
  argument(command, "-len_control=0"); // else it stays with short inputs, where nothing happens
  argument(command, "-timeout=%u", campaign_hang_seconds(campaign));
  argument(command, "-rss_limit_mb=4096");
  argument(command, "-detect_leaks=0");
  argument(command, "-reload=1"); // jobs share the corpus
  argument(command, "-print_final_stats=1");
  argument(command, "-artifact_prefix=%s/job%u-", campaign->artifacts, job);
  if (seconds != 0) argument(command, "-max_total_time=%" PRIu64, seconds);
  if (executions != 0) argument(command, "-runs=%" PRIu64, executions);
  argument(command, "%s", campaign->corpus);
  if (campaign->options->sanitizer) {
    // The default quarantine is half a gigabyte. symbolize: a stack names functions.
    variable(command,
             "ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=10:handle_abort=1");
    variable(command, "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1");
  }
  command->preload = campaign->engine.choice.preload;
}

static void aflpp(const struct campaign *campaign, unsigned job, uint64_t seconds, uint64_t executions,
                  struct engine_command *command) {
  const struct ht_campaign_options *options = campaign->options;
  argument(command, "afl-fuzz");
  argument(command, "-i");
  argument(command, "%s", campaign->corpus);
  argument(command, "-o");
  argument(command, "%s", campaign->afl);
  // Without a main instance: its deterministic stages are wasted on records. They sync through the folder.
  argument(command, "-S");
  argument(command, "job%u", job);
  argument(command, "-s");
  argument(command, "%" PRIu64, (options->seed + job * 7919u) % INT32_MAX + 1);
  argument(command, "-t"); // the default of 20 ms calls a busy machine a hang
  argument(command, "%u", campaign_hang_seconds(campaign) * 1000);
  argument(command, "-m"); // a limit of address space kills ASan
  argument(command, "none");
  argument(command, "-G");
  argument(command, "%d", INPUT_MAX);
  if (seconds != 0) {
    argument(command, "-V");
    argument(command, "%" PRIu64, seconds);
  }
  if (executions != 0) {
    argument(command, "-E");
    argument(command, "%" PRIu64, executions);
  }
  argument(command, "--");
  argument(command, "%s", campaign->engine.binary);

  variable(command, "AFL_NO_UI=1");
  variable(command, "AFL_NO_COLOR=1");
  variable(command, "AFL_NO_AFFINITY=1"); // else a third instance on two cores does not start
  variable(command, "AFL_SKIP_CPUFREQ=1");
  variable(command, "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1"); // a pipe in core_pattern is no reason to stop
  variable(command, "AFL_FORKSRV_INIT_TMOUT=30000");
  variable(command, "AFL_FAST_CAL=1");
  variable(command, "AFL_IGNORE_UNKNOWN_ENVS=1");
  if (options->until_first) variable(command, "AFL_BENCH_UNTIL_CRASH=1");
  if (!options->mutate_bytes) {
    variable(command, "AFL_CUSTOM_MUTATOR_LIBRARY=%s/libheaptrial-afl-mutator.so", campaign->targets);
    variable(command, "AFL_CUSTOM_MUTATOR_ONLY=1");
  }
  if (options->sanitizer) {
    // Without abort_on_error it does not start; an abort is also the only thing it takes for a crash.
    variable(command, "ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:quarantine_size_mb=10:"
                      "allocator_may_return_null=1");
    variable(command, "UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:symbolize=0");
  }
  // For the target alone: afl-fuzz itself needs no other malloc.
  if (campaign->engine.choice.preload != NULL)
    variable(command, "AFL_PRELOAD=%s", campaign->engine.choice.preload);
}

static void blind(const struct campaign *campaign, unsigned job, uint64_t seconds, uint64_t executions,
                  struct engine_command *command) {
  argument(command, "%s", campaign->engine.binary);
  argument(command, "-seed=%" PRIu64,
           campaign->options->seed + job * 7919u + campaign->jobs[job].restarts * 104729u);
  if (seconds != 0) argument(command, "-max_total_time=%" PRIu64, seconds);
  if (executions != 0) argument(command, "-runs=%" PRIu64, executions);
  command->preload = campaign->engine.choice.preload;
}

void engine_command_make(const struct campaign *campaign, unsigned job, uint64_t seconds_left,
                         uint64_t executions_left, struct engine_command *command) {
  static void (*const makers[HT_ENGINES])(const struct campaign *, unsigned, uint64_t, uint64_t,
                                          struct engine_command *) = {libfuzzer, aflpp, blind};
  *command = (struct engine_command){0};
  for (size_t i = 0; i < campaign->engine.environment_count; i++)
    variable(command, "%s", campaign->engine.environment[i]);
  variable(command, "%s=%s", HT_FLIGHT_VARIABLE, campaign->jobs[job].flight_path);
  makers[campaign->options->engine](campaign, job, seconds_left, executions_left, command);
}

void engine_command_free(struct engine_command *command) {
  for (size_t i = 0; i < command->argument_count; i++) free(command->argv[i]);
  for (size_t i = 0; i < command->environment_count; i++) free(command->environment[i]);
}
