// The limit of allocation by a pointer that moves on: each workload here has one region as large as what
// lives at once, and takes its objects from it in order, zeroed, without ever asking whether one is still in
// use. Where it comes to its end what was first made has just died.
#include "bench/workloads/choices.h"

#include <string.h>
#include <sys/mman.h>

struct node {
  struct node *left, *right;
};

static void *region(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

// churn: the ring's places and the region's come round together. The region is in the slot behind the ring.

static inline __attribute__((always_inline)) void turn(struct ht_task *task, uint64_t operations,
                                                       size_t bytes) {
  uint64_t live = task->params->live, place = task->done % live;
  void **ring = task->slots, **ring_end = ring + live, **slot = ring + place;
  char *first = ring[live], *end = first + live * bytes, *bump = first + place * bytes;
  for (uint64_t word = task->base + task->done, last = word + operations; word != last; word++) {
    uint64_t *object = (uint64_t *)bump;
    bump += bytes;
    if (bump == end) bump = first;
    memset(object, 0, bytes);
    *slot = object;
    object[bytes / HT_WORD - 1] = word;
    if (++slot == ring_end) slot = ring;
  }
  task->done += operations;
  task->allocations += operations;
}

#define SIZE(bytes)                                                                               \
  __attribute__((noinline)) static void turn_##bytes(struct ht_task *task, uint64_t operations) { \
    turn(task, operations, bytes);                                                                \
  }
#include "bench/workloads/sizes.def"
#undef SIZE

static void turn_all(struct ht_task *task, uint64_t operations) {
  switch (task->params->size) {
#define SIZE(bytes)                 \
  case bytes:                       \
    turn_##bytes(task, operations); \
    break;
#include "bench/workloads/sizes.def"
#undef SIZE
  }
}

// The object that the workload's others refer to lies behind theirs.
static bool churn_begin(struct ht_task *task) {
  uint64_t live = task->params->live;
  task->slots[live] = region((live + 1) * task->params->size);
  if (!task->slots[live]) return false;
  task->allocations = 1;
  turn_all(task, live);
  return true;
}

static bool churn_body(struct ht_task *task) {
  turn_all(task, task->params->operations);
  return true;
}

static void churn_end(struct ht_task *task) {
  uint64_t live = task->params->live, last = task->params->size / HT_WORD - 1;
  for (uint64_t i = 0; i < live; i++)
    task->checksum = ht_checksum_add(task->checksum, i, ((uint64_t *)task->slots[i])[last]);
  munmap(task->slots[live], (live + 1) * task->params->size);
  memset(task->slots, 0, (live + 1) * sizeof *task->slots);
}

// binary-trees: a tree dies as a whole, so its region begins again at its first node.

static struct node *build(struct node **bump, unsigned depth) {
  struct node *node = (*bump)++;
  node->left = node->right = NULL;
  if (depth > 0) {
    node->left = build(bump, depth - 1);
    node->right = build(bump, depth - 1);
  }
  return node;
}

static uint64_t count(const struct node *node) {
  return node->left ? 1 + count(node->left) + count(node->right) : 1;
}

static void count_into(struct ht_task *task, uint64_t position, const struct node *root) {
  uint64_t nodes = count(root);
  task->allocations += nodes;
  task->checksum = ht_checksum_add(task->checksum, task->base + position, nodes);
}

static void tree(struct ht_task *task, struct node *bump, unsigned depth) {
  count_into(task, depth, build(&bump, depth));
}

enum { LIVES_ON, DIES };

static size_t trees_bytes(const struct ht_task *task, unsigned which) {
  return ht_trees_nodes(task->params->depth + (which == DIES)) * sizeof(struct node);
}

static bool trees_begin(struct ht_task *task) {
  return (task->slots[LIVES_ON] = region(trees_bytes(task, LIVES_ON))) &&
         (task->slots[DIES] = region(trees_bytes(task, DIES)));
}

static bool trees_body(struct ht_task *task) {
  unsigned longest = (unsigned)task->params->depth;
  struct node *dies = task->slots[DIES], *bump = task->slots[LIVES_ON];
  tree(task, dies, longest + 1);
  struct node *lives_on = build(&bump, longest);
  for (unsigned depth = HT_TREES_SHORTEST; depth <= longest; depth += 2)
    for (uint64_t i = ht_trees_count(longest, depth); i > 0; i--) tree(task, dies, depth);
  count_into(task, 0, lives_on);
  return true;
}

static void trees_end(struct ht_task *task) {
  for (unsigned i = LIVES_ON; i <= DIES; i++) {
    munmap(task->slots[i], trees_bytes(task, i));
    task->slots[i] = NULL;
  }
}

static const struct ht_workload_code churn = {"churn", churn_begin, churn_body, churn_end},
                                     trees = {"binary-trees", trees_begin, trees_body, trees_end};
static const struct ht_workload_code *const codes[] = {&churn, &trees, NULL};

const struct ht_workload_set ht_workloads_bump = {"bump", codes};
