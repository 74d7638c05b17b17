#include "allocators/common/small_heap.h"

#include <heaptrial/settings.h>

void *small_heap_create(const struct ht_config *config, const struct ht_heap_table *table, size_t bytes,
                        size_t record_size) {
  struct small_heap *heap =
      base_map(config->memory ? config->memory : base_memory_os(), base_page_round(bytes), 0);
  if (!heap) {
    ht_config_fail(config, HT_NO_MEMORY, "no memory for the heap's own structure");
    return NULL;
  }
  heap->head.table = table;
  heap->bytes = base_page_round(bytes);
  pages_init(&heap->pages, config);
  pages_count_committed(&heap->pages, heap->bytes);
  records_init(&heap->records, &heap->pages, record_size);
  return heap;
}

void small_heap_destroy(struct small_heap *heap) {
  const struct ht_memory *memory = heap->pages.memory;
  records_finish(&heap->records);
  pages_count_returned(&heap->pages, heap->bytes);
  base_release(memory, heap, heap->bytes);
}
