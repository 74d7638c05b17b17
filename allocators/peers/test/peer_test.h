#ifndef PEER_TEST_H
#define PEER_TEST_H

// What the directed tests of a peer share: the check, the types, a world to test in, and the tests by name.

#include <heaptrial/through_table.h>

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                       \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      fprintf(stderr, "peer_test: %s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                                 \
    }                                                                                          \
  } while (0)

static const struct ht_heap_table *const table = &heaptrial_heap;

struct node {
  struct node *next, *other;
  uintptr_t number;
};

extern const struct ht_type node_type, byte_type;

bool can(uint64_t capability);

struct world {
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
};

// What each heap is made with; none without a name.
extern struct ht_setting setting;

struct world open_world(void);
void close_world(struct world w);

struct node *new_node(struct ht_mutator *m, ht_ref *slot, uintptr_t number);
void set_next(struct ht_mutator *m, struct node *from, struct node *to);

// Collects all, with the stack below scrubbed.
void collect(struct ht_mutator *m);

// A conservative collector may keep some of what nothing reaches.
bool is_enough(size_t gone, size_t of);

// lifetimes.c
void test_ring(void);
void test_endings(void);
void test_drops(void);
void test_chain(void);
void test_resurrection(void);
void test_endless(void);

// roots.c
void test_roots(void);
void test_recreate(void);
void test_threads(void);
void test_carriers(void);

// sizes.c
void test_sizes(void);
void test_copy(void);
void test_refusals(void);
void test_limit(void);

// resizing.c
void test_resize(void);
void test_resize_watched(void);
void test_resize_due(void);

#endif
