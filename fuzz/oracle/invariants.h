#ifndef FUZZ_ORACLE_INVARIANTS_H
#define FUZZ_ORACLE_INVARIANTS_H

// The invariant catalogue: what must hold, by name. Every check of the oracle belongs to one, and counts how
// often it was evaluated, so that a check nobody ran is seen.

#include <stddef.h>
#include <stdint.h>

enum ht_invariant {
#define INVARIANT(symbol, name, phase, sentence) HT_##symbol,
#include "fuzz/oracle/invariants.def"
#undef INVARIANT
  HT_INVARIANTS
};
_Static_assert(HT_INVARIANTS <= 64, "a set of invariants is a 64-bit mask");

#define HT_INVARIANTS_ALL UINT64_MAX

struct ht_invariant_entry {
  const char *name, *phase, *sentence;
};
extern const struct ht_invariant_entry ht_invariants[HT_INVARIANTS];

// HT_INVARIANTS if there is none of that name.
enum ht_invariant ht_invariant_named(const char *name);

// Which of them a heap with these capability bits can be held to.
uint64_t ht_invariants_for(uint64_t capabilities);

#endif
