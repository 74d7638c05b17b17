// Span sets in the simulated world (GOA-18): each small program comes through every schedule up to its bound
// on preemptions, with stores that are late too, larger ones through what PCT draws. A set with a planted bug
// is found, by going through schedules and by PCT.
//
//   schedules_test [--less]        --less: smaller bounds, for builds that are slow
//   schedules_test --finds         of a build with a planted bug
#include "allocators/go/sets/programs.h"

#include "fuzz/schedule/schedule.h"

#include "base/check.h"

#include <inttypes.h>
#include <string.h>

enum {
  STEPS_MOST = 20000,       // of a run; they are fair, so more are a livelock
  DRAWN = 400,              // runs of a program that is right
  DRAWN_UNTIL_FOUND = 4000, // of one that is not, at most
};

enum order { SEQUENTIAL, TOTAL, PARTIAL, ORDERS };
static const char *const orders[] = {"sequential", "total", "partial"};

struct trial {
  struct program program;
  unsigned preemptions[ORDERS]; // all schedules with so many
};

enum { ANY = HT_PREEMPTIONS_ANY };
static const struct trial trials[] = {
    {{"two add", "a", {"a", "a"}, .never_empty = true}, {ANY, 2, 1}},
    {{"two add the first", "", {"a", "a"}, .never_empty = false}, {ANY, 2, 1}},
    {{"two add, one is refused", "", {"a", "a"}, .refused = 1}, {ANY, 2, 1}},
    {{"one adds, one takes", "", {"aa", "AA"}, .never_empty = false}, {ANY, 2, 1}},
    {{"two take", "aaaa", {"AA", "AA"}, .never_empty = true}, {ANY, 2, 1}},
    {{"a block goes round", "aa", {"A", "Aa"}, .never_empty = true}, {ANY, 2, 1}},
    {{"never empty", "a", {"aA", "A"}, .never_empty = true}, {ANY, 2, 1}},
    {{"through two sets", "aa", {"Ab", "AbB"}, .never_empty = false}, {3, 1, 1}},
    {{"three", "a", {"a", "aA", "A"}, .never_empty = false}, {2, 1, 1}},
    {{"three add", "a", {"a", "a", "a"}, .never_empty = true}, {3, 1, 1}},
    {{"three take and one block goes round", "aaa", {"A", "A", "Aa"}, .never_empty = true}, {3, 1, 1}},
};
static const struct program larger[] = {
    {"four on one set", "aaa", {"aaAAaA", "AAaaAa", "aAaAaA", "AaAaaA"}, .never_empty = false},
    {"four on two sets", "aabb", {"AbAbaa", "BaBabb", "aaBBAA", "bbAABB"}, .never_empty = false},
};
enum { TRIALS = sizeof trials / sizeof *trials, LARGER = sizeof larger / sizeof *larger };

static struct program_run run;
static const struct program *running;

static void body(void *argument) {
  (void)argument;
  program_run(&run, running);
}

static bool judge(void *argument, const struct simulated_end *end) {
  (void)argument;
  return end->outcome == SIMULATED_ENDED && !run.wrong;
}

static struct ht_exploration exploration_of(const struct program *program, enum order order) {
  running = program;
  return (struct ht_exploration){.body = body,
                                 .judge = judge,
                                 .buffers = order != SEQUENTIAL,
                                 .per_address = order == PARTIAL,
                                 .reduce = true,
                                 .most_steps = STEPS_MOST};
}

static const char *what_is_wrong(const struct simulated_end *end) {
  return end->outcome == SIMULATED_ENDED ? run.wrong : end->message;
}

// True: something is wrong in one of them.
static bool explore(const struct program *program, enum order order, unsigned preemptions) {
  struct ht_exploration exploration = exploration_of(program, order);
  struct ht_exploration_result result;
  exploration.preemptions = preemptions;
  ht_explore(&exploration, &result);
  char bound[16] = "any";
  if (preemptions != ANY) snprintf(bound, sizeof bound, "%u", preemptions);
  printf("%-36s %-10s %3s preemptions: %8" PRIu64 " schedules", program->name, orders[order], bound,
         result.runs);
  bool found = result.explored == HT_EXPLORED_FINDING;
  CHECK(found || result.explored == HT_EXPLORED_ALL);
  if (found) printf(", %s: %s", simulated_outcome_name(result.end.outcome), what_is_wrong(&result.end));
  printf("\n");
  fflush(stdout);
  ht_trace_free(&result.trace);
  return found;
}

// False: something is wrong in one of `most` runs.
static bool draw(const struct program *program, enum order order, unsigned most) {
  static uint64_t steps = 100; // about how long one is
  for (unsigned seed = 1; seed <= most; seed++) {
    struct ht_exploration exploration = exploration_of(program, order);
    struct ht_trace trace = {0};
    struct simulated_end end;
    struct ht_pct pct;
    ht_pct_begin(&pct, seed, 1 + seed % 4, steps);
    ht_run_chosen(&exploration, ht_pct_choose, &pct, &trace, &end);
    ht_trace_free(&trace);
    if (!judge(NULL, &end)) {
      printf("%-36s %-10s PCT's run %u, %s: %s\n", program->name, orders[order], seed,
             simulated_outcome_name(end.outcome), what_is_wrong(&end));
      return false;
    }
    steps = end.steps;
  }
  return true;
}

static void all_is_right(bool less) {
  for (unsigned i = 0; i < TRIALS; i++)
    for (enum order order = SEQUENTIAL; order < ORDERS; order++) {
      unsigned preemptions = trials[i].preemptions[order];
      if (less && preemptions == ANY) preemptions = 2;
      CHECK(!explore(&trials[i].program, order, less && preemptions ? preemptions - 1 : preemptions));
    }
  for (unsigned i = 0; i < LARGER; i++)
    for (enum order order = SEQUENTIAL; order < ORDERS; order++) CHECK(draw(&larger[i], order, DRAWN));
}

// By going through schedules with two preemptions, and by PCT.
static void bug_is_found(void) {
  bool explored = false, drawn = false;
  for (unsigned i = 0; i < TRIALS; i++)
    if (explore(&trials[i].program, SEQUENTIAL, 2)) explored = true;
  for (unsigned i = 0; i < TRIALS + LARGER && !drawn; i++)
    drawn = !draw(i < TRIALS ? &trials[i].program : &larger[i - TRIALS], SEQUENTIAL, DRAWN_UNTIL_FOUND);
  CHECK(explored && drawn);
}

int main(int argc, char **argv) {
  bool less = argc == 2 && strcmp(argv[1], "--less") == 0;
  if (argc == 1 || less)
    all_is_right(less);
  else if (argc == 2 && strcmp(argv[1], "--finds") == 0)
    bug_is_found();
  else {
    fprintf(stderr, "usage: schedules_test [--less | --finds]\n");
    return 2;
  }
  return 0;
}
