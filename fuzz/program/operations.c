#include "fuzz/program/program_internal.h"

// What follows an operation's name in the text form. Literals say what a bare number would not; a flag is the
// word in brackets, there or not.
#define TEXT_NOTHING ""
#define TEXT_ALLOC " %a %b %c%d"
#define TEXT_ALLOC_HUGE " %a %b less %c"
#define TEXT_LOAD " %a %b.%c"
#define TEXT_STORE " %a.%c %b"
#define TEXT_CLEAR_FIELD " %a.%c"
#define TEXT_COPY " %a.%c %b.%d"
#define TEXT_CLEAR " %a.%c %d"
#define TEXT_ROOT_SET " %a %b"
#define TEXT_ROOT_CLEAR " %a"
#define TEXT_PUSH ""
#define TEXT_POP ""
#define TEXT_RELEASE " %a"
#define TEXT_GLOBAL_STORE " %a %b"
#define TEXT_GLOBAL_LOAD " %a %b"
#define TEXT_GLOBAL_CLEAR " %a"
#define TEXT_SEND " %a %b"
#define TEXT_RECV " %a %b"
#define TEXT_ATTACH " %a"
#define TEXT_DETACH ""
#define TEXT_BLOCK " %a"
#define TEXT_POLL ""
#define TEXT_COLLECT "%a[full]"
#define TEXT_WEAK " %a %b%c[callback]"
#define TEXT_WEAK_LOAD " %a %b"
#define TEXT_WEAK_DROP " %a"
#define TEXT_FINALIZER " %a runs %b from %c"
#define TEXT_RUN_FINALIZERS ""
#define TEXT_PIN " %a"
#define TEXT_UNPIN " %a"
#define TEXT_RESIZE " %a %c%d"
#define TEXT_REFUSE " %a"
#define TEXT_FREE_INVALID " %a word %b"
#define TEXT_CHECK ""

const struct operation_shape ht_operation_shapes[HT_OPERATION_CODES] = {
#define OP(code, text, a, b, c, d) \
  [HT_OP_##code] = {text, TEXT_##code, {OPERAND_##a, OPERAND_##b, OPERAND_##c, OPERAND_##d}},
#include "fuzz/program/operations.def"
#undef OP
};

const char *ht_operation_name(enum ht_operation_code code) {
  return ht_operation_shapes[code].name;
}

unsigned ht_operand_last(const struct ht_operation *operation, unsigned operand,
                         const struct ht_program_header *header, size_t operation_count) {
  switch (ht_operand_kind(operation, operand)) {
  case OPERAND_NONE:
    return 0;
  case OPERAND_SLOT:
    return HT_FRAME_SLOTS * HT_FRAMES_MAX - 1;
  case OPERAND_TYPE:
    return HT_PROGRAM_TYPES - 1;
  case OPERAND_SIZE:
    return ht_code_of_size((size_t)1 << header->size_limit);
  case OPERAND_LAYOUT:
    return 31;
  case OPERAND_WORDS:
    return 15;
  case OPERAND_GLOBAL:
    return HT_GLOBALS - 1;
  case OPERAND_CELL:
    return HT_CELLS - 1;
  case OPERAND_WEAK:
    return HT_WEAKS - 1;
  case OPERAND_MUTATOR:
    return header->mutators - 1u;
  case OPERAND_CARRIER:
    return header->carriers - 1u;
  case OPERAND_FLAG:
    return 1;
  case OPERAND_INDEX:
    return operation_count ? (unsigned)operation_count - 1 : 0;
  case OPERAND_FIELD:
  case OPERAND_RUN:
  case OPERAND_NUMBER:
    break;
  }
  return operand < 2 ? UINT8_MAX : UINT16_MAX;
}
