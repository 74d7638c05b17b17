#include "fuzz/program/program_internal.h"

static unsigned draw_field(struct ht_random *random) {
  switch (ht_random_below(random, 4)) {
  case 0:
  case 1:
    return ht_random_below(random, 4);
  case 2:
    return ht_random_below(random, 16);
  default:
    return ht_random_logarithmic(random, (1 << RUN_FIELD_BITS) - 1);
  }
}

static unsigned draw_layout(struct ht_random *random) {
  enum { ALIGNMENT_LOG_LAST = 12 }; // up to a page; beyond it only by mutation of bytes
  unsigned layout = ht_random_once_in(random, 4) ? LAYOUT_ZEROED : 0;
  return ht_random_once_in(random, 8) ? layout | ht_random_between(random, 1, ALIGNMENT_LOG_LAST) : layout;
}

unsigned ht_draw_operand(struct ht_random *random, const struct ht_operation *operation, unsigned operand,
                         const struct ht_program_header *header, size_t operation_count) {
  unsigned last = ht_operand_last(operation, operand, header, operation_count);
  switch (ht_operand_kind(operation, operand)) {
  case OPERAND_SLOT:
    return ht_random_below(random, ht_random_once_in(random, 8) ? last + 1 : HT_FRAME_SLOTS);
  case OPERAND_SIZE: {
    // Codes are log-uniform themselves. Below a word there is little to tell sizes apart.
    enum { WORD_CODE = 3 << SIZE_FRACTION_BITS };
    return ht_random_between(random, ht_random_once_in(random, 32) ? 0 : WORD_CODE, last);
  }
  case OPERAND_LAYOUT:
    return draw_layout(random);
  case OPERAND_FIELD:
    return draw_field(random);
  case OPERAND_RUN:
    return draw_field(random) | ht_random_below(random, 16) << RUN_FIELD_BITS;
  case OPERAND_NUMBER:
    return ht_random_logarithmic(random, ht_random_once_in(random, 16) ? last + 1 : 16) - 1;
  case OPERAND_GLOBAL: // few, so that what one operation leaves there another finds
  case OPERAND_CELL:
  case OPERAND_WEAK:
    return ht_random_logarithmic(random, last + 1) - 1;
  case OPERAND_NONE:
    return 0;
  default:
    return ht_random_below(random, last + 1);
  }
}

struct ht_operation ht_draw_operation(struct ht_random *random, enum ht_operation_code code, unsigned mutator,
                                      const struct ht_program_header *header, size_t operation_count) {
  struct ht_operation operation = {.code = (uint8_t)code, .mutator = (uint8_t)mutator};
  for (unsigned i = 0; i < OPERANDS; i++)
    ht_operand_set(&operation, i, ht_draw_operand(random, &operation, i, header, operation_count));
  return operation;
}

uint8_t ht_draw_choice(struct ht_random *random, unsigned mutators) {
  unsigned mutator = ht_random_below(random, mutators);
  return (uint8_t)(mutator | (ht_random_logarithmic(random, 16) - 1) << 4);
}

static bool disabled_by_nature(struct ht_random *random, enum ht_operation_code code, unsigned mutators) {
  switch (code) {
  case HT_OP_NOTHING:
  case HT_OP_ALLOC:
    return false;
  case HT_OP_ALLOC_HUGE:
    return !ht_random_once_in(random, 4);
  case HT_OP_FREE_INVALID:
    return !ht_random_once_in(random, 32); // it forks
  case HT_OP_DETACH:                       // by the only mutator it ends the program
    return mutators == 1 ? !ht_random_once_in(random, 16) : ht_random_once_in(random, 2);
  case HT_OP_REFUSE:
    return ht_random_once_in(random, 2); // what a refusal leaves out others need
  default:
    return false;
  }
}

static uint64_t draw_disabled(struct ht_random *random, unsigned mutators) {
  // In fourths: how many of the operations this program does without.
  unsigned share = ht_random_below(random, 3);
  uint64_t disabled = 0;
  for (enum ht_operation_code code = 0; code < HT_OPERATION_CODES; code++) {
    bool off = disabled_by_nature(random, code, mutators);
    if (code == HT_OP_STORE) // without it there are no graphs
      off = share && ht_random_once_in(random, 8);
    else if (code != HT_OP_NOTHING && code != HT_OP_ALLOC)
      off |= ht_random_below(random, 4) < share;
    disabled |= (uint64_t)off << code;
  }
  return disabled;
}

static uint8_t draw_collect_period(struct ht_random *random) {
  switch (ht_random_below(random, 8)) {
  case 0:
  case 1:
    return 0;
  case 2:
    return (uint8_t)ht_random_between(random, 1, 4);
  case 3:
  case 4:
    return (uint8_t)ht_random_between(random, 5, 32);
  default:
    return (uint8_t)ht_random_between(random, 33, 255);
  }
}

static uint8_t draw_size_limit(struct ht_random *random) {
  switch (ht_random_below(random, 8)) {
  case 0:
    return (uint8_t)ht_random_between(random, 19, HT_SIZE_LOG_MAX);
  case 1:
  case 2:
  case 3:
    return (uint8_t)ht_random_between(random, 13, 18);
  case 4:
    return (uint8_t)ht_random_between(random, HT_SIZE_LOG_MIN, 9);
  default:
    return (uint8_t)ht_random_between(random, 7, 12);
  }
}

void ht_draw_header(struct ht_random *random, struct ht_program_header *header) {
  unsigned mutators = 1;
  if (ht_random_once_in(random, 2))
    mutators = ht_random_between(random, 2, ht_random_once_in(random, 8) ? HT_MUTATORS_MAX : 4);
  unsigned carriers =
      mutators > 1 && ht_random_once_in(random, 2) ? ht_random_between(random, 1, HT_CARRIERS_MAX) : 1;
  *header = (struct ht_program_header){.mutators = (uint8_t)mutators, .carriers = (uint8_t)carriers};
  header->disabled = draw_disabled(random, mutators);
  header->collect_period = draw_collect_period(random);
  header->switch_period = (uint8_t)ht_random_logarithmic(random, 64);
  header->size_limit = draw_size_limit(random);
  if (ht_random_once_in(random, 8)) header->refuse = (uint8_t)ht_random_logarithmic(random, 64);
  // To compare everything costs as much as some ten operations.
  enum { ZEAL_LEAST = 4, ZEAL_MOST = 255 };
  if (ht_random_once_in(random, 8))
    header->zeal = (uint8_t)(ZEAL_LEAST - 1 + ht_random_logarithmic(random, ZEAL_MOST - ZEAL_LEAST + 1));
}
