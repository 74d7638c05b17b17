#include "allocators/go/schedules/wrong.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(const char *) first;

void wrong_begin(void) {
  atomic_store_explicit(&first, NULL, memory_order_relaxed);
}

void must(bool holds, const char *what) {
  if (!holds && !atomic_load_explicit(&first, memory_order_relaxed))
    atomic_store_explicit(&first, what, memory_order_relaxed);
}

const char *wrong_first(void) {
  return atomic_load_explicit(&first, memory_order_relaxed);
}
