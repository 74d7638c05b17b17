// deep-tree: one tree that lives, made from its root down and from left to right and collected again and
// again. A marker that goes the same way meets the objects in the order in which they lie: there is nothing
// left to fetch ahead, and what is measured is what marking itself costs.
//
// The tree is complete; node number n, the root 1 and the children of n being 2n and 2n + 1, has the word
// base + n. Before the region there is one full collection. The checksum is read at the end: the word of node
// n has the position n.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

struct node {
  ht_ref left, right;
  uint64_t word;
};

static const uint64_t node_map[] = {3};
static const struct ht_type node_type = {"node", sizeof(struct node), 2, node_map};

// The stack of slots is one frame: `slot` is where the tree is, what lies above is NULL.

static bool build(struct ht_task *task, ht_ref *slot, uint64_t depth, uint64_t number) {
  struct ht_mutator *m = task->mutator;
  if (!heap_alloc(m, slot, &node_type, 1, 0, 0)) return false;
  ((struct node *)*slot)->word = task->base + number;
  task->allocations++;
  if (depth == 0) return true;
  for (unsigned side = 0; side < 2; side++) {
    if (!build(task, slot + 1, depth - 1, 2 * number + side)) return false;
    struct node *node = *slot;
    heap_store(m, node, side ? &node->right : &node->left, slot[1]);
    heap_root_set(m, slot + 1, NULL);
  }
  return true;
}

// Adds up a tree and lets it go, the children first.
static void take_down(struct ht_task *task, ht_ref *slot, uint64_t depth, uint64_t number) {
  struct ht_mutator *m = task->mutator;
  struct node *node = *slot;
  task->checksum = ht_checksum_add(task->checksum, number, node->word);
  for (unsigned side = 0; depth > 0 && side < 2; side++) {
    ht_ref *field = side ? &node->right : &node->left;
    heap_root_load(m, slot + 1, node, field);
    heap_store(m, node, field, NULL);
    take_down(task, slot + 1, depth - 1, 2 * number + side);
  }
  heap_root_set(m, slot, NULL);
  heap_release(m, node);
}

static bool begin(struct ht_task *task) {
  if (!build(task, task->slots, task->params->depth, 1)) return false;
  heap_collect(task->mutator, true);
  return true;
}

static bool body(struct ht_task *task) {
  for (uint64_t i = task->params->collections; i > 0; i--) heap_collect(task->mutator, true);
  return true;
}

static void end(struct ht_task *task) {
  take_down(task, task->slots, task->params->depth, 1);
}

HT_WORKLOAD_CODE(deep_tree, "deep-tree");
