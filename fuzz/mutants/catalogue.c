// The catalogue of mutants: the headers of the patches.

#include "fuzz/mutants/mutants_internal.h"
#include "fuzz/oracle/invariants.h"
#include "plugin/plugin.h"

#include <stdlib.h>
#include <string.h>

enum { PATCH_MAX = 1 << 20 };

// The value of "Name: value" in the lines in front of the diff, or NULL.
static char *header_field(const char *text, const char *name) {
  size_t length = strlen(name);
  for (const char *line = text; line != NULL && strncmp(line, "--- ", 4) != 0;
       line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
    if (strncmp(line, name, length) != 0 || line[length] != ':') continue;
    const char *value = line + length + 1;
    value += strspn(value, " ");
    return ht_text("%.*s", (int)strcspn(value, "\n"), value);
  }
  return NULL;
}

static void free_mutant(struct ht_mutant *mutant) {
  free(mutant->id);
  free(mutant->heap);
  free(mutant->breaks);
  free(mutant->retells);
  free(mutant->settings);
  free(mutant->patch);
}

// The oracle's, or one that the heap's table lists.
static bool is_invariant(const char *heap, const char *name) {
  struct ht_plugin_choice choice;
  const struct ht_heap_table *table = NULL;
  char message[512];
  if (ht_invariant_named(NULL, name) != HT_INVARIANTS_MAX) return true;
  if (!ht_plugin_choose(heap, &choice, message, sizeof message)) return false;
  // Heaps with mutants are the tree's own: no child tries them first.
  ht_plugin_load(&choice, HT_PLUGIN_NO_TRIAL, &table, message, sizeof message);
  ht_plugin_choice_free(&choice);
  return table != NULL && ht_invariant_named(table, name) != HT_INVARIANTS_MAX;
}

static bool read_mutant(const char *path, struct ht_mutant *mutant, char *message, size_t message_size) {
  size_t size;
  char *text = ht_file_read(path, PATCH_MAX, &size);
  if (text == NULL) {
    snprintf(message, message_size, "%s: cannot be read", path);
    return false;
  }
  *mutant = (struct ht_mutant){.id = header_field(text, "Id"),
                               .heap = header_field(text, "Heap"),
                               .breaks = header_field(text, "Breaks"),
                               .retells = header_field(text, "Retells"),
                               .settings = header_field(text, "Settings"),
                               .patch = ht_text("%s", path)};
  char *only = header_field(text, "Only");
  bool yes_or_no = only == NULL || strcmp(only, "yes") == 0 || strcmp(only, "no") == 0;
  mutant->only = only != NULL && strcmp(only, "yes") == 0;
  free(only);
  free(text);
  const char *wrong = NULL;
  const char *file = strrchr(path, '/') + 1;
  if (mutant->id == NULL || mutant->heap == NULL || mutant->breaks == NULL || mutant->retells == NULL)
    wrong = "the lines Id:, Heap:, Breaks: and Retells: are not all there";
  else if (!yes_or_no)
    wrong = "Only: is yes or no";
  else if (strlen(file) != strlen(mutant->id) + strlen(".patch") ||
           strncmp(file, mutant->id, strlen(mutant->id)) != 0)
    wrong = "the file is not called as its Id: says";
  else if (!is_invariant(mutant->heap, mutant->breaks))
    wrong = "Breaks: names no invariant of the oracle or of this heap as it is built here";
  if (wrong == NULL) return true;
  snprintf(message, message_size, "%s: %s", path, wrong);
  free_mutant(mutant);
  return false;
}

bool ht_mutants_read(const char *folder, struct ht_mutants *mutants, char *message, size_t message_size) {
  struct ht_files files;
  *mutants = (struct ht_mutants){0};
  if (folder == NULL) folder = ht_mutants_patches();
  bool read = ht_files_list(folder, false, &files);
  if (!read) snprintf(message, message_size, "%s: cannot be listed", folder);
  if (read && files.count != 0) {
    mutants->mutants = calloc(files.count, sizeof *mutants->mutants);
    read = mutants->mutants != NULL;
    if (!read) snprintf(message, message_size, "no memory");
  }
  for (size_t i = 0; read && i < files.count; i++) {
    size_t length = strlen(files.paths[i]);
    if (length < 6 || strcmp(files.paths[i] + length - 6, ".patch") != 0) continue;
    read = read_mutant(files.paths[i], &mutants->mutants[mutants->count], message, message_size);
    if (read) mutants->count++;
  }
  if (read && mutants->count == 0) {
    snprintf(message, message_size, "%s: there is no patch", folder);
    read = false;
  }
  ht_files_free(&files);
  if (!read) ht_mutants_free(mutants);
  return read;
}

void ht_mutants_free(struct ht_mutants *mutants) {
  for (size_t i = 0; i < mutants->count; i++) free_mutant(&mutants->mutants[i]);
  free(mutants->mutants);
  *mutants = (struct ht_mutants){0};
}

const char *ht_mutants_patches(void) {
  return HEAPTRIAL_PATCHES_DIRECTORY;
}

const char *ht_mutants_killers(void) {
  return HEAPTRIAL_KILLERS_DIRECTORY;
}

char *mutant_heap(const char *library, const struct ht_mutant *mutant) {
  bool set = mutant->settings != NULL && mutant->settings[0] != 0;
  return ht_text("%s%s%s", library, set ? ":" : "", set ? mutant->settings : "");
}

bool key_names(const char *key, const char *invariant) {
  size_t length = strlen(invariant);
  return strncmp(key, invariant, length) == 0 && (key[length] == ' ' || key[length] == 0);
}
