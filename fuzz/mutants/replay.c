// Replays what is known to kill: seconds, and no engine.

#include "fuzz/mutants/mutants_internal.h"
#include "fuzz/targets/flight.h"

#include <stdlib.h>

char *killer_path(const struct ht_mutants_options *options, const struct ht_mutant *mutant, const char *end) {
  return ht_text("%s/%s.%s", options->killers != NULL ? options->killers : ht_mutants_killers(), mutant->id,
                 end);
}

bool has_killer(const struct ht_mutants_options *options, const struct ht_mutant *mutant) {
  size_t size;
  char *path = killer_path(options, mutant, "bin");
  char *data = ht_file_read(path, HT_FLIGHT_BYTES, &size);
  bool there = data != NULL;
  free(data);
  free(path);
  return there;
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
  replay.only = mutant->only ? mutant->breaks : NULL;
  if (trial->outcome == HT_MUTANT_CAUGHT) {
    if (!ht_campaign_replay(&replay, killer, key, line, sizeof line))
      judge(trial, HT_MUTANT_ERROR, "%s", line);
    // No proof of anything: the heap itself fails.
    else if (key[0] != 0)
      judge(trial, HT_MUTANT_SURVIVED, "%s fails on the unmodified heap too: %s", killer, line);
  }
  free(killer);
}

void replay_mutant(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                   const struct ht_mutant *mutant) {
  struct ht_mutant_trial *trial = add_trial(result, mutant, HT_ENGINES, 0);
  char message[512];
  char *sources = mutant_sources(options, mutant, message, sizeof message);
  char *library =
      sources != NULL ? mutant_build(options, mutant, sources, "replay", message, sizeof message) : NULL;
  if (library == NULL)
    judge(trial, HT_MUTANT_ERROR, "%s", message);
  else {
    char *heap = mutant_heap(library, mutant), *unmodified = mutant_heap(mutant->heap, mutant);
    replay_killer(options, trial, heap, unmodified);
    free(heap);
    free(unmodified);
  }
  free(library);
  free(sources);
  finish(options, result, trial);
}
