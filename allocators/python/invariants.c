#include "allocators/python/invariants.h"

const struct ht_heap_invariant python_invariants[PYTHON_INVARIANTS + 1] = {
#define INVARIANT(symbol, name, phase, sentence) [symbol] = {name, phase, sentence},
#include "allocators/python/invariants.def"
#undef INVARIANT
};
