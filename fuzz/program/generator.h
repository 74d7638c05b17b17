#ifndef FUZZ_PROGRAM_GENERATOR_H
#define FUZZ_PROGRAM_GENERATOR_H

// A program in the making. The generator keeps a rough idea of what each slot holds, so that stores find
// objects with references; it is rough because what a load yields and who runs first are known only when the
// program runs, and it need not be better than that.
//
// Half of a program are single operations, half are structures: lists, rings, trees, wide arrays, holes, what
// dies young beside what lives long, large buffers, an object hidden behind the collector's back. Blind
// operations alone hardly ever build a graph deep enough for a marker to go wrong in.

#include "fuzz/program/program_internal.h"

// A program is a function of its seed whatever the compiler, so no expression draws two random numbers unless
// the language says which comes first.

enum { GENERATOR_SLOTS = HT_FRAME_SLOTS * HT_FRAMES_MAX, HOT_SIZES = 3 };

enum size_law { SIZE_LOGARITHMIC, SIZE_SMALL, SIZE_ELEMENTS, SIZE_HOT, SIZE_EDGES, SIZE_LAWS };

enum slot_content { SLOT_EMPTY, SLOT_UNKNOWN, SLOT_TYPE_0 }; // SLOT_TYPE_0 + t: an object of type t

struct generator {
  struct ht_program *program;
  struct ht_random random;
  size_t length; // how long the program shall be
  enum size_law size_law;
  uint16_t hot_sizes[HOT_SIZES]; // codes
  unsigned hot_slots;            // most operands are among so many
  unsigned weights[HT_OPERATION_CODES], weight_sum;
  uint8_t frames[HT_MUTATORS_MAX];
  uint8_t slots[HT_MUTATORS_MAX][GENERATOR_SLOTS]; // enum slot_content
};

// Appends the operation; not if the program is full or does without such operations.
void ht_generator_append(struct generator *generator, struct ht_operation operation);

unsigned ht_generator_slots(const struct generator *generator, unsigned mutator); // how many there are
unsigned ht_generator_slot(struct generator *generator, unsigned mutator);
uint16_t ht_generator_size(struct generator *generator, unsigned type);

// One structure by one mutator (two where it takes two).
void ht_generator_structure(struct generator *generator, unsigned mutator);

#endif
