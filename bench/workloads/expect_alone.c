// What a right run makes of the workloads whose mutators have nothing to do with each other.
#include "bench/workloads/catalogue.h"

const char *ht_churn_check(const struct ht_workload_params *p) {
  bool known = false;
#define SIZE(bytes) known |= p->size == bytes;
#include "bench/workloads/sizes.def"
#undef SIZE
  if (!known)
    return "size must be one of 8 16 24 32 48 64 96 128 256 512 1024 2048 4096 8192 16384 32768 65536";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  if (p->references > 1) return "references must be 0 or 1";
  if (p->references && p->size < 2 * HT_WORD) return "an object with references needs a size of at least 16";
  return ht_common_check(p);
}

// What is left in the rings of all mutators, `words` words in each place.
static uint64_t rings_checksum(const struct ht_workload_params *p, uint64_t done, uint64_t words) {
  uint64_t sum = 0;
  for (uint64_t number = 0; number < p->mutators; number++)
    for (uint64_t place = 0; place < p->live; place++) {
      uint64_t word = ht_task_base(p->seed, number) + ht_ring_last(place, p->live, done);
      for (uint64_t i = 0; i < words; i++) sum = ht_checksum_add(sum, place * words + i, word);
    }
  return sum;
}

void ht_churn_expect(const struct ht_workload_params *p, uint64_t entries,
                     struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t operations = p->operations * entries;
  e->checksum = rings_checksum(p, p->live + operations, 1);
  e->operations = operations * p->mutators;
  e->allocations = (p->live + 1 + operations) * p->mutators;
  e->bytes = e->allocations * p->size;
  e->live_bytes = (p->live + 1) * p->size * p->mutators;
}

size_t ht_churn_slots(const struct ht_workload_params *p) {
  return p->live + 1;
}

const char *ht_binary_trees_check(const struct ht_workload_params *p) {
  if (p->depth < HT_TREES_SHORTEST || p->depth > HT_TREES_DEEPEST) return "depth must be 4 to 24";
  return ht_common_check(p);
}

void ht_binary_trees_expect(const struct ht_workload_params *p, uint64_t entries,
                            struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  enum { NODE = 2 * HT_WORD };
  uint64_t nodes = ht_trees_nodes(p->depth + 1) + ht_trees_nodes(p->depth);
  for (uint64_t depth = HT_TREES_SHORTEST; depth <= p->depth; depth += 2)
    nodes += ht_trees_count(p->depth, depth) * ht_trees_nodes(depth);
  for (uint64_t number = 0; number < p->mutators; number++) {
    uint64_t base = ht_task_base(p->seed, number), sum = 0;
    sum = ht_checksum_add(sum, base + p->depth + 1, ht_trees_nodes(p->depth + 1));
    for (uint64_t depth = HT_TREES_SHORTEST; depth <= p->depth; depth += 2)
      sum += ht_trees_count(p->depth, depth) * ht_checksum_add(0, base + depth, ht_trees_nodes(depth));
    sum = ht_checksum_add(sum, base, ht_trees_nodes(p->depth));
    e->checksum += sum * entries;
  }
  e->operations = e->allocations = nodes * entries * p->mutators;
  e->bytes = e->allocations * NODE;
  e->live_bytes = ht_trees_nodes(p->depth + 1) * NODE * p->mutators;
}

// One tree that lives, and a stack that each level of the deepest tree takes two slots of.
size_t ht_binary_trees_slots(const struct ht_workload_params *p) {
  return 1 + 2 * (p->depth + 1) + 3;
}

const char *ht_message_ring_check(const struct ht_workload_params *p) {
  if (p->size < HT_WORD || p->size % HT_WORD || p->size > MESSAGE_MOST)
    return "size must be a multiple of 8 up to 1048576";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  return ht_common_check(p);
}

void ht_message_ring_expect(const struct ht_workload_params *p, uint64_t entries,
                            struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t operations = p->operations * entries, array = p->live * HT_WORD;
  e->checksum = rings_checksum(p, p->live + operations, p->size / HT_WORD);
  e->operations = operations * p->mutators;
  e->allocations = (1 + p->live + operations) * p->mutators;
  e->bytes = ((p->live + operations) * p->size + array) * p->mutators;
  e->live_bytes = ((p->live + 1) * p->size + array) * p->mutators;
}

size_t ht_message_ring_slots(const struct ht_workload_params *p) {
  (void)p;
  return 3;
}

const char *ht_escape_check(const struct ht_workload_params *p) {
  if (p->escape < 1 || p->escape > HT_ESCAPE_WHOLE) return "escape must be 1 to 100";
  if (p->operations < 1) return "operations must be at least 1";
  return ht_common_check(p);
}

void ht_escape_expect(const struct ht_workload_params *p, uint64_t entries,
                      struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t operations = p->operations * entries;
  for (uint64_t number = 0; number < p->mutators; number++) {
    uint64_t base = ht_task_base(p->seed, number);
    for (uint64_t word = base; word != base + operations; word++) {
      uint64_t sum = HT_ESCAPE_WORDS * word + HT_ESCAPE_WORDS * (HT_ESCAPE_WORDS - 1) / 2;
      e->checksum = ht_checksum_add(e->checksum, 0, sum);
      e->allocations += ht_escape_reaches(word, p->escape);
    }
  }
  e->operations = operations * p->mutators;
  e->bytes = e->allocations * HT_ESCAPE_WORDS * HT_WORD;
  e->live_bytes = HT_ESCAPE_WORDS * HT_WORD * p->mutators;
}

size_t ht_escape_slots(const struct ht_workload_params *p) {
  (void)p;
  return 1;
}

const char *ht_rings_check(const struct ht_workload_params *p) {
  if (p->length < 1 || p->length > LIVE_MOST) return "length must be 1 to 16777216";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  return ht_common_check(p);
}

// The number of the ring's first object, and how many objects the ring has.
static uint64_t ring_start(const struct ht_workload_params *p, uint64_t ring, uint64_t *objects) {
  *objects = p->length;
  if (ring < p->live) return ring * p->length;
  uint64_t each = ht_rings_each_entry(p), entry = (ring - p->live) / each;
  uint64_t before = (ring - p->live) % each * p->length;
  if (*objects > p->operations - before) *objects = p->operations - before;
  return p->live * p->length + entry * p->operations + before;
}

void ht_rings_expect(const struct ht_workload_params *p, uint64_t entries,
                     struct ht_workload_expectation *e) {
  *e = (struct ht_workload_expectation){0};
  uint64_t operations = p->operations * entries, rings = p->live + ht_rings_each_entry(p) * entries;
  for (uint64_t number = 0; number < p->mutators; number++)
    for (uint64_t place = 0; place < p->live; place++) {
      uint64_t objects, start = ring_start(p, ht_ring_last(place, p->live, rings), &objects);
      for (uint64_t i = 0; i < objects; i++)
        e->checksum =
            ht_checksum_add(e->checksum, place * p->length + i, ht_task_base(p->seed, number) + start + i);
    }
  e->operations = operations * p->mutators;
  e->allocations = (p->live * p->length + operations) * p->mutators;
  e->bytes = e->allocations * HT_NODE_BYTES;
  e->live_bytes = (p->live + 1) * p->length * HT_NODE_BYTES * p->mutators;
}

// The first object of each ring, and two to make and follow one.
size_t ht_rings_slots(const struct ht_workload_params *p) {
  return p->live + 2;
}
