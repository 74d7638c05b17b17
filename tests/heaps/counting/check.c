// What the heap says of itself: the walk, and the check that counts all references once more.

#include "tests/heaps/counting/counting_internal.h"

#include <stdarg.h>
#include <stdio.h>

// for (each object of heap h) ...
#define each_object(header, h)                                                                          \
  counting_each_chunk(chunk,                                                                            \
                      h) for (size_t cell = 0; cell < chunk->cells;                                     \
                              cell++) for (struct counting_header *header = counting_cell(chunk, cell); \
                                           header && header->type; header = NULL)

void counting_walk(struct ht_mutator *m, ht_visitor *visitor, void *context) {
  each_object(header, counting_heap_of(m)) {
    struct ht_claim claim = {.object = header + 1, .bytes = header->bytes, .type = header->type};
    if (!visitor(context, &claim)) return;
  }
}

struct examination {
  struct counting_heap *heap;
  char *message;
  size_t size;
  bool whole;
};

__attribute__((format(printf, 2, 3))) static void broken(struct examination *e, const char *format, ...) {
  if (!e->whole) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(e->message, e->size, format, arguments);
  va_end(arguments);
  e->whole = false;
}

static void check_reference(void *context, ht_ref *reference) {
  struct examination *e = context;
  if (*reference && !counting_find(e->heap, *reference))
    broken(e, "the reference at %p is to %p, where no object is", (void *)reference, *reference);
}

static void uncount(void *context, ht_ref *reference) {
  (void)context;
  if (*reference) counting_header_of(*reference)->count -= COUNTING_ONE;
}

static void recount(void *context, ht_ref *reference) {
  (void)context;
  counting_hold(*reference);
}

static void each_reference(struct counting_heap *h, rooted_visitor *visit, void *context) {
  rooted_each(&h->rooted, visit, context);
  each_object(header, h) rooted_each_field(header->type, header + 1, header->bytes, visit, context);
}

static void check_chunk(struct examination *e, struct counting_chunk *chunk) {
  size_t used = 0, free = 0;
  for (size_t i = 0; i < chunk->cells; i++) used += counting_cell(chunk, i)->type != NULL;
  for (struct counting_header *header = chunk->free; header && free <= chunk->cells;
       header = header->next_free)
    free++;
  if (used != chunk->used || used + free != chunk->cells)
    broken(e, "the chunk %p counts %zu of %zu cells used; %zu are, and %zu are free", (void *)chunk,
           chunk->used, chunk->cells, used, free);
  if (base_link_is_listed(&chunk->ready) != (chunk->free != NULL))
    broken(e, "the chunk %p is on the wrong side of its list", (void *)chunk);
}

// Takes every reference off the count of its object: what is left then is wrong, unless the object is dying,
// when it had none.
static void check_counts(struct examination *e) {
  struct counting_heap *h = e->heap;
  each_reference(h, uncount, NULL);
  each_object(header, h) {
    if (header->count != 0 && !(header->count & 1))
      broken(e, "the object %p counts %zd references too many", (void *)(header + 1),
             (ssize_t)header->count / (ssize_t)COUNTING_ONE);
  }
  each_reference(h, recount, NULL);
}

bool counting_check(struct ht_mutator *m, char *message, size_t size) {
  struct examination e = {counting_heap_of(m), message, size, true};
  uint64_t objects = 0, bytes = 0;
  counting_each_chunk(chunk, e.heap) check_chunk(&e, chunk);
  if (e.whole) each_reference(e.heap, check_reference, &e);
  if (e.whole) check_counts(&e);
  each_object(header, e.heap) {
    objects++;
    bytes += header->bytes;
  }
  if (objects != e.heap->statistics.live_objects || bytes != e.heap->statistics.live_bytes)
    broken(&e, "%llu objects of %llu bytes are counted, %llu of %llu are there",
           (unsigned long long)e.heap->statistics.live_objects,
           (unsigned long long)e.heap->statistics.live_bytes, (unsigned long long)objects,
           (unsigned long long)bytes);
  return e.whole;
}
