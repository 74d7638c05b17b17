// The mutants as tests:
//   mutants_test replay SCRATCH                   every killer still kills its mutant and nothing else
//   mutants_test find ENGINE MUTANT SECONDS SCRATCH   an engine finds a planted fault from an empty corpus
//   mutants_test survivor SCRATCH                 a mutant without a fault survives, and that is no success
//   mutants_test stale SCRATCH                    a patch that does not apply is an error

#include "fuzz/campaign/files.h"
#include "fuzz/mutants/mutants.h"

#include <stdlib.h>
#include <string.h>

static int run(const struct ht_mutants_options *options) {
  struct ht_mutants_result result;
  int code = ht_mutants_run(options, &result);
  ht_mutants_table(&result, stdout);
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

// A mutant of our own making; `hunk` is its diff.
static int run_made(const char *scratch, const char *hunk) {
  char *patches = ht_text("%s/patches", scratch), *path = ht_text("%s/made.patch", patches);
  char *text = ht_text("Id: made\nHeap: bump\nBreaks: GEN-1\nRetells: nothing\n\n%s", hunk);
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
                                         .first_seed = 1};
    code = run(&options);
    ht_mutants_free(&mutants);
  }
  free(text);
  free(path);
  free(patches);
  return code;
}

// The first line of a source that every build of the heap reads, with a comment more in front: no fault.
static int survivor(const char *scratch) {
  return run_made(scratch,
                  "--- a/tests/heaps/bump/no_fault.h\n+++ b/tests/heaps/bump/no_fault.h\n@@ -0,0 +1 @@\n"
                  "+// Changes nothing.\n");
}

static int stale(const char *scratch) {
  return run_made(scratch, "--- a/tests/heaps/bump/bump.c\n+++ b/tests/heaps/bump/bump.c\n@@ -1,1 +1,1 @@\n"
                           "-a line that is not there\n+another\n");
}

static int expect(int code, int expected) {
  if (code != expected) printf("exit code %d, expected %d\n", code, expected);
  return code == expected ? 0 : 1;
}

int main(int argc, char **argv) {
  struct ht_mutants mutants;
  char message[512];
  if (argc == 3 && strcmp(argv[1], "survivor") == 0) return expect(survivor(argv[2]), 1);
  if (argc == 3 && strcmp(argv[1], "stale") == 0) return expect(stale(argv[2]), 3);
  if (!ht_mutants_read(NULL, &mutants, message, sizeof message)) {
    fprintf(stderr, "%s\n", message);
    return 2;
  }
  int code = 2;
  if (argc == 3 && strcmp(argv[1], "replay") == 0)
    code = replay(&mutants, argv[2]);
  else if (argc == 6 && strcmp(argv[1], "find") == 0)
    code = find(&mutants, argv + 2);
  else
    fprintf(stderr, "usage: %s replay|survivor|stale SCRATCH | find ENGINE MUTANT SECONDS SCRATCH\n",
            argv[0]);
  ht_mutants_free(&mutants);
  return code;
}
