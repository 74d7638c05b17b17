// Go's spanSet: a set of spans that any thread adds to and takes from, without a lock.
//
// An array without an end: a span is put at the tail and taken from the head. Both are halves of one word, so
// that what is read of them belongs together, and only ever grow. The array is cut into blocks; the spine
// says where each lies.
//
//              0        1        2        3
//    spine  [  .  |  block  | block  |        ]     blocks below the head's are given back, and their
//                     |        |                    entries say nothing any more
//                 - - s s   s s s -
//                     ^           ^
//                    head        tail
//
// Whoever moves the head or the tail owns the slot that was there. A slot's owner may be slow: who takes
// waits for the span to be there, and a block is given back by who empties the last of its slots, whichever
// that is. (Go once went by the slot's number, which gave a block back under another's hands: #37487.)
//
// A block is there before the tail moves into it, so a refusal of memory leaves everything as it was. (Go
// moves the tail first, and then does not return without memory.)
//
// Blocks belong to all sets of a heap. Giving one back takes no lock; to get one, or a longer spine, takes
// the memory's mutex, once in GO_SET_BLOCK spans. Memory goes back when the heap is finished, not before: who
// is slow may still read a spine that was replaced.
//
// (Go 1.26, runtime/mspanset.go.)
#ifndef GO_SETS_SPAN_SET_H
#define GO_SETS_SPAN_SET_H

#include "allocators/common/pages.h"
#include "base/mutex.h"

// Slots of a block, and entries of a first spine: Go's, but for tests.
#ifndef GO_SET_BLOCK
#define GO_SET_BLOCK 512
#endif
#ifndef GO_SET_SPINE
#define GO_SET_SPINE 256
#endif

struct go_span; // nothing is known of it
struct go_set_block;
struct go_set_chunk;
struct go_set_spine;

// Where the sets of a heap have their memory from.
struct go_set_memory {
  struct pages *pages;
  struct base_mutex mutex;             // guards what follows but `free`; held while `pages` is asked
  struct go_set_chunk *chunks;         // all there are
  char *next, *end;                    // what is left of one
  size_t made;                         // blocks
  _Atomic(struct go_set_block *) free; // blocks; under the mutex they are only taken
};

// `pages` stays until finish, after which no set that stands on the memory may be used.
void go_set_memory_init(struct go_set_memory *memory, struct pages *pages);
void go_set_memory_finish(struct go_set_memory *memory);

enum { GO_SET_LINE = 64 }; // bytes that processors take from one another at once

struct go_span_set {
  _Alignas(GO_SET_LINE) _Atomic uint64_t index; // head in the upper half, tail in the lower
  _Atomic(struct go_set_spine *) spine;
  _Atomic uint32_t length; // entries of the spine since the last reset
  uint32_t capacity;       // of the spine; guarded by the memory's mutex
  struct go_set_memory *memory;
};

// Takes no memory.
void go_span_set_init(struct go_span_set *set, struct go_set_memory *memory);

// False: no memory (or 2^32 spans since the last reset), and nothing has changed. What the caller wrote
// before is visible to who takes the span.
bool go_span_set_push(struct go_span_set *set, struct go_span *span);

// NULL: it was empty. Who adds the span at the head, and has not finished, is waited for.
struct go_span *go_span_set_pop(struct go_span_set *set);

// At one moment of the call.
static inline bool go_span_set_is_empty(const struct go_span_set *set) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  return index >> 32 == (uint32_t)index;
}

// What follows is for who has the set alone.

// Starts counting from 0 again. Traps if a span is in the set.
void go_span_set_reset(struct go_span_set *set);

// From head to tail, until `see` returns false; then returns false too.
bool go_span_set_each(const struct go_span_set *set, bool (*see)(void *context, struct go_span *span),
                      void *context);

// NULL, or what is wrong with the set.
const char *go_span_set_check(const struct go_span_set *set);

// Blocks that a set holds; those that all sets of a memory hold.
size_t go_span_set_blocks(const struct go_span_set *set);
size_t go_set_memory_blocks(const struct go_set_memory *memory);

#endif
