#include "fuzz/oracle/invariants.h"

#include <heaptrial/heap.h>

#include <string.h>

const struct ht_invariant_entry ht_invariants[HT_INVARIANTS] = {
#define INVARIANT(symbol, name, phase, sentence) [HT_##symbol] = {name, phase, sentence},
#include "fuzz/oracle/invariants.def"
#undef INVARIANT
};

enum ht_invariant ht_invariant_named(const char *name) {
  enum ht_invariant i = 0;
  while (i < HT_INVARIANTS && strcmp(ht_invariants[i].name, name) != 0) i++;
  return i;
}

// What has to be claimed before an invariant can be asked for; those not named here hold for every heap.
static const struct {
  enum ht_invariant invariant;
  uint64_t any_of, all_of;
} needs[] = {
    {HT_GEN_7, HT_TELLS_OWNER | HT_MEMORY_HOOK, 0},
    {HT_GEN_8, HT_RESIZES | HT_TELLS_SIZE, 0},
    {HT_GEN_9, HT_COUNTS_LIVE, 0},
    {HT_GEN_10, HT_MEMORY_HOOK, 0},
    {HT_MOVE_1, HT_PINS, HT_MOVES},
    {HT_GEN_12, HT_DIAGNOSES_FREE, 0},
    {HT_GEN_13, HT_REPEATABLE, 0},
    {HT_GEN_14, HT_RELEASES, HT_COUNTS_LIVE},
    {HT_LIVE_1, HT_COLLECTS, 0},
    {HT_LIVE_2, HT_COLLECTS, 0},
    {HT_WEAK_1, HT_WEAK, 0},
    {HT_WEAK_2, HT_WEAK, 0},
    {HT_WEAK_3, HT_WEAK, 0},
    {HT_FIN_1, HT_FINALIZERS, 0},
    {HT_FIN_2, HT_FINALIZERS, 0},
    {HT_WALK_1, HT_WALKS, 0},
    {HT_SELF_1, HT_CHECKS, 0},
};

uint64_t ht_invariants_for(uint64_t capabilities) {
  uint64_t set = HT_INVARIANTS == 64 ? UINT64_MAX : ((uint64_t)1 << HT_INVARIANTS) - 1;
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (!(capabilities & needs[i].any_of) || (capabilities & needs[i].all_of) != needs[i].all_of)
      set &= ~((uint64_t)1 << needs[i].invariant);
  return set;
}
