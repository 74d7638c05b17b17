// Mutation and crossing: never beyond the capacity, never the same for long, the same for the same seed, and
// mostly small.

#include "fuzz/program/program_test.h"

static struct ht_program program, other;
static uint8_t data[HT_PROGRAM_BYTES_MAX + 1], start[HT_PROGRAM_BYTES_MAX];

static void test_capacity(void) {
  struct ht_random random = {1};
  for (unsigned round = 0; round < 40000; round++) {
    size_t capacity = ht_random_logarithmic(&random, round % 8 ? 600 : HT_PROGRAM_BYTES_MAX) - 1;
    size_t size = ht_random_below(&random, (uint32_t)capacity + 1);
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)ht_random_next(&random);
    if (size > 15 && round % 2) data[15] = 0;
    data[capacity] = 0xee;
    for (unsigned i = 0; i < 4; i++) {
      size = ht_program_mutate(data, size, capacity, ht_random_next(&random));
      CHECK(size <= capacity && (size != 0 || capacity == 0), "%zu of %zu bytes", size, capacity);
      CHECK(data[capacity] == 0xee, "writes beyond %zu bytes", capacity);
      ht_program_decode(data, size, &program);
      check_valid(&program);
    }
  }
}

static uint64_t hash(const uint8_t *of, size_t size) {
  uint64_t hashed = 14695981039346656037u; // FNV-1a
  for (size_t i = 0; i < size; i++) hashed = (hashed ^ of[i]) * 1099511628211u;
  return hashed;
}

// A program that is as long as can be grows no further, neither out of its bytes nor into its schedule.
static void test_full(void) {
  enum { CHOICE = 0x70, FEW = 16 };
  ht_program_generate(&program, HT_OPERATIONS_MAX - 2, 1);
  program.header.schedule_length = HT_SCHEDULE_MAX;
  memset(program.schedule, CHOICE, HT_SCHEDULE_MAX);
  unsigned trampled = 0;
  for (unsigned seed = 0; seed < 300; seed++) {
    size_t size = ht_program_encode(&program, data, sizeof data);
    size = ht_program_mutate(data, size, sizeof data, seed);
    ht_program_decode(data, size, &other);
    CHECK(size != 0 && other.operation_count <= HT_OPERATIONS_MAX, "seed %u", seed);
    unsigned head = 0;
    for (unsigned i = 0; i < FEW && other.header.schedule_length == HT_SCHEDULE_MAX; i++)
      head += other.schedule[i] != CHOICE;
    trampled += head > FEW / 2;
  }
  CHECK(trampled < 5, "%u of 300 have another beginning of their schedule", trampled);
  size_t size = ht_program_encode(&program, start, sizeof start);
  for (unsigned seed = 0; seed < 30; seed++)
    CHECK(ht_program_cross(start, size, start, size, data, sizeof data, seed) > HT_HEADER_BYTES, "seed %u",
          seed);
}

static uint64_t mutate_generated(void) {
  uint64_t all = 0;
  for (unsigned seed = 0; seed < 2000; seed++) {
    ht_program_generate(&program, 100, seed);
    size_t size = ht_program_encode(&program, data, sizeof data);
    size = ht_program_mutate(data, size, 4096, seed);
    all = all * 31 + hash(data, size);
  }
  return all;
}

// A seed means the same program with every compiler and on every machine. Whoever changes what is generated
// or mutated writes down the new number.
static void test_same_for_same_seed(void) {
  uint64_t all = mutate_generated();
  CHECK(all == mutate_generated(), "the second time is different");
  CHECK(all == UINT64_C(0x6a39612f2ae0eeaf), "0x%llx", (unsigned long long)all);
}

// How many operations in a row do what those so many before them did.
static size_t repeats(const struct ht_program *of, size_t body) {
  size_t most = 0, now = 0;
  for (size_t i = body; i < of->operation_count; i++) {
    now = same_operation(&of->operations[i], &of->operations[i - body]) ? now + 1 : 0;
    if (most < now) most = now;
  }
  return most;
}

// From one program, most mutations are new programs, all of them rarely seen twice, and the half of them
// keeps nearly all operations.
static void test_different_and_small(void) {
  enum { ROUNDS = 4000, OPERATIONS = 100, LOOP = 4, LOOP_TIMES = 20 };
  ht_program_generate(&program, OPERATIONS, 7);
  size_t size = ht_program_encode(&program, start, sizeof start);
  unsigned same = 0, repeated = 0, small = 0, loops = 0, changed_codes[HT_OPERATION_CODES] = {0};
  static uint64_t hashes[ROUNDS];
  for (unsigned round = 0; round < ROUNDS; round++) {
    memcpy(data, start, size);
    size_t mutated = ht_program_mutate(data, size, 4096, round);
    ht_program_decode(data, mutated, &other);
    same += same_program(&program, &other);
    hashes[round] = hash(data, mutated);
    for (unsigned i = 0; i < round; i++)
      if (hashes[i] == hashes[round]) {
        repeated++;
        break;
      }
    size_t head = 0, tail = 0;
    while (head < OPERATIONS && head < other.operation_count &&
           same_operation(&program.operations[head], &other.operations[head]))
      head++;
    while (tail < OPERATIONS && tail < other.operation_count &&
           same_operation(&program.operations[OPERATIONS - 1 - tail],
                          &other.operations[other.operation_count - 1 - tail]))
      tail++;
    small += head + tail >= OPERATIONS / 4;
    loops += repeats(&other, LOOP) >= LOOP * LOOP_TIMES;
    for (size_t i = 0; i < other.operation_count; i++) changed_codes[other.operations[i].code]++;
  }
  CHECK(same < ROUNDS / 50, "%u of %u mutations change nothing", same, ROUNDS);
  CHECK(repeated < ROUNDS / 10, "%u of %u mutations were there before", repeated, ROUNDS);
  CHECK(loops > ROUNDS / 400, "only %u of %u mutations make a long loop", loops, ROUNDS);
  CHECK(small > ROUNDS / 2, "only %u of %u mutations are small", small, ROUNDS);
  for (enum ht_operation_code code = 0; code < HT_OPERATION_CODES; code++)
    CHECK(changed_codes[code], "mutation never makes a %s", ht_operation_name(code));
}

// Starting from nothing, a few mutations give a program.
static void test_from_nothing(void) {
  for (unsigned seed = 0; seed < 200; seed++) {
    size_t size = 0;
    for (unsigned i = 0; i < 4; i++) size = ht_program_mutate(data, size, 4096, seed * 4 + i);
    ht_program_decode(data, size, &program);
    CHECK(program.operation_count, "seed %u", seed);
  }
}

// What a finalizer runs stays what it was when operations come and go before it.
static void test_index_follows(void) {
  ht_program_generate(&program, 20, 1);
  program.header.disabled = 0;
  program.operations[10] = (struct ht_operation){.code = HT_OP_CHECK};
  program.operations[3] = (struct ht_operation){.code = HT_OP_FINALIZER, .b = 1, .c = 10};
  ht_program_open(&program, 5, 7);
  CHECK(program.operations[3].c == 17 && program.operations[17].code == HT_OP_CHECK, "opening before it");
  ht_program_remove(&program, 4, 9);
  CHECK(program.operations[3].c == 8 && program.operations[8].code == HT_OP_CHECK, "removing before it");
  ht_program_remove(&program, 8, 1);
  CHECK(program.operations[3].c == 8, "what took its place");
  ht_program_remove(&program, 4, program.operation_count - 4);
  CHECK(program.operations[3].c == 3, "the last there is");
  other.operation_count = 0;
  ht_program_append(&other, &program, 0, 4);
  ht_program_append(&other, &program, 0, 4);
  CHECK(other.operations[7].c == 7, "a copy runs its copy");
}

static void test_cross(void) {
  struct ht_random random = {5};
  unsigned of_both = 0;
  enum { ROUNDS = 4000 };
  for (unsigned round = 0; round < ROUNDS; round++) {
    static uint8_t one[HT_PROGRAM_BYTES_MAX], two[HT_PROGRAM_BYTES_MAX];
    struct ht_program first, second;
    ht_program_generate(&first, ht_random_between(&random, 1, 200), 2 * round + 0);
    ht_program_generate(&second, ht_random_between(&random, 1, 200), 2 * round + 1);
    size_t one_size = ht_program_encode(&first, one, sizeof one);
    size_t two_size = ht_program_encode(&second, two, sizeof two);
    size_t capacity = round % 4 ? 4096 : ht_random_logarithmic(&random, 4096);
    data[capacity] = 0xee;
    size_t size = ht_program_cross(one, one_size, two, two_size, data, capacity, round);
    CHECK(size <= capacity && data[capacity] == 0xee, "%zu of %zu bytes", size, capacity);
    if (capacity < HT_HEADER_BYTES) continue;
    CHECK(size != 0, "nothing in %zu bytes", capacity);
    ht_program_decode(data, size, &program);
    check_valid(&program);
    unsigned mutators =
        first.header.mutators > second.header.mutators ? first.header.mutators : second.header.mutators;
    CHECK(program.header.mutators == mutators, "%u mutators instead of %u", program.header.mutators,
          mutators);
    bool from_first = false, from_second = false;
    for (size_t i = 0; i < program.operation_count; i++) {
      for (size_t k = 0; k < first.operation_count; k++)
        from_first |= same_operation(&program.operations[i], &first.operations[k]);
      for (size_t k = 0; k < second.operation_count; k++)
        from_second |= same_operation(&program.operations[i], &second.operations[k]);
    }
    of_both += from_first && from_second;
  }
  CHECK(of_both > ROUNDS / 3 * 2, "only %u of %u have operations of both", of_both, ROUNDS);
}

int main(void) {
  test_index_follows();
  test_capacity();
  test_different_and_small();
  test_from_nothing();
  test_cross();
  test_full();
  test_same_for_same_seed();
  return 0;
}
