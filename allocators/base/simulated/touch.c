// What a step reads and writes, for who wants to know which steps depend on each other.
#include "base/simulated/world.h"

void touch(const void *address, size_t bytes, bool written) {
  struct simulated_touched *t = simulated_world.touching;
  uintptr_t first = (uintptr_t)address / sizeof(uint64_t),
            last = ((uintptr_t)address + (bytes ? bytes - 1 : 0)) / sizeof(uint64_t);
  for (uintptr_t word = first; word <= last; word++) {
    size_t i = 0;
    if (t->count > SIMULATED_TOUCHED_MAX) return;
    while (i < t->count && t->words[i].word != word) i++;
    if (i == SIMULATED_TOUCHED_MAX) {
      t->count++;
      return;
    }
    if (i == t->count) {
      t->words[t->count].word = word;
      t->words[t->count++].written = false;
    }
    t->words[i].written |= written;
  }
}

void simulated_touch(const void *address, size_t bytes, bool written) {
  if (simulated_world.running && simulated_world.touches) touch(address, bytes, written);
}

const struct simulated_touched *simulated_touched(void) {
  return simulated_world.touching;
}
