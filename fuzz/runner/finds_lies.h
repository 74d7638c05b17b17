// Lies: tables of the test heaps with a function replaced, one for each invariant, and what comes of each.
#ifndef FUZZ_RUNNER_FINDS_LIES_H
#define FUZZ_RUNNER_FINDS_LIES_H

#include "fuzz/runner/runner.h"

enum { BUMP, COUNTING, SEMISPACE, HEAPS };

struct lie {
  enum ht_invariant invariant;
  unsigned heap;
  uint64_t claims;           // capability bits that are added
  struct ht_heap_table with; // the functions that are not NULL replace the honest ones
};

extern const struct lie lies[];
extern const size_t lie_count;

// One that is none: it has to be kept.
extern const struct lie no_lie;

// Heaps with invariants of their own, and what comes of them with these invariants on and the rest off.
#define ALL HT_INVARIANTS_MAX
struct own_case {
  const char *what;
  size_t on, off; // ALL: all, and none
  size_t broken;  // ALL: none
  bool frees;
  struct ht_heap_table with;
};

extern const struct own_case own_cases[];
extern const size_t own_case_count;
// The second is the one that they break.
enum { OWN_1 = HT_INVARIANTS, OWN_2 };
extern const struct ht_heap_invariant own_invariants[];

// The honest table, and the lying one that `tell` makes of it. Each liar runs in a process of its own.
extern const struct ht_heap_table *honest;
extern struct ht_heap_table liar;
void tell(uint64_t claims, const struct ht_heap_table *functions);

#endif
