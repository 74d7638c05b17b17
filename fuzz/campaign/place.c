// Target binaries: which one tries a heap, and what its environment must say.

#include "fuzz/campaign/campaign_internal.h"

#include <stdlib.h>
#include <string.h>

#ifndef HEAPTRIAL_TARGETS_DIRECTORY
#error "the build says where it puts fuzz targets"
#endif

const char *ht_campaign_targets(void) {
  const char *targets = getenv("HEAPTRIAL_TARGETS");
  return targets != NULL && targets[0] != 0 ? targets : HEAPTRIAL_TARGETS_DIRECTORY;
}

const char *ht_campaign_corpus(void) {
  return HEAPTRIAL_CORPUS_DIRECTORY;
}

void place_set(struct place *place, const char *name, const char *value) {
  if (value == NULL || place->environment_count == ENVIRONMENT_MAX - 1) return;
  char *text = ht_text("%s=%s", name, value);
  place->owned[place->environment_count] = text;
  place->environment[place->environment_count++] = text;
}

// A heap of this build has a target it is linked into: libheaptrial-NAME.so of the build's own folder.
static char *linked_target(const struct ht_plugin_choice *choice, const char *folder) {
  static const char prefix[] = "libheaptrial-";
  if (strchr(choice->text, '/') != NULL) return NULL;
  const char *file = strrchr(choice->path, '/');
  file = file != NULL ? file + 1 : choice->path;
  if (strncmp(file, prefix, sizeof prefix - 1) != 0) return NULL;
  file += sizeof prefix - 1;
  const char *end = strstr(file, ".so");
  if (end == NULL) return NULL;
  return ht_text("%s/program-%.*s", folder, (int)(end - file), file);
}

static void set_settings(struct place *place) {
  const struct ht_plugin_choice *choice = &place->choice;
  char *text = ht_text("%s", "");
  for (size_t i = 0; i < choice->setting_count; i++) {
    char *longer =
        ht_text("%s%s%s=%s", text, i ? "," : "", choice->settings[i].name, choice->settings[i].value);
    free(text);
    text = longer;
  }
  place_set(place, "HEAPTRIAL_SETTINGS", text);
  free(text);
}

bool place_open(struct place *place, const char *heap, const char *targets, const char *directory,
                const char *flavour, char *message, size_t message_size) {
  *place = (struct place){0};
  if (!ht_plugin_choose(heap, &place->choice, message, message_size)) return false;
  char *folder = ht_text("%s/%s%s", targets, directory, flavour);
  place->binary = linked_target(&place->choice, folder);
  if (place->binary != NULL && ht_file_runs(place->binary)) {
    set_settings(place);
  } else {
    free(place->binary);
    place->binary = ht_text("%s/program-plugin", folder);
    place_set(place, "HEAPTRIAL_HEAP", heap);
  }
  free(folder);
  if (ht_file_runs(place->binary)) return true;
  snprintf(message, message_size,
           "%s is not built: configure with -DHEAPTRIAL_FUZZ=ON and build the target "
           "heaptrial_targets, or set HEAPTRIAL_TARGETS to where that was done%s",
           place->binary,
           strcmp(flavour, "-simulated") == 0 ? "; the simulated world takes only heaps of this tree" : "");
  place_close(place);
  return false;
}

void place_close(struct place *place) {
  for (size_t i = 0; i < place->environment_count; i++) free(place->owned[i]);
  free(place->binary);
  if (place->choice.text != NULL) ht_plugin_choice_free(&place->choice);
  *place = (struct place){0};
}
