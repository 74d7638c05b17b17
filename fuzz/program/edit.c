#include "fuzz/program/program_internal.h"

#include <string.h>

static bool has_index(const struct ht_operation *operation) {
  enum { OPERAND_C = 2 };
  return ht_operand_kind(operation, OPERAND_C) == OPERAND_INDEX;
}

void ht_program_open(struct ht_program *program, size_t at, size_t count) {
  struct ht_operation *operations = program->operations;
  for (size_t i = 0; i < program->operation_count; i++)
    if (has_index(&operations[i]) && operations[i].c >= at)
      operations[i].c = (uint16_t)(operations[i].c + count);
  memmove(operations + at + count, operations + at, (program->operation_count - at) * sizeof *operations);
  program->operation_count += count;
}

void ht_program_remove(struct ht_program *program, size_t at, size_t count) {
  struct ht_operation *operations = program->operations;
  program->operation_count -= count;
  memmove(operations + at, operations + at + count, (program->operation_count - at) * sizeof *operations);
  size_t last = program->operation_count ? program->operation_count - 1 : 0;
  for (size_t i = 0; i < program->operation_count; i++) {
    if (!has_index(&operations[i]) || operations[i].c < at) continue;
    size_t target = operations[i].c >= at + count ? operations[i].c - count : at;
    operations[i].c = (uint16_t)(target < last ? target : last);
  }
}

void ht_program_append(struct ht_program *program, const struct ht_program *from, size_t at, size_t count) {
  struct ht_operation *operations = program->operations + program->operation_count;
  memcpy(operations, from->operations + at, count * sizeof *operations);
  for (size_t i = 0; i < count; i++)
    if (has_index(&operations[i]) && operations[i].c >= at && operations[i].c < at + count)
      operations[i].c = (uint16_t)(operations[i].c - at + program->operation_count);
  program->operation_count += count;
}

void ht_program_fit(struct ht_program *program, size_t capacity) {
  size_t room = capacity - HT_HEADER_BYTES;
  if (program->header.schedule_length > room) program->header.schedule_length = (uint16_t)room;
  size_t most = (room - program->header.schedule_length) / HT_OPERATION_BYTES;
  if (program->operation_count > most) ht_program_remove(program, most, program->operation_count - most);
}
