#ifndef FUZZ_ORACLE_INVARIANTS_H
#define FUZZ_ORACLE_INVARIANTS_H

// The invariant catalogue: what must hold, by name. Every check belongs to one, and counts how often it was
// evaluated, so that a check nobody ran is seen.
//
// The one idea: a catalogue belongs to a heap. First come the oracle's own (invariants.def), which hold for
// every heap or for what it claims, then those that the heap's table lists and the heap looks after itself:
//
//   GEN-1 ... TELL-1      | PY-1 PY-2 ...
//   0 ... HT_INVARIANTS-1 | HT_INVARIANTS ...
//
// A table of NULL stands for no heap: the oracle's alone.

#include <heaptrial/heap.h>

enum ht_invariant {
#define INVARIANT(symbol, name, phase, sentence) HT_##symbol,
#include "fuzz/oracle/invariants.def"
#undef INVARIANT
  HT_INVARIANTS
};

enum {
  HT_INVARIANTS_MAX = 256,     // of one catalogue
  HT_INVARIANT_NAME_BYTES = 24 // of a name, its end included
};
_Static_assert((int)HT_INVARIANTS < (int)HT_INVARIANTS_MAX, "there is room for a heap's own");

extern const struct ht_heap_invariant ht_invariants[HT_INVARIANTS];

// How many a heap's catalogue has, what each is, and which has that name: HT_INVARIANTS_MAX if none.
size_t ht_invariant_count(const struct ht_heap_table *table);
const struct ht_heap_invariant *ht_invariant_entry(const struct ht_heap_table *table, size_t invariant);
size_t ht_invariant_named(const struct ht_heap_table *table, const char *name);

// Whether the heap's own can stand in a catalogue: not too many, each with a short name of letters, digits
// and dashes that is nobody else's. False with a message.
bool ht_invariants_check(const struct ht_heap_table *table, char *message, size_t message_size);

// A set of them.
struct ht_invariant_set {
  uint64_t words[HT_INVARIANTS_MAX / 64];
};
#define HT_INVARIANTS_ALL ((struct ht_invariant_set){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})
_Static_assert(sizeof(struct ht_invariant_set) == 4 * sizeof(uint64_t), "all words of the set are named");

static inline bool ht_invariant_in(const struct ht_invariant_set *set, size_t invariant) {
  return set->words[invariant / 64] >> invariant % 64 & 1;
}
static inline void ht_invariant_add(struct ht_invariant_set *set, size_t invariant) {
  set->words[invariant / 64] |= (uint64_t)1 << invariant % 64;
}
static inline void ht_invariant_remove(struct ht_invariant_set *set, size_t invariant) {
  set->words[invariant / 64] &= ~((uint64_t)1 << invariant % 64);
}

// Which of its catalogue a heap can be held to: of the oracle's, what its claims allow; all of its own.
struct ht_invariant_set ht_invariants_for(const struct ht_heap_table *table);

#endif
