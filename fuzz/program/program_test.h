#ifndef FUZZ_PROGRAM_PROGRAM_TEST_H
#define FUZZ_PROGRAM_PROGRAM_TEST_H

// What the tests of this folder share.

#include "fuzz/program/program_internal.h"

#include <stdlib.h>
#include <string.h>

// Ends the test, as what follows would only repeat it.
#define CHECK(condition, ...)                                         \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                                   \
      fputc('\n', stderr);                                            \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

static inline bool same_operation(const struct ht_operation *one, const struct ht_operation *other) {
  return memcmp(one, other, sizeof *one) == 0;
}

static inline bool same_header(const struct ht_program_header *one, const struct ht_program_header *other) {
  return one->disabled == other->disabled && one->mutators == other->mutators &&
         one->carriers == other->carriers && one->collect_period == other->collect_period &&
         one->switch_period == other->switch_period && one->size_limit == other->size_limit &&
         one->refuse == other->refuse && one->zeal == other->zeal &&
         one->schedule_length == other->schedule_length;
}

static inline bool same_program(const struct ht_program *one, const struct ht_program *other) {
  return same_header(&one->header, &other->header) && one->operation_count == other->operation_count &&
         memcmp(one->operations, other->operations, one->operation_count * sizeof *one->operations) == 0 &&
         memcmp(one->schedule, other->schedule, one->header.schedule_length) == 0;
}

// Every field within what it can take.
static inline void check_valid(const struct ht_program *program) {
  const struct ht_program_header *header = &program->header;
  CHECK(header->mutators >= 1 && header->mutators <= HT_MUTATORS_MAX, "%u", header->mutators);
  CHECK(header->carriers >= 1 && header->carriers <= HT_CARRIERS_MAX, "%u", header->carriers);
  CHECK(header->switch_period >= 1, "%u", header->switch_period);
  CHECK(header->size_limit >= HT_SIZE_LOG_MIN && header->size_limit <= HT_SIZE_LOG_MAX, "%u",
        header->size_limit);
  CHECK(header->schedule_length <= HT_SCHEDULE_MAX, "%u", header->schedule_length);
  CHECK(!(header->disabled & 1) && header->disabled >> HT_OPERATION_CODES == 0, "%llx",
        (unsigned long long)header->disabled);
  CHECK(program->operation_count <= HT_OPERATIONS_MAX, "%zu", program->operation_count);
  for (size_t i = 0; i < program->operation_count; i++) {
    const struct ht_operation *operation = &program->operations[i];
    CHECK(operation->code < HT_OPERATION_CODES, "operation %zu: code %u", i, operation->code);
    CHECK(!(header->disabled >> operation->code & 1), "operation %zu: %u is disabled", i, operation->code);
    CHECK(operation->mutator < header->mutators, "operation %zu: mutator %u", i, operation->mutator);
    for (unsigned operand = 0; operand < OPERANDS; operand++) {
      unsigned last = ht_operand_last(operation, operand, header, program->operation_count);
      CHECK(ht_operand(operation, operand) <= last, "operation %zu (%s): operand %c is %u, above %u", i,
            ht_operation_name((enum ht_operation_code)operation->code), 'a' + operand,
            ht_operand(operation, operand), last);
      if (ht_operand_kind(operation, operand) == OPERAND_SIZE)
        CHECK(ht_size_of_code((uint16_t)ht_operand(operation, operand)) <= (size_t)1 << header->size_limit,
              "operation %zu: size above the limit", i);
    }
  }
}

#endif
