#ifndef BENCH_WORKLOADS_CHOICES_H
#define BENCH_WORKLOADS_CHOICES_H

// What each workload draws and how much of it there is: the one place that both the workload and whoever
// works out what it has to make read. All of it is arithmetic on 64 bits without sign.

#include "bench/workloads/task.h"

// binary-trees: one tree of depth + 1 to stretch the heap, one of `depth` that lives on, and for each second
// depth from HT_TREES_SHORTEST many that die at once.
enum { HT_TREES_SHORTEST = 4, HT_TREES_DEEPEST = 24 };

static inline uint64_t ht_trees_nodes(uint64_t depth) {
  return (UINT64_C(2) << depth) - 1;
}

static inline uint64_t ht_trees_count(uint64_t longest, uint64_t depth) {
  return UINT64_C(1) << (longest - depth + HT_TREES_SHORTEST);
}

// escape: does the object with this word reach the heap?
enum { HT_ESCAPE_WORDS = 8, HT_ESCAPE_WHOLE = 100 };

static inline bool ht_escape_reaches(uint64_t word, uint64_t escape) {
  return ht_mix(word) % HT_ESCAPE_WHOLE < escape;
}

// graph, list and rings: objects of 64 bytes.
enum { HT_NODE_BYTES = 64 };

// graph: which object reference `which` of object `number` is to.
enum { HT_GRAPH_REFERENCES = 4 };

static inline uint64_t ht_graph_target(uint64_t base, uint64_t number, uint64_t which, uint64_t live) {
  return ht_mix(base + number * HT_GRAPH_REFERENCES + which) % live;
}

// list: which object stands at `place` of `live`, a power of two. Each once, and no two neighbours near: both
// steps can be undone (an odd factor; a shift to the right), so nothing is lost.
static inline uint64_t ht_list_object(uint64_t place, uint64_t live) {
  unsigned shift = (unsigned)(__builtin_ctzll(live) + 1) / 2;
  uint64_t x = (place * UINT64_C(0x9e3779b97f4a7c15)) & (live - 1);
  x ^= x >> shift;
  x = (x * UINT64_C(0xbf58476d1ce4e5b9)) & (live - 1);
  return x ^ (x >> shift);
}

// rings: those that one entry of the region makes, the last of them shorter if need be.
static inline uint64_t ht_rings_each_entry(const struct ht_workload_params *p) {
  return (p->operations + p->length - 1) / p->length;
}

// exchange: the region is this many phases; in the next one a mutator has the next one's array.
enum { HT_EXCHANGE_PHASES = 16, HT_EXCHANGE_WORDS_LEAST = 2 };

// Where in the array the object with this word goes, and how many words it has, at most size / 8.
static inline uint64_t ht_exchange_place(uint64_t word, uint64_t live) {
  return (ht_mix(word) & UINT32_MAX) % live;
}

static inline uint64_t ht_exchange_words(uint64_t word, uint64_t size) {
  return HT_EXCHANGE_WORDS_LEAST + (ht_mix(word) >> 32) % (size / HT_WORD - HT_EXCHANGE_WORDS_LEAST + 1);
}

// service: a request makes this many parts of 16 to 120 bytes; a task serves this many requests; one request
// in so many puts a new entry into the cache.
enum {
  HT_SERVICE_PARTS = 8,
  HT_SERVICE_PART_WORDS_LEAST = 2,
  HT_SERVICE_PART_WORDS_MOST = 15,
  HT_SERVICE_LIFE = 8,
  HT_SERVICE_RENEWS = 16,
  HT_SERVICE_SESSION_WORDS = 8,
  HT_SERVICE_ENTRY_WORDS = 32,
  HT_SERVICE_SLOTS = 5, // of every frame
};

static inline uint64_t ht_service_part_words(uint64_t mixed, uint64_t part) {
  return HT_SERVICE_PART_WORDS_LEAST +
         ((mixed >> (8 * part)) & 255) % (HT_SERVICE_PART_WORDS_MOST - HT_SERVICE_PART_WORDS_LEAST + 1);
}

static inline bool ht_service_renews(uint64_t drawn) {
  return (drawn >> 32) % HT_SERVICE_RENEWS == 0;
}

// How many tasks a mutator's carrier runs.
static inline uint64_t ht_service_tasks(const struct ht_workload_params *p, uint64_t number) {
  return p->tasks / p->mutators + (number < p->tasks % p->mutators);
}

// The first word of what the cache holds at `place` before anybody asks.
static inline uint64_t ht_service_first(uint64_t base, uint64_t place) {
  return ~(base + place);
}

#endif
