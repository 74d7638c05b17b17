#ifndef BENCH_WORKLOADS_NODE_H
#define BENCH_WORKLOADS_NODE_H

// What list and rings are made of: objects of 64 bytes, one reference at the head and one word at the end.

#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

enum { HT_NODE_WORDS = HT_NODE_BYTES / HT_WORD - 1 };

struct node {
  ht_ref next;
  uint64_t words[HT_NODE_WORDS];
};

static const uint64_t node_map[] = {1};
static const struct ht_type node_type = {"node", sizeof(struct node), 1, node_map};

static inline uint64_t *node_word(ht_ref node) {
  return &((struct node *)node)->words[HT_NODE_WORDS - 1];
}

#endif
