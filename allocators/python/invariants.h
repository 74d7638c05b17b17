// The Python heap's own invariants, by number: indices into the list of its table.
#ifndef PYTHON_INVARIANTS_H
#define PYTHON_INVARIANTS_H

#include "allocators/common/examination.h"

enum python_invariant {
#define INVARIANT(symbol, name, phase, sentence) symbol,
#include "allocators/python/invariants.def"
#undef INVARIANT
  PYTHON_INVARIANTS
};

// Ends with a name of NULL.
extern const struct ht_heap_invariant python_invariants[PYTHON_INVARIANTS + 1];

#endif
