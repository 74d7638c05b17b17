// What generated programs are like: of the length asked for, canonical, the same for the same seed, with
// every operation, sizes of every magnitude, and graphs.

#include "fuzz/program/program_test.h"

static struct ht_program program, other;

static void test_form(void) {
  static uint8_t data[HT_PROGRAM_BYTES_MAX];
  struct ht_random random = {1};
  for (unsigned seed = 0; seed < 3000; seed++) {
    size_t length = ht_random_logarithmic(&random, HT_OPERATIONS_MAX) - 1;
    memset(&program, 0xa5, sizeof program);
    ht_program_generate(&program, length, seed);
    CHECK(program.operation_count == length, "%zu instead of %zu", program.operation_count, length);
    check_valid(&program);
    size_t size = ht_program_encode(&program, data, sizeof data);
    ht_program_decode(data, size, &other);
    CHECK(same_program(&program, &other), "seed %u is not canonical", seed);
    memset(&other, 0x5a, sizeof other);
    ht_program_generate(&other, length, seed);
    CHECK(same_program(&program, &other), "seed %u gives two programs", seed);
  }
  ht_program_generate(&program, SIZE_MAX, 1);
  CHECK(program.operation_count == HT_OPERATIONS_MAX, "%zu", program.operation_count);
}

enum { PROGRAMS = 4000, LENGTH = 200 };

static void test_operations(void) {
  unsigned enabled[HT_OPERATION_CODES] = {0}, present[HT_OPERATION_CODES] = {0};
  unsigned several = 0, scheduled = 0;
  for (unsigned seed = 0; seed < PROGRAMS; seed++) {
    ht_program_generate(&program, LENGTH, seed);
    several += program.header.mutators > 1;
    scheduled += program.header.schedule_length > 0;
    uint64_t codes = 0;
    for (size_t i = 0; i < program.operation_count; i++) codes |= UINT64_C(1) << program.operations[i].code;
    for (enum ht_operation_code code = 1; code < HT_OPERATION_CODES; code++) {
      enabled[code] += !(program.header.disabled >> code & 1);
      present[code] += codes >> code & 1;
    }
  }
  for (enum ht_operation_code code = 1; code < HT_OPERATION_CODES; code++) {
    CHECK(enabled[code] > PROGRAMS / 64, "%s is enabled in %u programs", ht_operation_name(code),
          enabled[code]);
    CHECK(present[code] > enabled[code] / 4, "%s is in %u of %u programs that allow it",
          ht_operation_name(code), present[code], enabled[code]);
    CHECK(code == HT_OP_ALLOC || enabled[code] < PROGRAMS, "%s is in every program", ht_operation_name(code));
  }
  CHECK(several > PROGRAMS / 3 && several < 2 * PROGRAMS / 3, "%u have several mutators", several);
  CHECK(scheduled > PROGRAMS / 8, "%u have a schedule", scheduled);
}

// Above where fixed sizes weigh in and below where large buffers do, every power of two is as likely as the
// next.
static void test_sizes(void) {
  unsigned of_log[HT_SIZE_LOG_MAX + 1] = {0}, total = 0, small = 0;
  for (unsigned seed = 0; seed < 8 * PROGRAMS; seed++) {
    ht_program_generate(&program, LENGTH, seed);
    for (size_t i = 0; i < program.operation_count; i++) {
      if (program.operations[i].code != HT_OP_ALLOC) continue;
      size_t size = ht_size_of_code(program.operations[i].c);
      total++;
      small += size <= 256;
      if (size && program.header.size_limit == HT_SIZE_LOG_MAX) of_log[63 - __builtin_clzll(size)]++;
    }
  }
  CHECK(small > total / 2, "only %u of %u are up to 256 bytes", small, total);
  for (unsigned log = 11; log < HT_SIZE_LOG_MAX - 2; log++)
    for (unsigned than = 11; than < log; than++)
      CHECK(of_log[log] < 2 * of_log[than] && of_log[than] < 2 * of_log[log], "2^%u: %u, 2^%u: %u", log,
            of_log[log], than, of_log[than]);
}

// What single operations hardly ever make: many objects that hold themselves, three large ones beside each
// other where there are any, objects that need memory which is refused just then.
static void test_structures(void) {
  enum { LARGE_LOG = 17 };
  unsigned rings = 0, large_ones = 0, beside = 0, refused = 0;
  for (unsigned seed = 0; seed < PROGRAMS; seed++) {
    ht_program_generate(&program, LENGTH, seed);
    size_t large = ((size_t)1 << program.header.size_limit) / 4;
    bool is_large[HT_MUTATORS_MAX][HT_FRAME_SLOTS * HT_FRAMES_MAX] = {{false}};
    unsigned hold_themselves = 0, most_beside = 0, met = 0;
    for (size_t i = 1; i < program.operation_count; i++) {
      const struct ht_operation *operation = &program.operations[i], *before = operation - 1;
      bool *slots = is_large[operation->mutator];
      if (operation->code == HT_OP_STORE) hold_themselves += operation->a == operation->b;
      if (operation->code != HT_OP_ALLOC) continue;
      slots[operation->a] = ht_size_of_code(operation->c) > large;
      met += before->code == HT_OP_REFUSE && before->a != 0 && slots[operation->a];
      unsigned together = 0;
      for (unsigned slot = 0; slot < HT_FRAME_SLOTS; slot++) together += slots[slot];
      if (most_beside < together) most_beside = together;
    }
    rings += hold_themselves >= 20;
    refused += met >= 2;
    large_ones += program.header.size_limit >= LARGE_LOG;
    beside += program.header.size_limit >= LARGE_LOG && most_beside >= 3;
  }
  CHECK(rings > PROGRAMS / 64, "%u of %u programs make many rings", rings, (unsigned)PROGRAMS);
  CHECK(beside > large_ones / 6, "%u of %u programs with large objects have them together", beside,
        large_ones);
  CHECK(refused > PROGRAMS / 64, "%u of %u programs are refused memory twice", refused, (unsigned)PROGRAMS);
}

// A crude run without a heap: how deep the graphs are that stores build, and how many stores find an object
// to write to and one to write. Slots only, one mutator, every allocation of its type's smallest size.
static void test_graphs(void) {
  unsigned stores = 0, useful = 0, deep = 0, beyond_recursion = 0;
  for (unsigned seed = 0; seed < PROGRAMS; seed++) {
    ht_program_generate(&program, LENGTH, seed);
    unsigned depth[HT_MUTATORS_MAX][HT_FRAME_SLOTS * HT_FRAMES_MAX] = {0}; // 0: empty, else the depth below
    unsigned deepest = 0;
    for (size_t i = 0; i < program.operation_count; i++) {
      const struct ht_operation *operation = &program.operations[i];
      unsigned *slots = depth[operation->mutator];
      switch (operation->code) {
      case HT_OP_ALLOC:
        slots[operation->a] = 1;
        break;
      case HT_OP_ROOT_SET:
        slots[operation->a] = slots[operation->b];
        break;
      case HT_OP_ROOT_CLEAR:
      case HT_OP_RELEASE:
        slots[operation->a] = 0;
        break;
      case HT_OP_STORE:
        stores++;
        if (slots[operation->a] == 0 || slots[operation->b] == 0) break;
        useful++;
        if (slots[operation->a] < slots[operation->b] + 1) slots[operation->a] = slots[operation->b] + 1;
        if (operation->a != operation->b && slots[operation->a] > deepest) deepest = slots[operation->a];
        break;
      default:
        break;
      }
    }
    deep += deepest >= 8;
    beyond_recursion += deepest > 52;
  }
  CHECK(useful > stores / 6 * 5, "%u of %u stores find their objects", useful, stores);
  CHECK(deep > PROGRAMS / 4, "%u of %u programs build something deep", deep, (unsigned)PROGRAMS);
  CHECK(beyond_recursion > PROGRAMS / 64, "%u of %u programs go deeper than a deallocator recurs",
        beyond_recursion, (unsigned)PROGRAMS);
}

int main(void) {
  test_form();
  test_operations();
  test_sizes();
  test_structures();
  test_graphs();
  return 0;
}
