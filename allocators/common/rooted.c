#include "allocators/common/rooted.h"

struct rooted_global {
  struct base_link link;
  ht_ref *global;
};

union rooted_record {
  struct ht_carrier carrier;
  struct rooted_mutator mutator;
  struct rooted_global global;
  struct ht_weak watch;
};

void *rooted_create(const struct ht_config *config, const struct ht_heap_table *table, size_t bytes,
                    size_t mutator_bytes) {
  size_t record = sizeof(union rooted_record) > mutator_bytes ? sizeof(union rooted_record) : mutator_bytes;
  struct rooted_heap *heap = small_heap_create(config, table, bytes, record);
  if (!heap) return NULL;
  base_list_init(&heap->mutators);
  base_list_init(&heap->globals);
  return heap;
}

void rooted_destroy(struct rooted_heap *heap) {
  small_heap_destroy(&heap->small);
}

bool rooted_carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct rooted_heap *h = (struct rooted_heap *)heap;
  struct ht_carrier *c = records_take(&h->small.records);
  if (!c) return false;
  c->heap = h;
  *carrier = c;
  return true;
}

void rooted_carrier_close(struct ht_carrier *carrier) {
  records_give(&carrier->heap->small.records, carrier);
}

bool rooted_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator) {
  (void)carrier;
  struct rooted_heap *h = (struct rooted_heap *)heap;
  struct rooted_mutator *m = records_take(&h->small.records);
  if (!m) return false;
  m->head.heap = heap;
  base_list_push_last(&h->mutators, &m->link);
  *mutator = &m->head;
  return true;
}

void rooted_detach(struct ht_mutator *mutator) {
  struct rooted_heap *h = (struct rooted_heap *)mutator->heap;
  struct rooted_mutator *m = (struct rooted_mutator *)mutator;
  base_link_remove(&m->link);
  records_give(&h->small.records, m);
}

bool rooted_global_add(struct ht_heap *heap, ht_ref *global) {
  struct rooted_heap *h = (struct rooted_heap *)heap;
  struct rooted_global *record = records_take(&h->small.records);
  if (!record) return false;
  record->global = global;
  base_list_push_last(&h->globals, &record->link);
  return true;
}

void rooted_global_remove(struct ht_heap *heap, ht_ref *global) {
  struct rooted_heap *h = (struct rooted_heap *)heap;
  base_list_each(link, &h->globals) {
    struct rooted_global *record = base_container_of(link, struct rooted_global, link);
    if (record->global != global) continue;
    base_link_remove(link);
    records_give(&h->small.records, record);
    return;
  }
}

void rooted_each(struct rooted_heap *heap, rooted_visitor *visit, void *context) {
  base_list_each(link, &heap->mutators) {
    struct ht_mutator *m = &base_container_of(link, struct rooted_mutator, link)->head;
    for (struct ht_frame *frame = m->frames; frame; frame = frame->previous)
      for (size_t i = 0; i < frame->count; i++) visit(context, &frame->slots[i]);
  }
  base_list_each(link, &heap->globals)
      visit(context, base_container_of(link, struct rooted_global, link)->global);
}

void rooted_each_field(const struct ht_type *type, ht_ref object, size_t bytes, rooted_visitor *visit,
                       void *context) {
  ht_ref *fields = object;
  size_t words = bytes / HT_WORD;
  for (size_t word = 0; (word = ht_type_next_reference(type, word, words)) < words; word++)
    visit(context, &fields[word]);
}
