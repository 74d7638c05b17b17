#include "fuzz/program/program_internal.h"

#include <string.h>

// Mutation works on the decoded program, so that whatever it does is a change of operations; only a small
// share goes at the bytes.

struct edit {
  struct ht_program *program;
  struct ht_random random;
  size_t room; // how many operations fit in
};

enum { RANGE_MAX = 64 };

static size_t any_operation(struct edit *edit) {
  return ht_random_below(&edit->random, (uint32_t)edit->program->operation_count);
}

// The length of a range from `at` on, small ones more often.
static size_t range_at(struct edit *edit, size_t at) {
  size_t left = edit->program->operation_count - at;
  return ht_random_logarithmic(&edit->random, left < RANGE_MAX ? (uint32_t)left : RANGE_MAX);
}

static size_t range_into(struct edit *edit, size_t range) {
  size_t room = edit->room - edit->program->operation_count;
  return range < room ? range : room;
}

static enum ht_operation_code any_code(struct edit *edit) {
  enum { TRIES = 8 };
  enum ht_operation_code code = HT_OP_NOTHING;
  for (unsigned i = 0; i < TRIES; i++) {
    code = (enum ht_operation_code)ht_random_between(&edit->random, 1, HT_OPERATION_CODES - 1);
    if (!(edit->program->header.disabled >> code & 1)) break;
  }
  return code;
}

// What another operation has for an operand of that kind: operations that meet in a slot do more than others.
static bool borrow_operand(struct edit *edit, struct ht_operation *operation, unsigned operand) {
  enum { TRIES = 8 };
  for (unsigned i = 0; edit->program->operation_count && i < TRIES; i++) {
    const struct ht_operation *other = &edit->program->operations[any_operation(edit)];
    for (unsigned from = 0; from < OPERANDS; from++)
      if (ht_operand_kind(other, from) == ht_operand_kind(operation, operand)) {
        ht_operand_set(operation, operand, ht_operand(other, from));
        return true;
      }
  }
  return false;
}

static struct ht_operation any_new(struct edit *edit) {
  const struct ht_program *program = edit->program;
  unsigned mutator = program->operation_count && !ht_random_once_in(&edit->random, 4)
                         ? program->operations[any_operation(edit)].mutator
                         : ht_random_below(&edit->random, program->header.mutators);
  struct ht_operation operation =
      ht_draw_operation(&edit->random, any_code(edit), mutator, &program->header, program->operation_count);
  for (unsigned i = 0; i < OPERANDS; i++)
    if (ht_operand_kind(&operation, i) != OPERAND_NONE && ht_random_once_in(&edit->random, 2))
      borrow_operand(edit, &operation, i);
  return operation;
}

// Each edit returns whether it did anything; it is called with at least one operation in the program.

static bool insert(struct edit *edit) {
  enum { MOST = 4 };
  size_t at = ht_random_below(&edit->random, (uint32_t)edit->program->operation_count + 1);
  size_t count = range_into(edit, ht_random_logarithmic(&edit->random, MOST));
  struct ht_operation fresh[MOST];
  for (size_t i = 0; i < count; i++) fresh[i] = any_new(edit);
  ht_program_open(edit->program, at, count);
  memcpy(edit->program->operations + at, fresh, count * sizeof *fresh);
  return count != 0;
}

static bool delete (struct edit *edit) {
  size_t at = any_operation(edit), count = range_at(edit, at);
  if (count == edit->program->operation_count) return false;
  ht_program_remove(edit->program, at, count);
  return true;
}

// A range once more, right behind itself or anywhere.
static bool duplicate(struct edit *edit) {
  struct ht_program *program = edit->program;
  size_t from = any_operation(edit), count = range_into(edit, range_at(edit, from));
  size_t to = ht_random_once_in(&edit->random, 2)
                  ? from + count
                  : ht_random_below(&edit->random, (uint32_t)program->operation_count + 1);
  struct ht_operation range[RANGE_MAX];
  memcpy(range, program->operations + from, count * sizeof *range);
  ht_program_open(program, to, count);
  memcpy(program->operations + to, range, count * sizeof *range);
  return count != 0;
}

// A short range over and over: what programs do, they do in loops.
static bool repeat(struct edit *edit) {
  enum { BODY_MAX = 8, TIMES_MAX = 32 };
  struct ht_program *program = edit->program;
  size_t from = any_operation(edit), left = program->operation_count - from;
  size_t body = ht_random_logarithmic(&edit->random, left < BODY_MAX ? (uint32_t)left : BODY_MAX);
  size_t count = range_into(edit, body * ht_random_logarithmic(&edit->random, TIMES_MAX));
  ht_program_open(program, from + body, count);
  struct ht_operation *operations = program->operations + from;
  for (size_t i = body; i < body + count; i++) operations[i] = operations[i - body];
  return count != 0;
}

static bool overwrite(struct edit *edit) {
  struct ht_operation *operations = edit->program->operations;
  size_t from = any_operation(edit), to = any_operation(edit);
  size_t count = range_at(edit, from > to ? from : to);
  bool differs = memcmp(operations + to, operations + from, count * sizeof *operations) != 0;
  memmove(operations + to, operations + from, count * sizeof *operations);
  return differs;
}

static bool swap(struct edit *edit) {
  struct ht_operation *one = &edit->program->operations[any_operation(edit)];
  struct ht_operation *other = &edit->program->operations[any_operation(edit)];
  struct ht_operation kept = *one;
  bool differs = memcmp(one, other, sizeof kept) != 0;
  *one = *other;
  *other = kept;
  return differs;
}

// Keeps the operands as far as they mean the same.
static bool change_code(struct edit *edit) {
  struct ht_operation *operation = &edit->program->operations[any_operation(edit)];
  enum ht_operation_code code = any_code(edit);
  if (code == operation->code) return false;
  struct ht_operation fresh = ht_draw_operation(&edit->random, code, operation->mutator,
                                                &edit->program->header, edit->program->operation_count);
  for (unsigned i = 0; i < OPERANDS; i++)
    if (ht_operand_kind(operation, i) == ht_operand_kind(&fresh, i))
      ht_operand_set(&fresh, i, ht_operand(operation, i));
  *operation = fresh;
  return true;
}

static bool change_operand(struct edit *edit) {
  const struct ht_program *program = edit->program;
  struct ht_operation *operation = &edit->program->operations[any_operation(edit)];
  unsigned operand = ht_random_below(&edit->random, OPERANDS);
  for (unsigned i = 0; ht_operand_kind(operation, operand) == OPERAND_NONE; i++) {
    if (i == OPERANDS) return false;
    operand = (operand + 1) % OPERANDS;
  }
  unsigned before = ht_operand(operation, operand);
  unsigned last = ht_operand_last(operation, operand, &program->header, program->operation_count);
  switch (ht_random_below(&edit->random, 8)) {
  case 0:
    ht_operand_set(operation, operand, before < last ? before + 1 : 0);
    break;
  case 1:
    ht_operand_set(operation, operand, before ? before - 1 : last);
    break;
  case 2:
    ht_operand_set(operation, operand, 0);
    break;
  case 3:
    ht_operand_set(operation, operand, last);
    break;
  case 4:
  case 5:
    if (borrow_operand(edit, operation, operand)) break; // fall through
  default:
    ht_operand_set(
        operation, operand,
        ht_draw_operand(&edit->random, operation, operand, &program->header, program->operation_count));
  }
  return ht_operand(operation, operand) != before;
}

static bool change_mutator(struct edit *edit) {
  size_t at = any_operation(edit), count = range_at(edit, at);
  uint8_t mutator = (uint8_t)ht_random_below(&edit->random, edit->program->header.mutators);
  bool changed = false;
  for (size_t i = at; i < at + count; i++) {
    changed |= edit->program->operations[i].mutator != mutator;
    edit->program->operations[i].mutator = mutator;
  }
  return changed;
}

static bool splice(struct edit *edit) {
  struct ht_program fresh;
  size_t count = range_into(edit, ht_random_logarithmic(&edit->random, RANGE_MAX));
  ht_program_generate(&fresh, count, ht_random_next(&edit->random));
  size_t at = ht_random_below(&edit->random, (uint32_t)edit->program->operation_count + 1);
  for (size_t i = 0; i < count; i++)
    if (fresh.operations[i].code == HT_OP_FINALIZER)
      fresh.operations[i].c = (uint16_t)(fresh.operations[i].c + at);
  ht_program_open(edit->program, at, count);
  memcpy(edit->program->operations + at, fresh.operations, count * sizeof *fresh.operations);
  return count != 0;
}

static bool change_header(struct edit *edit) {
  struct ht_program_header *header = &edit->program->header, fresh;
  uint8_t before[HT_HEADER_BYTES], after[HT_HEADER_BYTES];
  ht_header_encode(header, before);
  ht_draw_header(&edit->random, &fresh);
  switch (ht_random_below(&edit->random, 12)) {
  case 0:
    header->mutators = fresh.mutators;
    break;
  case 1:
    header->carriers = fresh.carriers;
    break;
  case 2:
  case 3:
    header->collect_period = fresh.collect_period;
    break;
  case 4:
    header->switch_period = fresh.switch_period;
    break;
  case 5:
    header->size_limit = fresh.size_limit;
    break;
  case 6:
    header->refuse = fresh.refuse;
    break;
  case 7:
    header->zeal = fresh.zeal;
    break;
  case 8:
    header->disabled = fresh.disabled;
    break;
  case 9:
    header->disabled = 0;
    break;
  default:
    header->disabled ^= UINT64_C(1) << any_code(edit);
    break;
  }
  ht_header_encode(header, after);
  return memcmp(before, after, sizeof before) != 0;
}

static bool change_schedule(struct edit *edit) {
  struct ht_program *program = edit->program;
  struct ht_random *random = &edit->random;
  unsigned length = program->header.schedule_length, mutators = program->header.mutators;
  uint8_t choice = ht_draw_choice(random, mutators);
  if (mutators == 1 && length == 0) return false;
  unsigned at = ht_random_below(random, length + 1);
  switch (ht_random_below(random, 8)) {
  case 0:
  case 1: // one more
    if (length == HT_SCHEDULE_MAX) return false;
    memmove(program->schedule + at + 1, program->schedule + at, length - at);
    program->schedule[at] = choice;
    program->header.schedule_length++;
    return true;
  case 2: // one fewer
    if (at == length) return false;
    memmove(program->schedule + at, program->schedule + at + 1, length - at - 1);
    program->header.schedule_length--;
    return true;
  case 3: // the rest is left to the switch period
    program->header.schedule_length = (uint16_t)at;
    return at != length;
  case 4: { // a new tail
    unsigned end = at + ht_random_logarithmic(random, RANGE_MAX);
    end = end < HT_SCHEDULE_MAX ? end : HT_SCHEDULE_MAX;
    for (unsigned i = at; i < end; i++) program->schedule[i] = ht_draw_choice(random, mutators);
    program->header.schedule_length = (uint16_t)end;
    return true;
  }
  default:
    if (at == length || program->schedule[at] == choice) return false;
    program->schedule[at] = choice;
    return true;
  }
}

static bool edit_once(struct edit *edit) {
  static bool (*const edits[])(struct edit *) = {
      insert,          insert,          insert,         delete,         delete,
      duplicate,       repeat,          overwrite,      swap,           change_code,
      change_code,     change_operand,  change_operand, change_operand, change_operand,
      change_mutator,  splice,          splice,         change_header,  change_header,
      change_schedule, change_schedule,
  };
  return edits[ht_random_below(&edit->random, sizeof edits / sizeof *edits)](edit);
}

static size_t mutate_bytes(uint8_t *data, size_t size, size_t capacity, struct ht_random *random) {
  if (size < capacity && (size == 0 || ht_random_once_in(random, 4))) {
    size_t at = ht_random_below(random, (uint32_t)size + 1);
    memmove(data + at + 1, data + at, size - at);
    data[at] = (uint8_t)ht_random_next(random);
    return size + 1;
  }
  if (size == 0) return 0;
  size_t at = ht_random_below(random, (uint32_t)size);
  data[at] ^= (uint8_t)(ht_random_once_in(random, 2) ? 1u << ht_random_below(random, 8)
                                                     : ht_random_between(random, 1, 255));
  return size;
}

size_t ht_program_mutate(uint8_t *data, size_t size, size_t capacity, uint64_t seed) {
  enum { BYTES_ONCE_IN = 32, NEW_ONCE_IN = 16, EDITS_MAX = 8, TRIES = 64, NEW_OPERATIONS = 512 };
  struct ht_program program;
  struct edit edit = {.program = &program, .random = {seed}};
  if (capacity < HT_HEADER_BYTES + HT_OPERATION_BYTES || ht_random_once_in(&edit.random, BYTES_ONCE_IN))
    return mutate_bytes(data, size < capacity ? size : capacity, capacity, &edit.random);

  size_t most = (capacity - HT_HEADER_BYTES) / HT_OPERATION_BYTES;
  ht_program_decode(data, size, &program);
  if (program.operation_count == 0 || ht_random_once_in(&edit.random, NEW_ONCE_IN)) {
    size_t longest = most < NEW_OPERATIONS ? most : NEW_OPERATIONS;
    size_t length = ht_random_logarithmic(&edit.random, (uint32_t)longest);
    ht_program_generate(&program, length, ht_random_next(&edit.random));
  } else {
    edit.room = most < HT_OPERATIONS_MAX ? most : HT_OPERATIONS_MAX;
    ht_program_fit(&program, capacity);
    unsigned wanted = ht_random_logarithmic(&edit.random, EDITS_MAX);
    for (unsigned i = 0; i < TRIES && wanted; i++)
      if (edit_once(&edit)) wanted--;
    ht_program_canonicalise(&program);
  }
  ht_program_fit(&program, capacity);
  return ht_program_encode(&program, data, capacity);
}
