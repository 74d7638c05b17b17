// Builds a mutant: a copy of the heap's sources, the patch, and a compiler run for the heap alone.

#include "fuzz/mutants/mutants_internal.h"
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  RECIPE_MAX = 1 << 20,
  SOURCE_MAX = 4 << 20,
  WORDS_MAX = 192,
  TOOL_SECONDS = 120, // that patch or the compiler may take
};

static bool add_word(const char **words, size_t *count, size_t limit, const char *word) {
  if (*count == limit) return false;
  words[(*count)++] = word;
  return true;
}

bool recipe_read(const char *targets, const char *flavour, const char *heap, struct recipe *recipe,
                 char *message, size_t message_size) {
  *recipe = (struct recipe){0};
  char *path = ht_text("%s/%s.recipe", targets, flavour);
  size_t size;
  bool ours = true, found = false, fits = true; // the lines in front of the first heap are for all of them
  recipe->text = ht_file_read(path, RECIPE_MAX, &size);
  char *rest;
  char *line = recipe->text != NULL ? strtok_r(recipe->text, "\n", &rest) : NULL;
  for (; line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char *value = strchr(line, ' ');
    if (value == NULL) continue;
    *value++ = 0;
    if (strcmp(line, "heap") == 0) {
      ours = strcmp(value, heap) == 0;
      found = found || ours;
    } else if (!ours)
      continue;
    else if (strcmp(line, "compiler") == 0)
      recipe->compiler = value;
    else if (strcmp(line, "root") == 0)
      recipe->root = value;
    else if (strcmp(line, "base") == 0)
      recipe->base = value;
    else if (strcmp(line, "flag") == 0)
      fits = fits && add_word(recipe->flags, &recipe->flag_count, 64, value);
    else if (strcmp(line, "source") == 0)
      fits = fits && add_word(recipe->sources, &recipe->source_count, 64, value);
  }
  if (recipe->text == NULL)
    snprintf(message, message_size, "%s is missing: build the target heaptrial_targets%s", path,
             strcmp(flavour, "replay") != 0 ? " with -DHEAPTRIAL_FUZZ=ON" : "");
  else if (!found)
    snprintf(message, message_size, "%s: there is no heap \"%s\"", path, heap);
  else if (!fits || recipe->compiler == NULL || recipe->root == NULL || recipe->base == NULL)
    snprintf(message, message_size, "%s: not a recipe: build heaptrial_targets again", path);
  else {
    free(path);
    return true;
  }
  free(path);
  recipe_free(recipe);
  return false;
}

void recipe_free(struct recipe *recipe) {
  free(recipe->text);
  *recipe = (struct recipe){0};
}

// Every C file and header of the folder a source is in: what it includes from there is changed with it.
static bool copy_folder(const char *root, const char *source, const char *to) {
  int length = (int)(strrchr(source, '/') - source);
  char *from_folder = ht_text("%s/%.*s", root, length, source),
       *to_folder = ht_text("%s/%.*s", to, length, source);
  struct ht_files files = {0};
  bool copied = ht_folder_make(to_folder) && ht_files_list(from_folder, false, &files);
  for (size_t i = 0; copied && i < files.count; i++) {
    const char *name = strrchr(files.paths[i], '/');
    const char *end = strrchr(name, '.');
    if (end == NULL || (strcmp(end, ".c") != 0 && strcmp(end, ".h") != 0 && strcmp(end, ".S") != 0)) continue;
    char *path = ht_text("%s%s", to_folder, name);
    copied = ht_file_copy(files.paths[i], path);
    free(path);
  }
  ht_files_free(&files);
  free(from_folder);
  free(to_folder);
  return copied;
}

static bool run_tool(const char *const *argv, const char *what, char *message, size_t message_size) {
  struct ht_process_result result;
  struct ht_process_options options = {.argv = argv,
                                       .out.kind = HT_PROCESS_CAPTURE,
                                       .err.kind = HT_PROCESS_JOIN,
                                       .wall_ns = TOOL_SECONDS * HT_PROCESS_SECOND};
  bool done = ht_process_run(&options, &result);
  if (!done) {
    // The first lines of what a tool says are the cause; on one line.
    char said[300];
    snprintf(said, sizeof said, "%s", result.out != NULL ? result.out : "");
    for (char *at = said; *at != 0; at++)
      if (*at == '\n') *at = ' ';
    snprintf(message, message_size, "%s: %s: %s", what, result.reason, said);
  }
  ht_process_result_free(&result);
  return done;
}

char *mutant_sources(const struct ht_mutants_options *options, const struct ht_mutant *mutant, char *message,
                     size_t message_size) {
  struct recipe recipe;
  const char *targets = options->targets != NULL ? options->targets : ht_campaign_targets();
  if (!recipe_read(targets, "replay", mutant->heap, &recipe, message, message_size)) return NULL;
  char *sources = ht_text("%s/%s/source", options->scratch, mutant->id);
  bool made = ht_folder_remove(sources) && ht_folder_make(sources);
  for (size_t i = 0; made && i < recipe.source_count; i++)
    made = copy_folder(recipe.root, recipe.sources[i], sources);
  if (!made) snprintf(message, message_size, "%s: cannot be made: %s", sources, strerror(errno));
  if (made && mutant->patch != NULL) {
    // No fuzz: a hunk that applies somewhere else plants another bug.
    const char *argv[] = {"patch", "-p1",   "--fuzz=0", "--batch",     "--forward",
                          "-d",    sources, "-i",       mutant->patch, NULL};
    char *what = ht_text("%s no longer applies", mutant->patch);
    made = run_tool(argv, what, message, message_size);
    free(what);
  }
  recipe_free(&recipe);
  if (made) return sources;
  free(sources);
  return NULL;
}

char *mutant_build(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                   const char *sources, const char *flavour, char *message, size_t message_size) {
  struct recipe recipe;
  const char *targets = options->targets != NULL ? options->targets : ht_campaign_targets();
  if (!recipe_read(targets, flavour, mutant->heap, &recipe, message, message_size)) return NULL;
  char *folder = ht_text("%s/%s/%s", options->scratch, mutant->id, flavour);
  char *library = ht_text("%s/libheaptrial-%s.so", folder, mutant->heap);
  char *includes[] = {ht_text("-I%s", sources), ht_text("-I%s", recipe.root),
                      ht_text("-I%s/include", recipe.root), ht_text("-I%s/allocators", recipe.root)};
  char *paths[64];
  const char *argv[WORDS_MAX] = {recipe.compiler, "-shared", "-o", library};
  size_t count = 4, limit = WORDS_MAX - 1;
  for (size_t i = 0; i < 4; i++) add_word(argv, &count, limit, includes[i]);
  for (size_t i = 0; i < recipe.flag_count; i++) add_word(argv, &count, limit, recipe.flags[i]);
  for (size_t i = 0; i < recipe.source_count; i++) {
    paths[i] = ht_text("%s/%s", sources, recipe.sources[i]);
    add_word(argv, &count, limit, paths[i]);
  }
  add_word(argv, &count, limit, recipe.base);
  add_word(argv, &count, limit, "-lpthread");
  char *what = ht_text("%s does not compile", mutant->patch != NULL ? mutant->patch : mutant->heap);
  bool built = ht_folder_make(folder);
  if (!built) snprintf(message, message_size, "%s: cannot be made: %s", folder, strerror(errno));
  built = built && run_tool(argv, what, message, message_size);
  free(what);
  for (size_t i = 0; i < 4; i++) free(includes[i]);
  for (size_t i = 0; i < recipe.source_count; i++) free(paths[i]);
  free(folder);
  recipe_free(&recipe);
  if (built) return library;
  free(library);
  return NULL;
}
