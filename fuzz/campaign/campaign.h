#ifndef FUZZ_CAMPAIGN_CAMPAIGN_H
#define FUZZ_CAMPAIGN_CAMPAIGN_H

// A campaign: one engine against one heap for a time, with a verdict at the end.
//
// Engines are trusted with nothing but finding inputs. They exit 0 with crashes saved, skip seeds that crash,
// count in ways of their own, and hang in crash handlers. So the one idea: what happened is read from places
// that do not depend on the engine. A flight recorder (fuzz/targets/flight.h) says how many programs ran and
// which one was running when a process died; whatever an engine left that looks like a failing input is run
// again in fresh processes by the plain replay driver, and only that decides what it is. A campaign in which
// nothing was executed has no verdict, whatever its engine says.
//
//   seeds --replayed--> corpus <--> engine x jobs --> candidates --replayed 3x--> buckets --shrunk-->
//   findings
//
// What it leaves, in `output`: corpus/ (minimised), findings/KEY.bin and KEY.txt (the program as bytes and as
// text), unconfirmed/ (inputs that did not fail again), log/.
//
// Bounded: every child has a time limit and is killed with its process group. Threads: one campaign a process
// at a time.

#include "fuzz/targets/shrink.h"
#include "line/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum ht_engine { HT_ENGINE_LIBFUZZER, HT_ENGINE_AFLPP, HT_ENGINE_BLIND, HT_ENGINES };

// "libfuzzer", "aflpp", "blind"; HT_ENGINES if there is none of that name.
const char *ht_engine_name(enum ht_engine engine);
enum ht_engine ht_engine_named(const char *name);

// Zero is a good value for all but heap, output and one of seconds and executions. Strings outlive the run.
struct ht_campaign_options {
  enum ht_engine engine;
  const char *heap;        // as everywhere: NAME[:option=value,...] or a path (plugin/plugin.h)
  const char *replay_heap; // the same heap for the plain driver, built without coverage; NULL: heap
  const char *output;      // a folder, made if missing; corpus, findings and log in it are replaced
  const char *targets;     // where the build put fuzz targets; NULL: ht_campaign_targets()
  const char *corpus;      // the folder of seeds, only read; NULL: the committed one; "": none
  const char *only;        // invariants that are checked, "GEN-3,REF-1"; NULL: all
  bool sanitizer;          // targets with ASan and UBSan
  bool simulated;          // instead: mutators beside each other, in the simulated world (fuzz/schedule)
  bool every;              // everything is compared after each operation
  bool mutate_bytes;       // the engine's own mutations instead of the structure-aware ones
  bool until_first;        // stop at the first candidate
  bool keep_corpus;        // as the engine left it: no minimisation
  unsigned seconds;        // of fuzzing; 0: no bound
  unsigned cpu_seconds; // likewise, of the CPU time of each job's programs, so that a machine with other work
                        // to do tries as much; beside a bound of seconds or executions
  uint64_t executions;  // of each job; 0: no bound
  unsigned jobs;        // 0: one
  uint64_t seed;
  unsigned hang_seconds; // without progress, after which a program is taken to hang; 0: HT_CAMPAIGN_HANG
  FILE *progress;        // a line now and then; NULL: silent
};

struct ht_finding {
  char key[HT_KEY_BYTES];
  char message[512]; // the line that names what is broken
  char *path;        // of the shrunk program's bytes; the text is beside it
  size_t inputs;     // that failed with this key
  bool confirmed;    // failed with the same key in each of the replays
  size_t bytes;      // of the shrunk program
};

struct ht_campaign_result {
  char message[512];               // why there is no verdict, or one line that sums it up
  uint64_t executions, operations; // programs that ran, and the operations they did
  uint64_t edges, features;        // of the corpus, as libFuzzer or AFL++ count them; 0: not known
  size_t corpus_files;
  double seconds, cpu_seconds; // of the engine, triage not included
  size_t finding_count, unconfirmed_count;
  struct ht_finding *findings; // unconfirmed ones last
  bool interrupted;
};

// Replays that must fail alike before a finding counts.
#define HT_CAMPAIGN_REPLAYS 3
// A program takes less than a millisecond; on a machine that is busy with other things some get stuck for a
// while.
#define HT_CAMPAIGN_HANG 15

// Exit code: 0 no finding, 1 findings, 2 the options make no sense, 3 no verdict. `result` is always filled.
int ht_campaign_run(const struct ht_campaign_options *options, struct ht_campaign_result *result);
void ht_campaign_result_free(struct ht_campaign_result *result);

// The line of results of a run that ended with `code`. NULL: no memory.
struct ht_line *ht_campaign_line(const struct ht_campaign_options *options,
                                 const struct ht_campaign_result *result, int code);

// HEAPTRIAL_TARGETS from the environment, or where this build puts them.
const char *ht_campaign_targets(void);
// The committed seeds of heap programs.
const char *ht_campaign_corpus(void);

// What one input does in a fresh process of the plain replay driver: its key, "" if it passes, and the line
// that names what is broken. False with a message in `line` if it could not be run at all.
struct ht_campaign_replay {
  const char *heap, *targets, *only; // as in the options
  bool sanitizer, simulated, every;
};
bool ht_campaign_replay(const struct ht_campaign_replay *replay, const char *path, char key[HT_KEY_BYTES],
                        char *line, size_t line_size);

#endif
