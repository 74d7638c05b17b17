#include "cli/safety.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  OPERATIONS = 200,       // of a generated program
  STALL_SECONDS = 20,     // a program that takes longer hangs
  START_SECONDS = 15,     // until the heap is loaded and made
  REPORT_SECONDS = 10,    // between two lines of progress
  RECORD_NAME_BYTES = 64, // "/proc/<id>/fd/<number>"
  TEXT_BYTES = 32,        // of a number
  ARGUMENTS_MAX = 16,
};
#define POLL_NS (HT_PROCESS_SECOND / 10)

// A record in memory that another program finds under a name, and no file that a full disk could refuse.
struct shared {
  int descriptor;
  struct attempt_record *record;
  char name[RECORD_NAME_BYTES];
};

static bool shared_open(struct shared *shared) {
  *shared = (struct shared){.descriptor = memfd_create("heaptrial-record", MFD_CLOEXEC)};
  if (shared->descriptor < 0) return false;
  void *memory = MAP_FAILED;
  if (ftruncate(shared->descriptor, sizeof *shared->record) == 0)
    memory = mmap(NULL, sizeof *shared->record, PROT_READ | PROT_WRITE, MAP_SHARED, shared->descriptor, 0);
  if (memory == MAP_FAILED) {
    close(shared->descriptor);
    return false;
  }
  shared->record = memory;
  snprintf(shared->name, sizeof shared->name, "/proc/%d/fd/%d", getpid(), shared->descriptor);
  return true;
}

static void shared_close(struct shared *shared) {
  if (!shared->record) return;
  munmap(shared->record, sizeof *shared->record);
  close(shared->descriptor);
}

// One heap being tried.
struct trial {
  struct safety *safety;
  struct shared shared;
  struct ht_process *process;
  double started, moved; // when it last finished a program
  uint64_t finished;
};

static struct ht_process *start_attempt(const struct cli_heap *heap, const struct shared *shared,
                                        const char *const *more, double bound,
                                        struct ht_process_result *result) {
  const char *argv[ARGUMENTS_MAX] = {cli_self(),        "attempt",  "--heap",
                                     heap->choice.text, "--record", shared->name};
  size_t count = 6;
  for (; *more && count < ARGUMENTS_MAX - 1; more++) argv[count++] = *more;
  struct ht_process_options options = {
      .argv = argv,
      .preload = heap->choice.preload,
      .out = {.kind = HT_PROCESS_DISCARD},
      .err = {.kind = HT_PROCESS_CAPTURE},
      .wall_ns = (uint64_t)(bound * (double)HT_PROCESS_SECOND),
  };
  return ht_process_start(&options, result);
}

// Runs the program that ended the child once more, by itself and with a trace: that names the operation, and
// says whether the file alone reproduces it.
static void reproduce(struct trial *trial, double bound) {
  struct safety *safety = trial->safety;
  struct shared again;
  if (!*safety->saved || !shared_open(&again)) return;
  const char *more[] = {"--trace", safety->saved, NULL};
  struct ht_process_result process;
  struct ht_process *child = start_attempt(safety->heap, &again, more, bound, &process);
  if (child) ht_process_wait(child, &process);
  struct attempt_result result;
  attempt_judge(&process, again.record, safety->heap->table, &result);
  if (result.kind == safety->result.kind && strcmp(result.what, safety->result.what) == 0) {
    safety->result = result;
  } else if (result.kind != ATTEMPT_INTERRUPTED) {
    size_t used = strlen(safety->result.message);
    snprintf(safety->result.message + used, sizeof safety->result.message - used,
             " (not by this program alone: it needs what ran before it)");
  }
  ht_process_result_free(&process);
  shared_close(&again);
}

static void save(struct trial *trial, const char *folder) {
  static struct ht_program program;
  struct safety *safety = trial->safety;
  const struct attempt_record *record = trial->shared.record;
  if (record->started == 0) return;
  ht_program_decode(record->bytes, record->size, &program);
  if (!program_save(folder, safety->heap->choice.name, safety->result.what, &program, safety->saved,
                    sizeof safety->saved))
    safety->saved[0] = 0;
}

static void refuse(struct safety *safety, const char *why) {
  safety->result.kind = ATTEMPT_NO_VERDICT;
  snprintf(safety->result.message, sizeof safety->result.message, "%s", why);
}

// A claim that no program came to check has not been tried, whatever the verdict on the rest. The heap's own
// invariants are no claims to others but what it looks after for itself: some of them there is nothing to
// look at without an option (guards, a certain collector), and a trial runs one set of options. How often
// each was evaluated is in the result's line and in docs/invariants.md, where a 0 is seen.
static void judge_unevaluated(struct safety *safety) {
  struct ht_invariant_set asked = ht_invariants_for(safety->heap->table);
  char why[sizeof safety->result.message] = "";
  for (enum ht_invariant i = 0; i < HT_INVARIANTS; i++)
    if (ht_invariant_in(&asked, i) && safety->counts.evaluations[i] == 0)
      snprintf(why + strlen(why), sizeof why - strlen(why), "%s%s",
               *why ? ", " : "never evaluated: ", ht_invariants[i].name);
  if (*why) refuse(safety, why);
}

static void finish(struct trial *trial, const struct safety_plan *plan, struct ht_process_result *process) {
  struct safety *safety = trial->safety;
  const struct attempt_record *record = trial->shared.record;
  safety->seconds = cli_now() - trial->started;
  safety->counts = record->counts;
  memcpy(safety->provider, record->provider, sizeof safety->provider);
  attempt_judge(process, record, safety->heap->table, &safety->result);
  switch (safety->result.kind) {
  case ATTEMPT_BROKEN:
    save(trial, plan->findings);
    break;
  case ATTEMPT_CRASHED:
  case ATTEMPT_HUNG:
    save(trial, plan->findings);
    reproduce(trial, fmin(STALL_SECONDS, plan->seconds));
    break;
  case ATTEMPT_KEPT:
    judge_unevaluated(safety);
    break;
  case ATTEMPT_NO_VERDICT:
  case ATTEMPT_INTERRUPTED:
    break;
  }
  ht_process_result_free(process);
  shared_close(&trial->shared);
}

// A library that did not survive being loaded is a finding by itself; no program came to run.
static void judge_unloaded(struct safety *safety) {
  const struct cli_heap *heap = safety->heap;
  refuse(safety, heap->message);
  if (heap->status == HT_PLUGIN_CRASHES || heap->status == HT_PLUGIN_HANGS) {
    safety->result.kind = heap->status == HT_PLUGIN_HANGS ? ATTEMPT_HUNG : ATTEMPT_CRASHED;
    snprintf(safety->result.what, sizeof safety->result.what, "load");
  }
}

// Starts the next one; false: it has its answer already.
static bool start(struct trial *trial, const struct safety_plan *plan) {
  struct safety *safety = trial->safety;
  if (!safety->heap->table) {
    judge_unloaded(safety);
    return false;
  }
  if (!shared_open(&trial->shared)) {
    refuse(safety, "no memory to share with a child");
    return false;
  }
  char seed[TEXT_BYTES], programs[TEXT_BYTES], operations[TEXT_BYTES], seconds[TEXT_BYTES];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)plan->seed);
  snprintf(programs, sizeof programs, "%llu", (unsigned long long)plan->programs);
  snprintf(operations, sizeof operations, "%d", OPERATIONS);
  snprintf(seconds, sizeof seconds, "%.3f", plan->seconds);
  const char *more[] = {"--seed",   seed,     "--programs", programs, "--operations",
                        operations, "--time", seconds,      NULL};
  struct ht_process_result process = {0};
  trial->started = trial->moved = cli_now();
  trial->process = start_attempt(safety->heap, &trial->shared, more,
                                 plan->seconds + START_SECONDS + STALL_SECONDS, &process);
  if (trial->process) return true;
  finish(trial, plan, &process);
  return false;
}

// Ends those whose program does not come to an end.
static void watch(struct trial *trials, size_t count, double stall) {
  double now = cli_now();
  for (size_t i = 0; i < count; i++) {
    struct trial *trial = &trials[i];
    if (!trial->process) continue;
    const struct attempt_record *record = trial->shared.record;
    uint64_t finished = __atomic_load_n(&record->finished, __ATOMIC_RELAXED);
    if (finished != trial->finished) {
      trial->finished = finished;
      trial->moved = now;
    } else if (now - trial->moved > (record->started == 0 ? START_SECONDS : stall)) {
      ht_process_stop(trial->process);
      trial->moved = now;
    }
  }
}

static void report(const struct trial *trials, size_t count, double *reported) {
  if (cli_now() - *reported < REPORT_SECONDS) return;
  *reported = cli_now();
  for (size_t i = 0; i < count; i++)
    if (trials[i].process)
      cli_say("%s: %llu programs so far", trials[i].safety->heap->choice.name,
              (unsigned long long)__atomic_load_n(&trials[i].shared.record->finished, __ATOMIC_RELAXED));
}

void safety_try(const struct cli_heaps *heaps, const struct safety_plan *plan, struct safety *results,
                safety_done *done, void *context) {
  struct trial *trials = calloc(heaps->count, sizeof *trials);
  struct ht_process **running = calloc(heaps->count, sizeof *running);
  size_t next = 0, busy = 0;
  double reported = cli_now();
  for (size_t i = 0; i < heaps->count; i++) results[i] = (struct safety){.heap = &heaps->heaps[i]};
  if (!trials || !running) {
    for (size_t i = 0; i < heaps->count; i++) refuse(&results[i], "no memory");
    next = heaps->count;
  }
  while (next < heaps->count || busy > 0) {
    while (next < heaps->count && busy < plan->jobs) {
      struct trial *trial = &trials[next++];
      trial->safety = &results[trial - trials];
      if (start(trial, plan))
        busy++;
      else
        done(context, trial->safety);
    }
    if (busy == 0) continue;
    for (size_t i = 0; i < heaps->count; i++) running[i] = trials[i].process;
    struct ht_process_result process;
    int index = ht_process_wait_any(running, heaps->count, POLL_NS, &process);
    if (index >= 0) {
      trials[index].process = NULL;
      busy--;
      finish(&trials[index], plan, &process);
      done(context, trials[index].safety);
    }
    watch(trials, heaps->count, fmin(STALL_SECONDS, plan->seconds));
    report(trials, heaps->count, &reported);
  }
  free(running);
  free(trials);
}
