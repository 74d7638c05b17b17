// A bench program for any heap that can be loaded.
#include "bench/run/run.h"
#include "plugin/plugin.h"

#include <stdio.h>

static const struct ht_workload_set *const sets[] = {&ht_workloads_table, NULL};

// The settings that came with the name go before those of the command line, which win.
static const struct ht_heap_table *table(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                         size_t setting_capacity, char *message, size_t message_size) {
  // Its strings are the heap's settings: it lives as long as the process.
  static struct ht_plugin_choice choice;
  const struct ht_heap_table *loaded;
  if (!ht_plugin_choose(heap, &choice, message, message_size) ||
      ht_plugin_load(&choice, 0, &loaded, message, message_size) != HT_PLUGIN_LOADED)
    return NULL;
  if (*setting_count + choice.setting_count > setting_capacity) {
    snprintf(message, message_size, "more than %zu settings", setting_capacity);
    return NULL;
  }
  for (size_t i = *setting_count; i-- > 0;) settings[i + choice.setting_count] = settings[i];
  for (size_t i = 0; i < choice.setting_count; i++) settings[i] = choice.settings[i];
  *setting_count += choice.setting_count;
  return loaded;
}

const struct ht_bench_binding ht_bench_binding = {NULL, sets, table, ht_bench_measure};
