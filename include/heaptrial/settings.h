#ifndef HEAPTRIAL_SETTINGS_H
#define HEAPTRIAL_SETTINGS_H

// For a heap's `create`: the options that a config sets, checked against those that the heap lists.

#include <heaptrial/heap.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Puts a message where `config` wants it and returns `status`.
__attribute__((format(printf, 3, 4))) static inline enum ht_status
ht_config_fail(const struct ht_config *config, enum ht_status status, const char *format, ...) {
  if (config->message && config->message_size) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(config->message, config->message_size, format, arguments);
    va_end(arguments);
  }
  return status;
}

// Is all that `config` sets in `options`, which may be NULL? False: no, as the message says; create's answer
// is HT_BAD_OPTION.
static inline bool ht_settings_check(const struct ht_config *config, const struct ht_option *options) {
  for (size_t i = 0; i < config->setting_count; i++) {
    const struct ht_option *option = options;
    while (option && option->name && strcmp(option->name, config->settings[i].name)) option++;
    if (!option || !option->name) {
      ht_config_fail(config, HT_BAD_OPTION, "unknown option '%s'", config->settings[i].name);
      return false;
    }
  }
  return true;
}

// The value that `config` gives the option `name`, the last one if it is set twice, or its initial value.
static inline const char *ht_setting(const struct ht_config *config, const struct ht_option *options,
                                     const char *name) {
  for (size_t i = config->setting_count; i-- > 0;)
    if (!strcmp(config->settings[i].name, name)) return config->settings[i].value;
  while (options->name && strcmp(options->name, name)) options++;
  return options->initial;
}

// The same as one of two words: *chosen says whether it is `yes`. False: it is neither, as the message says;
// create's answer is HT_BAD_OPTION.
static inline bool ht_setting_choice(const struct ht_config *config, const struct ht_option *options,
                                     const char *name, const char *no, const char *yes, bool *chosen) {
  const char *value = ht_setting(config, options, name);
  *chosen = !strcmp(value, yes);
  if (*chosen || !strcmp(value, no)) return true;
  ht_config_fail(config, HT_BAD_OPTION, "option '%s': '%s' is neither %s nor %s", name, value, no, yes);
  return false;
}

// The same as a whole number from `least` to `most`. False: it is none, as the message says; create's answer
// is HT_BAD_OPTION.
static inline bool ht_setting_number(const struct ht_config *config, const struct ht_option *options,
                                     const char *name, size_t least, size_t most, size_t *number) {
  const char *value = ht_setting(config, options, name);
  char *end;
  errno = 0;
  *number = strtoull(value, &end, 10);
  if (*value >= '0' && *value <= '9' && !*end && !errno && *number >= least && *number <= most) return true;
  ht_config_fail(config, HT_BAD_OPTION, "option '%s': '%s' is no number from %zu to %zu", name, value, least,
                 most);
  return false;
}

#endif
