#include "allocators/common/watch.h"

void watch_run(struct ht_mutator *m, struct records *records, struct ht_weak *watch) {
  void *data = watch->data;
  if (!watch->finalizes) {
    watch->callback(m, watch, data);
    return;
  }
  const struct ht_heap_table *table = m->heap->table;
  ht_finalizer *finalizer = watch->finalizer;
  HT_FRAME(frame, 1);
  table->push(m, frame);
  table->root_set(m, &frame->slots[0], watch->object);
  records_give(records, watch);
  finalizer(m, &frame->slots[0], data);
  table->pop(m);
}
