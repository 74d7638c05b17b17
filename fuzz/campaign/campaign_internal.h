#ifndef FUZZ_CAMPAIGN_CAMPAIGN_INTERNAL_H
#define FUZZ_CAMPAIGN_CAMPAIGN_INTERNAL_H

// What the files of a campaign share.

#include "fuzz/campaign/campaign.h"
#include "fuzz/campaign/files.h"
#include "fuzz/targets/flight.h"
#include "plugin/plugin.h"
#include "process/process.h"
#include "fuzz/targets/target.h"

enum {
  INPUT_MAX = 4096,       // bytes of a program that engines make: 510 operations
  SEED_SECONDS = 120,     // of all seeds
  SHRINK_SECONDS = 45,    // of one shrink, more than the shrinker gives itself
  START_SECONDS = 60,     // an engine's time to start and to end, on top of what it was asked for
  MERGE_SECONDS = 120,    // of minimising the corpus
  RESTARTS_MAX = 30,      // of a job that stops at each finding
  CANDIDATES_MAX = 200,   // triaged; what comes later is nearly always more of the same
  BAD_SEEDS_MAX = 20,     // seeds that fail and are put aside one by one
  SAFE_ENTROPY_BITS = 28, // of address layout; older sanitizers die at the start with more
  LOG_MAX = 16 << 20,     // bytes of a log that are read
  ENVIRONMENT_MAX = 24,
  ENGINE_WORDS_MAX = 48,
};

// What begins the names of inputs that failed while the corpus was minimised.
#define MERGE_MARK "merge-"

// One target binary and what its environment must say.
struct place {
  struct ht_plugin_choice choice;
  char *binary;
  size_t environment_count;
  const char *environment[ENVIRONMENT_MAX]; // ends with NULL
  char *owned[ENVIRONMENT_MAX];             // those of them that are freed
};

// False with a message if there is no such heap or no such target. `directory` is the engine's, "replay" for
// the plain driver; `flavour` what the options' target_flavour says.
static inline const char *target_flavour(bool sanitizer, bool simulated) {
  return simulated ? "-simulated" : sanitizer ? "-asan" : "";
}
bool place_open(struct place *place, const char *heap, const char *targets, const char *directory,
                const char *flavour, char *message, size_t message_size);
void place_set(struct place *place, const char *name, const char *value); // nothing if value is NULL
void place_close(struct place *place);

struct job {
  struct ht_process *process; // NULL: not running
  struct ht_flight *flight;
  char *flight_path, *log_path;
  unsigned restarts;
  uint64_t executed;              // at its last start
  uint64_t seen_started, seen_at; // progress: the last program seen to start, and when
  bool hung;
  uint64_t cpu_seen, cpu_before; // ns: of the process that runs programs now, and of those before it
  bool spent;                    // ended, as its CPU time is up
};

struct campaign {
  const struct ht_campaign_options *options;
  struct ht_campaign_result *result;
  const char *targets;
  struct place engine, replay;
  char *corpus, *findings, *unconfirmed, *log, *artifacts, *afl;
  unsigned job_count;
  struct job *jobs;
  size_t candidate_count;
  char *candidates[CANDIDATES_MAX]; // files
  uint64_t started_ns;
  bool failed; // the engine said or did something that leaves no verdict; result->message says what
};

// Seconds without progress that are a hang, also of one replay.
unsigned campaign_hang_seconds(const struct campaign *campaign);
void campaign_say(const struct campaign *campaign, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Notes why there is no verdict; the first reason stays.
void campaign_fail(struct campaign *campaign, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint64_t campaign_clock(void); // monotonic, ns

// prepare.c: folders, seeds, and whether anything can run here. False after campaign_fail.
bool campaign_prepare(struct campaign *campaign);
// Replays the seeds; those that fail become candidates and leave the corpus, at most BAD_SEEDS_MAX of them.
void campaign_replay_seeds(struct campaign *campaign);

// engine.c: what to start for a job. What is left of its time and executions bounds it; 0: no bound.
struct engine_command {
  size_t argument_count, environment_count;
  char *argv[ENGINE_WORDS_MAX];        // ends with NULL
  char *environment[ENGINE_WORDS_MAX]; // likewise
  const char *preload;
};
void engine_command_make(const struct campaign *campaign, unsigned job, uint64_t seconds_left,
                         uint64_t executions_left, struct engine_command *command);
void engine_command_free(struct engine_command *command);

// watch.c: runs the jobs to their end.
void campaign_watch(struct campaign *campaign);

// candidates.c: inputs that may fail.
void candidate_add(struct campaign *campaign, const void *data, size_t size);
void candidates_collect(struct campaign *campaign); // what engines saved, once all have ended

// triage.c: from candidates to findings.
void campaign_triage(struct campaign *campaign);
// Runs a place's binary on one input; true if it could be run.
bool place_replay(const struct place *place, const char *input, const char *log, unsigned seconds,
                  char key[HT_KEY_BYTES], char *line, size_t line_size, int *exit_code);

// corpus.c: minimises and counts.
void campaign_minimise(struct campaign *campaign);

#endif
