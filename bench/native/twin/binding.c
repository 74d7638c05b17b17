// bench-native: a bench program for twins, and which there are.
#include "bench/native/native.h"
#include "bench/native/twin/twin.h"

#include <stdio.h>
#include <string.h>

static const char *const no_settings[] = {NULL};
static const char *const go_settings[] = {"GOGC", "GOMAXPROCS", NULL};

// Python without what its user has set: no variables, no packages of theirs; and without files beside the
// script.
const struct twin twins[] = {
    {"go", {HEAPTRIAL_BENCH_DIRECTORY "/twin-go"}, "install golang-go and build again", go_settings},
    {"python",
     {"/usr/bin/python3", "-E", "-s", "-B", HEAPTRIAL_TWINS_DIRECTORY "/python/twin.py"},
     "install python3",
     no_settings},
    {0},
};

const struct twin *twin_find(const char *name) {
  const struct twin *twin = twins;
  while (twin->name && strcmp(twin->name, name) != 0) twin++;
  return twin->name ? twin : NULL;
}

// A twin is no heap, but two things are asked of its table before it runs: a name, and whether it ever frees.
static const struct ht_heap_table *table(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                         size_t setting_capacity, char *message, size_t message_size) {
  static struct ht_plugin_choice choice;
  static struct ht_heap_table twin = {.capabilities = HT_COLLECTS};
  if (!ht_native_is(heap) || strcmp(ht_native_program(heap), "bench-native") != 0) {
    snprintf(message, message_size, "--heap takes native:NAME or native:PATH, not \"%s\"", heap);
    return NULL;
  }
  if (!ht_native_choose(heap, &choice, message, message_size) ||
      !ht_bench_settings_before(settings, setting_count, setting_capacity, choice.settings,
                                choice.setting_count, message, message_size))
    return NULL;
  twin.name = choice.name;
  return &twin;
}

static const struct ht_workload_set calls = {"native", NULL};
static const struct ht_workload_set *const sets[] = {&calls, NULL};

const struct ht_bench_binding ht_bench_binding = {NULL, sets, table, twin_measure};
