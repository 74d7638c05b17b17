// binary-trees: Ellis, Kovac and Boehm's load in its usual form. Many trees that die young beside one that
// lives.
//
// Trees are complete; one of depth d has 2^(d+1) - 1 nodes of two references. Each entry of the region makes
// one of depth + 1 to stretch the heap, one of `depth` that lives on to the end of the region, and then, for
// each second d from 4 to `depth`, 2^(depth - d + 4) trees of depth d, one after the other. Each is counted
// and dies. The number of its nodes counts with the position base + d; that of the tree that lives on counts
// at last, with the position base.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

struct node {
  ht_ref left, right;
};

static const uint64_t node_map[] = {3};
static const struct ht_type node_type = {"node", sizeof(struct node), 2, node_map};

// Trees are built and walked on a stack of slots that is one frame: `slot` is where the tree is, what lies
// above is free and NULL. A frame a call would time the pushing of frames.

static bool build(struct ht_task *task, ht_ref *slot, unsigned depth) {
  struct ht_mutator *m = task->mutator;
  if (depth == 0) return heap_alloc(m, slot, &node_type, 1, 0, 0);
  if (!build(task, slot + 1, depth - 1) || !build(task, slot + 2, depth - 1) ||
      !heap_alloc(m, slot, &node_type, 1, 0, 0))
    return false;
  struct node *node = *slot;
  heap_store(m, node, &node->left, slot[1]);
  heap_store(m, node, &node->right, slot[2]);
  heap_root_set(m, slot + 1, NULL);
  heap_root_set(m, slot + 2, NULL);
  return true;
}

static uint64_t count(struct ht_mutator *m, ht_ref *slot) {
  struct node *node = *slot;
  heap_root_load(m, slot + 1, node, &node->left);
  if (!slot[1]) return 1;
  uint64_t nodes = 1 + count(m, slot + 1);
  heap_root_load(m, slot + 1, node, &node->right);
  nodes += count(m, slot + 1);
  heap_root_set(m, slot + 1, NULL);
  return nodes;
}

// From the root down: when a node is released nothing holds it any more.
static void release(struct ht_mutator *m, ht_ref *slot) {
  struct node *node = *slot;
  heap_root_load(m, slot + 1, node, &node->right);
  heap_root_load(m, slot + 2, node, &node->left);
  heap_root_set(m, slot, NULL);
  heap_release(m, node);
  if (slot[2]) release(m, slot + 2);
  if (slot[1]) release(m, slot + 1);
}

static void let_go(struct ht_task *task, ht_ref *slot) {
  if (task->releases)
    release(task->mutator, slot);
  else
    heap_root_set(task->mutator, slot, NULL);
}

// Builds a tree, counts its nodes into the checksum and lets it go.
static bool tree(struct ht_task *task, ht_ref *slot, unsigned depth) {
  if (!build(task, slot, depth)) return false;
  uint64_t nodes = count(task->mutator, slot);
  task->allocations += nodes;
  task->checksum = ht_checksum_add(task->checksum, task->base + depth, nodes);
  let_go(task, slot);
  return true;
}

static bool begin(struct ht_task *task) {
  (void)task;
  return true;
}

static bool body(struct ht_task *task) {
  unsigned longest = (unsigned)task->params->depth;
  ht_ref *lives_on = task->slots, *slot = lives_on + 1;
  if (!tree(task, slot, longest + 1) || !build(task, lives_on, longest)) return false;
  for (unsigned depth = HT_TREES_SHORTEST; depth <= longest; depth += 2)
    for (uint64_t i = ht_trees_count(longest, depth); i > 0; i--)
      if (!tree(task, slot, depth)) return false;
  uint64_t nodes = count(task->mutator, lives_on);
  task->allocations += nodes;
  task->checksum = ht_checksum_add(task->checksum, task->base, nodes);
  let_go(task, lives_on);
  return true;
}

static void end(struct ht_task *task) {
  (void)task;
}

HT_WORKLOAD_CODE(binary_trees, "binary-trees");
