// Objects laid end to end, each behind a header, in the order in which they were made:
//
//   start                                                          next          end
//   | header | object ....... | header | object | gap | header | object |   free    |
//
// Everything is a multiple of a granule. A gap is what alignment or a shrunk object leaves; the first word of
// each of its granules is 0, where a header has its type, so that a run can be walked.
#ifndef TESTS_HEAPS_RUN_H
#define TESTS_HEAPS_RUN_H

#include "base/bits.h"

#include <heaptrial/heap.h>

struct run_header {
  const struct ht_type *type; // the heap that moves objects puts something else here for a while
  size_t shape;               // bytes << 8 | marks | log2 of the alignment
};

enum {
  RUN_GRANULE = 16, // the natural alignment, and the size of a header
  RUN_MAXIMUM_ALIGNMENT = 4096,
  RUN_ALIGNMENT_BITS = 0x3f,
  RUN_SEEN = 0x40, // marks: both are the heap's own
  RUN_WATCHED = 0x80,
  RUN_BYTES_SHIFT = 8,
};
_Static_assert(sizeof(struct run_header) == RUN_GRANULE, "the header keeps the alignment");

// No address space has more; sums with it do not wrap.
#define RUN_LARGEST ((size_t)1 << 47)

static inline struct run_header *run_header_of(ht_ref object) {
  return (struct run_header *)object - 1;
}

static inline size_t run_bytes(const struct run_header *header) {
  return header->shape >> RUN_BYTES_SHIFT;
}

static inline size_t run_alignment(const struct run_header *header) {
  return (size_t)1 << (header->shape & RUN_ALIGNMENT_BITS);
}

// What an object takes behind its header. Never nothing, so that each object has an address inside the run.
static inline size_t run_cell(size_t bytes) {
  return base_round_up(bytes + !bytes, RUN_GRANULE);
}

static inline size_t run_align(size_t alignment) {
  return alignment < RUN_GRANULE ? RUN_GRANULE : alignment;
}

// The most that an object takes, wherever it comes to lie; `alignment` is that of run_align.
static inline size_t run_need(size_t bytes, size_t alignment) {
  return sizeof(struct run_header) + run_cell(bytes) + (alignment - RUN_GRANULE);
}

// Puts an object at *next, where there are run_need bytes. Its content is what was there.
static inline ht_ref run_place(char **next, const struct ht_type *type, size_t bytes, size_t alignment) {
  char *object = (char *)base_round_up((uintptr_t)*next + sizeof(struct run_header), alignment);
  struct run_header *header = run_header_of(object);
  for (char *gap = *next; gap < (char *)header; gap += RUN_GRANULE) ((struct run_header *)gap)->type = NULL;
  header->type = type;
  header->shape = bytes << RUN_BYTES_SHIFT | base_ctz(alignment);
  *next = object + run_cell(bytes);
  return object;
}

static inline char *run_after(const struct run_header *header) {
  return (char *)(header + 1) + run_cell(run_bytes(header));
}

// The first header in [from, end), or NULL.
static inline struct run_header *run_first(char *from, const char *end) {
  for (; from < end; from += RUN_GRANULE)
    if (((struct run_header *)from)->type) return (struct run_header *)from;
  return NULL;
}

// for (each header of the run [start, end)) ...; the body may change what it likes but the sizes.
#define run_each(header, start, end)                                      \
  for (struct run_header *header = run_first(start, end); header != NULL; \
       header = run_first(run_after(header), end))

// Shows every object of a run; false: the visitor has ended the walk.
bool run_walk(char *start, const char *end, ht_visitor *visitor, void *context);

// Is the run whole? If not, the message says where it is broken.
bool run_check(char *start, const char *end, char *message, size_t message_size);

#endif
