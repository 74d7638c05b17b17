// The mutants as tests:
//   mutants_test replay SCRATCH                   every killer still kills its mutant and nothing else
//   mutants_test find ENGINE MUTANT SECONDS SCRATCH   an engine finds a planted fault from an empty corpus
//   mutants_test survivor SCRATCH                 a mutant without a fault survives, and that is no success
//   mutants_test spare SCRATCH                    a survivor is given spare seeds, and is caught if one
//   catches mutants_test stale SCRATCH                    a patch that does not apply is an error
//   mutants_test header SCRATCH                   a patch of a header that heaps share takes effect
//   mutants_test settings SCRATCH                 a mutant's settings reach the heap
//   mutants_test alone SCRATCH                    caught by another invariant: the claimed one has to, alone
//   mutants_test incremental SCRATCH              what was compiled is not compiled again
//   mutants_test document FILE                    the table of invariants names all there are, and all
//   mutants

#include "fuzz/campaign/files.h"
#include "fuzz/mutants/mutants.h"
#include "fuzz/oracle/invariants.h"
#include "plugin/plugin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum ht_mutant_way last_way; // of the last trial
static size_t trials;               // of mutants, in the last run

static int run(const struct ht_mutants_options *options) {
  struct ht_mutants_result result;
  int code = ht_mutants_run(options, &result);
  ht_mutants_table(&result, stdout);
  trials = 0;
  for (size_t i = 0; i < result.trial_count; i++) trials += result.trials[i].mutant->patch != NULL;
  if (result.trial_count != 0) last_way = result.trials[result.trial_count - 1].way;
  ht_mutants_result_free(&result);
  return code;
}

static int replay(const struct ht_mutants *mutants, const char *scratch) {
  struct ht_mutants_options options = {.mutants = mutants, .scratch = scratch};
  return run(&options);
}

static int find(const struct ht_mutants *mutants, char **arguments) {
  for (size_t i = 0; i < mutants->count; i++) {
    if (strcmp(mutants->mutants[i].id, arguments[1]) != 0) continue;
    struct ht_mutants one = {1, &mutants->mutants[i]};
    struct ht_mutants_options options = {.mutants = &one,
                                         .scratch = arguments[3],
                                         .engines = 1u << ht_engine_named(arguments[0]),
                                         .seconds = (unsigned)atoi(arguments[2]),
                                         .corpus = "",
                                         .first_seed = 1};
    return run(&options);
  }
  fprintf(stderr, "there is no mutant %s\n", arguments[1]);
  return 2;
}

// A mutant of our own making; `breaks` may be followed by other lines of the header, `hunk` is its diff.
static int run_seeds(const char *scratch, const char *breaks, const char *hunk, uint64_t seed,
                     unsigned spare) {
  char *patches = ht_text("%s/patches", scratch), *path = ht_text("%s/made.patch", patches);
  char *text = ht_text("Id: made\nHeap: bump\nBreaks: %s\nRetells: nothing\n\n%s", breaks, hunk);
  char message[512];
  struct ht_mutants mutants;
  int code = 2;
  if (ht_folder_make(patches) && ht_file_write(path, text, strlen(text)) &&
      ht_mutants_read(patches, &mutants, message, sizeof message)) {
    struct ht_mutants_options options = {.mutants = &mutants,
                                         .scratch = scratch,
                                         .engines = 1u << HT_ENGINE_BLIND,
                                         .executions = 200,
                                         .corpus = "",
                                         .first_seed = seed,
                                         .spare_seeds = spare};
    code = run(&options);
    ht_mutants_free(&mutants);
  } else
    printf("%s\n", message);
  free(text);
  free(path);
  free(patches);
  return code;
}

static int run_made(const char *scratch, const char *breaks, const char *hunk) {
  return run_seeds(scratch, breaks, hunk, 1, 0);
}

// The first line of a source that every build of the heap reads, with a comment more in front: no fault.
static const char no_fault[] =
    "--- a/tests/heaps/bump/no_fault.h\n+++ b/tests/heaps/bump/no_fault.h\n@@ -0,0 +1 @@\n"
    "+// Changes nothing.\n";

static int survivor(const char *scratch) {
  return run_made(scratch, "GEN-1", no_fault);
}

static int stale(const char *scratch) {
  return run_made(scratch, "GEN-1",
                  "--- a/tests/heaps/bump/bump.c\n+++ b/tests/heaps/bump/bump.c\n@@ -1,1 +1,1 @@\n"
                  "-a line that is not there\n+another\n");
}

// The first line of the header, which every source of the heap reads.
static int header(const char *scratch) {
  return run_made(
      scratch, "GEN-1",
      "--- a/allocators/common/pages.h\n+++ b/allocators/common/pages.h\n@@ -1,2 +1,3 @@\n"
      "+#error \"planted\"\n"
      " // The memory a heap holds, counted: everything the small heaps take from their caller's "
      "`struct ht_memory`\n"
      " // goes through here, so that what they say they hold (statistics and events alike) is what "
      "they hold.\n");
}

// Behind an object that is large enough the next one starts too early.
static const char overlap[] =
    "--- a/tests/heaps/bump/bump_inline.h\n+++ b/tests/heaps/bump/bump_inline.h\n@@ -84,3 +84,4 @@\n"
    "   *slot = run_place(&carrier->next, type, bytes, alignment);\n"
    "+  if (bytes > 64) carrier->next -= 2 * RUN_GRANULE;\n"
    "   return true;\n"
    " }\n";

// Behind one of few sizes.
static const char seldom_overlap[] =
    "--- a/tests/heaps/bump/bump_inline.h\n+++ b/tests/heaps/bump/bump_inline.h\n@@ -84,3 +84,4 @@\n"
    "   *slot = run_place(&carrier->next, type, bytes, alignment);\n"
    "+  if (bytes > 64 && bytes % 499 == 8) carrier->next -= 2 * RUN_GRANULE;\n"
    "   return true;\n"
    " }\n";

// Some seed lets it survive and the next does not.
static int spare(const char *scratch) {
  enum { SEEDS = 40, SPARE = 2 };
  int code = 1, before = 0;
  uint64_t seed = 0;
  for (; seed < SEEDS && !(before == 1 && code == 0); seed++) {
    before = code;
    code = run_seeds(scratch, "GEN-1", seldom_overlap, seed, 0);
  }
  if (seed == SEEDS || seed < 2) return printf("no seed lets it survive before one that does not\n"), 1;
  int good = run_seeds(scratch, "GEN-1", seldom_overlap, seed - 2, SPARE);
  size_t good_trials = trials;
  int caught = run_seeds(scratch, "GEN-1", seldom_overlap, seed - 1, SPARE);
  size_t caught_trials = trials;
  int survived = run_seeds(scratch, "GEN-1", no_fault, 1, SPARE);
  bool held = good == 0 && good_trials == 2 && caught == 0 && caught_trials == 1 && survived == 1 &&
              trials == 1 + SPARE;
  if (!held)
    printf("made good: %d, %zu trials; caught: %d, %zu; survived: %d, %zu\n", good, good_trials, caught,
           caught_trials, survived, trials);
  return held ? 0 : 1;
}

static int settings(const char *scratch) {
  int right = run_made(scratch, "GEN-1\nSettings: chunk=8192", overlap);
  int wrong = run_made(scratch, "GEN-1\nSettings: chunk=1", overlap);
  int yes = run_made(scratch, "GEN-1\nOnly: yes", overlap),
      neither = run_made(scratch, "GEN-1\nOnly: 1", overlap);
  if (right != 0 || wrong != 3 || yes != 0 || neither != 2)
    printf("settings: %d, wrong ones: %d, only: %d, a wrong one: %d\n", right, wrong, yes, neither);
  return right == 0 && wrong == 3 && yes == 0 && neither == 2 ? 0 : 1;
}

// An object that begins in the one before overlaps it first of all, and spoils contents; sizes that no heap
// can give have nothing to do with it.
static int alone(const char *scratch) {
  int first = run_made(scratch, "GEN-1", overlap);
  enum ht_mutant_way first_way = last_way;
  int second = run_made(scratch, "GEN-3", overlap);
  enum ht_mutant_way second_way = last_way;
  int none = run_made(scratch, "GEN-6", overlap), only = run_made(scratch, "GEN-6\nOnly: yes", overlap);
  if (first != 0 || first_way != HT_MUTANT_CLAIMED) return printf("GEN-1: %d, way %d\n", first, first_way), 1;
  if (second != 0 || second_way == HT_MUTANT_CLAIMED)
    return printf("GEN-3: %d, way %d\n", second, second_way), 1;
  if (none != 1 || only != 1) return printf("GEN-6: %d, with nothing else checked %d\n", none, only), 1;
  return 0;
}

// When the files of a folder that the compiler made were last written, and how many objects are among them.
static uint64_t written(const char *folder, size_t *objects) {
  struct ht_files files;
  uint64_t hash = 0;
  *objects = 0;
  if (!ht_files_list(folder, false, &files)) return 0;
  for (size_t i = 0; i < files.count; i++) {
    struct stat status;
    const char *end = strrchr(files.paths[i], '.');
    if (end == NULL || stat(files.paths[i], &status) != 0) continue;
    *objects += strcmp(end, ".o") == 0;
    hash = hash * 31 + (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
  }
  ht_files_free(&files);
  return hash;
}

static int incremental(const char *scratch, const struct ht_mutants *mutants) {
  struct ht_mutants one = {.count = 1};
  for (size_t i = 0; i < mutants->count; i++)
    if (strcmp(mutants->mutants[i].id, "semispace-time-back") == 0) one.mutants = &mutants->mutants[i];
  if (one.mutants == NULL) return puts("there is no mutant semispace-time-back"), 1;
  char *own = ht_text("%s/semispace-time-back/replay", scratch);
  char *unmodified = ht_text("%s/none-semispace/replay", scratch);
  size_t own_objects, all_objects, again;
  int code = replay(&one, scratch);
  uint64_t own_written = written(own, &own_objects), all_written = written(unmodified, &all_objects);
  bool same = replay(&one, scratch) == code && written(own, &again) == own_written &&
              written(unmodified, &again) == all_written;
  if (code != 0 || !same || own_objects == 0 || own_objects >= all_objects)
    printf("code %d; %zu objects of %zu are the mutant's own; %s\n", code, own_objects, all_objects,
           same ? "nothing compiled twice" : "something compiled twice");
  bool fine = code == 0 && same && own_objects != 0 && own_objects < all_objects;
  free(own);
  free(unmodified);
  return fine ? 0 : 1;
}

// A row begins with the invariant's name; its end is the line's.
static const char *find_row(const char *text, const char *name, size_t *length) {
  char *start = ht_text("\n| %s | ", name);
  const char *row = strstr(text, start);
  free(start);
  *length = row != NULL ? strcspn(row + 1, "\n") : 0;
  return row != NULL ? row + 1 : NULL;
}

static bool row_has(const char *text, const char *name, const char *what) {
  size_t length;
  const char *row = find_row(text, name, &length), *found = row != NULL ? strstr(row, what) : NULL;
  if (found != NULL && found < row + length) return true;
  printf("%s: %s\n", name, row == NULL ? "has no row" : what);
  return false;
}

static int document(const char *path, const struct ht_mutants *mutants) {
  size_t size;
  char *text = ht_file_read(path, 1 << 22, &size), **heaps = ht_plugin_names();
  if (text == NULL || heaps == NULL) return printf("%s: cannot be read\n", path), 1;
  bool whole = true;
  for (enum ht_invariant i = 0; i < HT_INVARIANTS; i++)
    whole &= row_has(text, ht_invariants[i].name, ht_invariants[i].sentence);
  for (size_t h = 0; heaps[h] != NULL; h++) {
    struct ht_plugin_choice choice;
    const struct ht_heap_table *table = NULL;
    char message[512];
    if (!ht_plugin_choose(heaps[h], &choice, message, sizeof message)) continue;
    ht_plugin_load(&choice, 0, &table, message, sizeof message);
    for (size_t i = HT_INVARIANTS; table != NULL && i < ht_invariant_count(table); i++)
      whole &= row_has(text, ht_invariant_entry(table, i)->name, ht_invariant_entry(table, i)->sentence);
    ht_plugin_choice_free(&choice);
  }
  for (size_t i = 0; i < mutants->count; i++)
    whole &= row_has(text, mutants->mutants[i].breaks, mutants->mutants[i].id);
  if (!whole) printf("make it again: heaptrial mutants --document %s\n", path);
  ht_plugin_names_free(heaps);
  free(text);
  return whole ? 0 : 1;
}

static int expect(int code, int expected) {
  if (code != expected) printf("exit code %d, expected %d\n", code, expected);
  return code == expected ? 0 : 1;
}

int main(int argc, char **argv) {
  struct ht_mutants mutants;
  char message[512];
  if (argc == 3 && strcmp(argv[1], "survivor") == 0) return expect(survivor(argv[2]), 1);
  if (argc == 3 && strcmp(argv[1], "spare") == 0) return spare(argv[2]);
  if (argc == 3 && strcmp(argv[1], "stale") == 0) return expect(stale(argv[2]), 3);
  if (argc == 3 && strcmp(argv[1], "header") == 0) return expect(header(argv[2]), 3);
  if (argc == 3 && strcmp(argv[1], "settings") == 0) return settings(argv[2]);
  if (argc == 3 && strcmp(argv[1], "alone") == 0) return alone(argv[2]);
  if (!ht_mutants_read(NULL, &mutants, message, sizeof message)) {
    fprintf(stderr, "%s\n", message);
    return 2;
  }
  int code = 2;
  if (argc == 3 && strcmp(argv[1], "replay") == 0)
    code = replay(&mutants, argv[2]);
  else if (argc == 3 && strcmp(argv[1], "incremental") == 0)
    code = incremental(argv[2], &mutants);
  else if (argc == 3 && strcmp(argv[1], "document") == 0)
    code = document(argv[2], &mutants);
  else if (argc == 6 && strcmp(argv[1], "find") == 0)
    code = find(&mutants, argv + 2);
  else
    fprintf(
        stderr,
        "usage: %s replay|survivor|spare|stale|header|settings|alone|incremental SCRATCH | document FILE |\n"
        "  find ENGINE MUTANT SECONDS SCRATCH\n",
        argv[0]);
  ht_mutants_free(&mutants);
  return code;
}
