#include "allocators/go/invariants.h"

const struct ht_heap_invariant go_invariants[GO_INVARIANTS + 1] = {
#define INVARIANT(symbol, name, phase, sentence) [symbol] = {name, phase, sentence},
#include "allocators/go/invariants.def"
#undef INVARIANT
};
