// What a right run makes of the workloads whose region is full collections of what lives. They have one
// mutator: how many markers a heap takes is its own affair.
#include "bench/workloads/catalogue.h"

static void expect_marked(const struct ht_workload_params *p, uint64_t entries, uint64_t objects,
                          struct ht_workload_expectation *e) {
  uint64_t collections = p->collections * entries;
  e->operations = objects * collections;
  e->cycles = collections;
}

static const char *check_marked(const struct ht_workload_params *p) {
  if (p->collections < 1 || p->collections > COLLECTIONS_MOST) return "collections must be 1 to 1000000";
  return ht_common_check(p);
}

const char *ht_graph_check(const struct ht_workload_params *p) {
  return p->live < 1 ? "live must be at least 1" : check_marked(p);
}

void ht_graph_expect(const struct ht_workload_params *p, uint64_t entries,
                     struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t base = ht_task_base(p->seed, 0);
  for (uint64_t k = 0; k < p->live; k++) {
    uint64_t position = k * (1 + HT_GRAPH_REFERENCES);
    e->checksum = ht_checksum_add(e->checksum, position, base + k);
    for (unsigned i = 0; i < HT_GRAPH_REFERENCES; i++)
      e->checksum =
          ht_checksum_add(e->checksum, position + 1 + i, base + ht_graph_target(base, k, i, p->live));
  }
  expect_marked(p, entries, p->live + 1, e);
  e->allocations = p->live + 1;
  e->bytes = e->live_bytes = p->live * (HT_NODE_BYTES + HT_WORD);
}

// The array, and two objects to link.
size_t ht_graph_slots(const struct ht_workload_params *p) {
  (void)p;
  return 3;
}

const char *ht_list_check(const struct ht_workload_params *p) {
  return p->live < 2 || (p->live & (p->live - 1)) ? "live must be a power of two, 2 or more"
                                                  : check_marked(p);
}

void ht_list_expect(const struct ht_workload_params *p, uint64_t entries, struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t base = ht_task_base(p->seed, 0);
  for (uint64_t place = 0; place < p->live; place++)
    e->checksum = ht_checksum_add(e->checksum, place, base + ht_list_object(place, p->live));
  expect_marked(p, entries, p->live, e);
  e->allocations = p->live + 1;
  e->bytes = e->live_bytes = p->live * (HT_NODE_BYTES + HT_WORD);
}

// The head, the end so far, the next one, and the array that all come from.
size_t ht_list_slots(const struct ht_workload_params *p) {
  (void)p;
  return 4;
}

const char *ht_deep_tree_check(const struct ht_workload_params *p) {
  return p->depth < 1 || p->depth > HT_TREES_DEEPEST ? "depth must be 1 to 24" : check_marked(p);
}

void ht_deep_tree_expect(const struct ht_workload_params *p, uint64_t entries,
                         struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  enum { NODE = 3 * HT_WORD };
  uint64_t base = ht_task_base(p->seed, 0), nodes = ht_trees_nodes(p->depth);
  for (uint64_t n = 1; n <= nodes; n++) e->checksum = ht_checksum_add(e->checksum, n, base + n);
  expect_marked(p, entries, nodes, e);
  e->allocations = nodes;
  e->bytes = e->live_bytes = nodes * NODE;
}

size_t ht_deep_tree_slots(const struct ht_workload_params *p) {
  return p->depth + 1;
}
