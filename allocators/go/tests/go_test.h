// What the heap's tests share: a heap with one carrier and one mutator, its types, and how it ends.
#ifndef GO_TESTS_GO_TEST_H
#define GO_TESTS_GO_TEST_H

#include "allocators/go/go.h"
#include "base/check.h"

#include <string.h>

struct node {
  ht_ref next, other;
  uint64_t word;
};
extern const struct ht_type node_type, byte_type, reference_type;

struct world {
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
};

// Options as "name=value,name=value"; memory may be NULL: the system's.
enum ht_status world_create(struct world *w, const char *options, const struct ht_memory *memory);
void world_begin(struct world *w, const char *options);
// The heap's own check finds nothing.
void world_check(struct world *w);
void world_end(struct world *w);

// As of the last cycle.
uint64_t world_live(const struct world *w);
uint64_t world_cycles(const struct world *w);

// What a weak reference gives, which nothing holds.
ht_ref world_weak(struct world *w, struct ht_weak *weak);
struct ht_weak *world_watch(struct world *w, ht_ref object);

#endif
