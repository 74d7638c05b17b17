// The simulated world finds what it has to: each example's right one comes through every schedule up to its
// bound, and each fault is found by going through all schedules, by PCT and by random bytes; and in no
// stricter order of stores than the one in which it is a fault. What is found replays, and reads the same
// each time.
//
//   world_example_test [--less] [EXAMPLE]   --less: smaller bounds, for builds that are slow
#include "tests/world/examples/drive.h"

#include "allocators/base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
  RUNS_MOST = 200000, // drawn, until a fault has to be found
  RUNS_RIGHT = 1000,  // drawn of a right one
};

static const struct example *const examples[] = {
    &example_peterson, &example_treiber, &example_queue,  &example_once,
    &example_count,    &example_deque,   &example_marker, &example_marker_of_three,
    &example_locks,    &example_backoff, &example_spin,   &example_waiter};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static const char *const orders[] = {"sequential", "total store", "partial store"};

static char *print(const struct drive *drive, const struct ht_trace *trace, struct simulated_end *end) {
  const struct ht_exploration exploration = drive_exploration(drive, 0);
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  CHECK(out);
  ht_print_columns(&exploration, trace, out, end);
  CHECK(fclose(out) == 0);
  return text;
}

// What is wrong in this run is what the variant says, and a run of its trace is the same, line by line.
static void check_finding(const struct drive *drive, const struct simulated_end *end,
                          const struct ht_trace *trace) {
  struct simulated_end again;
  CHECK(end->outcome == drive->variant->outcome && !trace->overflowed);
  char *text = print(drive, trace, &again);
  CHECK(!drive_is_right(drive, &again));
  CHECK(again.outcome == end->outcome && again.steps == end->steps && again.switches == end->switches &&
        strcmp(again.message, end->message) == 0);
  char *second = print(drive, trace, &again);
  CHECK(strcmp(text, second) == 0);
  free(text);
  free(second);
}

static void explore(const struct drive *drive, bool less) {
  unsigned preemptions = drive->example->preemptions[drive->order];
  if (less && preemptions != EXAMPLE_ANY) preemptions--;
  const struct ht_exploration exploration = drive_exploration(drive, preemptions);
  struct ht_exploration_result result;
  ht_explore(&exploration, &result);
  bool finds = drive->variant->fault && drive->order >= drive->variant->order;
  char bound[16] = "any";
  if (preemptions != EXAMPLE_ANY) snprintf(bound, sizeof bound, "%u", preemptions);
  printf("%-22s %-24s %-13s  %-9s %9" PRIu64 " %9" PRIu64 " ", drive->example->name, drive->variant->name,
         orders[drive->order], bound, result.runs, result.cut);
  if (result.explored == HT_EXPLORED_FINDING && !finds) {
    const char *what = result.end.outcome == SIMULATED_ENDED ? drive->example->wrong() : result.end.message;
    printf("found: %s\n", what);
  }
  fflush(stdout);
  // With a smaller bound a fault may be beyond it.
  if (!less || !finds || result.explored != HT_EXPLORED_ALL)
    CHECK(result.explored == (finds ? HT_EXPLORED_FINDING : HT_EXPLORED_ALL));
  if (result.explored == HT_EXPLORED_FINDING) check_finding(drive, &result.end, &result.trace);
  ht_trace_free(&result.trace);
}

static void draw(const struct drive *drive, bool pct) {
  bool finds = drive->variant->fault != 0;
  uint64_t steps = 1, most = finds ? RUNS_MOST : RUNS_RIGHT;
  for (uint64_t seed = 1; seed <= most; seed++) {
    struct ht_trace trace = {0};
    struct simulated_end end;
    unsigned depth = finds ? drive->variant->depth : 1 + (unsigned)(seed % 4);
    if (pct)
      drive_pct(drive, seed, depth, steps, &trace, &end);
    else
      drive_bytes(drive, seed, &trace, &end);
    bool right = drive_is_right(drive, &end);
    if (right && end.steps > steps) steps = end.steps;
    if (!right) {
      CHECK(finds);
      printf(" %7" PRIu64, seed);
      check_finding(drive, &end, &trace);
    }
    ht_trace_free(&trace);
    if (!right) return;
  }
  printf(" %7s", finds ? "no" : "-");
  fflush(stdout);
  CHECK(!finds);
}

static void try_one(const struct example *example, const struct example_variant *variant, bool less) {
  struct drive drive = {example, variant, EXAMPLE_SEQUENTIAL};
  // A fault in all orders in which it is none, and in the first one in which it is.
  enum example_order last = variant->fault ? variant->order : EXAMPLE_PARTIAL_STORE;
  for (;; drive.order++) {
    explore(&drive, less);
    if (drive.order == last) break;
    printf("\n");
  }
  draw(&drive, true);
  draw(&drive, false);
  printf("\n");
}

int main(int argc, char **argv) {
  bool less = argc > 1 && strcmp(argv[1], "--less") == 0;
  const char *only = argc > 1 + less ? argv[1 + less] : "";
  printf("%-22s %-24s %-13s  %-9s %9s %9s  %7s %7s\n", "example", "variant", "stores", "preempt", "schedules",
         "cut", "PCT", "bytes");
  for (size_t i = 0; i < EXAMPLES; i++) {
    if (!strstr(examples[i]->name, only)) continue;
    for (const struct example_variant *v = examples[i]->variants; v->name; v++) try_one(examples[i], v, less);
  }
  return 0;
}
