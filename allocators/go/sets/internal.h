#ifndef GO_SETS_INTERNAL_H
#define GO_SETS_INTERNAL_H

#include "allocators/go/sets/span_set.h"

struct go_set_block {
  _Alignas(GO_SET_LINE) struct go_set_block *next; // of the free ones
  _Atomic uint32_t popped;                         // slots that were emptied
  _Atomic(struct go_span *) slots[GO_SET_BLOCK];   // NULL: not there yet, or taken
};

// An entry is written once, before the set's length says that it is there.
struct go_set_spine {
  struct go_set_block *blocks[1]; // as many as the set's capacity says
};

// With the memory's mutex held. NULL: refused. All zero, but for the block's `next`.
struct go_set_block *go_set_take_block(struct go_set_memory *memory);
struct go_set_spine *go_set_take_spine(struct go_set_memory *memory, uint32_t capacity);

// By any thread, without the mutex. Every slot is NULL.
void go_set_give_block(struct go_set_memory *memory, struct go_set_block *block);

#endif
