// Reads the runner's options from the environment.

#include "fuzz/targets/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ht_setting settings[HT_TARGET_SETTINGS_MAX];

static bool read_settings(struct ht_runner_options *options, char *text, char *message, size_t message_size) {
  size_t count = 0;
  for (; count < options->setting_count && count < HT_TARGET_SETTINGS_MAX; count++)
    settings[count] = options->settings[count];
  char *rest;
  for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
    char *equals = strchr(item, '=');
    if (equals == NULL || count == HT_TARGET_SETTINGS_MAX) {
      snprintf(message, message_size, "HEAPTRIAL_SETTINGS: at most %d of name=value, not \"%s\"",
               HT_TARGET_SETTINGS_MAX, item);
      return false;
    }
    *equals = 0;
    settings[count++] = (struct ht_setting){.name = item, .value = equals + 1};
  }
  options->settings = settings;
  options->setting_count = count;
  return true;
}

static bool read_only(struct ht_runner_options *options, char *text, char *message, size_t message_size) {
  options->only = (struct ht_invariant_set){0};
  char *rest;
  for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
    size_t invariant = ht_invariant_named(options->table, item);
    if (invariant == HT_INVARIANTS_MAX) {
      snprintf(message, message_size, "HEAPTRIAL_ONLY: there is no invariant \"%s\"", item);
      return false;
    }
    ht_invariant_add(&options->only, invariant);
  }
  return true;
}

bool ht_target_settings(struct ht_runner_options *options, char *message, size_t message_size) {
  options->only = HT_INVARIANTS_ALL;
  const char *every = getenv("HEAPTRIAL_EVERY");
  options->every = every != NULL && strcmp(every, "1") == 0;
  const char *carriers = getenv("HEAPTRIAL_CARRIERS");
  if (carriers != NULL) {
    options->carriers = (unsigned)strtoul(carriers, NULL, 10);
    if (options->carriers == 0 || options->carriers > HT_CARRIERS_MAX) {
      snprintf(message, message_size, "HEAPTRIAL_CARRIERS: 1 to %d, not \"%s\"", HT_CARRIERS_MAX, carriers);
      return false;
    }
  }
  const char *texts[] = {getenv("HEAPTRIAL_SETTINGS"), getenv("HEAPTRIAL_ONLY")};
  bool (*const readers[])(struct ht_runner_options *, char *, char *, size_t) = {read_settings, read_only};
  for (size_t i = 0; i < 2; i++) {
    if (texts[i] == NULL || texts[i][0] == 0) continue;
    char *copy = strdup(texts[i]); // the settings point into it for as long as the process lives
    if (copy == NULL) {
      snprintf(message, message_size, "no memory");
      return false;
    }
    if (!readers[i](options, copy, message, message_size)) return false;
  }
  return true;
}
