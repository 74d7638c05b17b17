// Bytes and programs: every byte string is a valid program, both ways give the same, and a small change of
// the bytes is a small change of the program.

#include "fuzz/program/program_test.h"

static struct ht_program program, other;
static uint8_t bytes[HT_PROGRAM_BYTES_MAX];
static uint8_t input[2 * HT_PROGRAM_BYTES_MAX];

static void fill(struct ht_random *random, uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) data[i] = (uint8_t)ht_random_next(random);
}

static void check_input(const uint8_t *data, size_t size) {
  memset(&program, 0xa5, sizeof program);
  ht_program_decode(data, size, &program);
  check_valid(&program);
  size_t encoded = ht_program_encode(&program, bytes, sizeof bytes);
  CHECK(encoded != 0 && (encoded <= size || encoded == HT_HEADER_BYTES), "%zu bytes became %zu", size,
        encoded);
  CHECK(ht_program_encode(&program, bytes, encoded) == encoded, "exactly enough room");
  CHECK(ht_program_encode(&program, bytes, encoded - 1) == 0, "one byte too few");
  memset(&other, 0x5a, sizeof other);
  ht_program_decode(bytes, encoded, &other);
  CHECK(same_program(&program, &other), "%zu bytes do not round-trip", size);
}

static void test_any_bytes(void) {
  struct ht_random random = {1};
  check_input(NULL, 0);
  for (unsigned byte = 0; byte < 256; byte++) check_input(&(uint8_t){(uint8_t)byte}, 1);
  for (unsigned round = 0; round < 3000; round++) {
    size_t size = ht_random_logarithmic(&random, sizeof input) - 1;
    fill(&random, input, size);
    if (round % 2 && size > 15) input[15] = 0; // a schedule shorter than all there is
    check_input(input, size);
  }
  enum { HUGE_BYTES = 10 << 20 };
  uint8_t *huge = malloc(HUGE_BYTES);
  CHECK(huge, "out of memory");
  fill(&random, huge, HUGE_BYTES);
  check_input(huge, HUGE_BYTES);
  CHECK(program.operation_count == HT_OPERATIONS_MAX, "%zu", program.operation_count);
  free(huge);
}

static void test_zeros(void) {
  static const uint8_t zeros[HT_HEADER_BYTES + HT_OPERATION_BYTES];
  ht_program_decode(zeros, sizeof zeros, &program);
  CHECK(program.header.disabled == 0 && program.header.mutators == 1 && program.header.carriers == 1,
        "a header of zeros allows everything");
  CHECK(program.operation_count == 1 && program.operations[0].code == HT_OP_NOTHING, "one nothing");
}

static bool names(const struct ht_operation *operation, size_t index) {
  return operation->code == HT_OP_FINALIZER && operation->c == index;
}

// One byte of an operation changes this operation only.
static void test_flip(void) {
  struct ht_random random = {2};
  enum { OPERATIONS = 40, SIZE = HT_HEADER_BYTES + OPERATIONS * HT_OPERATION_BYTES };
  for (unsigned round = 0; round < 300; round++) {
    fill(&random, input, SIZE);
    input[14] = (uint8_t)ht_random_below(&random, 20);
    input[15] = 0;
    ht_program_decode(input, SIZE, &program);
    for (size_t at = HT_HEADER_BYTES; at < SIZE; at++) {
      uint8_t kept = input[at];
      input[at] = (uint8_t)ht_random_next(&random);
      ht_program_decode(input, SIZE, &other);
      input[at] = kept;
      CHECK(same_header(&program.header, &other.header), "byte %zu changes the header", at);
      CHECK(program.operation_count == other.operation_count, "byte %zu changes the length", at);
      for (size_t i = 0; i < program.operation_count; i++)
        CHECK(i == (at - HT_HEADER_BYTES) / HT_OPERATION_BYTES ||
                  same_operation(&program.operations[i], &other.operations[i]),
              "byte %zu changes operation %zu", at, i);
    }
  }
}

// The boundary moves; nothing else does, but for what names an operation at the boundary.
static void test_schedule_length(void) {
  struct ht_random random = {3};
  enum { SIZE = HT_HEADER_BYTES + 100 * HT_OPERATION_BYTES };
  for (unsigned round = 0; round < 300; round++) {
    fill(&random, input, SIZE);
    for (unsigned length = 0; length < 64; length++) {
      input[14] = (uint8_t)length;
      input[15] = 0;
      ht_program_decode(input, SIZE, &program);
      input[14] = (uint8_t)(length + 1);
      ht_program_decode(input, SIZE, &other);
      CHECK(program.header.schedule_length == length, "%u", program.header.schedule_length);
      size_t shorter = other.operation_count;
      CHECK(program.operation_count - shorter <= 1, "%zu and %zu", program.operation_count, shorter);
      for (size_t i = 0; i < shorter; i++)
        CHECK(same_operation(&program.operations[i], &other.operations[i]) ||
                  names(&program.operations[i], shorter),
              "schedule length %u changes operation %zu", length + 1, i);
      CHECK(memcmp(program.schedule, other.schedule + 1, length) == 0, "the schedule is the tail");
    }
  }
}

static void test_index(void) {
  for (size_t count = 1; count < 300; count++)
    for (unsigned index = 0; index < 1000; index++) {
      unsigned is = ht_index_canonical(index, count), next = ht_index_canonical(index, count + 1);
      CHECK(is < count, "index %u of %zu is %u", index, count, is);
      CHECK(index >= count || is == index, "index %u of %zu is %u", index, count, is);
      CHECK(next == is || next == count, "index %u moves from %u to %u at %zu", index, is, next, count);
    }
}

static void test_sizes(void) {
  for (size_t size = 0; size < 4096; size++)
    CHECK(ht_size_of_code(ht_code_of_size(size)) == size, "size %zu", size);
  for (unsigned code = 1; code <= UINT16_MAX; code++) {
    size_t size = ht_size_of_code((uint16_t)code);
    CHECK(size >= ht_size_of_code((uint16_t)(code - 1)), "code %u is smaller than the one before", code);
    unsigned largest = ht_code_of_size(size);
    CHECK(largest >= code && ht_size_of_code((uint16_t)largest) == size, "code %u", code);
    CHECK(largest == UINT16_MAX || ht_size_of_code((uint16_t)(largest + 1)) > size, "code %u", code);
  }
  CHECK(ht_code_of_size(SIZE_MAX) == UINT16_MAX, "beyond all codes");
  CHECK(ht_size_of_code(ht_code_of_size(4097)) == 4096, "rounds down");
}

static void test_types(void) {
  for (unsigned i = 0; i < HT_PROGRAM_TYPES; i++) {
    const struct ht_type *type = &ht_program_types[i];
    size_t references = 0;
    for (size_t word = 0; type->references && word < type->size / HT_WORD; word++)
      references += ht_type_is_reference(type, word);
    CHECK(references == type->references, "%s has %zu", type->name, references);
    CHECK(references == 0 || type->size % HT_WORD == 0, "%s", type->name);
    CHECK(i == TYPE_REFERENCES || references == 0 || !ht_type_is_reference(type, 0),
          "word 0 of %s is for its identity", type->name);
  }
}

int main(void) {
  test_sizes();
  test_types();
  test_index();
  test_zeros();
  test_any_bytes();
  test_flip();
  test_schedule_length();
  return 0;
}
