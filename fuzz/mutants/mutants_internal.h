#ifndef FUZZ_MUTANTS_MUTANTS_INTERNAL_H
#define FUZZ_MUTANTS_MUTANTS_INTERNAL_H

// What the files of the mutation runner share.

#include "fuzz/campaign/files.h"
#include "fuzz/mutants/mutants.h"

// A heap without a change, to be built and tried like a mutant.
#define UNMODIFIED "none"

// How heaps are built in one flavour: "replay", "libfuzzer", "aflpp" (<targets>/<flavour>.recipe).
struct recipe {
  char *text; // what the words point into
  const char *compiler, *root, *base;
  size_t flag_count, source_count;
  const char *flags[64];
  const char *sources[64]; // of the heap, relative to root
};

bool recipe_read(const char *targets, const char *flavour, const char *heap, struct recipe *recipe,
                 char *message, size_t message_size);
void recipe_free(struct recipe *recipe);

// Copies the heap's sources into <scratch>/<id>/source and applies the patch there. Returns that path, to be
// freed; NULL with a message.
char *mutant_sources(const struct ht_mutants_options *options, const struct ht_mutant *mutant, char *message,
                     size_t message_size);
// Builds <scratch>/<id>/<flavour>/libheaptrial-<heap>.so from them. Returns its path, to be freed; NULL with
// a message.
char *mutant_build(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                   const char *sources, const char *flavour, char *message, size_t message_size);

// Does a key name this invariant? "WEAK-1 collect" names WEAK-1.
bool key_names(const char *key, const char *invariant);

#endif
