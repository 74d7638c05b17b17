// Twins and limits by name.
#include "bench/native/native.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TWINS "native:"
#define LIMITS "limit:"
#define TWINS_PROGRAM "bench-native"
#define LIMITS_PROGRAM "bench-limit"

const struct ht_native ht_natives[] = {
    {TWINS "go", TWINS_PROGRAM, "the workload in Go", false},
    {TWINS "python", TWINS_PROGRAM, "the workload in Python", false},
    {LIMITS "bump", LIMITS_PROGRAM, "an inlined pointer that moves on, and zeroing", true},
    {LIMITS "freelist", LIMITS_PROGRAM, "an inlined list of free objects that goes through them", true},
    {LIMITS "marker", LIMITS_PROGRAM, "a mark over the same objects, depth first", true},
    {LIMITS "marker-prefetch", LIMITS_PROGRAM, "the same, with objects fetched ahead", true},
    {LIMITS "bandwidth", LIMITS_PROGRAM, "memory read, written and copied as fast as it goes", true},
    {0},
};

static bool begins(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *ht_native_program(const char *text) {
  return begins(text, TWINS) ? TWINS_PROGRAM : begins(text, LIMITS) ? LIMITS_PROGRAM : NULL;
}

bool ht_native_is(const char *text) {
  return ht_native_program(text) != NULL;
}

static bool is_known(const char *name) {
  const struct ht_native *native = ht_natives;
  while (native->name && strcmp(native->name, name) != 0) native++;
  return native->name != NULL;
}

static void say_unknown(const char *name, char *message, size_t size) {
  int used = snprintf(message, size, "there is no \"%s\"; there are", name);
  for (const struct ht_native *n = ht_natives; n->name && used >= 0 && (size_t)used < size; n++)
    used += snprintf(message + used, size - (size_t)used, "%s %s", n == ht_natives ? "" : ",", n->name);
  if (used >= 0 && (size_t)used < size)
    snprintf(message + used, size - (size_t)used, ", and a program of your own as " TWINS "PATH");
}

// A program of somebody's own: native:./twin.py is called native:twin.py.
static bool choose_path(struct ht_plugin_choice *choice, const char *path, char *message, size_t size) {
  if (access(path, X_OK) != 0) {
    snprintf(message, size, "%s: %m", path);
    return false;
  }
  choice->path = strdup(path);
  return asprintf(&choice->name, TWINS "%s", strrchr(path, '/') + 1) >= 0;
}

bool ht_native_choose(const char *text, struct ht_plugin_choice *choice, char *message, size_t size) {
  const char *target = strchr(text, ':') + 1, *colon = strchr(target, ':');
  char *name = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
  *choice = (struct ht_plugin_choice){.text = strdup(text), .variant = ""};
  bool chosen = false;
  *message = 0;
  if (name && choice->text) {
    if (begins(name, TWINS) && strchr(name, '/'))
      chosen = choose_path(choice, name + strlen(TWINS), message, size);
    else if (is_known(name))
      chosen = (choice->name = strdup(name)) && (choice->path = strdup(""));
    else
      say_unknown(name, message, size);
    choice->heap = choice->name;
  }
  free(name);
  if (!chosen && !*message) snprintf(message, size, "no memory");
  if (chosen && colon) chosen = ht_plugin_choice_set(choice, colon + 1, message, size);
  if (!chosen) ht_plugin_choice_free(choice);
  return chosen;
}
