#ifndef FUZZ_PROGRAM_PROGRAM_INTERNAL_H
#define FUZZ_PROGRAM_PROGRAM_INTERNAL_H

// What the files of this folder share: operations.def as a table, operands by number, canonical form.

#include "fuzz/program/program.h"
#include "fuzz/program/random.h"

enum operand_kind {
  OPERAND_NONE,
  OPERAND_SLOT,
  OPERAND_TYPE,
  OPERAND_SIZE,
  OPERAND_LAYOUT,
  OPERAND_FIELD,
  OPERAND_RUN,
  OPERAND_WORDS,
  OPERAND_GLOBAL,
  OPERAND_CELL,
  OPERAND_WEAK,
  OPERAND_MUTATOR,
  OPERAND_CARRIER,
  OPERAND_FLAG,
  OPERAND_NUMBER,
  OPERAND_INDEX,
};

enum { OPERANDS = 4 };

struct operation_shape {
  const char *name;
  const char *text; // what follows the name in the text form: %a..%d are operands, the rest is as it is
  uint8_t kinds[OPERANDS];
};
extern const struct operation_shape ht_operation_shapes[HT_OPERATION_CODES];

static inline enum operand_kind ht_operand_kind(const struct ht_operation *operation, unsigned operand) {
  return (enum operand_kind)ht_operation_shapes[operation->code].kinds[operand];
}

static inline unsigned ht_operand(const struct ht_operation *operation, unsigned operand) {
  const unsigned values[OPERANDS] = {operation->a, operation->b, operation->c, operation->d};
  return values[operand];
}

static inline void ht_operand_set(struct ht_operation *operation, unsigned operand, unsigned value) {
  switch (operand) {
  case 0:
    operation->a = (uint8_t)value;
    break;
  case 1:
    operation->b = (uint8_t)value;
    break;
  case 2:
    operation->c = (uint16_t)value;
    break;
  default:
    operation->d = (uint16_t)value;
    break;
  }
}

// The largest value of an operand in canonical form.
unsigned ht_operand_last(const struct ht_operation *operation, unsigned operand,
                         const struct ht_program_header *header, size_t operation_count);

// The numbers of ht_program_types.
enum { TYPE_BYTE, TYPE_WORD, TYPE_PAIR, TYPE_REFERENCES, TYPE_MIXED, TYPE_WIDE, TYPE_NODE, TYPE_LEAF };

enum {
  LAYOUT_ZEROED = 16,
  RUN_FIELD_BITS = 12,
  SIZE_FRACTION_BITS = 11,
  SIZE_FRACTION_MASK = (1 << SIZE_FRACTION_BITS) - 1,
};

// The header's bytes and back; schedule_length is as the bytes say, not yet reduced to what there is.
void ht_header_decode(const uint8_t bytes[HT_HEADER_BYTES], struct ht_program_header *header);
void ht_header_encode(const struct ht_program_header *header, uint8_t bytes[HT_HEADER_BYTES]);

// How many operations and schedule bytes an input of `size` bytes has.
struct program_layout {
  size_t operations;
  size_t schedule_length;
};
struct program_layout ht_program_layout(const uint8_t *data, size_t size);

// The operation that an INDEX operand names among `count`. As a linear hash does: a program that grows or
// shrinks by one operation changes only those operands that name this operation.
static inline unsigned ht_index_canonical(unsigned index, size_t count) {
  if (count == 0) return 0;
  unsigned power = count == 1 ? 1 : 2u << (31 - __builtin_clz((unsigned)count - 1));
  index &= power - 1;
  return index < count ? index : index & (power / 2 - 1);
}

// Makes room for `count` operations before operation `at`, to be written by the caller, or takes them out.
// INDEX operands go on naming the operation they named; if that is gone, the one that took its place.
void ht_program_open(struct ht_program *program, size_t at, size_t count);
void ht_program_remove(struct ht_program *program, size_t at, size_t count);

// Appends a copy of operations of another program; INDEX operands that name one of them follow. There must be
// room.
void ht_program_append(struct ht_program *program, const struct ht_program *from, size_t at, size_t count);

// Cuts operations, and the schedule where that is not enough, until the program has at most so many bytes.
void ht_program_fit(struct ht_program *program, size_t capacity);

// A random operand: small ones more often, sizes log-uniform. A random operation by `mutator`, any operands.
unsigned ht_draw_operand(struct ht_random *random, const struct ht_operation *operation, unsigned operand,
                         const struct ht_program_header *header, size_t operation_count);
struct ht_operation ht_draw_operation(struct ht_random *random, enum ht_operation_code code, unsigned mutator,
                                      const struct ht_program_header *header, size_t operation_count);
uint8_t ht_draw_choice(struct ht_random *random, unsigned mutators);

// A swarm setting: which operations, how dense collections are, how often to switch.
void ht_draw_header(struct ht_random *random, struct ht_program_header *header);

// Brings what was built or edited as a structure into the form that decode gives.
void ht_program_canonicalise(struct ht_program *program);

#endif
