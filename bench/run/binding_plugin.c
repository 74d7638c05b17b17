// A bench program for any heap that can be loaded.
#include "bench/run/run.h"
#include "plugin/plugin.h"

static const struct ht_workload_set *const sets[] = {&ht_workloads_table, NULL};

static const struct ht_heap_table *table(const char *heap, struct ht_setting *settings, size_t *setting_count,
                                         size_t setting_capacity, char *message, size_t message_size) {
  // Its strings are the heap's settings: it lives as long as the process.
  static struct ht_plugin_choice choice;
  const struct ht_heap_table *loaded;
  if (!ht_plugin_choose(heap, &choice, message, message_size) ||
      ht_plugin_load(&choice, HT_PLUGIN_NO_TRIAL, &loaded, message, message_size) != HT_PLUGIN_LOADED ||
      !ht_bench_settings_before(settings, setting_count, setting_capacity, choice.settings,
                                choice.setting_count, message, message_size))
    return NULL;
  return loaded;
}

const struct ht_bench_binding ht_bench_binding = {NULL, sets, table, ht_bench_measure};
