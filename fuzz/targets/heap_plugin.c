// The heap that HEAPTRIAL_HEAP names, loaded when the target starts.

#include "fuzz/targets/target.h"
#include "plugin/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Noreturn void no_heap(const char *message) {
  fprintf(stderr, "no verdict: %s\n", message);
  _exit(HT_TARGET_NO_VERDICT);
}

const struct ht_heap_table *ht_target_heap(const struct ht_setting **settings, size_t *count) {
  static struct ht_plugin_choice choice; // the settings point into it
  char message[512];
  const struct ht_heap_table *table;
  const char *text = getenv("HEAPTRIAL_HEAP");
  if (text == NULL) no_heap("this target loads the heap that HEAPTRIAL_HEAP names: set it to a library");
  if (!ht_plugin_choose(text, &choice, message, sizeof message)) no_heap(message);
  if (ht_plugin_load(&choice, 0, &table, message, sizeof message) != HT_PLUGIN_LOADED) no_heap(message);
  *settings = choice.settings;
  *count = choice.setting_count;
  return table;
}
