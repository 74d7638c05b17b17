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
     .initial = {.size = 1024, .live = 200000, .mutators = 1, .operations = 200000},
     .least = {.size = 1024, .live = 256, .mutators = 1, .operations = 1 << 9},
     CODE(message_ring)},
    {.name = "exchange",
     .help = "objects of many sizes replaced at random, in arrays that pass from mutator to mutator",
     .operation = "an allocation",
     .uses = "size live mutators operations",
     .initial = {.size = 512, .live = 1024, .mutators = 1, .operations = 1 << 22},
     .least = {.size = 512, .live = 64, .mutators = 1, .operations = 1 << 9},
     CODE(exchange)},
    {.name = "service",
     .help = "requests full of small objects that die young, by many tasks on few carriers, beside a cache",
     .operation = "a request",
     .uses = "live tasks mutators operations",
     .latencies = true,
     .initial = {.live = 65536, .tasks = 10000, .mutators = 1, .operations = 400000},
     .least = {.live = 64, .tasks = 16, .mutators = 1, .operations = 1 << 8},
     CODE(service)},
    {.name = "escape",
     .help = "short-lived objects, of which `escape` in a hundred reach the heap",
     .operation = "an object, on the heap or not",
     .uses = "escape mutators operations",
     .initial = {.escape = 50, .mutators = 1, .operations = 1 << 24},
     .least = {.escape = 50, .mutators = 1, .operations = 1 << 9},
     CODE(escape)},
    {.name = "rings",
     .help = "rings of objects that refer to each other and die as a whole",
     .operation = "an allocation",
     .uses = "live length mutators operations",
     .needs = HT_COLLECTS_CYCLES | HT_RELEASES,
     .initial = {.live = 256, .length = 10, .mutators = 1, .operations = 1 << 23},
     .least = {.live = 16, .length = 10, .mutators = 1, .operations = 1 << 9},
     CODE(rings)},
    {.name = "graph",
     .help = "a random graph that lives, collected again and again",
     .operation = "an object marked",
     .uses = "live collections",
     .needs = HT_COLLECTS_CYCLES,
     .initial = {.live = 1 << 22, .collections = 1, .mutators = 1},
     .least = {.live = 256, .collections = 1, .mutators = 1},
     CODE(graph)},
    {.name = "list",
     .help = "a long list that lives, in no order of addresses, collected again and again",
     .operation = "an object marked",
     .uses = "live collections",
     .needs = HT_COLLECTS_CYCLES,
     .initial = {.live = 1 << 20, .collections = 2, .mutators = 1},
     .least = {.live = 256, .collections = 1, .mutators = 1},
     CODE(list)},
    {.name = "deep-tree",
     .help = "a deep tree that lives, in the order of addresses, collected again and again",
     .operation = "an object marked",
     .uses = "depth collections",
     .needs = HT_COLLECTS_CYCLES,
     .initial = {.depth = 20, .collections = 4, .mutators = 1},
     .least = {.depth = 6, .collections = 1, .mutators = 1},
     CODE(deep_tree)},
    {0},
};

const struct ht_workload *ht_workload_find(const char *name) {
  for (const struct ht_workload *w = ht_workloads; w->name; w++)
    if (strcmp(w->name, name) == 0) return w;
  return NULL;
}
