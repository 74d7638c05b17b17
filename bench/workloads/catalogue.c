// The table of workloads: their parameters, and what a right run of each makes.
#include "bench/workloads/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LIVE_MOST = 1 << 24,
  MUTATORS_MOST = 64,
  SIZE_MOST = 1 << 20, // of a message
};
static const uint64_t operations_most = UINT64_C(1) << 40;

static const char *check_common(const struct ht_workload_params *p) {
  if (p->mutators < 1 || p->mutators > MUTATORS_MOST) return "mutators must be 1 to 64";
  if (p->live > LIVE_MOST) return "live must be at most 16777216";
  if (p->operations > operations_most) return "operations must be at most 1099511627776";
  return NULL;
}

static const char *churn_check(const struct ht_workload_params *p) {
  bool known = false;
#define SIZE(bytes) known |= p->size == bytes;
#include "bench/workloads/sizes.def"
#undef SIZE
  if (!known) return "size must be one of 8 16 24 32 48 64 96 128 256 512 1024 2048 4096";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  if (p->references > 1) return "references must be 0 or 1";
  if (p->references && p->size < 2 * HT_WORD) return "an object with references needs a size of at least 16";
  return check_common(p);
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

static void churn_expect(const struct ht_workload_params *p, uint64_t entries,
                         struct ht_workload_expectation *e) {
  uint64_t operations = p->operations * entries;
  e->checksum = rings_checksum(p, p->live + operations, 1);
  e->operations = operations * p->mutators;
  e->allocations = (p->live + 1 + operations) * p->mutators;
  e->bytes = e->allocations * p->size;
  e->live_bytes = (p->live + 1) * p->size * p->mutators;
}

static size_t churn_slots(const struct ht_workload_params *p) {
  return p->live + 1;
}

static const char *trees_check(const struct ht_workload_params *p) {
  if (p->depth < HT_TREES_SHORTEST || p->depth > HT_TREES_DEEPEST) return "depth must be 4 to 24";
  return check_common(p);
}

static void trees_expect(const struct ht_workload_params *p, uint64_t entries,
                         struct ht_workload_expectation *e) {
  enum { NODE = 2 * HT_WORD };
  uint64_t nodes = ht_trees_nodes(p->depth + 1) + ht_trees_nodes(p->depth);
  for (uint64_t depth = HT_TREES_SHORTEST; depth <= p->depth; depth += 2)
    nodes += ht_trees_count(p->depth, depth) * ht_trees_nodes(depth);
  e->checksum = 0;
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
static size_t trees_slots(const struct ht_workload_params *p) {
  return 1 + 2 * (p->depth + 1) + 3;
}

static const char *ring_check(const struct ht_workload_params *p) {
  if (p->size < HT_WORD || p->size % HT_WORD || p->size > SIZE_MOST)
    return "size must be a multiple of 8 up to 1048576";
  if (p->live < 1 || p->operations < 1) return "live and operations must be at least 1";
  return check_common(p);
}

static void ring_expect(const struct ht_workload_params *p, uint64_t entries,
                        struct ht_workload_expectation *e) {
  uint64_t operations = p->operations * entries, array = p->live * HT_WORD;
  e->checksum = rings_checksum(p, p->live + operations, p->size / HT_WORD);
  e->operations = operations * p->mutators;
  e->allocations = (1 + p->live + operations) * p->mutators;
  e->bytes = ((p->live + operations) * p->size + array) * p->mutators;
  e->live_bytes = ((p->live + 1) * p->size + array) * p->mutators;
}

static size_t ring_slots(const struct ht_workload_params *p) {
  (void)p;
  return 3;
}

// Full lengths take a good malloc about a tenth of a second on a machine of 2024.
const struct ht_workload ht_workloads[] = {
    {.name = "churn",
     .help = "a ring of live objects, each in its turn let go and replaced",
     .initial = {.size = 64, .live = 4096, .mutators = 1, .operations = UINT64_C(1) << 24},
     .least = {.size = 64, .live = 256, .mutators = 1, .operations = 1 << 9},
     .check = churn_check,
     .expect = churn_expect,
     .slots = churn_slots},
    {.name = "binary-trees",
     .help = "many trees that die young beside one that lives",
     .initial = {.depth = 16, .mutators = 1},
     .least = {.depth = HT_TREES_SHORTEST, .mutators = 1},
     .check = trees_check,
     .expect = trees_expect,
     .slots = trees_slots},
    {.name = "message-ring",
     .help = "messages pushed into one large ring of references, each push on the clock",
     .initial = {.size = 1024, .live = 16384, .mutators = 1, .operations = 1 << 18},
     .least = {.size = 1024, .live = 256, .mutators = 1, .operations = 1 << 9},
     .check = ring_check,
     .expect = ring_expect,
     .slots = ring_slots},
    {0},
};

const struct ht_workload *ht_workload_find(const char *name) {
  for (const struct ht_workload *w = ht_workloads; w->name; w++)
    if (strcmp(w->name, name) == 0) return w;
  return NULL;
}

const char *const ht_workload_param_names[] = {"size",     "live",       "references", "depth",
                                               "mutators", "operations", NULL};

static uint64_t *param_of(struct ht_workload_params *p, const char *name) {
  uint64_t *const places[] = {&p->size, &p->live, &p->references, &p->depth, &p->mutators, &p->operations};
  for (size_t i = 0; ht_workload_param_names[i]; i++)
    if (strcmp(ht_workload_param_names[i], name) == 0) return places[i];
  return NULL;
}

bool ht_workload_param_set(struct ht_workload_params *params, const char *name, uint64_t value) {
  uint64_t *place = param_of(params, name);
  if (place) *place = value;
  return place != NULL;
}

uint64_t ht_workload_param_get(const struct ht_workload_params *params, const char *name) {
  struct ht_workload_params copy = *params;
  return *param_of(&copy, name);
}

bool ht_workload_param_uses(const struct ht_workload *workload, const char *name) {
  // Only churn can have its references both ways, and 0 is what it starts with.
  if (strcmp(name, "references") == 0) return workload->check == churn_check;
  return ht_workload_param_get(&workload->initial, name) != 0;
}

bool ht_workload_params_read(const struct ht_workload *workload, const char *text,
                             struct ht_workload_params *params, char *message, size_t message_size) {
  while (*text) {
    size_t length = strcspn(text, ",");
    const char *equals = memchr(text, '=', length);
    char name[32], *end;
    if (!equals || (size_t)(equals - text) >= sizeof name) {
      snprintf(message, message_size, "\"%.*s\" is not name=number", (int)length, text);
      return false;
    }
    *stpncpy(name, text, (size_t)(equals - text)) = 0;
    errno = 0;
    uint64_t value = strtoull(equals + 1, &end, 0);
    if (end != text + length || end == equals + 1 || equals[1] == '-' || errno) {
      snprintf(message, message_size, "\"%.*s\" is not name=number", (int)length, text);
      return false;
    }
    if (!param_of(params, name) || !ht_workload_param_uses(workload, name)) {
      snprintf(message, message_size, "%s has no parameter \"%s\"", workload->name, name);
      return false;
    }
    ht_workload_param_set(params, name, value);
    text += length + (text[length] == ',');
  }
  const char *wrong = workload->check(params);
  if (wrong) snprintf(message, message_size, "%s: %s", workload->name, wrong);
  return !wrong;
}

// An eighth, but not below the least. False: it is there already.
static bool divide(uint64_t *value, uint64_t least) {
  enum { STEP = 8 };
  if (*value <= least) return false;
  *value = *value / STEP > least ? *value / STEP : least;
  return true;
}

bool ht_workload_shrink(const struct ht_workload *workload, struct ht_workload_params *params) {
  enum { DEPTH_STEP = 2 };
  const struct ht_workload_params *least = &workload->least;
  if (params->depth >= least->depth + DEPTH_STEP) {
    params->depth -= DEPTH_STEP;
    return true;
  }
  // What is held makes the benchmark what it is, so it goes last.
  return divide(&params->operations, least->operations) || divide(&params->live, least->live);
}

void ht_workload_fit(const struct ht_workload *workload, uint64_t capabilities,
                     struct ht_workload_params *params) {
  struct ht_workload_expectation e;
  if (capabilities & (HT_COLLECTS | HT_RELEASES)) return;
  do workload->expect(params, 1, &e);
  while (e.bytes > HT_WORKLOAD_NEVER_FREED_BYTES && ht_workload_shrink(workload, params));
}
