// Settings from two places.
#include "bench/run/run.h"

#include <stdio.h>

bool ht_bench_settings_before(struct ht_setting *settings, size_t *count, size_t capacity,
                              const struct ht_setting *first, size_t first_count, char *message,
                              size_t message_size) {
  if (*count + first_count > capacity) {
    snprintf(message, message_size, "more than %zu settings", capacity);
    return false;
  }
  for (size_t i = *count; i-- > 0;) settings[i + first_count] = settings[i];
  for (size_t i = 0; i < first_count; i++) settings[i] = first[i];
  *count += first_count;
  return true;
}
