// Runs an engine's jobs to their end: starts them, sees that they make progress, starts again those that stop
// at a finding, and ends what hangs.

#include "fuzz/campaign/campaign_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MILLISECONDS = 100, SAY_SECONDS = 10, HANG_GRACE_SECONDS = 2 };

static uint64_t executed(const struct job *job) {
  return atomic_load_explicit(&job->flight->started, memory_order_relaxed);
}

// Seconds left of the campaign, at least 1; 0 if it has no bound.
static uint64_t seconds_left(const struct campaign *campaign) {
  uint64_t bound = campaign->options->seconds;
  if (bound == 0) return 0;
  uint64_t used = (campaign_clock() - campaign->started_ns) / HT_PROCESS_SECOND;
  return used < bound ? bound - used : 1;
}

static bool time_is_up(const struct campaign *campaign) {
  uint64_t bound = campaign->options->seconds * HT_PROCESS_SECOND;
  return bound != 0 && campaign_clock() - campaign->started_ns + HT_PROCESS_SECOND / 2 >= bound;
}

static void start_job(struct campaign *campaign, unsigned index) {
  struct job *job = &campaign->jobs[index];
  uint64_t seconds = seconds_left(campaign), executions = campaign->options->executions;
  if (executions != 0) executions -= executed(job) < executions ? executed(job) : executions - 1;
  struct engine_command command;
  struct ht_process_result result;
  engine_command_make(campaign, index, seconds, executions, &command);
  enum ht_process_stream_kind kind = job->restarts == 0 ? HT_PROCESS_FILE : HT_PROCESS_APPEND;
  struct ht_process_options options = {.argv = (const char *const *)command.argv,
                                       .environment = (const char *const *)command.environment,
                                       .preload = command.preload,
                                       .out = {.kind = kind, .path = job->log_path},
                                       .err.kind = HT_PROCESS_JOIN,
                                       .wall_ns = seconds ? (seconds + START_SECONDS) * HT_PROCESS_SECOND : 0,
                                       .grace_ns = 2 * HT_PROCESS_SECOND};
  job->executed = executed(job);
  job->seen_started = job->executed;
  job->seen_at = campaign_clock();
  job->hung = false;
  job->process = ht_process_start(&options, &result);
  if (job->process == NULL) {
    if (result.outcome == HT_PROCESS_INTERRUPTED)
      campaign->result->interrupted = true;
    else
      campaign_fail(campaign, "%s cannot be started: %s", command.argv[0], result.reason);
    ht_process_result_free(&result);
  }
  engine_command_free(&command);
}

// A crash handler that waits for a lock of the heap it interrupted waits for ever, and neither an engine's
// own timeout nor its parent notices: no CPU is used and nothing is written.
static void look_for_hang(struct campaign *campaign, struct job *job) {
  uint64_t started = executed(job), now = campaign_clock();
  if (started != job->seen_started) {
    job->seen_started = started;
    job->seen_at = now;
  }
  // The engine's own timeout comes first; this is for when that fails, too.
  uint64_t bound = (campaign_hang_seconds(campaign) + HANG_GRACE_SECONDS) * HT_PROCESS_SECOND;
  if (job->hung || now - job->seen_at < bound) return;
  bool running = started != atomic_load(&job->flight->finished);
  // An engine may take its time between programs, to start or to merge; START_SECONDS bounds that.
  if (!running && now - job->seen_at < START_SECONDS * HT_PROCESS_SECOND) return;
  job->hung = true;
  campaign_say(campaign, "no progress for %u s: ended", (unsigned)(bound / HT_PROCESS_SECOND));
  ht_process_stop(job->process);
}

static void look_at_cpu(const struct campaign *campaign, struct job *job) {
  uint64_t bound = campaign->options->cpu_seconds * HT_PROCESS_SECOND;
  uint64_t now = atomic_load_explicit(&job->flight->process_ns, memory_order_relaxed);
  if (bound == 0 || job->spent || job->hung) return;
  if (now < job->cpu_seen) job->cpu_before += job->cpu_seen;
  job->cpu_seen = now;
  job->spent = job->cpu_before + now >= bound;
  if (job->spent) ht_process_stop(job->process);
}

// What an end of the engine means. True: start it again, it stopped at a finding and there is time.
static bool judge_end(struct campaign *campaign, struct job *job, const struct ht_process_result *result) {
  uint64_t started = executed(job);
  bool running = started != atomic_load(&job->flight->finished);
  bool ended_well = result->outcome == HT_PROCESS_EXITED && result->exit_code == 0;
  campaign->result->cpu_seconds += (double)(result->user_ns + result->system_ns) / 1e9;
  // AFL++ kills its fork server and the target below it together, so nobody waits for the target unless it
  // had crashed before.
  if (campaign->options->engine == HT_ENGINE_AFLPP && !running)
    campaign->result->cpu_seconds += (double)atomic_load(&job->flight->process_ns) / 1e9;
  if (job->flight->refused) {
    size_t size;
    char *text = ht_file_read(job->log_path, LOG_MAX, &size);
    char *line = text != NULL ? strstr(text, "no verdict: ") : NULL;
    if (line != NULL) line[strcspn(line, "\n")] = 0;
    campaign_fail(campaign, "%s", line != NULL ? line + strlen("no verdict: ") : "the heap refused to start");
    free(text);
    return false;
  }
  if (result->outcome == HT_PROCESS_INTERRUPTED) {
    campaign->result->interrupted = true;
    return false;
  }
  if (job->spent && result->outcome == HT_PROCESS_STOPPED) return false;
  // The engine may have died with what it was running and saved nothing.
  if (running && (!ended_well || job->hung))
    candidate_add(campaign, job->flight->bytes, job->flight->size);
  else if (!ended_well && started == job->executed)
    campaign_fail(campaign, "the engine executed nothing and ended: %s (see %s)", result->reason,
                  job->log_path);
  if (ended_well || campaign->options->until_first || campaign->failed) return false;
  if (campaign->options->engine == HT_ENGINE_AFLPP) {
    // It goes on after crashes: an end before its time is its own trouble.
    if (!running && !time_is_up(campaign))
      campaign_fail(campaign, "afl-fuzz ended: %s (see %s)", result->reason, job->log_path);
    return false;
  }
  uint64_t bound = campaign->options->executions;
  if (time_is_up(campaign) || (bound != 0 && started >= bound)) return false;
  return ++job->restarts <= RESTARTS_MAX;
}

static void say_progress(const struct campaign *campaign) {
  uint64_t total = campaign->result->executions;
  for (unsigned i = 0; i < campaign->job_count; i++) total += executed(&campaign->jobs[i]);
  double seconds = (double)(campaign_clock() - campaign->started_ns) / 1e9;
  campaign_say(campaign, "%.0f s: %" PRIu64 " programs", seconds, total);
}

static bool open_jobs(struct campaign *campaign) {
  for (unsigned i = 0; i < campaign->job_count; i++) {
    struct job *job = &campaign->jobs[i];
    job->flight_path = ht_text("%s/work/job%u.flight", campaign->options->output, i);
    job->log_path = ht_text("%s/job%u.log", campaign->log, i);
    job->flight = ht_flight_create(job->flight_path);
    if (job->flight == NULL) {
      campaign_fail(campaign, "%s: %s", job->flight_path, strerror(errno));
      return false;
    }
  }
  return true;
}

static void stop_all(struct ht_process **processes, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (processes[i] != NULL) ht_process_stop(processes[i]);
}

// Until none is left. `processes` mirrors the jobs' own, as ht_process_wait_any wants them in a row.
static void wait_for_jobs(struct campaign *campaign, struct ht_process **processes) {
  uint64_t said = campaign_clock();
  bool stopping = false;
  for (unsigned left = campaign->job_count; left > 0;) {
    struct ht_process_result result;
    int index =
        ht_process_wait_any(processes, campaign->job_count, LOOK_MILLISECONDS * UINT64_C(1000000), &result);
    if (index >= 0) {
      struct job *job = &campaign->jobs[index];
      job->process = NULL;
      bool again = judge_end(campaign, job, &result) && !stopping;
      bool found = !job->spent && (result.outcome != HT_PROCESS_EXITED || result.exit_code != 0);
      ht_process_result_free(&result);
      if (again) start_job(campaign, (unsigned)index);
      processes[index] = job->process;
      if (job->process == NULL) left--;
      if ((found && campaign->options->until_first) || campaign->failed || campaign->result->interrupted) {
        stopping = true;
        stop_all(processes, campaign->job_count);
      }
    }
    for (unsigned i = 0; i < campaign->job_count; i++)
      if (processes[i] != NULL) {
        look_for_hang(campaign, &campaign->jobs[i]);
        look_at_cpu(campaign, &campaign->jobs[i]);
      }
    if (campaign_clock() - said >= SAY_SECONDS * HT_PROCESS_SECOND) {
      said = campaign_clock();
      say_progress(campaign);
    }
  }
}

void campaign_watch(struct campaign *campaign) {
  struct ht_process **processes = calloc(campaign->job_count, sizeof *processes);
  campaign->jobs = calloc(campaign->job_count, sizeof *campaign->jobs);
  campaign->started_ns = campaign_clock();
  if (processes == NULL || campaign->jobs == NULL)
    campaign_fail(campaign, "no memory");
  else if (open_jobs(campaign)) {
    unsigned started = 0;
    for (unsigned i = 0; i < campaign->job_count && !campaign->failed; i++) {
      start_job(campaign, i);
      processes[i] = campaign->jobs[i].process;
      if (processes[i] != NULL) started++;
    }
    campaign->job_count = started; // those that could not be started are the last ones
    wait_for_jobs(campaign, processes);
    for (unsigned i = 0; i < campaign->job_count; i++) {
      campaign->result->executions += executed(&campaign->jobs[i]);
      campaign->result->operations += atomic_load(&campaign->jobs[i].flight->operations);
    }
  }
  campaign->result->seconds = (double)(campaign_clock() - campaign->started_ns) / 1e9;
  free(processes);
}
