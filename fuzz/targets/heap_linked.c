// The heap that is linked into this target. Its own coverage guides the engine; the oracle's adds nothing.

#include "fuzz/targets/target.h"

const struct ht_heap_table *ht_target_heap(const struct ht_setting **settings, size_t *count) {
  *settings = NULL;
  *count = 0;
  return &heaptrial_heap;
}

void ht_target_feedback(const uint64_t *evaluations) {
  (void)evaluations;
}
