// Tries mutants with engines for a budget, and says what came of all.

#include "fuzz/mutants/mutants_internal.h"
#include "fuzz/program/program.h"
#include "fuzz/targets/flight.h"
#include "process/process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// A campaign's bound is CPU time, and a wall time that is so many times as long: on a machine that gives it
// less there is no telling what it is worth.
enum { LOAD_MAX = 6 };

// Campaigns in which only the claimed invariant is checked, as long as something else ends them.
enum { ALONE_TRIES = 3 };

enum { EXIT_FINE, EXIT_FINDING, EXIT_USAGE, EXIT_NO_VERDICT };

struct ht_mutant_trial *add_trial(struct ht_mutants_result *result, const struct ht_mutant *mutant,
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

void judge(struct ht_mutant_trial *trial, enum ht_mutant_outcome outcome, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  trial->outcome = outcome;
  vsnprintf(trial->message, sizeof trial->message, format, arguments);
  va_end(arguments);
}

void finish(const struct ht_mutants_options *options, struct ht_mutants_result *result,
            const struct ht_mutant_trial *trial) {
  size_t *const counts[] = {&result->caught, &result->survived, &result->errors};
  ++*counts[trial->outcome];
  if (options->done != NULL) options->done(options->context, trial);
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

static void save_if_wanted(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                           const struct ht_finding *finding) {
  if (options->save_killers && !has_killer(options, mutant)) save_killer(options, mutant, finding);
}

static void judge_campaign(struct ht_mutant_trial *trial, int code, const struct ht_campaign_result *result) {
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
}

// The program that another invariant caught, with the claimed one alone.
static bool same_program(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                         const char *plain, const struct ht_finding *finding) {
  char key[HT_KEY_BYTES], line[512];
  struct ht_campaign_replay replay = {.heap = plain, .targets = options->targets, .only = mutant->breaks};
  return finding->path != NULL && ht_campaign_replay(&replay, finding->path, key, line, sizeof line) &&
         key_names(key, mutant->breaks);
}

// False: something else than the claimed one ended it.
static bool try_alone_once(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                           struct ht_mutant_trial *trial, const struct ht_campaign_options *campaign) {
  const struct ht_mutant *mutant = trial->mutant;
  struct ht_campaign_result found;
  int code = ht_campaign_run(campaign, &found);
  bool caught = code == EXIT_FINDING && key_names(found.findings[0].key, mutant->breaks);
  if (found.interrupted) result->interrupted = true;
  trial->alone_executions += found.executions;
  trial->cpu_seconds += found.cpu_seconds;
  trial->seconds += found.seconds;
  if (caught) {
    trial->outcome = HT_MUTANT_CAUGHT;
    save_if_wanted(options, mutant, &found.findings[0]);
  } else if (code == EXIT_FINE || code == EXIT_FINDING)
    judge(trial, HT_MUTANT_SURVIVED, "caught by %s, but with %s alone: %s", trial->key, mutant->breaks,
          found.message);
  else
    judge(trial, HT_MUTANT_ERROR, "caught by %s; with %s alone: %s", trial->key, mutant->breaks,
          found.message);
  ht_campaign_result_free(&found);
  return caught || code == EXIT_FINE;
}

// Caught by another invariant than the claimed one. That it is caught at all may be luck: what the claimed
// one is worth shows only where it is alone.
static void try_alone(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                      struct ht_mutant_trial *trial, struct ht_campaign_options campaign,
                      const struct ht_finding *finding) {
  const struct ht_mutant *mutant = trial->mutant;
  trial->way = HT_MUTANT_SAME_PROGRAM;
  if (same_program(options, mutant, campaign.replay_heap, finding)) {
    save_if_wanted(options, mutant, finding);
    return;
  }
  trial->way = HT_MUTANT_ALONE;
  char *output = ht_text("%s/%s/alone", options->scratch, mutant->id);
  campaign.output = output;
  campaign.only = mutant->breaks;
  // A crash ends a program before the claimed one has its turn. Another seed may end otherwise.
  for (unsigned i = 0; i < ALONE_TRIES && !result->interrupted; i++, campaign.seed++)
    if (try_alone_once(options, result, trial, &campaign)) break;
  free(output);
}

static void fuzz(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                 struct ht_mutant_trial *trial, const char *library, const char *plain) {
  const struct ht_mutant *mutant = trial->mutant;
  char *output = ht_text("%s/%s/campaign", options->scratch, mutant->id);
  char *heap = mutant_heap(library, mutant), *replay_heap = mutant_heap(plain, mutant);
  struct ht_campaign_options campaign = {.engine = trial->engine,
                                         .heap = heap,
                                         .replay_heap = replay_heap,
                                         .output = output,
                                         .targets = options->targets,
                                         .corpus = options->corpus,
                                         .mutate_bytes = options->mutate_bytes,
                                         .until_first = true,
                                         .keep_corpus = true,
                                         .seconds = options->seconds * LOAD_MAX,
                                         .cpu_seconds = options->seconds,
                                         .executions = options->executions,
                                         .seed = trial->seed};
  if (mutant->only || (options->only_broken && mutant->patch != NULL)) campaign.only = mutant->breaks;
  struct ht_campaign_result found;
  int code = ht_campaign_run(&campaign, &found);
  if (found.interrupted) result->interrupted = true;
  judge_campaign(trial, code, &found);
  if (trial->outcome == HT_MUTANT_CAUGHT && mutant->patch != NULL) {
    if (key_names(trial->key, mutant->breaks))
      save_if_wanted(options, mutant, &found.findings[0]);
    else if (campaign.only != NULL)
      judge(trial, HT_MUTANT_SURVIVED, "%s is not what it breaks: %s", trial->key, found.message);
    else
      try_alone(options, result, trial, campaign, &found.findings[0]);
  }
  ht_campaign_result_free(&found);
  free(heap);
  free(replay_heap);
  free(output);
}

// Did the trials of a mutant and engine, the last ones, all let it survive?
static bool all_survived(const struct ht_mutants_result *result, size_t first) {
  for (size_t i = first; i < result->trial_count; i++)
    if (result->trials[i].outcome != HT_MUTANT_SURVIVED) return false;
  return true;
}

static void make_good(struct ht_mutants_result *result, size_t first) {
  size_t last = result->trial_count - 1;
  if (result->trials[last].outcome != HT_MUTANT_CAUGHT) return;
  for (size_t i = first; i < last; i++) result->trials[i].made_good = true;
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
  unsigned most = seeds + (mutant->patch != NULL ? options->spare_seeds : 0);
  size_t first = result->trial_count;
  for (unsigned i = 0; i < most && !result->interrupted; i++) {
    if (i >= seeds && !all_survived(result, first)) break;
    struct ht_mutant_trial *trial = add_trial(result, mutant, engine, options->first_seed + i);
    if (library == NULL)
      judge(trial, HT_MUTANT_ERROR, "%s", message);
    else
      fuzz(options, result, trial, library, plain);
    finish(options, result, trial);
    if (library == NULL) break; // the same for every seed
    if (i >= seeds) make_good(result, first);
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

static bool same_text(const char *one, const char *other) {
  return strcmp(one != NULL ? one : "", other != NULL ? other : "") == 0;
}

// The unmodified heap that a mutant is held against; of those of which not all is checked, all that their
// mutants break.
static struct ht_mutant *partner(struct ht_mutants_result *result, const struct ht_mutant *mutant) {
  for (size_t i = 0; i < result->unmodified_count; i++) {
    struct ht_mutant *one = &result->unmodified[i];
    if (strcmp(one->heap, mutant->heap) == 0 && same_text(one->settings, mutant->settings) &&
        one->only == mutant->only)
      return one;
  }
  struct ht_mutant *one = &result->unmodified[result->unmodified_count++];
  *one = (struct ht_mutant){.id = (char *)UNMODIFIED,
                            .heap = mutant->heap,
                            .settings = mutant->settings,
                            .breaks = mutant->only ? NULL : ht_text("nothing"),
                            .only = mutant->only};
  return one;
}

static bool lists(const char *names, const char *name) {
  size_t length = strlen(name);
  for (const char *at = names; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL)
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

static void fuzz_unmodified(const struct ht_mutants_options *options, struct ht_mutants_result *result) {
  for (size_t i = 0; i < options->mutants->count; i++) {
    const struct ht_mutant *mutant = &options->mutants->mutants[i];
    struct ht_mutant *one = partner(result, mutant);
    if (!one->only || lists(one->breaks, mutant->breaks)) continue;
    char *longer =
        one->breaks != NULL ? ht_text("%s,%s", one->breaks, mutant->breaks) : ht_text("%s", mutant->breaks);
    free(one->breaks);
    one->breaks = longer;
  }
  for (size_t i = 0; i < result->unmodified_count && !result->interrupted; i++)
    fuzz_mutant(options, result, &result->unmodified[i]);
}

static int verdict(const struct ht_mutants_result *result) {
  bool survived = false, broken = false;
  for (size_t i = 0; i < result->trial_count; i++) {
    const struct ht_mutant_trial *trial = &result->trials[i];
    bool mutated = trial->mutant->patch != NULL;
    if (trial->outcome == HT_MUTANT_SURVIVED && mutated && !trial->made_good) survived = true;
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
  if (options->engines != 0) fuzz_unmodified(options, result);
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
  for (size_t i = 0; i < result->unmodified_count; i++) free(result->unmodified[i].breaks);
  free(result->trials);
  free(result->unmodified);
  *result = (struct ht_mutants_result){0};
}
