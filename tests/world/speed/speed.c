// What the simulated world costs, in CPU time: of an access, of a decision, of a run; and how many schedules
// a collection has. Not a test: docs/simulated-world.md has its figures.
//
//   world_speed [access | decision | run | schedules]
#include "tests/world/speed/loop.h"

#include "tests/world/examples/drive.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Who runs goes on; or it is one after the other. What is late becomes visible at once.
static struct simulated_choice stay(void *context, const struct simulated_view *view) {
  (void)context;
  if (view->late) return (struct simulated_choice){(uint8_t)__builtin_ctz(view->late), 1};
  uint32_t these = view->stays ? 1u << view->current : view->runnable;
  return (struct simulated_choice){(uint8_t)__builtin_ctz(these), 0};
}

static struct simulated_choice take_turns(void *context, const struct simulated_view *view) {
  (void)context;
  if (view->late) return (struct simulated_choice){(uint8_t)__builtin_ctz(view->late), 1};
  uint32_t after = view->runnable & ~((2u << view->current) - 1);
  return (struct simulated_choice){(uint8_t)__builtin_ctz(after ? after : view->runnable), 0};
}

// CPU seconds of a run; its steps.
static double run(void (*body)(void *), void *argument, simulated_choose *choose, bool buffers,
                  uint64_t *steps) {
  struct simulated_options options = {.choose = choose, .buffers = buffers, .most = UINT64_MAX};
  struct simulated_end end;
  double began = cpu_seconds();
  simulated_run(&options, body, argument, &end);
  double took = cpu_seconds() - began;
  if (end.outcome != SIMULATED_ENDED) printf("%s: %s\n", simulated_outcome_name(end.outcome), end.message);
  if (steps) *steps = end.steps;
  return took;
}

static void passes(void *argument) {
  loop_instrumented(*(uint64_t *)argument);
}

static void access_cost(void) {
  enum { PASSES = 20000, ACCESSES = LOOP_LOADS + LOOP_WORDS };
  uint64_t few = PASSES, many = 20 * PASSES;
  double accesses = (double)ACCESSES * PASSES, began = cpu_seconds();
  loop_plain(many);
  double plain = (cpu_seconds() - began) / 20 / accesses * 1e9;
  double off = run(passes, &few, stay, false, NULL) / accesses * 1e9,
         on = run(passes, &few, stay, true, NULL) / accesses * 1e9;
  printf("a plain access: %.2f ns not instrumented; %.2f ns (%.1f times) with buffers off, %.2f ns (%.1f "
         "times) on\n",
         plain, off, off / plain, on, on / plain);
}

struct steps {
  unsigned threads;
  uint64_t times;
};

static void steps(void *argument) {
  const struct steps *s = argument;
  loop_steps(s->threads, s->times);
}

static void decision_cost(void) {
  static const struct {
    const char *name;
    simulated_choose *choose;
    bool buffers;
  } ways[] = {{"buffers off, who runs goes on", stay, false},
              {"buffers off, a switch each", take_turns, false},
              {"buffers on, who runs goes on", stay, true},
              {"buffers on, a switch each", take_turns, true}};
  struct steps s = {4, 1000000};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    uint64_t made;
    double took = run(steps, &s, ways[i].choose, ways[i].buffers, &made);
    printf("decisions: %5.1f million a second, %s\n", (double)made / took / 1e6, ways[i].name);
  }
}

static void nothing(void *argument) {
  (void)argument;
  loop_nothing();
}

static void memory(void *argument) {
  (void)argument;
  loop_memory();
}

static void run_cost(void) {
  enum { RUNS = 20000 };
  void (*const bodies[])(void *) = {nothing, memory};
  static const char *const names[] = {"nothing", "256 pages of fresh memory, each written"};
  for (unsigned b = 0; b < 2; b++) {
    double took = 0;
    for (unsigned i = 0; i < RUNS; i++) took += run(bodies[b], NULL, stay, false, NULL);
    printf("a run of %s: %.2f us\n", names[b], took / RUNS * 1e6);
  }
}

static void count_schedules(const struct example *example, unsigned preemptions, bool reduce,
                            enum example_order order) {
  enum { SECONDS = 60 };
  struct drive drive = {example, &example->variants[0], order};
  struct ht_exploration exploration = drive_exploration(&drive, preemptions);
  struct ht_exploration_result result;
  exploration.reduce = reduce;
  exploration.most_cpu_ns = (uint64_t)SECONDS * 1000000000;
  double began = cpu_seconds();
  ht_explore(&exploration, &result);
  char bound[16] = "any";
  if (preemptions != HT_PREEMPTIONS_ANY) snprintf(bound, sizeof bound, "%u", preemptions);
  printf("%-23s buffers %-3s preemptions %-3s reduction %-3s %8" PRIu64 " schedules%s, points %9" PRIu64
         ", choices at %8" PRIu64 ", %.2f s\n",
         example->name, order ? "on," : "off", bound, reduce ? "on" : "off", result.runs,
         result.explored == HT_EXPLORED_ALL ? "" : " and more", result.points, result.choices,
         cpu_seconds() - began);
  fflush(stdout);
}

static void schedules(void) {
  const struct example *const markers[] = {&example_marker, &example_marker_of_three};
  for (unsigned m = 0; m < 2; m++) {
    for (unsigned preemptions = 0; preemptions <= 2; preemptions++) {
      count_schedules(markers[m], preemptions, false, EXAMPLE_SEQUENTIAL);
      count_schedules(markers[m], preemptions, true, EXAMPLE_SEQUENTIAL);
    }
    count_schedules(markers[m], HT_PREEMPTIONS_ANY, true, EXAMPLE_SEQUENTIAL);
    for (unsigned preemptions = 0; preemptions <= 2; preemptions++)
      count_schedules(markers[m], preemptions, true, EXAMPLE_TOTAL_STORE);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*measure)(void);
  } all[] = {
      {"access", access_cost}, {"decision", decision_cost}, {"run", run_cost}, {"schedules", schedules}};
  bool known = argc < 2;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (argc > 1 && strcmp(argv[1], all[i].name) != 0) continue;
    all[i].measure();
    known = true;
  }
  if (!known) fprintf(stderr, "usage: world_speed [access | decision | run | schedules]\n");
  return known ? 0 : 2;
}
