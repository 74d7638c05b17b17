// contract_test [clause]: runs every clause, or the one that is named.

#include "tests/contract/contract.h"

const char *clause_name = "table";

static void table(void) {
  const struct ht_heap_table *h = &heaptrial_heap;
  CHECK(h->version == HT_INTERFACE_VERSION && h->size == sizeof *h);
  CHECK(h->name && h->name[0] && h->description && h->description[0]);
  CHECK(h->create && h->destroy && h->carrier_open && h->carrier_close && h->attach && h->detach);
  CHECK(h->block && h->unblock && h->poll && h->push && h->pop && h->root_set && h->root_load);
  CHECK(h->alloc && h->release && h->load && h->store && h->copy && h->clear && h->send && h->recv);
  CHECK(h->global_root_add && h->global_root_remove && h->collect && h->run_finalizers && h->statistics);
  CHECK(!can(HT_RESIZES) || h->resize);
  CHECK(!can(HT_AMBIGUOUS_ROOTS) || (h->ambiguous_root_add && h->ambiguous_root_remove));
  CHECK(!can(HT_WEAK) || (h->weak_create && h->weak_load && h->weak_drop));
  CHECK(!can(HT_FINALIZERS) || h->finalizer_set);
  CHECK(!can(HT_PINS) || (h->pin && h->unpin));
  CHECK(!can(HT_MEMORY_LIMIT) || h->memory_limit);
  CHECK(!can(HT_TELLS_SIZE) || h->usable_size);
  CHECK(!can(HT_TELLS_OWNER) || h->owns);
  CHECK(!can(HT_WALKS) || h->walk);
  CHECK(!can(HT_CHECKS) || h->check);
  CHECK(!can(HT_DIAGNOSES_FREE) || h->free_invalid);
  CHECK(!can(HT_COLLECTS_CYCLES) || can(HT_COLLECTS));
  CHECK(h->collections == 0 || can(HT_COLLECTS));
  size_t alignments[] = {h->minimum_alignment, h->natural_alignment, h->maximum_alignment};
  for (size_t i = 0; i < 3; i++) {
    CHECK(alignments[i] && !(alignments[i] & (alignments[i] - 1)));
    CHECK(i == 0 || alignments[i - 1] <= alignments[i]);
  }
}

int main(int argc, char **argv) {
  const struct clause *all[] = {object_clauses, reference_clauses, life_clauses, memory_clauses};
  size_t ran = 0, excluded = 0;
  table();
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    for (const struct clause *clause = all[i]; clause->name; clause++) {
      if (argc > 1 && strcmp(argv[1], clause->name)) continue;
      if (!can(clause->needs)) {
        excluded++;
        continue;
      }
      clause_name = clause->name;
      clause->run();
      ran++;
    }
  printf("heap %s: %zu clauses hold, %zu do not apply\n", heaptrial_heap.name, ran, excluded);
  return ran ? 0 : 2;
}
