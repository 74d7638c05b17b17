// A heap for a small program: it collects when it is told to, and tells what is wrong (wrong.h).
#ifndef GO_SCHEDULES_WHOLE_HEAP_H
#define GO_SCHEDULES_WHOLE_HEAP_H

#include "allocators/go/go.h"

struct whole_heap {
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  char broken[128]; // its own words for what is: they are told when the run is over
};

// `option`: one, as name=value; NULL: none. `thorough`: it looks at all that it knows to look at; what it
// looks at in any case ends nothing.
void whole_heap_create(struct whole_heap *w, const char *option, bool thorough);
// A cycle that nobody waits for: all is marked, and nothing is swept.
void whole_heap_mark(struct whole_heap *w);
// By what it has looked at.
void whole_heap_must_be_well(const struct whole_heap *w);
// Its own check. Behind that what is broken ends the process.
void whole_heap_check(struct whole_heap *w);
void whole_heap_destroy(const struct whole_heap *w);

static inline struct go_heap *whole_heap_of(const struct whole_heap *w) {
  return (struct go_heap *)w->heap;
}

#endif
