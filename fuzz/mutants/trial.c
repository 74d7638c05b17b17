// Tries mutants: with engines for a budget, or by replaying what killed them before.

#include "fuzz/mutants/mutants_internal.h"
#include "fuzz/program/program.h"
#include "fuzz/targets/flight.h"
#include "process/process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FINE, EXIT_FINDING, EXIT_USAGE, EXIT_NO_VERDICT };

static struct ht_mutant_trial *add_trial(struct ht_mutants_result *result, const struct ht_mutant *mutant,
                                         enum ht_engine engine, uint64_t seed) {
  if ((result->trial_count & (result->trial_count - 1)) == 0) {
    size_t capacity = result->trial_count != 0 ? result->trial_count * 2 : 1;
    struct ht_mutant_trial *trials = realloc(result->trials, capacity * sizeof *trials);
    if (trials == NULL) abort(); // a table of some hundred bytes a row
    result->trials = trials;
  }
  struct ht_mutant_trial *trial = &result->trials[result->trial_count++];
  *trial = (struct ht_mutant_trial){
      .mutant = mutant, .engine = engine, .seed = seed, .outcome = HT_MUTANT_SURVIVED};
  return trial;
}

static __attribute__((format(printf, 3, 4))) void
judge(struct ht_mutant_trial *trial, enum ht_mutant_outcome outcome, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  trial->outcome = outcome;
  vsnprintf(trial->message, sizeof trial->message, format, arguments);
  va_end(arguments);
}

static void finish(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                   const struct ht_mutant_trial *trial) {
  size_t *const counts[] = {&result->caught, &result->survived, &result->errors};
  ++*counts[trial->outcome];
  if (options->done != NULL) options->done(options->context, trial);
}

static char *killer_path(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                         const char *end) {
  return ht_text("%s/%s.%s", options->killers != NULL ? options->killers : ht_mutants_killers(), mutant->id,
                 end);
}

// Bytes, and text that says what they are for.
static void save_killer(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                        const struct ht_finding *finding) {
  static struct ht_program program;
  size_t size;
  char *bytes = killer_path(options, mutant, "bin"), *text = killer_path(options, mutant, "txt");
  char *data = ht_file_read(finding->path, HT_FLIGHT_BYTES, &size);
  FILE *out = data != NULL && ht_file_write(bytes, data, size) ? fopen(text, "we") : NULL;
  if (out != NULL) {
    ht_program_decode((const uint8_t *)data, size, &program);
    fprintf(out, "# kills the mutant %s of the heap %s: breaks %s\n", mutant->id, mutant->heap,
            mutant->breaks);
    ht_program_print(&program, out);
  }
  if (out == NULL || fclose(out) != 0) fprintf(stderr, "%s: cannot be written\n", bytes);
  free(bytes);
  free(text);
  free(data);
}

static bool has_killer(const struct ht_mutants_options *options, const struct ht_mutant *mutant) {
  size_t size;
  char *path = killer_path(options, mutant, "bin");
  char *data = ht_file_read(path, HT_FLIGHT_BYTES, &size);
  bool there = data != NULL;
  free(data);
  free(path);
  return there;
}

static void judge_campaign(const struct ht_mutants_options *options, struct ht_mutant_trial *trial, int code,
                           const struct ht_campaign_result *result) {
  trial->executions = result->executions;
  trial->cpu_seconds = result->cpu_seconds;
  trial->seconds = result->seconds;
  snprintf(trial->message, sizeof trial->message, "%s", result->message);
  if (code != EXIT_FINE && code != EXIT_FINDING) trial->outcome = HT_MUTANT_ERROR;
  if (code != EXIT_FINDING) return;
  const struct ht_finding *finding = &result->findings[0];
  trial->outcome = HT_MUTANT_CAUGHT;
  trial->bytes = finding->bytes;
  snprintf(trial->key, sizeof trial->key, "%s", finding->key);
  bool wanted = options->save_killers && trial->mutant->patch != NULL && !has_killer(options, trial->mutant);
  if (wanted && key_names(finding->key, trial->mutant->breaks)) save_killer(options, trial->mutant, finding);
}

static void fuzz(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                 struct ht_mutant_trial *trial, const char *library, const char *plain) {
  const struct ht_mutant *mutant = trial->mutant;
  char *output = ht_text("%s/%s/campaign", options->scratch, mutant->id);
  struct ht_campaign_options campaign = {.engine = trial->engine,
                                         .heap = library,
                                         .replay_heap = plain,
                                         .output = output,
                                         .targets = options->targets,
                                         .corpus = options->corpus,
                                         .mutate_bytes = options->mutate_bytes,
                                         .until_first = true,
                                         .keep_corpus = true,
                                         .seconds = options->seconds,
                                         .executions = options->executions,
                                         .seed = trial->seed};
  if (options->only_broken && mutant->patch != NULL) campaign.only = mutant->breaks;
  struct ht_campaign_result found;
  int code = ht_campaign_run(&campaign, &found);
  if (found.interrupted) result->interrupted = true;
  judge_campaign(options, trial, code, &found);
  ht_campaign_result_free(&found);
  free(output);
}

static void fuzz_engine(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                        const struct ht_mutant *mutant, const char *sources, enum ht_engine engine) {
  // The unmodified heap takes the whole budget every time: one seed is enough.
  unsigned seeds = options->seeds != 0 && mutant->patch != NULL ? options->seeds : 1;
  char message[512];
  // The blind driver is a plain binary and takes the plain library.
  const char *flavour = engine == HT_ENGINE_BLIND ? "replay" : ht_engine_name(engine);
  char *plain = mutant_build(options, mutant, sources, "replay", message, sizeof message);
  char *library =
      plain != NULL ? mutant_build(options, mutant, sources, flavour, message, sizeof message) : NULL;
  for (unsigned i = 0; i < seeds && !result->interrupted; i++) {
    struct ht_mutant_trial *trial = add_trial(result, mutant, engine, options->first_seed + i);
    if (library == NULL)
      judge(trial, HT_MUTANT_ERROR, "%s", message);
    else
      fuzz(options, result, trial, library, plain);
    finish(options, result, trial);
    if (library == NULL) break; // the same for every seed
  }
  free(library);
  free(plain);
}

static void fuzz_mutant(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                        const struct ht_mutant *mutant) {
  char message[512];
  char *sources = mutant_sources(options, mutant, message, sizeof message);
  for (unsigned engine = 0; engine < (unsigned)HT_ENGINES && !result->interrupted; engine++) {
    if (!(options->engines >> engine & 1)) continue;
    if (sources != NULL) {
      fuzz_engine(options, result, mutant, sources, (enum ht_engine)engine);
      continue;
    }
    struct ht_mutant_trial *trial = add_trial(result, mutant, (enum ht_engine)engine, options->first_seed);
    judge(trial, HT_MUTANT_ERROR, "%s", message);
    finish(options, result, trial);
  }
  free(sources);
}

// Twice: as it is, and on the unmodified heap. Caught is what kills the one and leaves the other alone.
static void replay_killer(const struct ht_mutants_options *options, struct ht_mutant_trial *trial,
                          const char *library, const char *unmodified) {
  const struct ht_mutant *mutant = trial->mutant;
  char *killer = killer_path(options, mutant, "bin");
  struct ht_campaign_replay replay = {.heap = library, .targets = options->targets, .only = mutant->breaks};
  char line[512], key[HT_KEY_BYTES];
  trial->executions = 1;
  if (!has_killer(options, mutant))
    judge(trial, HT_MUTANT_ERROR, "%s is missing: no program is known to kill this mutant", killer);
  else if (!ht_campaign_replay(&replay, killer, trial->key, line, sizeof line))
    judge(trial, HT_MUTANT_ERROR, "%s", line);
  else if (key_names(trial->key, mutant->breaks))
    judge(trial, HT_MUTANT_CAUGHT, "%s", line);
  else
    judge(trial, HT_MUTANT_SURVIVED, "%s does not break %s any more: %s", killer, mutant->breaks,
          trial->key[0] != 0 ? trial->key : "it passes");
  replay.heap = unmodified;
  replay.only = NULL;
  if (trial->outcome == HT_MUTANT_CAUGHT) {
    if (!ht_campaign_replay(&replay, killer, key, line, sizeof line))
      judge(trial, HT_MUTANT_ERROR, "%s", line);
    // No proof of anything: the heap itself fails.
    else if (key[0] != 0)
      judge(trial, HT_MUTANT_SURVIVED, "%s fails on the unmodified heap too: %s", killer, line);
  }
  free(killer);
}

static void replay_mutant(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                          const struct ht_mutant *mutant) {
  struct ht_mutant_trial *trial = add_trial(result, mutant, HT_ENGINES, 0);
  char message[512];
  char *sources = mutant_sources(options, mutant, message, sizeof message);
  char *library =
      sources != NULL ? mutant_build(options, mutant, sources, "replay", message, sizeof message) : NULL;
  if (library == NULL)
    judge(trial, HT_MUTANT_ERROR, "%s", message);
  else
    replay_killer(options, trial, library, mutant->heap);
  free(library);
  free(sources);
  finish(options, result, trial);
}

// Every heap that has a mutant, once.
static void fuzz_unmodified(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                            struct ht_mutant *unmodified) {
  const struct ht_mutants *mutants = options->mutants;
  for (size_t i = 0; i < mutants->count && !result->interrupted; i++) {
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++)
      seen = strcmp(mutants->mutants[j].heap, mutants->mutants[i].heap) == 0;
    if (seen) continue;
    unmodified[i] = (struct ht_mutant){
        .id = (char *)UNMODIFIED, .heap = mutants->mutants[i].heap, .breaks = (char *)"nothing"};
    fuzz_mutant(options, result, &unmodified[i]);
  }
}

static int verdict(const struct ht_mutants_result *result) {
  bool survived = false, broken = false;
  for (size_t i = 0; i < result->trial_count; i++) {
    const struct ht_mutant_trial *trial = &result->trials[i];
    bool mutated = trial->mutant->patch != NULL;
    if (trial->outcome == HT_MUTANT_SURVIVED && mutated) survived = true;
    if (trial->outcome == HT_MUTANT_CAUGHT && !mutated) broken = true;
  }
  if (survived || broken) return EXIT_FINDING;
  return result->errors != 0 || result->interrupted || result->trial_count == 0 ? EXIT_NO_VERDICT : EXIT_FINE;
}

int ht_mutants_run(const struct ht_mutants_options *options, struct ht_mutants_result *result) {
  *result = (struct ht_mutants_result){0};
  bool bounded = options->engines == 0 || options->seconds != 0 || options->executions != 0;
  if (options->mutants == NULL || options->mutants->count == 0 || options->scratch == NULL || !bounded)
    return EXIT_USAGE;
  result->unmodified = calloc(options->mutants->count, sizeof *result->unmodified);
  if (result->unmodified == NULL) return EXIT_NO_VERDICT;
  if (options->engines != 0) fuzz_unmodified(options, result, result->unmodified);
  for (size_t i = 0; i < options->mutants->count && !result->interrupted; i++) {
    if (ht_process_interrupted())
      result->interrupted = true;
    else if (options->engines != 0)
      fuzz_mutant(options, result, &options->mutants->mutants[i]);
    else
      replay_mutant(options, result, &options->mutants->mutants[i]);
  }
  return verdict(result);
}

void ht_mutants_result_free(struct ht_mutants_result *result) {
  free(result->trials);
  free(result->unmodified);
  *result = (struct ht_mutants_result){0};
}
