// The contract, clause by clause: what every heap must do that says it can. One program a heap, linked
// against it alone; a clause that the heap's capability bits exclude is left out. It knows nothing of the
// heap but its table.
//
// A trial is one heap on metered memory with one mutator. A clause opens it, does something, looks at what
// came of it, and closes it; closing checks what must hold at the end of any heap.
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include "base/mutex.h"
#include "memory/metered.h"

#include <heaptrial/through_table.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      fprintf(stderr, "%s:%d: heap %s, clause %s: %s does not hold\n", __FILE__, __LINE__, \
              heaptrial_heap.name, clause_name, #condition);                               \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

extern const char *clause_name;

static inline bool can(uint64_t capabilities) {
  return (heaptrial_heap.capabilities & capabilities) == capabilities;
}

// `alignment`, or the most that the heap takes.
static inline size_t at_most(size_t alignment) {
  size_t most = heaptrial_heap.maximum_alignment;
  return alignment < most ? alignment : most;
}

// Memory whose ranges lie one behind the other, so that the heap alone decides how far apart its objects are.
struct row {
  char *start, *next;
  struct ht_memory memory;
};

struct trial {
  struct row row;
  struct ht_metered *metered; // over the row; NULL if the heap does not take its caller's memory
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  struct base_mutex hearing; // what follows is told by events, on any thread
  uint64_t mapped, returned, cycles, reclaimed;
  uint64_t last_end; // of the last pause
  ht_ref *made;      // HT_RELEASES: what is to be released at the end
  size_t made_count;
};

void trial_open(struct trial *t);
void trial_close(struct trial *t);

// The same with a heap that moves no more than it has to, if it has such an option: for clauses that would
// take long otherwise.
void trial_open_calm(struct trial *t);

// The same in steps, for clauses that refuse memory. prepare: memory without a heap.
void trial_prepare(struct trial *t);
enum ht_status trial_create(struct trial *t, const struct ht_setting *settings, size_t setting_count,
                            char *message, size_t message_size);
void trial_destroy(struct trial *t);
void trial_finish(struct trial *t);

// Allocates, with what closing needs. Every one of these may be refused memory.
bool trial_alloc(struct trial *t, struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                 size_t count, size_t alignment, unsigned flags);

// The slot's object is no longer needed, and nothing else holds it.
void trial_drop(struct trial *t, ht_ref *slot);
// A heap that releases has moved the object.
void trial_moved(struct trial *t, ht_ref from, ht_ref to);

// HT_CHECKS: the heap's own check, now.
void trial_check(struct trial *t);

// As many full collections as the heap says it needs, and all callbacks.
void trial_collect(struct trial *t);

// Objects not reclaimed, by the walk.
size_t trial_count(struct trial *t);

// Types: bytes; a pair of references and two words of data around them; one reference word.
extern const struct ht_type bytes_type, pair_type, link_type;
struct pair {
  uint64_t id;
  ht_ref left, right;
  uint64_t check;
};

// Fills memory with what belongs to `id`, and tells whether it is still there.
void stamp(void *memory, size_t bytes, uint64_t id);
bool is_stamped(const void *memory, size_t bytes, uint64_t id);

struct clause {
  const char *name;
  uint64_t needs;
  void (*run)(void);
};
extern const struct clause object_clauses[], reference_clauses[], life_clauses[], memory_clauses[];

#endif
