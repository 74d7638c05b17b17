#include "fuzz/oracle/invariants.h"

#include <stdio.h>
#include <string.h>

const struct ht_heap_invariant ht_invariants[HT_INVARIANTS] = {
#define INVARIANT(symbol, name, phase, sentence) [HT_##symbol] = {name, phase, sentence},
#include "fuzz/oracle/invariants.def"
#undef INVARIANT
};

static size_t own_count(const struct ht_heap_table *table) {
  size_t count = 0;
  if (table && table->invariants)
    while (table->invariants[count].name) count++;
  return count;
}

size_t ht_invariant_count(const struct ht_heap_table *table) {
  return HT_INVARIANTS + own_count(table);
}

const struct ht_heap_invariant *ht_invariant_entry(const struct ht_heap_table *table, size_t invariant) {
  return invariant < HT_INVARIANTS ? &ht_invariants[invariant]
                                   : &table->invariants[invariant - HT_INVARIANTS];
}

size_t ht_invariant_named(const struct ht_heap_table *table, const char *name) {
  size_t count = ht_invariant_count(table);
  for (size_t i = 0; i < count; i++)
    if (strcmp(ht_invariant_entry(table, i)->name, name) == 0) return i;
  return HT_INVARIANTS_MAX;
}

// Names stand in lists with commas, in lines of words and in file names.
static bool is_name(const char *name) {
  size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
  return length > 0 && length < HT_INVARIANT_NAME_BYTES && name[length] == 0;
}

bool ht_invariants_check(const struct ht_heap_table *table, char *message, size_t message_size) {
  size_t count = ht_invariant_count(table);
  if (count > HT_INVARIANTS_MAX) {
    snprintf(message, message_size, "the heap lists %zu invariants of its own, at most %d can be held",
             count - HT_INVARIANTS, HT_INVARIANTS_MAX - HT_INVARIANTS);
    return false;
  }
  for (size_t i = HT_INVARIANTS; i < count; i++) {
    const struct ht_heap_invariant *own = ht_invariant_entry(table, i);
    const char *wrong = NULL;
    if (!is_name(own->name))
      wrong = "a name is some letters, digits and dashes";
    else if (ht_invariant_named(table, own->name) != i)
      wrong = "there is another of this name";
    else if (!own->phase || !own->sentence)
      wrong = "it has no phase or no sentence";
    if (!wrong) continue;
    snprintf(message, message_size, "the heap's invariant \"%.40s\": %s", own->name, wrong);
    return false;
  }
  return true;
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
    {HT_GEN_14, HT_RELEASES | HT_COLLECTS, HT_COUNTS_LIVE},
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

struct ht_invariant_set ht_invariants_for(const struct ht_heap_table *table) {
  struct ht_invariant_set set = {0};
  size_t count = ht_invariant_count(table);
  for (size_t i = 0; i < count && i < HT_INVARIANTS_MAX; i++) ht_invariant_add(&set, i);
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (!(table->capabilities & needs[i].any_of) ||
        (table->capabilities & needs[i].all_of) != needs[i].all_of)
      ht_invariant_remove(&set, needs[i].invariant);
  // It takes two carriers to end something on another one.
  if (table->carriers == 1) ht_invariant_remove(&set, HT_GEN_14);
  return set;
}
