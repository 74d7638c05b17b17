// The simulated world allows exactly what x86-64 allows, and with the other orders exactly what they allow.
#include "tests/world/litmus.h"

#include "allocators/base/check.h"
#include "fuzz/schedule/schedule.h"

#include <string.h>

#define W(word, value) \
  { LITMUS_STORE, word, value, 0 }
#define WR(word, value) \
  { LITMUS_RELEASE, word, value, 0 }
#define R(word, to) \
  { LITMUS_LOAD, word, 0, to }
#define F \
  { LITMUS_FENCE, 0, 0, 0 }
#define X(word, value, to) \
  { LITMUS_SWAP, word, value, to }

enum { x, y, z };

// Names and programs are those of the papers (Owens, Sarkar, Sewell; Alglave's diy).
static const struct litmus tests[] = {
    {"SB", {{W(x, 1), R(y, 0)}, {W(y, 1), R(x, 1)}}},
    {"SB with fences", {{W(x, 1), F, R(y, 0)}, {W(y, 1), F, R(x, 1)}}},
    {"SB with one fence", {{W(x, 1), F, R(y, 0)}, {W(y, 1), R(x, 1)}}},
    {"SB with swaps", {{X(x, 1, 2), R(y, 0)}, {X(y, 1, 3), R(x, 1)}}},
    {"MP", {{W(x, 1), W(y, 1)}, {R(y, 0), R(x, 1)}}},
    {"MP with a release", {{W(x, 1), WR(y, 1)}, {R(y, 0), R(x, 1)}}},
    {"LB", {{R(x, 0), W(y, 1)}, {R(y, 1), W(x, 1)}}},
    {"2+2W", {{W(x, 1), W(y, 2)}, {W(y, 1), W(x, 2)}}},
    {"S", {{W(x, 2), W(y, 1)}, {R(y, 0), W(x, 1)}}},
    {"R", {{W(x, 1), W(y, 1)}, {W(y, 2), R(x, 0)}}},
    {"n6", {{W(x, 1), R(x, 0), R(y, 1)}, {W(y, 2), W(x, 2)}}},
    {"n7", {{W(x, 1), R(x, 0), R(y, 1)}, {W(y, 1), R(y, 2), R(x, 3)}}},
    {"IRIW", {{W(x, 1)}, {W(y, 1)}, {R(x, 0), R(y, 1)}, {R(y, 2), R(x, 3)}}},
    {"WRC", {{W(x, 1)}, {R(x, 0), W(y, 1)}, {R(y, 1), R(x, 2)}}},
    {"CoRR", {{W(x, 1), W(x, 2)}, {R(x, 0), R(x, 1)}}},
    {"overtaken", {{W(x, 1), W(y, 1), W(x, 2)}, {R(y, 0), R(x, 1)}}},
};
enum { TESTS = sizeof tests / sizeof *tests, DRAWN = 20 };

// Outcomes that make the difference between the models: 1 allowed, 0 not, in the order of enum litmus_order.
static const struct {
  const char *test;
  uint32_t registers[LITMUS_REGISTERS], words[LITMUS_WORDS];
  bool allowed[3];
} known[] = {
    {"SB", {0, 0}, {1, 1}, {0, 1, 1}},
    {"SB with fences", {0, 0}, {1, 1}, {0, 0, 0}},
    {"SB with swaps", {0, 0}, {1, 1}, {0, 0, 0}},
    {"MP", {1, 0}, {1, 1}, {0, 0, 1}},
    {"MP with a release", {1, 0}, {1, 1}, {0, 0, 0}},
    {"LB", {1, 1}, {1, 1}, {0, 0, 0}},
    {"2+2W", {0, 0}, {1, 1}, {0, 0, 1}},
    {"n6", {1, 0}, {1, 2}, {0, 1, 1}},
    {"IRIW", {1, 0, 1, 0}, {1, 1}, {0, 0, 0}},
};

struct job {
  const struct litmus *test;
  struct litmus_outcomes *outcomes;
};

static void body(void *argument) {
  const struct job *job = argument;
  litmus_run(job->test);
}

static bool judge(void *argument, const struct simulated_end *end) {
  const struct job *job = argument;
  CHECK(end->outcome == SIMULATED_ENDED);
  litmus_add(job->outcomes, litmus_outcome_of_run());
  return true;
}

static uint64_t explore(const struct litmus *test, enum litmus_order order, bool reduce,
                        struct litmus_outcomes *outcomes) {
  struct job job = {test, outcomes};
  struct ht_exploration exploration = {.body = body,
                                       .judge = judge,
                                       .argument = &job,
                                       .buffers = order != LITMUS_SEQUENTIAL,
                                       .per_address = order == LITMUS_PARTIAL_STORE,
                                       .preemptions = HT_PREEMPTIONS_ANY,
                                       .reduce = reduce};
  struct ht_exploration_result result;
  outcomes->count = 0;
  ht_explore(&exploration, &result);
  CHECK(result.explored == HT_EXPLORED_ALL);
  return result.runs;
}

static bool equal(const struct litmus *test, const char *what, const struct litmus_outcomes *found,
                  const struct litmus_outcomes *allowed) {
  bool is = true;
  for (size_t i = 0; i < found->count; i++)
    if (!litmus_has(allowed, found->list[i])) {
      printf("%s, %s: outcome %07x is not allowed\n", test->name, what, found->list[i]);
      is = false;
    }
  for (size_t i = 0; i < allowed->count; i++)
    if (!litmus_has(found, allowed->list[i])) {
      printf("%s, %s: outcome %07x is missing\n", test->name, what, allowed->list[i]);
      is = false;
    }
  return is;
}

static const char *const orders[] = {"sequential", "total store order", "partial store order"};

static struct litmus_outcomes allowed, found;

// Without reduction there are millions of ways where there are many operations, and stores late.
static bool is_small(const struct litmus *test) {
  size_t operations = 0;
  for (unsigned t = 0; t < LITMUS_THREADS; t++)
    for (const struct litmus_operation *o = test->threads[t]; o->code != LITMUS_END; o++) operations++;
  return operations <= 4;
}

static bool try_one(const struct litmus *test) {
  bool well = true;
  for (unsigned order = 0; order < 3; order++) {
    litmus_model(test, order, &allowed);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
      if (strcmp(known[i].test, test->name) == 0)
        CHECK(litmus_has(&allowed, litmus_fold(known[i].registers, known[i].words)) ==
              known[i].allowed[order]);
    uint64_t runs = explore(test, order, true, &found);
    well &= equal(test, orders[order], &found, &allowed);
    printf("%-18s %-20s %3zu outcomes, %6llu runs", test->name, orders[order], found.count,
           (unsigned long long)runs);
    if (order == LITMUS_SEQUENTIAL ? test->threads[2][0].code == LITMUS_END : is_small(test)) {
      runs = explore(test, order, false, &found);
      well &= equal(test, "without reduction", &found, &allowed);
      printf(", %llu without reduction", (unsigned long long)runs);
    }
    printf("\n");
  }
  return well;
}

static void draw(struct ht_random *random, struct litmus *test) {
  unsigned to = 0;
  memset(test, 0, sizeof *test);
  test->name = "drawn";
  for (unsigned t = 0; t < 2; t++) {
    for (unsigned i = 0; i < 2; i++) {
      uint8_t code = (uint8_t)ht_random_between(random, LITMUS_STORE, LITMUS_SWAP);
      bool reads = code == LITMUS_LOAD || code == LITMUS_SWAP;
      if (reads && to == LITMUS_REGISTERS) code = LITMUS_STORE;
      test->threads[t][i] = (struct litmus_operation){code, (uint8_t)ht_random_below(random, 2),
                                                      (uint8_t)(1 + 2 * t + i), reads ? (uint8_t)to : 0};
      to += reads && to < LITMUS_REGISTERS;
    }
  }
}

int main(void) {
  bool well = true;
  struct ht_random random = {1};
  for (size_t i = 0; i < TESTS; i++) well &= try_one(&tests[i]);
  for (size_t i = 0; i < DRAWN; i++) {
    struct litmus test;
    draw(&random, &test);
    well &= try_one(&test);
  }
  return !well;
}
