#ifndef FUZZ_MUTANTS_MUTANTS_H
#define FUZZ_MUTANTS_MUTANTS_H

// Planted bugs, and whether the checks catch them.
//
// A mutant is a patch against a heap's sources, patches/<ID>.patch, with a header in front of the diff:
//
//   Id: SEMI-7
//   Heap: semispace
//   Breaks: WEAK-1
//   Retells: a weak reference cleared while its object was reachable through a callback, ...
//   Settings: guards=yes,geometry=3.9      of the heap, where the bug shows only with these
//   Only: yes                              nothing else is checked, on the mutant and on the unmodified
//                                          heap: for settings with which a heap keeps not all of the rest
//
// The one idea: a check is worth what it catches, and how soon. A mutant is built beside the unmodified heap
// and fuzzed with a fixed budget, from seeds grown on unmodified heaps only; what is tabulated is executions
// and CPU seconds until it is caught, and by which invariant. The shrunk program is kept apart
// (fuzz/corpus/killers/<ID>.bin): it must go on killing its mutant and must leave the unmodified heap alone,
// which takes seconds to replay and needs no engine. A mutant that is caught by something else than what it
// claims to break is caught only if that catches it too, by itself: by the same program, or in a campaign in
// which nothing else is checked.
//
// A patch that no longer applies, a mutant that does not compile or cannot be run are errors: never caught,
// never survived.

#include "fuzz/campaign/campaign.h"

#include <heaptrial/heap.h>

struct ht_mutant {
  char *id, *heap, *breaks, *retells;
  char *settings; // NULL: none
  bool only;
  char *patch; // its path
};

struct ht_mutants {
  size_t count;
  struct ht_mutant *mutants; // sorted by id
};

// Reads the headers of all patches in a folder; NULL: the committed ones. False with a message that names the
// patch whose header is not complete.
bool ht_mutants_read(const char *folder, struct ht_mutants *mutants, char *message, size_t message_size);
void ht_mutants_free(struct ht_mutants *mutants);

enum ht_mutant_outcome {
  HT_MUTANT_CAUGHT,
  HT_MUTANT_SURVIVED,
  HT_MUTANT_ERROR, // see message
};

// How the invariant that it claims to break caught a mutant.
enum ht_mutant_way {
  HT_MUTANT_CLAIMED,      // it was the first that did
  HT_MUTANT_SAME_PROGRAM, // nothing else checked, by the program that was caught by another
  HT_MUTANT_ALONE,        // nothing else checked, by a campaign of its own
};

// One mutant under one engine from one seed; or one replay of its killer, with engine HT_ENGINES.
struct ht_mutant_trial {
  const struct ht_mutant *mutant;
  enum ht_engine engine;
  uint64_t seed;
  enum ht_mutant_outcome outcome;
  bool made_good;         // survived, and was caught from a spare seed
  char key[HT_KEY_BYTES]; // by what it was caught first
  enum ht_mutant_way way;
  uint64_t alone_executions; // of the campaign of its own
  char message[512];
  uint64_t executions;
  double cpu_seconds, seconds;
  size_t bytes; // of the shrunk program
};

struct ht_mutants_options {
  const struct ht_mutants *mutants; // what to try: all of them
  const char *scratch;              // a folder for sources, libraries and campaigns; made and left
  const char *targets;              // as in ht_campaign_options
  const char *corpus;               // likewise: NULL the committed seeds, "" none
  unsigned engines;                 // bits of 1 << enum ht_engine; 0: none, replay the killers
  unsigned seeds;                   // campaigns a mutant and engine; 0: one
  unsigned spare_seeds;             // one after the other, for a mutant that survived all of these
  uint64_t first_seed;
  unsigned seconds;    // bound of a campaign, of CPU time; 0: none
  uint64_t executions; // likewise
  bool only_broken;    // just the invariant that the mutant claims to break is checked
  bool mutate_bytes;
  const char *killers; // the folder of killers; NULL: the committed one
  bool save_killers;   // the first catch of each mutant is written there, if it catches by what the mutant
                       // claims to break
  FILE *progress;
  // Called after each trial.
  void (*done)(void *context, const struct ht_mutant_trial *trial);
  void *context;
};

struct ht_mutants_result {
  size_t trial_count;
  struct ht_mutant_trial *trials;  // by mutant, then engine, then seed
  size_t caught, survived, errors; // trials
  bool interrupted;
  size_t unmodified_count;
  struct ht_mutant *unmodified; // what the trials of unmodified heaps point at
};

// Exit code: 0 all caught, 1 some survived, those made good left out, or the unmodified heap failed, 2 the
// options make no sense, 3 some could not be tried. With engines, the unmodified heap is fuzzed first with
// the same budget and one seed, as a mutant with the id "none": once for each settings that its mutants have.
int ht_mutants_run(const struct ht_mutants_options *options, struct ht_mutants_result *result);
void ht_mutants_result_free(struct ht_mutants_result *result);

// A line a mutant and engine: caught of seeds, median executions and CPU seconds (a survivor counts as more
// than any that was caught; one made good counts for nothing but the number of seeds), by what, and how large
// the shrunk program is. Then a line a heap and engine.
void ht_mutants_table(const struct ht_mutants_result *result, FILE *out);

// The table of invariants, in Markdown: what was evaluated on unmodified heaps, and lines of trials that were
// kept. Whoever tries heaps and keeps lines hands both over.
struct ht_mutants_tried {
  const char *heap; // with its settings
  const struct ht_heap_table *table;
  const uint64_t *evaluations; // of its catalogue
};
struct ht_mutants_document {
  const struct ht_mutants *mutants; // all
  size_t tried_count;
  const struct ht_mutants_tried *tried;
  size_t line_count;
  struct ht_line *const *lines; // of trials; others are passed over
};
void ht_mutants_document(const struct ht_mutants_document *document, FILE *out);

// The line of results of one trial. NULL: no memory.
struct ht_line *ht_mutant_line(const struct ht_mutants_options *options, const struct ht_mutant_trial *trial);

// A line's parameter "corpus" for the committed seeds.
#define HT_MUTANT_PROJECT_CORPUS "project"

// The committed patches and killers.
const char *ht_mutants_patches(void);
const char *ht_mutants_killers(void);

#endif
