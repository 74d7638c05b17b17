#include "fuzz/program/program_internal.h"

#include <string.h>

// Decoding runs once an input, so it takes an operation as one word: most operands take a power of two of
// values and one mask reduces them all; the few others are mended one by one.

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "an operation is loaded as one little-endian word");

enum {
  MASK_NONE = 0,
  MASK_SLOT = HT_FRAME_SLOTS * HT_FRAMES_MAX - 1,
  MASK_TYPE = HT_PROGRAM_TYPES - 1,
  MASK_SIZE = 0xffff,
  MASK_LAYOUT = 31,
  MASK_FIELD = 0xffff,
  MASK_RUN = 0xffff,
  MASK_WORDS = 15,
  MASK_GLOBAL = HT_GLOBALS - 1,
  MASK_CELL = HT_CELLS - 1,
  MASK_WEAK = HT_WEAKS - 1,
  MASK_MUTATOR = 0xff,
  MASK_CARRIER = 0xff,
  MASK_FLAG = 1,
  MASK_NUMBER = 0xffff,
  MASK_INDEX = 0xffff,
};
#define ONES(mask) (((mask) & ((mask) + 1)) == 0)
_Static_assert(ONES(MASK_SLOT) && ONES(MASK_TYPE) && ONES(MASK_GLOBAL) && ONES(MASK_CELL) && ONES(MASK_WEAK),
               "a mask reduces to the values there are");

enum mend {
  MEND_NOTHING,
  MEND_SIZE,
  MEND_MUTATOR,
  MEND_CARRIER,
  MEND_INDEX,
  MEND_NONE = MEND_NOTHING,
  MEND_SLOT = MEND_NOTHING,
  MEND_TYPE = MEND_NOTHING,
  MEND_LAYOUT = MEND_NOTHING,
  MEND_FIELD = MEND_NOTHING,
  MEND_RUN = MEND_NOTHING,
  MEND_WORDS = MEND_NOTHING,
  MEND_GLOBAL = MEND_NOTHING,
  MEND_CELL = MEND_NOTHING,
  MEND_WEAK = MEND_NOTHING,
  MEND_FLAG = MEND_NOTHING,
  MEND_NUMBER = MEND_NOTHING,
};

static const struct {
  uint64_t mask;
  uint64_t mend;
} reductions[HT_OPERATION_CODES] = {
#define OP(code, text, a, b, c, d)                                                          \
  [HT_OP_##code] = {(uint64_t)(MASK_##a & 0xff) << 16 | (uint64_t)(MASK_##b & 0xff) << 24 | \
                        (uint64_t)MASK_##c << 32 | (uint64_t)MASK_##d << 48,                \
                    (uint64_t)MEND_##a | (uint64_t)MEND_##c},
#include "fuzz/program/operations.def"
#undef OP
};

// What canonical() takes for granted: a carrier or mutator is operand a, a size or index is operand c, and no
// operation has two of them.
#define OP(code, text, a, b, c, d)                                                                     \
  _Static_assert((MEND_##a == MEND_NOTHING || MEND_##a == MEND_MUTATOR || MEND_##a == MEND_CARRIER) && \
                     MEND_##b == MEND_NOTHING && MEND_##d == MEND_NOTHING &&                           \
                     (MEND_##c == MEND_NOTHING || MEND_##c == MEND_SIZE || MEND_##c == MEND_INDEX) &&  \
                     (MEND_##a == MEND_NOTHING || MEND_##c == MEND_NOTHING),                           \
                 text);
#include "fuzz/program/operations.def"
#undef OP

// What reduces operands, for the programs of one header. Which operation comes next nobody can guess, a
// branch predictor neither: sizes, the most frequent that want mending, are looked up without a branch.
struct reduction {
  uint64_t disabled;
  uint32_t mutators, mutators_inverse;
  uint32_t carriers;
  size_t count;
  struct {
    uint16_t exponent, fraction_kept, fraction_added;
  } sizes[1 << (16 - SIZE_FRACTION_BITS)]; // by the exponent that a size code has
};

static struct reduction reduction_of(const struct ht_program_header *header, size_t count) {
  struct reduction by = {
      .disabled = header->disabled,
      .mutators = header->mutators,
      .mutators_inverse = 65535u / header->mutators + 1,
      .carriers = header->carriers,
      .count = count,
  };
  for (unsigned i = 0; i < sizeof by.sizes / sizeof *by.sizes; i++) {
    unsigned exponent = i % (header->size_limit + 1u);
    by.sizes[i].exponent = (uint16_t)(exponent << SIZE_FRACTION_BITS);
    by.sizes[i].fraction_kept = exponent == header->size_limit ? 0 : SIZE_FRACTION_MASK;
    by.sizes[i].fraction_added = SIZE_FRACTION_MASK >> exponent;
  }
  return by;
}

// value % mutators without a division: exact, as the inverse is off by less than 1/65536 and value < 256.
static inline uint32_t modulo_mutators(uint32_t value, const struct reduction *by) {
  return value - (value * by->mutators_inverse >> 16) * by->mutators;
}

static inline uint32_t canonical_size(uint32_t code, const struct reduction *by) {
  const __typeof__(*by->sizes) *size = &by->sizes[code >> SIZE_FRACTION_BITS];
  return code ? (uint32_t)size->exponent | (code & size->fraction_kept) | size->fraction_added : 0;
}

static inline uint64_t canonical(uint64_t word, const struct reduction *by) {
  uint32_t code = (uint32_t)(word & 0xff) % HT_OPERATION_CODES;
  code = by->disabled >> code & 1 ? HT_OP_NOTHING : code;
  uint32_t mutator = modulo_mutators((uint32_t)(word >> 8 & 0xff), by);
  word = (word & reductions[code].mask) | mutator << 8 | code;

  enum { SHIFT_A = 16, SHIFT_C = 32 };
  const uint64_t without_a = ~(UINT64_C(0xff) << SHIFT_A), without_c = ~(UINT64_C(0xffff) << SHIFT_C);
  uint32_t a = (uint32_t)(word >> SHIFT_A & 0xff), c = (uint32_t)(word >> SHIFT_C & 0xffff);
  enum mend mend = (enum mend)reductions[code].mend;
  if (__builtin_expect(mend <= MEND_SIZE, 1)) {
    uint32_t size = canonical_size(c, by);
    return (word & without_c) | (uint64_t)(mend == MEND_SIZE ? size : c) << SHIFT_C;
  }
  switch (mend) {
  case MEND_MUTATOR:
    return (word & without_a) | (uint64_t)modulo_mutators(a, by) << SHIFT_A;
  case MEND_CARRIER:
    return (word & without_a) | (uint64_t)(a % by->carriers) << SHIFT_A;
  case MEND_INDEX:
    return (word & without_c) | (uint64_t)ht_index_canonical(c, by->count) << SHIFT_C;
  case MEND_NOTHING:
  case MEND_SIZE:
    break;
  }
  __builtin_unreachable();
}

static void header_canonicalise(struct ht_program_header *header) {
  // To disable nothing is nothing.
  header->disabled &= ((UINT64_C(1) << HT_OPERATION_CODES) - 1) & ~(UINT64_C(1) << HT_OP_NOTHING);
  if (header->switch_period == 0) header->switch_period = 1;
  if (header->size_limit < HT_SIZE_LOG_MIN || header->size_limit > HT_SIZE_LOG_MAX)
    header->size_limit = HT_SIZE_LOG_MIN + header->size_limit % (HT_SIZE_LOG_MAX - HT_SIZE_LOG_MIN + 1);
}

void ht_header_decode(const uint8_t bytes[HT_HEADER_BYTES], struct ht_program_header *header) {
  memcpy(&header->disabled, bytes, sizeof header->disabled);
  header->mutators = (bytes[8] & (HT_MUTATORS_MAX - 1)) + 1;
  header->carriers = (bytes[8] >> 3 & (HT_CARRIERS_MAX - 1)) + 1;
  header->collect_period = bytes[9];
  header->switch_period = bytes[10];
  header->size_limit = bytes[11];
  header->refuse = bytes[12];
  header->zeal = bytes[13];
  header->schedule_length = (uint16_t)(bytes[14] | bytes[15] << 8);
  header_canonicalise(header);
}

static size_t smaller(size_t one, size_t other) {
  return one < other ? one : other;
}

struct program_layout ht_program_layout(const uint8_t *data, size_t size) {
  struct program_layout layout = {0, 0};
  if (size <= HT_HEADER_BYTES) return layout;
  size_t body = size - HT_HEADER_BYTES;
  layout.schedule_length = smaller((size_t)data[14] | (size_t)data[15] << 8, smaller(body, HT_SCHEDULE_MAX));
  layout.operations = smaller((body - layout.schedule_length) / HT_OPERATION_BYTES, HT_OPERATIONS_MAX);
  return layout;
}

void ht_program_decode(const uint8_t *data, size_t size, struct ht_program *program) {
  uint8_t bytes[HT_HEADER_BYTES] = {0};
  if (size) memcpy(bytes, data, smaller(size, sizeof bytes));
  struct program_layout layout = ht_program_layout(data, size);
  ht_header_decode(bytes, &program->header);
  program->header.schedule_length = (uint16_t)layout.schedule_length;
  program->operation_count = layout.operations;

  struct reduction by = reduction_of(&program->header, layout.operations);
  for (size_t i = 0; i < layout.operations; i++) {
    uint64_t word;
    memcpy(&word, data + HT_HEADER_BYTES + i * HT_OPERATION_BYTES, sizeof word);
    word = canonical(word, &by);
    memcpy(&program->operations[i], &word, sizeof word);
  }
  if (layout.schedule_length)
    memcpy(program->schedule, data + size - layout.schedule_length, layout.schedule_length);
}

void ht_program_canonicalise(struct ht_program *program) {
  header_canonicalise(&program->header);
  struct reduction by = reduction_of(&program->header, program->operation_count);
  for (size_t i = 0; i < program->operation_count; i++) {
    uint64_t word;
    memcpy(&word, &program->operations[i], sizeof word);
    word = canonical(word, &by);
    memcpy(&program->operations[i], &word, sizeof word);
  }
}
