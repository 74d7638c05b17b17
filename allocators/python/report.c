// What the heap tells of itself.

#include "allocators/python/report.h"

void python_statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  struct python_heap *h = (struct python_heap *)heap;
  *statistics = (struct ht_statistics){
      .committed_bytes = atomic_load_explicit(&h->rooted.small.pages.committed, memory_order_relaxed)};
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->interpreters) {
    const struct python_interpreter *i = python_interpreter_of(link);
    statistics->live_objects += i->allocated_objects - i->ended_objects;
    statistics->live_bytes += i->allocated_bytes - i->ended_bytes;
    statistics->allocated_objects += i->allocated_objects;
    statistics->allocated_bytes += i->allocated_bytes;
    statistics->cycles += i->cycles;
    statistics->collector_ns += i->collector_ns;
  }
  base_mutex_unlock(&h->lists);
}

size_t python_usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return python_bytes(python_object_of(object));
}

bool python_owns(struct ht_heap *heap, const void *address) {
  struct python_heap *h = (struct python_heap *)heap;
  bool owns = false;
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->interpreters) owns |= obmalloc_owns(&python_interpreter_of(link)->blocks, address);
  base_mutex_unlock(&h->lists);
  return owns;
}

// An object's reference names its block, which has to be one. Its headers are read only where the heap has
// memory.
void python_free_invalid(struct ht_mutator *m, void *address) {
  struct obmalloc *blocks = &python_mutator_of(m)->interpreter->blocks;
  struct python_object *o = python_object_of(address);
  bool readable = (uintptr_t)address % PYTHON_ALIGNMENT == 0 && obmalloc_owns(blocks, o);
  void *block = readable ? python_block_of(o) : address;
  if (!readable || !obmalloc_is_block(blocks, block) || python_of_block(block) != o) __builtin_trap();
  python_dealloc(python_mutator_of(m), o);
}

struct walking {
  ht_visitor *visit;
  void *context;
  bool ended;
};

static void show(void *context, struct python_object *o) {
  struct walking *w = context;
  struct ht_claim claim = {.object = python_reference_to(o), .bytes = python_bytes(o), .type = o->type};
  if (!w->ended) w->ended = !w->visit(w->context, &claim);
}

void python_walk(struct ht_mutator *m, ht_visitor *visitor, void *context) {
  struct walking w = {visitor, context, false};
  python_each_object(python_heap_of(python_mutator_of(m)), show, &w);
}
