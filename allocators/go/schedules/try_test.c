#include "allocators/go/schedules/schedules.h"

#include "allocators/go/schedules/wrong.h"
#include "fuzz/schedule/schedule.h"

#include "base/check.h"

#include <inttypes.h>
#include <string.h>

enum {
  STEPS_MOST = 200000,      // of a run; they are fair, so more are a livelock
  DRAWN_UNTIL_FOUND = 4000, // runs of one that is not right, at most
};

static const char *const orders[] = {"sequential", "total", "partial"};

static const struct schedules *trying;
static const void *running;

static void body(void *argument) {
  (void)argument;
  wrong_begin();
  trying->run(running);
}

static const char *what_is_wrong(const struct simulated_end *end) {
  return end->outcome == SIMULATED_ENDED ? wrong_first() : end->message;
}

static bool judge(void *argument, const struct simulated_end *end) {
  (void)argument;
  return !what_is_wrong(end);
}

static struct ht_exploration exploration_of(const struct schedules_trial *trial, enum schedules_order order) {
  running = trial->program;
  return (struct ht_exploration){.body = body,
                                 .judge = judge,
                                 .buffers = order != SCHEDULES_SEQUENTIAL,
                                 .per_address = order == SCHEDULES_PARTIAL,
                                 .reduce = true,
                                 .most_steps = STEPS_MOST};
}

// True: something is wrong in one of them.
static bool explore(const struct schedules_trial *trial, enum schedules_order order, unsigned preemptions) {
  struct ht_exploration exploration = exploration_of(trial, order);
  struct ht_exploration_result result;
  exploration.preemptions = preemptions;
  ht_explore(&exploration, &result);
  printf("%-36s %-10s %3u preemptions: %8" PRIu64 " schedules", trial->name, orders[order], preemptions,
         result.runs);
  bool found = result.explored == HT_EXPLORED_FINDING;
  CHECK(found || result.explored == HT_EXPLORED_ALL);
  if (found) printf(", %s: %s", simulated_outcome_name(result.end.outcome), what_is_wrong(&result.end));
  printf("\n");
  fflush(stdout);
  ht_trace_free(&result.trace);
  return found;
}

// PCT's steps are those at which somebody else could go on: what a program does before its threads start and
// after they ended is long, and would have most of its changes of priority.
struct drawing {
  struct ht_pct pct;
  uint64_t steps;
};

static struct simulated_choice draw_choice(void *context, const struct simulated_view *view) {
  struct drawing *drawing = context;
  if (!view->late && view->runnable == (uint32_t)1 << view->current)
    return (struct simulated_choice){.fiber = (uint8_t)view->current};
  drawing->steps++;
  return ht_pct_choose(&drawing->pct, view);
}

// False: something is wrong in one of `most` runs.
static bool draw(const struct schedules_trial *trial, enum schedules_order order, unsigned most) {
  static uint64_t steps = 100; // about how long one is
  for (unsigned seed = 1; seed <= most; seed++) {
    struct ht_exploration exploration = exploration_of(trial, order);
    struct ht_trace trace = {0};
    struct simulated_end end;
    struct drawing drawing = {.steps = 0};
    ht_pct_begin(&drawing.pct, seed, 1 + seed % 4, steps);
    ht_run_chosen(&exploration, draw_choice, &drawing, &trace, &end);
    ht_trace_free(&trace);
    if (!judge(NULL, &end)) {
      printf("%-36s %-10s PCT's run %u, %s: %s\n", trial->name, orders[order], seed,
             simulated_outcome_name(end.outcome), what_is_wrong(&end));
      return false;
    }
    steps = drawing.steps;
  }
  return true;
}

static unsigned bound_of(unsigned preemptions, bool less) {
  return less && preemptions > 0 ? preemptions - 1 : preemptions;
}

static void all_is_right(bool less) {
  for (const struct schedules_trial *trial = trying->trials; trial->name; trial++)
    for (enum schedules_order order = SCHEDULES_SEQUENTIAL; order < SCHEDULES_ORDERS; order++)
      if (trial->preemptions[order] != SCHEDULES_NONE)
        CHECK(!explore(trial, order, bound_of(trial->preemptions[order], less)));
  for (const struct schedules_trial *trial = trying->larger; trial->name; trial++)
    for (enum schedules_order order = SCHEDULES_SEQUENTIAL; order < SCHEDULES_ORDERS; order++)
      if (trial->preemptions[order] != SCHEDULES_NONE) CHECK(draw(trial, order, trying->drawn));
}

// By going through the schedules of one program with two preemptions, and by PCT.
static void bug_is_found(const char *name) {
  const struct schedules_trial *trial = trying->trials;
  while (trial->name && strcmp(trial->name, name) != 0) trial++;
  CHECK(trial->name);
  CHECK(explore(trial, SCHEDULES_SEQUENTIAL, 2));
  bool drawn = !draw(trial, SCHEDULES_SEQUENTIAL, DRAWN_UNTIL_FOUND);
  for (trial = trying->larger; trial->name && !drawn; trial++)
    drawn = !draw(trial, SCHEDULES_SEQUENTIAL, DRAWN_UNTIL_FOUND);
  CHECK(drawn);
}

int schedules_main(const struct schedules *schedules, int argc, char **argv) {
  bool less = argc == 2 && strcmp(argv[1], "--less") == 0;
  trying = schedules;
  if (argc == 1 || less) {
    all_is_right(less);
  } else if (argc == 3 && strcmp(argv[1], "--finds") == 0) {
    bug_is_found(argv[2]);
  } else {
    fprintf(stderr, "usage: %s [--less | --finds TRIAL]\n", argv[0]);
    return 2;
  }
  return 0;
}
