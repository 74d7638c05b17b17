#ifndef FUZZ_PROGRAM_PROGRAM_H
#define FUZZ_PROGRAM_PROGRAM_H

// Heap programs: what a fuzzer's bytes mean.
//
// A program is a header (a swarm setting: which operations, how often to collect, how often to switch), a
// list of fixed-width operations, each by one of several mutators, and a schedule that says which mutator
// goes next. The one idea: every byte string is a valid program, and a small change of the bytes is a small
// change of the program. So operations are eight bytes whatever they do, operands are numbers that the runner
// reduces to what exists when it comes to them, and the schedule is the tail of the input, so that its length
// moves no operation.
//
//   0        16                                   size - schedule_length         size
//   | header | operation 0 | operation 1 | ...    | schedule: one byte a choice  |
//
// decode brings bytes into canonical form (every field reduced to the values it can take); encode of a
// decoded program gives bytes that decode to the same program. The text form names one operation a line and
// parses back to the same program.

#include <heaptrial/types.h>

#include <stdio.h>

enum {
  HT_HEADER_BYTES = 16,
  HT_OPERATION_BYTES = 8,
  HT_OPERATIONS_MAX = 4096, // what lies beyond is not decoded
  HT_SCHEDULE_MAX = 1024,   // bytes
  HT_PROGRAM_BYTES_MAX = HT_HEADER_BYTES + HT_OPERATIONS_MAX * HT_OPERATION_BYTES + HT_SCHEDULE_MAX,
  HT_MUTATORS_MAX = 8,
  HT_CARRIERS_MAX = 4,
  HT_GLOBALS = 8,     // global root words
  HT_CELLS = 4,       // send/recv cells
  HT_WEAKS = 16,      // weak references alive at once
  HT_FRAME_SLOTS = 8, // slots of a frame
  HT_FRAMES_MAX = 8,  // of a mutator
};

// Which operations there are and how they read their operands: operations.def.
enum ht_operation_code {
#define OP(code, text, a, b, c, d) HT_OP_##code,
#include "fuzz/program/operations.def"
#undef OP
  HT_OPERATION_CODES
};
_Static_assert(HT_OPERATION_CODES <= 64, "the header's mask has 64 bits");

struct ht_operation {
  uint8_t code;    // < HT_OPERATION_CODES
  uint8_t mutator; // < the header's mutators
  uint8_t a, b;
  uint16_t c, d;
};
_Static_assert(sizeof(struct ht_operation) == HT_OPERATION_BYTES, "an operation is its bytes, little-endian");

// A bit of `disabled` that is set turns the operation with that code to nothing: a header of zeros allows
// everything.
struct ht_program_header {
  uint64_t disabled;      // bytes 0..7
  uint8_t mutators;       // byte 8, bits 0..2: 1..HT_MUTATORS_MAX
  uint8_t carriers;       // byte 8, bits 3..4: 1..HT_CARRIERS_MAX
  uint8_t collect_period; // byte 9: a collection every so many allocations; 0: only where the program says
  uint8_t switch_period;  // byte 10: without a schedule, how many operations of one mutator run before
                          // another's; 1..255
  uint8_t size_limit;     // byte 11: the largest size is 2 to this; HT_SIZE_LOG_MIN..HT_SIZE_LOG_MAX
  uint8_t refuse;         // byte 12: the n-th page request is refused; 0: none
  uint8_t zeal; // byte 13: check everything every so many operations; 0: at the end and at collections
  uint16_t schedule_length; // bytes 14..15: how much of the tail is schedule, at most HT_SCHEDULE_MAX and
                            // what there is
};

enum {
  HT_SIZE_LOG_MIN = 4,
  HT_SIZE_LOG_MAX = 22,
};

// A byte of the schedule: which mutator goes next (reduced to those that still have operations) and for how
// many.
static inline unsigned ht_schedule_mutator(uint8_t choice) {
  return choice & 15;
}
static inline unsigned ht_schedule_operations(uint8_t choice) {
  return (choice >> 4) + 1u;
}

struct ht_program {
  struct ht_program_header header;
  size_t operation_count;
  struct ht_operation operations[HT_OPERATIONS_MAX];
  uint8_t schedule[HT_SCHEDULE_MAX]; // header.schedule_length bytes
};

// The types of heap programs: no references, all references, mixed, the map longer than one word, a single
// byte. Word 0 of every type but "references" is data, so that an object carries its identity.
enum { HT_PROGRAM_TYPES = 8 };
extern const struct ht_type ht_program_types[HT_PROGRAM_TYPES];

// Log-uniform sizes in 16 bits: code 0 is 0; else the top five bits are the exponent e (at most the header's
// limit) and the other eleven the fraction: 2^e * (1 + fraction / 2^11), in whole bytes.
size_t ht_size_of_code(uint16_t code);
uint16_t ht_code_of_size(size_t size); // the largest code whose size is at most that

// Alignment and flags of alloc, in d: bits 0..3 the alignment's logarithm (0: natural), bit 4 zeroed.
static inline size_t ht_operation_alignment(uint16_t d) {
  return (d & 15) ? (size_t)1 << (d & 15) : 0;
}
static inline bool ht_operation_zeroed(uint16_t d) {
  return d >> 4 & 1;
}

const char *ht_operation_name(enum ht_operation_code code);

// Any bytes, any size (also data == NULL with size 0). Never fails.
void ht_program_decode(const uint8_t *data, size_t size, struct ht_program *program);

// Returns the bytes written, or 0 if `capacity` does not hold them.
size_t ht_program_encode(const struct ht_program *program, uint8_t *data, size_t capacity);

// Text, one operation a line; comments from # on. parse returns false with a message that names the line.
bool ht_program_print(const struct ht_program *program, FILE *out);
void ht_operation_print(const struct ht_operation *operation, FILE *out);
bool ht_program_parse(FILE *in, struct ht_program *program, char *message, size_t message_size);

// One structure-aware mutator for both engines, in place: inserts, removes, copies, swaps, changes operations
// and operands, header and schedule; now and then writes a whole new program. Returns the new size, at most
// capacity.
size_t ht_program_mutate(uint8_t *data, size_t size, size_t capacity, uint64_t seed);
// Joins parts of two programs.
size_t ht_program_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                        uint8_t *data, size_t capacity, uint64_t seed);

// A whole random program with a swarm header, about `operations` long: what the blind driver runs and
// mutation starts from.
void ht_program_generate(struct ht_program *program, size_t operations, uint64_t seed);

// Shrinks to the fewest operations, then the fewest switches, then the simplest operands for which `fails`
// still says yes. `fails` is called at most `attempts` times; returns how often it was.
typedef bool ht_program_predicate(void *context, const struct ht_program *program);
size_t ht_program_shrink(struct ht_program *program, ht_program_predicate *fails, void *context,
                         size_t attempts);

#endif
