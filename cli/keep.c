#include "cli/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUN_VARIABLE "HEAPTRIAL_RUN"

// All lines of one invocation share a name, those of its children too. One that is given from outside, for
// the parts of a run that was spread over machines, stays.
static void name_run(void) {
  char name[64];
  struct timespec now;
  if (getenv(RUN_VARIABLE)) return;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(name, sizeof name, "%lld.%09ld-%d", (long long)now.tv_sec, now.tv_nsec, getpid());
  setenv(RUN_VARIABLE, name, 1);
}

bool keep_open(struct keep *keep, const char *path) {
  char error[HT_ERROR_SIZE];
  *keep = (struct keep){.path = path, .store = ht_store_open(path, HT_STORE_WRITE, error)};
  if (!keep->store) {
    cli_say("%s", error);
    return false;
  }
  name_run();
  return true;
}

static void spare_path(const struct keep *keep, char *path, size_t size) {
  snprintf(path, size, "%s.jsonl", keep->path);
}

void keep_line(struct keep *keep, const struct ht_line *line) {
  char error[HT_ERROR_SIZE], spare[4096];
  struct ht_store_added added;
  if (line && ht_store_add(keep->store, (struct ht_line *const *)&line, 1, &added, error) == 0) {
    keep->kept++;
    return;
  }
  if (keep->spared + keep->lost == 0) cli_say("%s", line ? error : "no memory");
  spare_path(keep, spare, sizeof spare);
  if (line && ht_line_append(line, spare, error) == 0) {
    keep->spared++;
    return;
  }
  if (keep->lost++ == 0) cli_say("%s", line ? error : "no memory");
}

bool keep_close(struct keep *keep) {
  char spare[4096];
  ht_store_close(keep->store);
  keep->store = NULL;
  spare_path(keep, spare, sizeof spare);
  if (keep->spared)
    cli_say("%zu results are in %s and not in %s: heaptrial report --import %s adds them", keep->spared,
            spare, keep->path, spare);
  if (keep->lost) cli_say("%zu results could not be stored and are lost", keep->lost);
  return keep->spared + keep->lost == 0;
}

// How a line and a report put it. "broken" is the heap's fault; a heap without a verdict may be sound.
static const struct {
  enum ht_line_status status;
  const char *verdict;
} words[] = {
    [ATTEMPT_KEPT] = {HT_LINE_OK, "kept"},
    [ATTEMPT_BROKEN] = {HT_LINE_FAILED, "broken"},
    [ATTEMPT_CRASHED] = {HT_LINE_CRASHED, "broken"},
    [ATTEMPT_HUNG] = {HT_LINE_TIMEOUT, "broken"},
    [ATTEMPT_NO_VERDICT] = {HT_LINE_NO_VERDICT, "none"},
    [ATTEMPT_INTERRUPTED] = {HT_LINE_NO_VERDICT, "none"},
};

struct ht_line *keep_safety(const struct safety *safety, const struct safety_plan *plan) {
  const struct ht_plugin_choice *choice = &safety->heap->choice;
  struct ht_line *line = ht_line_new(HT_LINE_TRIAL, choice->heap, "safety");
  if (!line) return NULL;
  ht_line_environment(line);
  ht_line_variant(line, choice->variant, safety->provider);
  ht_line_seed(line, plan->seed);
  ht_line_param(line, "verdict", words[safety->result.kind].verdict);
  // How far it came is told also of a run that ended badly.
  ht_line_sample(line, "programs", "count", HT_LINE_NONE, (double)safety->counts.programs);
  ht_line_sample(line, "operations", "count", HT_LINE_NONE, (double)safety->counts.operations);
  double checks = 0;
  const struct ht_heap_table *table = safety->heap->table;
  struct ht_invariant_set asked = {0};
  if (table) asked = ht_invariants_for(table);
  for (size_t i = 0; table && i < ht_invariant_count(table) && i < HT_INVARIANTS_MAX; i++) {
    char metric[64];
    snprintf(metric, sizeof metric, "evaluations.%s", ht_invariant_entry(table, i)->name);
    if (ht_invariant_in(&asked, i))
      ht_line_sample(line, metric, "count", HT_LINE_NONE, (double)safety->counts.evaluations[i]);
    checks += (double)safety->counts.evaluations[i];
  }
  bool broken = strcmp(words[safety->result.kind].verdict, "broken") == 0;
  if (broken && *safety->saved) {
    char name[sizeof HT_LINE_FINDING + sizeof safety->result.what];
    snprintf(name, sizeof name, "%s%s", HT_LINE_FINDING, safety->result.what);
    ht_line_param(line, name, safety->result.message);
    snprintf(name, sizeof name, "%s%s", HT_LINE_PROGRAM, safety->result.what);
    ht_line_param(line, name, safety->saved);
  }
  ht_line_sample(line, "safety_checks", "count", HT_LINE_NONE, checks);
  ht_line_sample(line, "safety_findings", "count", HT_LINE_LOWER, broken);
  if (safety->result.kind != ATTEMPT_KEPT)
    ht_line_fail(line, words[safety->result.kind].status, "%s%s%s", safety->result.message,
                 *safety->saved ? "; program: " : "", safety->saved);
  return line;
}
