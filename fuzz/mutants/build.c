// Builds a mutant beside the unmodified heap, whose objects it takes for what the patch does not reach.
//
//   <scratch>/none-HEAP/FLAVOUR/   NN.o of the tree's own sources, and what each was made of
//   <scratch>/ID/source/           all files those were made of, copied, and the patch applied
//   <scratch>/ID/FLAVOUR/          NN.o of what reads a file that the patch touches, and the library

#include "fuzz/mutants/mutants_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  RECIPE_MAX = 1 << 20,
  PATCH_MAX = 1 << 20,
  LINK_WORDS_MAX = 192,
};

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
      fits = fits && add_word(recipe->flags, &recipe->flag_count, RECIPE_FLAGS_MAX, value);
    else if (strcmp(line, "source") == 0)
      fits = fits && add_word(recipe->sources, &recipe->source_count, RECIPE_SOURCES_MAX, value);
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

// The objects of a heap's sources below `root`, which is the tree itself or a mutant's copy of it.
struct build {
  struct recipe recipe;
  char *folder; // of the objects
  char *includes[5];
  struct object objects[RECIPE_SOURCES_MAX];
};

static const char *targets_of(const struct ht_mutants_options *options) {
  return options->targets != NULL ? options->targets : ht_campaign_targets();
}

static void build_close(struct build *build) {
  for (size_t i = 0; i < build->recipe.source_count; i++) object_free(&build->objects[i]);
  for (size_t i = 0; i < 4; i++) free(build->includes[i]);
  free(build->folder);
  recipe_free(&build->recipe);
}

// `root` NULL: the tree itself.
static bool build_open(struct build *build, const struct ht_mutants_options *options, const char *heap,
                       const char *name, const char *flavour, const char *root, char *message,
                       size_t message_size) {
  *build = (struct build){0};
  if (!recipe_read(targets_of(options), flavour, heap, &build->recipe, message, message_size)) return false;
  const char *tree = build->recipe.root;
  if (root == NULL) root = tree;
  build->folder = ht_text("%s/%s/%s", options->scratch, name, flavour);
  build->includes[0] = ht_text("-I%s", root);
  build->includes[1] = ht_text("-I%s", tree);
  build->includes[2] = ht_text("-I%s/include", tree);
  build->includes[3] = ht_text("-I%s/allocators", tree);
  for (size_t i = 0; i < build->recipe.source_count; i++) {
    char *source = ht_text("%s/%s", root, build->recipe.sources[i]);
    object_describe(&build->objects[i], &build->recipe, (const char *const *)build->includes, source,
                    build->folder, i);
    free(source);
  }
  if (ht_folder_make(build->folder)) return true;
  snprintf(message, message_size, "%s: cannot be made: %s", build->folder, strerror(errno));
  build_close(build);
  return false;
}

// The unmodified heap's objects, in a folder of their own.
static bool build_unmodified(struct build *build, const struct ht_mutants_options *options, const char *heap,
                             const char *flavour, char *message, size_t message_size) {
  char *name = ht_text(UNMODIFIED "-%s", heap);
  bool built = build_open(build, options, heap, name, flavour, NULL, message, message_size);
  if (built && !objects_make(build->objects, build->recipe.source_count, heap, message, message_size)) {
    build_close(build);
    built = false;
  }
  free(name);
  return built;
}

// The part of a path below a folder, or NULL.
static const char *below(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static bool copy_file(const char *from, const char *to) {
  char *folder = ht_text("%.*s", (int)(strrchr(to, '/') - to), to);
  bool copied = ht_folder_make(folder) && ht_file_copy(from, to);
  free(folder);
  return copied;
}

// Every file of the tree that an object of the unmodified heap was made of: a patch may touch any of them.
static bool copy_read_files(const struct build *build, const char *tree, const char *sources) {
  bool copied = true;
  for (size_t i = 0; copied && i < build->recipe.source_count; i++) {
    struct ht_files files;
    copied = dependencies_read(build->objects[i].dependencies, &files);
    for (size_t k = 0; copied && k < files.count; k++) {
      const char *path = below(files.paths[k], tree);
      if (path == NULL) continue;
      char *to = ht_text("%s/%s", sources, path);
      copied = ht_file_is_there(to) || copy_file(files.paths[k], to);
      free(to);
    }
    ht_files_free(&files);
  }
  return copied;
}

static bool apply(const char *sources, const char *patch, char *message, size_t message_size) {
  // No fuzz: a hunk that applies somewhere else plants another bug.
  const char *argv[] = {"patch", "-p1", "--fuzz=0", "--batch", "--forward", "-d", sources, "-i", patch, NULL};
  char *what = ht_text("%s no longer applies", patch);
  bool applied = run_tool(argv, what, message, message_size);
  free(what);
  return applied;
}

char *mutant_sources(const struct ht_mutants_options *options, const struct ht_mutant *mutant, char *message,
                     size_t message_size) {
  struct build build;
  if (mutant->patch == NULL) return ht_text("%s", "");
  if (!build_unmodified(&build, options, mutant->heap, "replay", message, message_size)) return NULL;
  char *sources = ht_text("%s/%s/source", options->scratch, mutant->id);
  char *tree = realpath(build.recipe.root, NULL);
  bool made = tree != NULL && ht_folder_remove(sources) && ht_folder_make(sources) &&
              copy_read_files(&build, tree, sources);
  if (!made) snprintf(message, message_size, "%s: cannot be made: %s", sources, strerror(errno));
  made = made && apply(sources, mutant->patch, message, message_size);
  free(tree);
  build_close(&build);
  if (made) return sources;
  free(sources);
  return NULL;
}

// Whether a patch has a hunk for the file.
static bool touches(const char *patch, const char *path) {
  char *line = ht_text("\n+++ b/%s", path);
  const char *found = patch;
  while ((found = strstr(found, line)) != NULL) {
    found += strlen(line);
    if (*found == '\n' || *found == '\t') break;
  }
  free(line);
  return found != NULL;
}

// Whether an object of the unmodified heap was made of a file that the patch touches.
static bool is_reached(const struct object *object, const char *tree, const char *patch) {
  struct ht_files files;
  bool reached = !dependencies_read(object->dependencies, &files);
  for (size_t i = 0; !reached && i < files.count; i++) {
    const char *path = below(files.paths[i], tree);
    reached = path != NULL && touches(patch, path);
  }
  ht_files_free(&files);
  return reached;
}

// Makes the mutant's own objects and takes the others from the unmodified heap: `all` is one a source.
static bool choose_objects(struct build *own, const struct build *unmodified, const struct ht_mutant *mutant,
                           const struct object **all, char *message, size_t message_size) {
  size_t size, count = 0, which[RECIPE_SOURCES_MAX];
  struct object reached[RECIPE_SOURCES_MAX];
  char *patch = ht_file_read(mutant->patch, PATCH_MAX, &size), *tree = realpath(own->recipe.root, NULL);
  bool made = patch != NULL && tree != NULL;
  if (!made) snprintf(message, message_size, "%s: cannot be read", mutant->patch);
  for (size_t i = 0; made && i < own->recipe.source_count; i++) {
    all[i] = &unmodified->objects[i];
    if (!is_reached(all[i], tree, patch)) continue;
    which[count] = i;
    reached[count++] = own->objects[i];
  }
  char *what = ht_text("%s does not compile", mutant->patch);
  made = made && objects_make(reached, count, what, message, message_size);
  for (size_t k = 0; made && k < count; k++) {
    own->objects[which[k]].hash = reached[k].hash;
    all[which[k]] = &own->objects[which[k]];
  }
  free(what);
  free(patch);
  free(tree);
  return made;
}

static bool link_library(const struct recipe *recipe, const struct object *const *objects,
                         const char *library, char *message, size_t message_size) {
  const char *argv[LINK_WORDS_MAX] = {recipe->compiler, "-shared", "-o", library};
  size_t count = 4, limit = LINK_WORDS_MAX - 1;
  for (size_t i = 0; i < recipe->flag_count; i++) add_word(argv, &count, limit, recipe->flags[i]);
  for (size_t i = 0; i < recipe->source_count; i++) add_word(argv, &count, limit, objects[i]->output);
  add_word(argv, &count, limit, recipe->base);
  add_word(argv, &count, limit, "-lpthread");
  uint64_t hash = fold_status(fold_command(1, argv), recipe->base);
  for (size_t i = 0; i < recipe->source_count; i++) hash = fold(hash, &objects[i]->hash, sizeof hash);
  char *key = ht_text("%s.key", library);
  bool linked = key_fits(key, hash) && ht_file_is_there(library);
  if (!linked) linked = run_tool(argv, library, message, message_size) && key_write(key, hash);
  free(key);
  return linked;
}

char *mutant_build(const struct ht_mutants_options *options, const struct ht_mutant *mutant,
                   const char *sources, const char *flavour, char *message, size_t message_size) {
  struct build unmodified, own = {0};
  const struct object *objects[RECIPE_SOURCES_MAX];
  if (!build_unmodified(&unmodified, options, mutant->heap, flavour, message, message_size)) return NULL;
  const struct build *build = &unmodified;
  bool built = true;
  for (size_t i = 0; i < unmodified.recipe.source_count; i++) objects[i] = &unmodified.objects[i];
  if (mutant->patch != NULL) {
    build = &own;
    built = build_open(&own, options, mutant->heap, mutant->id, flavour, sources, message, message_size) &&
            choose_objects(&own, &unmodified, mutant, objects, message, message_size);
  }
  char *library = built ? ht_text("%s/libheaptrial-%s.so", build->folder, mutant->heap) : NULL;
  if (built && !link_library(&build->recipe, objects, library, message, message_size)) {
    free(library);
    library = NULL;
  }
  build_close(&own);
  build_close(&unmodified);
  return library;
}
