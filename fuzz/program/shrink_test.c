// Shrinking finds the smallest program for predicates whose smallest program is known.

#include "fuzz/program/program_test.h"

static struct ht_program program;

struct question {
  bool (*fails)(const struct ht_program *program);
  size_t asked;
};

static bool ask(void *context, const struct ht_program *asked) {
  struct question *question = context;
  question->asked++;
  check_valid(asked);
  return question->fails(asked);
}

// An allocation, a store and a collection in this order by one mutator.
static bool in_order(const struct ht_program *asked) {
  static const uint8_t codes[] = {HT_OP_ALLOC, HT_OP_STORE, HT_OP_COLLECT};
  unsigned reached[HT_MUTATORS_MAX] = {0};
  for (size_t i = 0; i < asked->operation_count; i++) {
    const struct ht_operation *operation = &asked->operations[i];
    if (operation->code == codes[reached[operation->mutator]] && ++reached[operation->mutator] == 3)
      return true;
  }
  return false;
}

// A push and a pop, as many of the one as of the other.
static bool balanced(const struct ht_program *asked) {
  size_t pushes = 0, pops = 0;
  for (size_t i = 0; i < asked->operation_count; i++) {
    pushes += asked->operations[i].code == HT_OP_PUSH;
    pops += asked->operations[i].code == HT_OP_POP;
  }
  return pushes && pushes == pops;
}

// A finalizer that runs a check.
static bool finalizer_checks(const struct ht_program *asked) {
  for (size_t i = 0; i < asked->operation_count; i++)
    if (asked->operations[i].code == HT_OP_FINALIZER && asked->operations[i].c > i + 1 &&
        asked->operations[asked->operations[i].c].code == HT_OP_CHECK)
      return true;
  return false;
}

// Operands with a threshold each, one of them by another mutator, and a choice that says so.
static bool thresholds(const struct ht_program *asked) {
  bool big = false, run = false, choice = false;
  for (size_t i = 0; i < asked->operation_count; i++) {
    const struct ht_operation *operation = &asked->operations[i];
    big |= operation->code == HT_OP_ALLOC && ht_size_of_code(operation->c) >= 1000 &&
           ht_operation_alignment(operation->d) >= 64;
    run |= operation->code == HT_OP_COPY && operation->mutator == 1 && (operation->d & 0xfff) >= 3 &&
           operation->d >> 12 >= 5;
  }
  for (unsigned i = 0; i < asked->header.schedule_length; i++)
    choice |= ht_schedule_mutator(asked->schedule[i]) == 1;
  return big && run && choice && asked->header.collect_period != 0;
}

static bool attaches(const struct ht_program *asked) {
  for (size_t i = 0; i < asked->operation_count; i++)
    if (asked->operations[i].code == HT_OP_ATTACH && asked->operations[i].a + 1 == asked->header.mutators)
      return true;
  return false;
}

static bool never(const struct ht_program *asked) {
  (void)asked;
  return false;
}

static size_t shrink(struct question *question, size_t attempts) {
  question->asked = 0;
  size_t used = ht_program_shrink(&program, ask, question, attempts);
  CHECK(used == question->asked && used <= attempts, "%zu asked, %zu said", question->asked, used);
  check_valid(&program);
  return used;
}

// Generates programs until one fails.
static void find(struct question *question, size_t length, uint64_t *seed) {
  do ht_program_generate(&program, length, (*seed)++);
  while (!question->fails(&program));
}

enum { ENOUGH = 20000 };

static void test_order(void) {
  struct question question = {.fails = in_order};
  size_t most = 0;
  for (uint64_t seed = 0, round = 0; round < 100; round++) {
    find(&question, 300, &seed);
    size_t used = shrink(&question, ENOUGH);
    most = used > most ? used : most;
    CHECK(in_order(&program), "round %u does not fail any more", (unsigned)round);
    CHECK(program.operation_count == 3, "%zu operations are left", program.operation_count);
    const struct ht_program_header *header = &program.header;
    CHECK(header->mutators == 1 && header->carriers == 1 && header->schedule_length == 0 &&
              header->disabled == 0 && header->refuse == 0 && header->zeal == 0 &&
              header->collect_period == 0 && header->size_limit == HT_SIZE_LOG_MIN,
          "the header is not simple");
    for (unsigned i = 0; i < 3; i++)
      for (unsigned operand = 0; operand < OPERANDS; operand++)
        CHECK(ht_operand(&program.operations[i], operand) == 0, "operation %u: operand %u is not 0", i,
              operand);
  }
  CHECK(most < 1000, "a program of 300 operations took %zu attempts", most);
}

static void test_pairs(void) {
  struct question question = {.fails = balanced};
  for (uint64_t seed = 0, round = 0; round < 30; round++) {
    find(&question, 60, &seed);
    shrink(&question, ENOUGH);
    CHECK(balanced(&program) && program.operation_count == 2, "%zu operations are left",
          program.operation_count);
  }
}

// An operand that names a mutator goes with the mutators.
static void test_mutators(void) {
  struct question question = {.fails = attaches};
  for (uint64_t seed = 0, round = 0; round < 30; round++) {
    find(&question, 100, &seed);
    shrink(&question, ENOUGH);
    CHECK(program.operation_count == 1 && program.header.mutators == 1, "%zu operations, %u mutators",
          program.operation_count, program.header.mutators);
  }
}

static void test_index(void) {
  struct question question = {.fails = finalizer_checks};
  for (uint64_t seed = 0, round = 0; round < 30; round++) {
    find(&question, 200, &seed);
    shrink(&question, ENOUGH);
    CHECK(finalizer_checks(&program), "the target is lost");
    CHECK(program.operation_count == 3 && program.operations[0].c == 2, "%zu operations are left",
          program.operation_count);
  }
}

static void test_operands(void) {
  struct question question = {.fails = thresholds};
  uint64_t seed = 0;
  for (unsigned round = 0; round < 10; round++) {
    find(&question, 600, &seed);
    shrink(&question, ENOUGH);
    CHECK(thresholds(&program) && program.operation_count == 2, "%zu operations are left",
          program.operation_count);
    CHECK(program.header.mutators == 2 && program.header.schedule_length == 1, "%u mutators, %u choices",
          program.header.mutators, program.header.schedule_length);
    CHECK(program.header.size_limit == 10, "size limit 2^%u", program.header.size_limit);
    for (unsigned i = 0; i < 2; i++) {
      const struct ht_operation *operation = &program.operations[i];
      CHECK(operation->code != HT_OP_ALLOC ||
                (ht_size_of_code(operation->c) == 1000 && ht_operation_alignment(operation->d) == 64),
            "size %zu", ht_size_of_code(operation->c));
      CHECK(operation->code != HT_OP_COPY || operation->d == (3 | 5 << 12), "run %x", operation->d);
    }
  }
}

static void test_bounds(void) {
  struct question question = {.fails = in_order};
  static struct ht_program before;
  uint64_t seed = 0;
  find(&question, 300, &seed);
  before = program;
  for (size_t attempts = 0; attempts < 30; attempts++) {
    program = before;
    shrink(&question, attempts);
    CHECK(in_order(&program), "%zu attempts give a program that does not fail", attempts);
  }
  question.fails = never;
  program = before;
  CHECK(shrink(&question, ENOUGH) == 1 && same_program(&program, &before), "nothing to shrink");
}

int main(void) {
  test_bounds();
  test_order();
  test_pairs();
  test_mutators();
  test_index();
  test_operands();
  return 0;
}
