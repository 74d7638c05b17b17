// The Go heap's own invariants, by number: indices into the list of its table.
#ifndef GO_INVARIANTS_H
#define GO_INVARIANTS_H

#include "allocators/common/examination.h"

enum go_invariant {
#define INVARIANT(symbol, name, phase, sentence) symbol,
#include "allocators/go/invariants.def"
#undef INVARIANT
  GO_INVARIANTS
};

// Ends with a name of NULL.
extern const struct ht_heap_invariant go_invariants[GO_INVARIANTS + 1];

#endif
