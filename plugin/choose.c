// From the text behind --heap to a library, a preload and settings.
#include "plugin/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The named heaps, in the order in which tables show them. `library` is the name of the heap's library in the
// heaps' folder. The preloads are the sonames of Debian 12's packages; `provider` is the part of the path by
// which the dynamic linker's answer proves that the library is really in force.
static const struct named {
  const char *name, *library, *preload, *provider, *package;
} named_heaps[] = {
    {"malloc", "malloc", NULL, "/libc.so", NULL},
    {"jemalloc", "malloc", "libjemalloc.so.2", "/libjemalloc", NULL},
    {"mimalloc", "malloc", "libmimalloc.so.2", "/libmimalloc", NULL},
    {"tcmalloc", "malloc", "libtcmalloc_minimal.so.4", "/libtcmalloc", NULL},
    {"boehm", "boehm", NULL, NULL, "libgc-dev"},
    {"cpython", "cpython", NULL, NULL, "libpython3.11-dev"},
    {"semispace", "semispace", NULL, NULL, NULL},
    {"counting", "counting", NULL, NULL, NULL},
    {"bump", "bump", NULL, NULL, NULL},
};
enum { NAMED_HEAPS = sizeof named_heaps / sizeof *named_heaps };

#define LIBRARY_PREFIX "libheaptrial-"
#define LIBRARY_SUFFIX ".so"

static const struct named *find_named(const char *name) {
  for (size_t i = 0; i < NAMED_HEAPS; i++)
    if (strcmp(named_heaps[i].name, name) == 0) return &named_heaps[i];
  return NULL;
}

static char *library_path(const char *library) {
  char *path;
  return asprintf(&path, "%s/" LIBRARY_PREFIX "%s" LIBRARY_SUFFIX, HEAPTRIAL_HEAPS_DIRECTORY, library) < 0
             ? NULL
             : path;
}

static bool is_built(const char *library) {
  char *path = library_path(library);
  bool exists = path && access(path, F_OK) == 0;
  free(path);
  return exists;
}

// "./libmyheap.so" is called myheap; another file by its whole name.
static char *name_of_path(const char *path) {
  const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
  size_t length = strlen(file), suffix = strlen(LIBRARY_SUFFIX);
  if (strncmp(file, LIBRARY_PREFIX, strlen(LIBRARY_PREFIX)) == 0) {
    file += strlen(LIBRARY_PREFIX);
    length -= strlen(LIBRARY_PREFIX);
  } else if (strncmp(file, "lib", 3) == 0) {
    file += 3;
    length -= 3;
  }
  if (length > suffix && strcmp(file + length - suffix, LIBRARY_SUFFIX) == 0) length -= suffix;
  return strndup(file, length);
}

static bool add_setting(struct ht_plugin_choice *choice, const char *name, size_t name_length,
                        const char *value, size_t value_length, char *message, size_t size) {
  if (choice->setting_count == HT_PLUGIN_SETTINGS) {
    snprintf(message, size, "%s: more than %d settings", choice->text, HT_PLUGIN_SETTINGS);
    return false;
  }
  char *name_copy = strndup(name, name_length), *value_copy = strndup(value, value_length);
  if (!name_copy || !value_copy) {
    free(name_copy);
    free(value_copy);
    snprintf(message, size, "no memory");
    return false;
  }
  choice->settings[choice->setting_count++] = (struct ht_setting){name_copy, value_copy};
  return true;
}

bool ht_plugin_choice_set(struct ht_plugin_choice *choice, const char *text, char *message, size_t size) {
  while (*text) {
    size_t length = strcspn(text, ",");
    const char *equals = memchr(text, '=', length);
    if (!equals || equals == text) {
      snprintf(message, size, "%s: the setting \"%.*s\" is not of the form option=value", choice->text,
               (int)length, text);
      return false;
    }
    if (!add_setting(choice, text, (size_t)(equals - text), equals + 1, (size_t)(text + length - equals - 1),
                     message, size))
      return false;
    text += length;
    if (*text == ',') text++;
  }
  return true;
}

static void say_unknown(const char *name, char *message, size_t size) {
  char **names = ht_plugin_names();
  int used = snprintf(message, size, "there is no heap \"%s\"; there are", name);
  for (size_t i = 0; names && names[i] && used >= 0 && (size_t)used < size; i++)
    used += snprintf(message + used, size - (size_t)used, "%s %s", i ? "," : "", names[i]);
  if (used >= 0 && (size_t)used < size)
    snprintf(message + used, size - (size_t)used, "; a library of your own is given by its path, ./%s", name);
  ht_plugin_names_free(names);
}

static bool choose_named(struct ht_plugin_choice *choice, const char *name, char *message, size_t size) {
  const struct named *named = find_named(name);
  const char *library = named ? named->library : name;
  if (!is_built(library)) {
    if (named && named->package)
      snprintf(message, size, "the heap %s is not built here: install %s and build again", name,
               named->package);
    else if (named)
      snprintf(message, size, "the heap %s is not built here: build all of the project", name);
    else
      say_unknown(name, message, size);
    return false;
  }
  choice->name = strdup(name);
  choice->path = library_path(library);
  choice->preload = named ? named->preload : NULL;
  choice->heap = choice->preload ? named->library : choice->name;
  choice->variant = choice->preload ? named->name : "";
  if (!choice->name || !choice->path) {
    snprintf(message, size, "no memory");
    return false;
  }
  return !(named && named->provider) || add_setting(choice, "provider", strlen("provider"), named->provider,
                                                    strlen(named->provider), message, size);
}

static bool choose_path(struct ht_plugin_choice *choice, const char *path, char *message, size_t size) {
  if (access(path, F_OK) != 0) {
    snprintf(message, size, "%s: %s", path, errno == ENOENT ? "no such file" : strerror(errno));
    return false;
  }
  choice->name = name_of_path(path);
  choice->path = strdup(path);
  choice->heap = choice->name;
  choice->variant = "";
  if (!choice->name || !choice->path) {
    snprintf(message, size, "no memory");
    return false;
  }
  return true;
}

bool ht_plugin_choose(const char *text, struct ht_plugin_choice *choice, char *message, size_t size) {
  *choice = (struct ht_plugin_choice){.text = strdup(text)};
  // A file whose name has a colon in it is a path and no settings.
  const char *colon = strchr(text, '/') && access(text, F_OK) == 0 ? NULL : strchr(text, ':');
  char *target = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
  bool chosen = false;
  if (!choice->text || !target)
    snprintf(message, size, "no memory");
  else if (!*target)
    snprintf(message, size, "--heap wants the name of a heap or the path of a library");
  else if (strchr(target, '/') || (!find_named(target) && !is_built(target) && access(target, F_OK) == 0))
    chosen = choose_path(choice, target, message, size);
  else
    chosen = choose_named(choice, target, message, size);
  free(target);
  if (chosen && colon) chosen = ht_plugin_choice_set(choice, colon + 1, message, size);
  if (!chosen) ht_plugin_choice_free(choice);
  return chosen;
}

void ht_plugin_choice_free(struct ht_plugin_choice *choice) {
  for (size_t i = 0; i < choice->setting_count; i++) {
    free((char *)choice->settings[i].name);
    free((char *)choice->settings[i].value);
  }
  free(choice->path);
  free(choice->name);
  free(choice->text);
  *choice = (struct ht_plugin_choice){0};
}

// A library of the folder that none of the named heaps stands on.
static int is_other(const struct dirent *entry) {
  const char *name = entry->d_name;
  size_t length = strlen(name), prefix = strlen(LIBRARY_PREFIX), suffix = strlen(LIBRARY_SUFFIX);
  if (length <= prefix + suffix || strncmp(name, LIBRARY_PREFIX, prefix) != 0 ||
      strcmp(name + length - suffix, LIBRARY_SUFFIX) != 0)
    return 0;
  for (size_t i = 0; i < NAMED_HEAPS; i++) {
    const char *library = named_heaps[i].library;
    if (strlen(library) == length - prefix - suffix &&
        strncmp(name + prefix, library, length - prefix - suffix) == 0)
      return 0;
  }
  return 1;
}

char **ht_plugin_names(void) {
  struct dirent **others = NULL;
  int other_count = scandir(HEAPTRIAL_HEAPS_DIRECTORY, &others, is_other, alphasort);
  if (other_count < 0) other_count = 0;
  char **names = calloc(NAMED_HEAPS + (size_t)other_count + 1, sizeof *names);
  size_t count = 0;
  bool complete = names != NULL;
  for (size_t i = 0; complete && i < NAMED_HEAPS; i++)
    if (is_built(named_heaps[i].library)) complete = (names[count++] = strdup(named_heaps[i].name)) != NULL;
  for (int i = 0; i < other_count; i++) {
    if (complete) complete = (names[count++] = name_of_path(others[i]->d_name)) != NULL;
    free(others[i]);
  }
  free(others);
  if (!complete) {
    ht_plugin_names_free(names);
    return NULL;
  }
  return names;
}

void ht_plugin_names_free(char **names) {
  for (size_t i = 0; names && names[i]; i++) free(names[i]);
  free(names);
}
