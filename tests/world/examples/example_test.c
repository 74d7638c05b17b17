// The simulated world finds what it has to: each example's right one comes through every schedule up to its
// bound, and each fault is found by going through all schedules, by PCT and by random bytes; and in no
// stricter order of stores than the fault is a fault in. What is found replays, and reads the same each time.
#include "tests/world/examples/example.h"

#include "allocators/base/check.h"
#include "fuzz/schedule/schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEPS_MOST = 2000,    // fair ones: more are a livelock
  INPUTS_MOST = 200000, // schedules drawn until a fault has to be found
  INPUTS_RIGHT = 1000,  // drawn for a right one
  INPUT_BYTES = 48,
};

static const struct example *const examples[] = {
    &example_peterson, &example_treiber, &example_queue,  &example_once,
    &example_count,    &example_deque,   &example_marker, &example_marker_of_three,
    &example_locks,    &example_backoff, &example_spin,   &example_waiter};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static const char *const orders[] = {"sequential", "total store", "partial store"};

struct job {
  const struct example *example;
  const struct example_variant *variant;
  enum example_order order;
};

static void body(void *argument) {
  const struct job *job = argument;
  memset(job->example->state, 0, job->example->bytes);
  job->example->body(job->variant->fault);
}

static bool is_right(const struct job *job, const struct simulated_end *end) {
  return end->outcome == SIMULATED_ENDED && !job->example->wrong();
}

static bool judge(void *argument, const struct simulated_end *end) {
  return is_right(argument, end);
}

static struct ht_exploration exploration_of(const struct job *job, unsigned preemptions) {
  return (struct ht_exploration){.body = body,
                                 .judge = judge,
                                 .argument = (void *)(uintptr_t)job,
                                 .buffers = job->order != EXAMPLE_SEQUENTIAL,
                                 .per_address = job->order == EXAMPLE_PARTIAL_STORE,
                                 .preemptions = preemptions,
                                 .reduce = true,
                                 .most_steps = STEPS_MOST};
}

static char *print(const struct job *job, const struct ht_trace *trace, struct simulated_end *end) {
  const struct ht_exploration exploration = exploration_of(job, 0);
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  CHECK(out);
  ht_print_columns(&exploration, trace, out, end);
  CHECK(fclose(out) == 0);
  return text;
}

// What is wrong in this run is what the variant says, and a run of its trace is the same, line by line.
static void check_finding(const struct job *job, const struct simulated_end *end,
                          const struct ht_trace *trace) {
  struct simulated_end again;
  CHECK(end->outcome == job->variant->outcome && !trace->overflowed);
  char *text = print(job, trace, &again);
  CHECK(!is_right(job, &again));
  CHECK(again.outcome == end->outcome && again.steps == end->steps && again.switches == end->switches &&
        strcmp(again.message, end->message) == 0);
  char *second = print(job, trace, &again);
  CHECK(strcmp(text, second) == 0);
  free(text);
  free(second);
}

static void explore(const struct job *job, unsigned less) {
  unsigned preemptions = job->example->preemptions[job->order];
  if (less) preemptions = preemptions == EXAMPLE_ANY ? 2 : preemptions - 1;
  const struct ht_exploration exploration = exploration_of(job, preemptions);
  struct ht_exploration_result result;
  ht_explore(&exploration, &result);
  bool finds = job->variant->fault && job->order >= job->variant->order;
  char bound[16] = "any";
  if (preemptions != EXAMPLE_ANY) snprintf(bound, sizeof bound, "%u", preemptions);
  printf("%-22s %-24s %-13s  %-9s %9" PRIu64 " %9" PRIu64 " ", job->example->name, job->variant->name,
         orders[job->order], bound, result.runs, result.cut);
  if (result.explored == HT_EXPLORED_FINDING && !finds) {
    const char *what = result.end.outcome == SIMULATED_ENDED ? job->example->wrong() : result.end.message;
    printf("found: %s\n", what);
  }
  fflush(stdout);
  CHECK(result.explored == (finds ? HT_EXPLORED_FINDING : HT_EXPLORED_ALL));
  if (finds) check_finding(job, &result.end, &result.trace);
  ht_trace_free(&result.trace);
}

// A chooser, the `seed`-th of its kind.
union chooser {
  struct ht_pct pct;
  struct {
    struct ht_byte_chooser chooser;
    uint8_t bytes[INPUT_BYTES];
  } bytes;
};

static void *begin_pct(union chooser *c, uint64_t seed, unsigned depth, uint64_t steps) {
  ht_pct_begin(&c->pct, seed, depth, steps);
  return &c->pct;
}

static void *begin_bytes(union chooser *c, uint64_t seed, unsigned depth, uint64_t steps) {
  (void)depth;
  (void)steps;
  struct ht_random random = {seed};
  for (unsigned i = 0; i < INPUT_BYTES; i++) c->bytes.bytes[i] = (uint8_t)ht_random_below(&random, 256);
  c->bytes.chooser = (struct ht_byte_chooser){.bytes = c->bytes.bytes, .size = INPUT_BYTES};
  return &c->bytes.chooser;
}

static void draw(const struct job *job, simulated_choose *choose,
                 void *begin(union chooser *, uint64_t seed, unsigned depth, uint64_t steps)) {
  const struct ht_exploration exploration = exploration_of(job, 0);
  bool finds = job->variant->fault != 0;
  uint64_t steps = 1, most = finds ? INPUTS_MOST : INPUTS_RIGHT;
  for (uint64_t seed = 1; seed <= most; seed++) {
    union chooser chooser;
    struct ht_trace trace = {0};
    struct simulated_end end;
    void *context = begin(&chooser, seed, finds ? job->variant->depth : 1 + (unsigned)(seed % 4), steps);
    ht_run_chosen(&exploration, choose, context, &trace, &end);
    bool right = is_right(job, &end);
    if (end.steps > steps && right) steps = end.steps;
    if (!right) {
      CHECK(finds);
      printf(" %7" PRIu64, seed);
      check_finding(job, &end, &trace);
    }
    ht_trace_free(&trace);
    if (!right) return;
  }
  printf(finds ? " not in %" PRIu64 : "  >%" PRIu64, most);
  CHECK(!finds);
}

static void try_one(const struct example *example, const struct example_variant *variant, unsigned less) {
  struct job job = {example, variant, EXAMPLE_SEQUENTIAL};
  // A fault in all orders in which it is none, and in the first one in which it is.
  enum example_order last = variant->fault ? variant->order : EXAMPLE_PARTIAL_STORE;
  for (;; job.order++) {
    explore(&job, less);
    if (job.order == last) break;
    printf("\n");
  }
  draw(&job, ht_pct_choose, begin_pct);
  draw(&job, ht_bytes_choose, begin_bytes);
  printf("\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  unsigned less = argc > 1 && strcmp(argv[1], "--less") == 0;
  const char *only = argc > 1 + (int)less ? argv[1 + less] : NULL;
  printf("%-22s %-24s %-13s  %-9s %9s %9s  %7s %7s\n", "example", "variant", "stores", "preempt", "schedules",
         "cut", "PCT", "bytes");
  for (size_t i = 0; i < EXAMPLES; i++) {
    if (only && !strstr(examples[i]->name, only)) continue;
    for (const struct example_variant *v = examples[i]->variants; v->name; v++) try_one(examples[i], v, less);
  }
  return 0;
}
