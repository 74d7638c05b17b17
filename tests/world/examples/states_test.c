// Reduction leaves nothing out: with it and without it, the examples end in the same states, under the same
// bound; and no schedule that is drawn ends in a state that going through all did not.
//
//   world_states_test [--less] [EXAMPLE]   --less: where they are few, for builds that are slow
#include "tests/world/examples/drive.h"

#include "allocators/base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 4096, RUNS_MOST = 10000, RUNS_LESS = 1000, DRAWN = 2000, BOUND_MAX = 2 };

static const struct example *const examples[] = {
    &example_peterson, &example_treiber, &example_queue,   &example_once, &example_count,  &example_deque,
    &example_marker,   &example_locks,   &example_backoff, &example_spin, &example_waiter, &example_depth};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static const char *const orders[] = {"sequential", "total store", "partial store"};

// How runs have ended: the outcome, and if it is the end, what is in memory.
struct states {
  size_t count;
  uint64_t list[STATES_MAX];
};

static bool has(const struct states *states, uint64_t state) {
  for (size_t i = 0; i < states->count; i++)
    if (states->list[i] == state) return true;
  return false;
}

static void add(struct states *states, uint64_t state) {
  if (has(states, state)) return;
  CHECK(states->count < STATES_MAX);
  states->list[states->count++] = state;
}

// FNV-1a.
static uint64_t state_of(const struct drive *drive, const struct simulated_end *end) {
  uint64_t hash = 0xcbf29ce484222325 + end->outcome;
  const uint8_t *bytes = drive->example->state;
  for (size_t i = 0; end->outcome == SIMULATED_ENDED && i < drive->example->bytes; i++)
    hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

static struct states reduced, whole, drawn;
static uint64_t runs_most = RUNS_MOST;

struct collect {
  struct drive drive; // the first, as it is what the body gets
  struct states *states;
};

static bool collect(void *argument, const struct simulated_end *end) {
  const struct collect *c = argument;
  add(c->states, state_of(&c->drive, end));
  return true;
}

// False: there are more schedules than it may try.
static bool go_through(const struct drive *drive, unsigned preemptions, bool reduce, struct states *states,
                       uint64_t *runs) {
  struct collect c = {*drive, states};
  struct ht_exploration exploration = drive_exploration(&c.drive, preemptions);
  struct ht_exploration_result result;
  exploration.judge = collect;
  exploration.reduce = reduce;
  exploration.most_runs = runs_most;
  states->count = 0;
  ht_explore(&exploration, &result);
  *runs = result.runs;
  return result.explored == HT_EXPLORED_ALL;
}

static bool is_within(const struct drive *drive, const char *what, const struct states *some,
                      const struct states *all) {
  bool is = true;
  for (size_t i = 0; i < some->count; i++) is &= has(all, some->list[i]);
  if (!is)
    printf("%s, %s, %s: a state is not found %s\n", drive->example->name, drive->variant->name,
           orders[drive->order], what);
  return is;
}

static void say(const struct drive *drive, const char *bound, uint64_t runs) {
  printf("%-16s %-24s %-13s  %s preemptions: %3zu states in %6" PRIu64 " schedules", drive->example->name,
         drive->variant->name, orders[drive->order], bound, reduced.count, runs);
}

// As far as all schedules are few enough. What a part of them finds has to be found, too.
static bool compare(const struct drive *drive) {
  bool well = true, all = true;
  for (unsigned preemptions = 0; all && preemptions <= BOUND_MAX; preemptions++) {
    uint64_t few, many;
    char bound[4];
    all = go_through(drive, preemptions, false, &whole, &many);
    if (!go_through(drive, preemptions, true, &reduced, &few)) break;
    well &= is_within(drive, "with reduction", &whole, &reduced);
    if (all) well &= is_within(drive, "without reduction", &reduced, &whole);
    snprintf(bound, sizeof bound, "%u", preemptions);
    say(drive, bound, few);
    printf(" of %s%" PRIu64 "\n", all ? "" : "more than ", many);
  }
  return well;
}

static bool draw(const struct drive *drive) {
  uint64_t runs, steps = 1;
  if (!go_through(drive, HT_PREEMPTIONS_ANY, true, &reduced, &runs)) return true;
  drawn.count = 0;
  for (uint64_t seed = 1; seed <= DRAWN; seed++) {
    struct ht_trace trace = {0};
    struct simulated_end end;
    if (seed % 2)
      drive_pct(drive, seed, 1 + (unsigned)(seed % HT_PCT_DEPTH_MAX), steps, &trace, &end);
    else
      drive_bytes(drive, seed, &trace, &end);
    if (end.steps > steps) steps = end.steps;
    add(&drawn, state_of(drive, &end));
    ht_trace_free(&trace);
  }
  say(drive, "any", runs);
  printf(", %zu of them drawn\n", drawn.count);
  return is_within(drive, "by any schedule", &drawn, &reduced);
}

int main(int argc, char **argv) {
  bool well = true, less = argc > 1 && strcmp(argv[1], "--less") == 0;
  const char *only = argc > 1 + less ? argv[1 + less] : "";
  if (less) runs_most = RUNS_LESS;
  for (size_t i = 0; i < EXAMPLES; i++) {
    const struct example *e = examples[i];
    if (!strstr(e->name, only)) continue;
    for (const struct example_variant *v = e->variants; v->name; v++) {
      if (v->outcome == SIMULATED_ENDLESS) continue; // too many schedules lead there
      for (enum example_order order = 0; order < EXAMPLE_ORDERS; order++) {
        struct drive drive = {e, v, order};
        well &= compare(&drive);
        well &= draw(&drive);
      }
    }
  }
  return !well;
}
