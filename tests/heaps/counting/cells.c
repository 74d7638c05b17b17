// Where objects lie: chunks of cells.

#include "tests/heaps/counting/counting_internal.h"

static struct counting_chunk *map_chunk(struct counting_heap *h, size_t bytes, size_t cell, size_t first,
                                        size_t cells) {
  struct counting_chunk *chunk = pages_map(&h->rooted.small.pages, bytes, COUNTING_CHUNK);
  if (!chunk) return NULL;
  chunk->bytes = bytes;
  chunk->cell = cell;
  chunk->first = first;
  chunk->cells = cells;
  base_list_push_last(&h->chunks, &chunk->link);
  return chunk;
}

static void unmap_chunk(struct counting_heap *h, struct counting_chunk *chunk) {
  base_link_remove(&chunk->link);
  if (base_link_is_listed(&chunk->ready)) base_link_remove(&chunk->ready);
  pages_release(&h->rooted.small.pages, chunk, chunk->bytes, chunk->bytes);
}

// The largest cell of a class: counting_class backwards.
static size_t class_cell(unsigned class) {
  if (class < COUNTING_FINE) return (class + 3) * COUNTING_NATURAL_ALIGNMENT;
  unsigned log2 = COUNTING_FINE_LOG2 + (class - COUNTING_FINE) / 4;
  return ((size_t)1 << log2) + (((class - COUNTING_FINE) % 4 + 1) << (log2 - 2));
}

struct counting_chunk *counting_add_chunk(struct counting_heap *h, unsigned class) {
  size_t first = base_round_up(sizeof(struct counting_chunk), COUNTING_NATURAL_ALIGNMENT);
  size_t cell = class_cell(class);
  struct counting_chunk *chunk = map_chunk(h, COUNTING_CHUNK, cell, first, (COUNTING_CHUNK - first) / cell);
  if (!chunk) return NULL;
  for (size_t i = chunk->cells; i-- > 0;) {
    struct counting_header *header = counting_cell(chunk, i);
    header->next_free = chunk->free;
    chunk->free = header;
  }
  base_list_push_first(&h->ready[class], &chunk->ready);
  return chunk;
}

struct counting_header *counting_take_large(struct counting_heap *h, size_t bytes, size_t alignment) {
  size_t head = sizeof(struct counting_chunk) + sizeof(struct counting_header);
  size_t object =
      base_round_up(head, alignment > COUNTING_NATURAL_ALIGNMENT ? alignment : COUNTING_NATURAL_ALIGNMENT);
  size_t whole = base_page_round(object + bytes + !bytes);
  size_t first = object - sizeof(struct counting_header);
  struct counting_chunk *chunk = map_chunk(h, whole, whole - first, first, 1);
  if (!chunk) return NULL;
  chunk->used = 1;
  return counting_cell(chunk, 0);
}

struct counting_chunk *counting_chunk_of(const struct counting_header *header) {
  return (struct counting_chunk *)base_round_down((uintptr_t)(header + 1), COUNTING_CHUNK);
}

void counting_give(struct counting_heap *h, struct counting_header *header) {
  struct counting_chunk *chunk = counting_chunk_of(header);
  h->statistics.live_objects--;
  h->statistics.live_bytes -= header->bytes;
  if (chunk->cells == 1) {
    unmap_chunk(h, chunk);
    return;
  }
  struct base_list *ready = &h->ready[counting_class(chunk->cell)];
  header->type = NULL;
  header->next_free = chunk->free;
  chunk->free = header;
  chunk->used--;
  if (!base_link_is_listed(&chunk->ready)) base_list_push_first(ready, &chunk->ready);
  if (!chunk->used && base_list_first(ready) != base_list_last(ready)) unmap_chunk(h, chunk);
}

void counting_return_empty(struct counting_heap *h) {
  counting_each_chunk(chunk, h) if (!chunk->used) unmap_chunk(h, chunk);
}

struct counting_header *counting_find(struct counting_heap *h, const void *reference) {
  counting_each_chunk(chunk, h) {
    size_t offset = (uintptr_t)reference - (uintptr_t)chunk - chunk->first - sizeof(struct counting_header);
    if (offset >= chunk->cells * chunk->cell || offset % chunk->cell) continue;
    struct counting_header *header = counting_cell(chunk, offset / chunk->cell);
    return header->type ? header : NULL;
  }
  return NULL;
}
