#include "fuzz/program/program_internal.h"

#include <inttypes.h>
#include <string.h>

static void print_operand(const struct ht_operation *operation, unsigned operand, FILE *out) {
  unsigned value = ht_operand(operation, operand);
  switch (ht_operand_kind(operation, operand)) {
  case OPERAND_SLOT:
    fprintf(out, "s%u", value);
    break;
  case OPERAND_TYPE:
    fputs(ht_program_types[value].name, out);
    break;
  case OPERAND_SIZE:
    fprintf(out, "size %zu", ht_size_of_code((uint16_t)value));
    break;
  case OPERAND_LAYOUT:
    if (ht_operation_alignment((uint16_t)value))
      fprintf(out, " align %zu", ht_operation_alignment((uint16_t)value));
    if (ht_operation_zeroed((uint16_t)value)) fputs(" zeroed", out);
    break;
  case OPERAND_RUN:
    fprintf(out, "%u count %u", value & ((1 << RUN_FIELD_BITS) - 1), (value >> RUN_FIELD_BITS) + 1);
    break;
  case OPERAND_WORDS:
    fprintf(out, "count %u", value + 1);
    break;
  case OPERAND_GLOBAL:
    fprintf(out, "g%u", value);
    break;
  case OPERAND_CELL:
    fprintf(out, "cell%u", value);
    break;
  case OPERAND_WEAK:
    fprintf(out, "w%u", value);
    break;
  case OPERAND_MUTATOR:
    fprintf(out, "m%u", value);
    break;
  case OPERAND_CARRIER:
    fprintf(out, "carrier%u", value);
    break;
  case OPERAND_INDEX:
    fprintf(out, "@%u", value);
    break;
  case OPERAND_FIELD:
  case OPERAND_NUMBER:
    fprintf(out, "%u", value);
    break;
  case OPERAND_NONE:
  case OPERAND_FLAG:
    break; // a flag prints as its word
  }
}

void ht_operation_print(const struct ht_operation *operation, FILE *out) {
  fprintf(out, "m%u %s", operation->mutator, ht_operation_name((enum ht_operation_code)operation->code));
  const char *text = ht_operation_shapes[operation->code].text;
  while (*text) {
    if (*text != '%') {
      fputc(*text++, out);
      continue;
    }
    unsigned operand = (unsigned)(text[1] - 'a');
    text += 2;
    if (*text != '[') {
      print_operand(operation, operand, out);
      continue;
    }
    const char *end = strchr(text, ']');
    if (ht_operand(operation, operand)) fprintf(out, " %.*s", (int)(end - text - 1), text + 1);
    text = end + 1;
  }
}

static void print_header(const struct ht_program_header *header, FILE *out) {
  fprintf(
      out,
      "mutators %u\ncarriers %u\ncollect_every %u\nswitch_every %u\nsize_limit 2^%u\nrefuse %u\nzeal %u\n",
      header->mutators, header->carriers, header->collect_period, header->switch_period, header->size_limit,
      header->refuse, header->zeal);
  if (header->disabled == 0) return;
  fputs("disabled", out);
  for (enum ht_operation_code code = 0; code < HT_OPERATION_CODES; code++)
    if (header->disabled >> code & 1) fprintf(out, " %s", ht_operation_name(code));
  fputc('\n', out);
}

static void print_schedule(const struct ht_program *program, FILE *out) {
  enum { CHOICES_A_LINE = 16 };
  for (size_t i = 0; i < program->header.schedule_length; i++) {
    fputs(i % CHOICES_A_LINE ? "" : "schedule", out);
    fprintf(out, " m%u*%u", ht_schedule_mutator(program->schedule[i]),
            ht_schedule_operations(program->schedule[i]));
    if (i % CHOICES_A_LINE == CHOICES_A_LINE - 1 || i + 1u == program->header.schedule_length)
      fputc('\n', out);
  }
}

// Operations that others name carry a label, so that a line can be added or taken out without counting.
bool ht_program_print(const struct ht_program *program, FILE *out) {
  uint64_t named[HT_OPERATIONS_MAX / 64] = {0};
  for (size_t i = 0; i < program->operation_count; i++)
    for (unsigned operand = 0; operand < OPERANDS; operand++)
      if (ht_operand_kind(&program->operations[i], operand) == OPERAND_INDEX) {
        unsigned target = ht_operand(&program->operations[i], operand);
        named[target / 64] |= UINT64_C(1) << target % 64;
      }

  print_header(&program->header, out);
  for (size_t i = 0; i < program->operation_count; i++) {
    if (named[i / 64] >> i % 64 & 1) fprintf(out, "@%zu: ", i);
    ht_operation_print(&program->operations[i], out);
    fputc('\n', out);
  }
  print_schedule(program, out);
  return !ferror(out);
}
