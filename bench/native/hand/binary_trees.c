// binary-trees by hand: on plain malloc and the C stack.
#include "bench/workloads/choices.h"
#include HT_HAND_HEADER

struct node {
  struct node *left, *right;
};

static void release(struct node *node) {
  if (!node) return;
  release(node->left);
  release(node->right);
  hand_free(node);
}

static struct node *build(unsigned depth) {
  struct node *node = hand_alloc(sizeof *node);
  if (!node) return NULL;
  node->left = node->right = NULL;
  if (depth > 0 && (!(node->left = build(depth - 1)) || !(node->right = build(depth - 1)))) {
    release(node);
    return NULL;
  }
  return node;
}

static uint64_t count(const struct node *node) {
  return node->left ? 1 + count(node->left) + count(node->right) : 1;
}

static bool tree(struct ht_task *task, unsigned depth) {
  struct node *root = build(depth);
  if (!root) return false;
  uint64_t nodes = count(root);
  task->allocations += nodes;
  task->checksum = ht_checksum_add(task->checksum, task->base + depth, nodes);
  release(root);
  return true;
}

static bool begin(struct ht_task *task) {
  (void)task;
  return true;
}

static bool body(struct ht_task *task) {
  unsigned longest = (unsigned)task->params->depth;
  if (!tree(task, longest + 1)) return false;
  struct node *lives_on = build(longest);
  if (!lives_on) return false;
  bool ok = true;
  for (unsigned depth = HT_TREES_SHORTEST; ok && depth <= longest; depth += 2)
    for (uint64_t i = ht_trees_count(longest, depth); ok && i > 0; i--) ok = tree(task, depth);
  uint64_t nodes = count(lives_on);
  task->allocations += nodes;
  task->checksum = ht_checksum_add(task->checksum, task->base, nodes);
  release(lives_on);
  return ok;
}

static void end(struct ht_task *task) {
  (void)task;
}

HT_WORKLOAD_CODE(binary_trees, "binary-trees");
