#ifndef COUNTING_INLINE_H
#define COUNTING_INLINE_H

// The heap "counting": every object counts the references to it, and ends at once when there are none.
//
// Small objects lie in chunks of equal cells, one free list a chunk; a chunk whose last object has ended goes
// back unless it is the only one of its class with free cells, and a full collection returns those too. Large
// or widely aligned objects have a chunk each. A chunk starts at a multiple of its least size, and an object
// in its chunk's first pages, so a chunk is found from its object.
//
//   chunk | head | header, object | header, object | free | ...
//
// An object whose count has come to 0 is put on a list of dying ones, linked through their counts; whoever
// dropped the reference goes through the list when all that it had to write is written. So structures of any
// depth end without recursion, and callbacks, which come from there, find every slot and field as it will
// stay. Cycles are never reclaimed.
//
// (Collins, "A method for overlapping and erasure of lists", CACM 3, 1960; Weizenbaum, "Symmetric list
// processor", CACM 6, 1963, for the list in place of recursion.)

#include "base/bits.h"
#include "allocators/common/rooted.h"

#include <heaptrial/optional.h>
#include <heaptrial/words.h>

#include <string.h>

enum {
  COUNTING_NATURAL_ALIGNMENT = 16,
  COUNTING_MAXIMUM_ALIGNMENT = 4096,
  COUNTING_CHUNK = 16 << 10,
  COUNTING_LARGEST_CELL = 2048,
  // Classes of cells: multiples of 16 from 48 to 128, then four to each doubling.
  COUNTING_FINE = 6,
  COUNTING_FINE_LOG2 = 7,
  COUNTING_CLASSES = COUNTING_FINE + 4 * 4,
};

// What counts as one reference: the lowest bit of a count says that the rest is the next dying object.
#define COUNTING_ONE ((uintptr_t)2)

// No address space has more; sums with it do not wrap.
#define COUNTING_LARGEST ((size_t)1 << 47)

struct counting_header {
  const struct ht_type *type; // NULL: a free cell
  size_t bytes;
  uintptr_t count;
  union {
    struct ht_weak *watches;
    struct counting_header *next_free;
  };
};

struct counting_chunk {
  struct base_link link, ready; // ready: in its class's list of chunks with free cells
  struct counting_header *free;
  size_t bytes, cell, first; // first: where the first header is
  size_t cells, used;
};

struct counting_heap {
  struct rooted_heap rooted;
  struct base_list chunks;                  // all of them
  struct base_list ready[COUNTING_CLASSES]; // those with free cells
  struct counting_header *dying;
  bool ending; // somebody goes through the dying ones
  struct base_list due;
  struct ht_statistics statistics;
};

// A cell for an object. NULL: no memory.
struct counting_header *counting_take_large(struct counting_heap *h, size_t bytes, size_t alignment);
struct counting_chunk *counting_add_chunk(struct counting_heap *h, unsigned class);

// Ends what is dying, and calls back.
void counting_end_dying(struct ht_mutator *m);

bool counting_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags);
void counting_collect(struct ht_mutator *m, bool full);

// The class for a cell of `bytes`, header included, which are at most COUNTING_LARGEST_CELL.
static inline unsigned counting_class(size_t bytes) {
  unsigned granules = (unsigned)((bytes + 15) / 16);
  if (granules <= 8) return granules < 3 ? 0 : granules - 3;
  unsigned log2 = base_log2_floor(bytes - 1);
  return COUNTING_FINE + (log2 - COUNTING_FINE_LOG2) * 4 +
         (unsigned)((bytes - 1 - ((size_t)1 << log2)) >> (log2 - 2));
}

static inline struct counting_header *counting_header_of(ht_ref object) {
  return (struct counting_header *)object - 1;
}

static inline struct counting_heap *counting_heap_of(struct ht_mutator *m) {
  return (struct counting_heap *)m->heap;
}

static inline void counting_hold(ht_ref object) {
  if (object) counting_header_of(object)->count += COUNTING_ONE;
}

// Takes a reference away. The caller ends what is dying when it has written all that it had to write.
static inline void counting_drop(struct counting_heap *h, ht_ref object) {
  if (!object) return;
  struct counting_header *header = counting_header_of(object);
  header->count -= COUNTING_ONE;
  if (header->count) return;
  header->count = (uintptr_t)h->dying | 1;
  h->dying = header;
}

static inline void counting_settle(struct ht_mutator *m) {
  if (__builtin_expect(counting_heap_of(m)->dying != NULL, 0)) counting_end_dying(m);
}

// Writes a word that holds a counted reference, already counted for its new place.
static inline void counting_write(struct ht_mutator *m, ht_ref *word, ht_ref value) {
  ht_ref old = *word;
  ht_word_store(word, value);
  counting_drop(counting_heap_of(m), old);
  counting_settle(m);
}

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  return rooted_attach(heap, carrier, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  rooted_detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  (void)m;
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  (void)m, (void)carrier;
}

static inline void heap_poll(struct ht_mutator *m) {
  (void)m;
}

static inline void heap_push(struct ht_mutator *m, struct ht_frame *frame) {
  ht_frames_push(m, frame);
}

static inline void heap_pop(struct ht_mutator *m) {
  struct ht_frame *frame = m->frames;
  ht_frames_pop(m);
  for (size_t i = 0; i < frame->count; i++) {
    ht_ref object = frame->slots[i];
    frame->slots[i] = NULL;
    counting_drop(counting_heap_of(m), object);
  }
  counting_settle(m);
}

static inline void heap_root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  counting_hold(object);
  counting_write(m, slot, object);
}

static inline void heap_root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  (void)object;
  heap_root_set(m, slot, ht_word_load(field));
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  struct counting_heap *h = counting_heap_of(m);
  size_t bytes = ht_type_bytes(type, count);
  struct counting_header *header;
  if (bytes > COUNTING_LARGEST) return false;
  if (bytes <= COUNTING_LARGEST_CELL - sizeof *header && alignment <= COUNTING_NATURAL_ALIGNMENT) {
    unsigned class = counting_class(sizeof *header + bytes);
    struct base_link *link = base_list_first(&h->ready[class]);
    struct counting_chunk *chunk =
        link ? base_container_of(link, struct counting_chunk, ready) : counting_add_chunk(h, class);
    if (!chunk) return false;
    header = chunk->free;
    chunk->free = header->next_free;
    chunk->used++;
    if (!chunk->free) base_link_remove(&chunk->ready);
  } else {
    header = counting_take_large(h, bytes, alignment);
    if (!header) return false;
  }
  header->type = type;
  header->bytes = bytes;
  header->count = COUNTING_ONE;
  header->watches = NULL;
  h->statistics.live_objects++;
  h->statistics.live_bytes += bytes;
  h->statistics.allocated_objects++;
  h->statistics.allocated_bytes += bytes;
  if (type->references || (flags & HT_ZEROED)) memset(header + 1, 0, bytes);
  counting_write(m, slot, header + 1);
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)type, (void)old_count; // the header has them
  return counting_resize(m, slot, count, flags);
}

static inline ht_ref heap_load(struct ht_mutator *m, ht_ref object, const ht_ref *field) {
  (void)m, (void)object;
  return ht_word_load(field);
}

static inline void heap_store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  (void)object;
  counting_hold(value);
  counting_write(m, field, value);
}

// Is `field` of `object`, or of no object, a reference?
static inline bool counting_is_reference(ht_ref object, const ht_ref *field) {
  return !object || ht_type_is_reference_field(counting_header_of(object)->type, object, field);
}

// A word of a run: what it held is dropped, and the caller ends what is dying after the last one.
static inline void counting_move_word(struct counting_heap *h, ht_ref object, ht_ref *field, ht_ref value) {
  ht_ref old = *field;
  bool counted = counting_is_reference(object, field);
  if (counted) counting_hold(value);
  ht_word_store(field, value);
  if (counted) counting_drop(h, old);
}

static inline void heap_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, ht_ref from,
                             const ht_ref *from_field, size_t words) {
  (void)from;
  struct counting_heap *h = counting_heap_of(m);
  bool up = ht_words_go_up(to_field, from_field, words);
  for (size_t done = 0; done < words; done++) {
    size_t i = up ? done : words - 1 - done;
    counting_move_word(h, to, &to_field[i], ht_word_load(&from_field[i]));
  }
  counting_settle(m);
}

static inline void heap_clear(struct ht_mutator *m, ht_ref object, ht_ref *field, size_t words) {
  for (size_t i = 0; i < words; i++) counting_move_word(counting_heap_of(m), object, &field[i], NULL);
  counting_settle(m);
}

static inline bool heap_send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  (void)m;
  if (!ht_cell_send(cell, object)) return false;
  counting_hold(object);
  return true;
}

// The count goes with the reference.
static inline bool heap_recv(struct ht_mutator *m, ht_ref *cell, ht_ref *slot) {
  ht_ref object = ht_cell_take(cell);
  if (object) counting_write(m, slot, object);
  return object != NULL;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  counting_collect(m, full);
}

// Callbacks never wait.
static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m;
  return 0;
}

#endif
