// What is known of the mutants after a run: a table for people, a line a trial for the store.

#include "fuzz/mutants/mutants_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

// A survivor is more than any number: the median of "1, 2, survived" is 2, of "1, survived, survived" none.
double median(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare_numbers);
  return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void print_median(FILE *out, const char *format, double value) {
  if (isinf(value))
    fprintf(out, " %12s", "-");
  else
    fprintf(out, format, value);
}

static const char *engine_name(const struct ht_mutant_trial *trial) {
  return trial->engine == HT_ENGINES ? "replay" : ht_engine_name(trial->engine);
}

// By what it was caught, and by which way if not by what it claims to break.
static void print_way(const struct ht_mutant_trial *trial, FILE *out) {
  const char *breaks = trial->mutant->breaks;
  fprintf(out, "%s", trial->key);
  if (trial->way == HT_MUTANT_SAME_PROGRAM)
    fprintf(out, "; %s alone by the same program", breaks);
  else if (trial->way == HT_MUTANT_ALONE)
    fprintf(out, "; %s alone after %" PRIu64, breaks, trial->alone_executions);
}

// A row: the trials of one mutant under one engine, which stand together.
static size_t print_row(const struct ht_mutants_result *result, size_t first, FILE *out) {
  const struct ht_mutant_trial *trials = &result->trials[first];
  size_t count = 0, caught = 0, errors = 0, made_good = 0;
  while (first + count < result->trial_count && trials[count].mutant == trials[0].mutant &&
         trials[count].engine == trials[0].engine)
    count++;
  double *executions = calloc(count, sizeof *executions), *seconds = calloc(count, sizeof *seconds);
  if (executions == NULL || seconds == NULL) abort(); // some hundred bytes
  const struct ht_mutant_trial *shown = &trials[0];
  for (size_t i = 0; i < count; i++) {
    bool was_caught = trials[i].outcome == HT_MUTANT_CAUGHT;
    if (was_caught && shown->outcome != HT_MUTANT_CAUGHT) shown = &trials[i];
    caught += was_caught;
    errors += trials[i].outcome == HT_MUTANT_ERROR;
    if (trials[i].made_good) {
      made_good++;
      continue;
    }
    executions[i - made_good] = was_caught ? (double)trials[i].executions : INFINITY;
    seconds[i - made_good] = was_caught ? trials[i].cpu_seconds : INFINITY;
  }
  const struct ht_mutant *mutant = trials[0].mutant;
  fprintf(out, "%-10s %-10s %-9s %-9s %3zu/%-3zu", mutant->id, mutant->heap, mutant->breaks,
          engine_name(&trials[0]), caught, count);
  print_median(out, " %12.0f", median(executions, count - made_good));
  print_median(out, " %12.2f", median(seconds, count - made_good));
  fprintf(out, " %6zu  ", shown->bytes);
  if (errors != 0 || shown->outcome != HT_MUTANT_CAUGHT)
    fprintf(out, "%s", shown->message);
  else
    print_way(shown, out);
  if (made_good != 0) fprintf(out, "; survived %zu seed%s before", made_good, made_good == 1 ? "" : "s");
  fputc('\n', out);
  free(executions);
  free(seconds);
  return count;
}

// How many of a heap's mutants an engine caught: one line, for the first trial of both.
static void print_share(const struct ht_mutants_result *result, size_t first, FILE *out) {
  const struct ht_mutant_trial *trial = &result->trials[first];
  size_t caught = 0, count = 0;
  for (size_t i = 0; i < result->trial_count; i++) {
    const struct ht_mutant_trial *other = &result->trials[i];
    if (other->mutant->patch == NULL || other->engine != trial->engine ||
        strcmp(other->mutant->heap, trial->mutant->heap) != 0)
      continue;
    if (i < first) return;
    if (other->made_good) continue;
    count++;
    caught += other->outcome == HT_MUTANT_CAUGHT;
  }
  if (trial->mutant->patch != NULL)
    fprintf(out, "%s, %s: %zu of %zu caught\n", trial->mutant->heap, engine_name(trial), caught, count);
}

void ht_mutants_table(const struct ht_mutants_result *result, FILE *out) {
  fprintf(out, "%-10s %-10s %-9s %-9s %7s %12s %12s %6s  %s\n", "mutant", "heap", "breaks", "engine",
          "caught", "executions", "CPU s", "bytes", "by");
  for (size_t i = 0; i < result->trial_count;) i += print_row(result, i, out);
  for (size_t i = 0; i < result->trial_count; i++) print_share(result, i, out);
}

static const char *const ways[] = {
    [HT_MUTANT_CLAIMED] = "claimed", [HT_MUTANT_SAME_PROGRAM] = "same program", [HT_MUTANT_ALONE] = "alone"};

struct ht_line *ht_mutant_line(const struct ht_mutants_options *options,
                               const struct ht_mutant_trial *trial) {
  struct ht_line *line = ht_line_new(HT_LINE_MUTANT, trial->mutant->heap, trial->mutant->id);
  if (line == NULL) return NULL;
  ht_line_param(line, "breaks", trial->mutant->breaks);
  ht_line_param(line, "engine", engine_name(trial));
  ht_line_param(line, "mutator", options->mutate_bytes ? "bytes" : "structure");
  ht_line_param_number(line, "seed", (int64_t)trial->seed);
  ht_line_param_number(line, "bound_seconds", options->seconds);
  ht_line_param_number(line, "bound_executions", (int64_t)options->executions);
  bool none = options->corpus != NULL && options->corpus[0] == 0;
  ht_line_param(line, "corpus",
                options->corpus == NULL ? HT_MUTANT_PROJECT_CORPUS
                : none                  ? "none"
                                        : options->corpus);
  if (trial->mutant->settings != NULL) ht_line_param(line, "settings", trial->mutant->settings);
  if (trial->mutant->only || (options->only_broken && trial->mutant->patch != NULL))
    ht_line_param(line, "only", trial->mutant->breaks);
  if (trial->key[0] != 0) ht_line_param(line, "caught_by", trial->key);
  if (trial->outcome == HT_MUTANT_CAUGHT && trial->mutant->patch != NULL)
    ht_line_param(line, "way", ways[trial->way]);
  ht_line_seed(line, trial->seed);
  ht_line_sample(line, "caught", "count", HT_LINE_HIGHER, trial->outcome == HT_MUTANT_CAUGHT);
  ht_line_sample(line, "executions", "count", HT_LINE_LOWER, (double)trial->executions);
  ht_line_sample(line, "cpu_seconds", "s", HT_LINE_LOWER, trial->cpu_seconds);
  if (trial->way == HT_MUTANT_ALONE)
    ht_line_sample(line, "alone_executions", "count", HT_LINE_LOWER, (double)trial->alone_executions);
  ht_line_sample(line, "program_bytes", "bytes", HT_LINE_NONE, (double)trial->bytes);
  if (trial->outcome == HT_MUTANT_ERROR)
    ht_line_fail(line, HT_LINE_NO_VERDICT, "%s", trial->message);
  else if (trial->mutant->patch != NULL && trial->outcome == HT_MUTANT_SURVIVED)
    ht_line_fail(line, HT_LINE_FAILED, "survived");
  else if (trial->mutant->patch == NULL && trial->outcome == HT_MUTANT_CAUGHT)
    ht_line_fail(line, HT_LINE_FAILED, "the unmodified heap fails: %s", trial->key);
  ht_line_environment(line);
  return line;
}
