#ifndef SEMISPACE_INTERNAL_H
#define SEMISPACE_INTERNAL_H

#include "tests/heaps/semispace/semispace_inline.h"

// Moves everything, with room for `need` bytes behind it. False: refused memory, nothing has happened.
bool semispace_cycle(struct semispace_heap *h, size_t need, const char *label);

#endif
