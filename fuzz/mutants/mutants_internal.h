#ifndef FUZZ_MUTANTS_MUTANTS_INTERNAL_H
#define FUZZ_MUTANTS_MUTANTS_INTERNAL_H

// What the files of the mutation runner share.

#include "fuzz/campaign/files.h"
#include "fuzz/mutants/mutants.h"

// A heap without a change, to be built and tried like a mutant.
#define UNMODIFIED "none"

enum { RECIPE_FLAGS_MAX = 64, RECIPE_SOURCES_MAX = 64, OBJECT_WORDS_MAX = 96 };

// How heaps are built in one flavour: "replay", "libfuzzer", "aflpp" (<targets>/<flavour>.recipe).
struct recipe {
  char *text; // what the words point into
  const char *compiler, *root, *base;
  size_t flag_count, source_count;
  const char *flags[RECIPE_FLAGS_MAX];
  const char *sources[RECIPE_SOURCES_MAX]; // of the heap, relative to root
};

bool recipe_read(const char *targets, const char *flavour, const char *heap, struct recipe *recipe,
                 char *message, size_t message_size);
void recipe_free(struct recipe *recipe);

// objects.c: one source and what comes of it.
struct object {
  char *source, *path; // of what lies beside the object, without its ending
  char *output, *dependencies;
  const char *argv[OBJECT_WORDS_MAX]; // points into these and into the recipe
  uint64_t hash;                      // of what it was made of, once it is made
};
void object_describe(struct object *object, const struct recipe *recipe, const char *const *includes,
                     const char *source, const char *folder, size_t number);
void object_free(struct object *object);
// Compiles those of them that are not as they would come out again, some at once. False with a message that
// begins with `what`.
bool objects_make(struct object *objects, size_t count, const char *what, char *message, size_t message_size);
// The files an object was made of, those of the system left out, by their real paths.
bool dependencies_read(const char *path, struct ht_files *files);

bool add_word(const char **words, size_t *count, size_t limit, const char *word);
bool run_tool(const char *const *argv, const char *what, char *message, size_t message_size);
// Hashes of what a file is made of, and the file they are kept in.
uint64_t fold(uint64_t hash, const void *data, size_t size);
uint64_t fold_status(uint64_t hash, const char *path);
uint64_t fold_command(uint64_t hash, const char *const *argv);
bool key_fits(const char *path, uint64_t hash);
bool key_write(const char *path, uint64_t hash);

// Copies what the heap is made of into <scratch>/<id>/source and applies the patch there. Returns that path,
// to be freed; NULL with a message.
char *mutant_sources(const struct ht_mutants_options *options, const struct ht_mutant *mutant, char *message,
                     size_t message_size);
// Builds <scratch>/<id>/<flavour>/libheaptrial-<heap>.so from them, compiling only what the patch changes and
// nothing that was compiled before. Returns its path, to be freed; NULL with a message.
char *mutant_build(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                   const char *sources, const char *flavour, char *message, size_t message_size);

// A heap's library as --heap takes it, with the mutant's settings; to be freed.
char *mutant_heap(const char *library, const struct ht_mutant *mutant);

// trial.c: a row of the result, and what is said of it.
struct ht_mutant_trial *add_trial(struct ht_mutants_result *result, const struct ht_mutant *mutant,
                                  enum ht_engine engine, uint64_t seed);
void judge(struct ht_mutant_trial *trial, enum ht_mutant_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void finish(const struct ht_mutants_options *options, struct ht_mutants_result *result,
            const struct ht_mutant_trial *trial);

// replay.c: where the program is that kills a mutant ("bin" or "txt"; to be freed), whether there is one, and
// whether it still does.
char *killer_path(const struct ht_mutants_options *options, const struct ht_mutant *mutant, const char *end);
bool has_killer(const struct ht_mutants_options *options, const struct ht_mutant *mutant);
void replay_mutant(const struct ht_mutants_options *options, struct ht_mutants_result *result,
                   const struct ht_mutant *mutant);

// table.c: of numbers, which it sorts; a survivor is INFINITY.
double median(double *values, size_t count);

// Does a key name this invariant? "WEAK-1 collect" names WEAK-1.
bool key_names(const char *key, const char *invariant);

#endif
