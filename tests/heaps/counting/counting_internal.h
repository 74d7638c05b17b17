#ifndef COUNTING_INTERNAL_H
#define COUNTING_INTERNAL_H

#include "tests/heaps/counting/counting_inline.h"

// Takes an object's cell back; what it refers to is the caller's matter.
void counting_give(struct counting_heap *h, struct counting_header *header);

// The chunk of an object of this heap.
struct counting_chunk *counting_chunk_of(const struct counting_header *header);

// The object that `reference` is a reference to, or NULL if it is none to a live object of this heap.
struct counting_header *counting_find(struct counting_heap *h, const void *reference);

// The last chunks of their class, without objects, go back.
void counting_return_empty(struct counting_heap *h);

// Entries of the table.
void counting_walk(struct ht_mutator *m, ht_visitor *visitor, void *context);
bool counting_check(struct ht_mutator *m, char *message, size_t size);

// for (each chunk of heap h) ...; the body may remove it.
#define counting_each_chunk(chunk, h)                                                                        \
  for (struct base_link *chunk##_link = (h)->chunks.head.next, *chunk##_next;                                \
       chunk##_next = chunk##_link->next, chunk##_link != &(h)->chunks.head; chunk##_link = chunk##_next)    \
    for (struct counting_chunk *chunk = base_container_of(chunk##_link, struct counting_chunk, link); chunk; \
         chunk = NULL)

static inline struct counting_header *counting_cell(struct counting_chunk *chunk, size_t index) {
  return (struct counting_header *)((char *)chunk + chunk->first + index * chunk->cell);
}

#endif
