// The table of workloads.
#include "bench/workloads/catalogue.h"

#include <string.h>

static const uint64_t operations_most = UINT64_C(1) << 40;

const char *ht_common_check(const struct ht_workload_params *p) {
  if (p->mutators < 1 || p->mutators > MUTATORS_MOST) return "mutators must be 1 to 64";
  if (p->live > LIVE_MOST) return "live must be at most 16777216";
  if (p->operations > operations_most) return "operations must be at most 1099511627776";
  return NULL;
}

#define CODE(code) .check = ht_##code##_check, .expect = ht_##code##_expect, .slots = ht_##code##_slots

// Full lengths take a good malloc one to five tenths of a second on a machine of 2024.
const struct ht_workload ht_workloads[] = {
    {.name = "churn",
     .help = "a ring of live objects, each in its turn let go and replaced",
     .operation = "an allocation",
     .uses = "size live references mutators operations",
     .initial = {.size = 64, .live = 4096, .mutators = 1, .operations = 1 << 24},
     .least = {.size = 64, .live = 256, .mutators = 1, .operations = 1 << 9},
     CODE(churn)},
    {.name = "binary-trees",
     .help = "many trees that die young beside one that lives",
     .operation = "an allocation",
     .uses = "depth mutators",
     .initial = {.depth = 16, .mutators = 1},
     .least = {.depth = HT_TREES_SHORTEST, .mutators = 1},
     CODE(binary_trees)},
    {.name = "message-ring",
     .help = "messages pushed into one large ring of references, each push on the clock",
     .operation = "a push",
     .uses = "size live mutators operations",
     .latencies = true,
     .initial = {.size = 1024, .live = 200000, .mutators = 1, .operations = 500000},
     .least = {.size = 1024, .live = 256, .mutators = 1, .operations = 1 << 9},
     CODE(message_ring)},
    {0},
};

const struct ht_workload *ht_workload_find(const char *name) {
  for (const struct ht_workload *w = ht_workloads; w->name; w++)
    if (strcmp(w->name, name) == 0) return w;
  return NULL;
}
