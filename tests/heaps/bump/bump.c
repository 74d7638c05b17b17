#include "tests/heaps/bump/bump_inline.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

static const struct ht_option options[] = {
    {"chunk", "4096..1073741824", "65536",
     "bytes of a carrier's first chunk; each further one is twice as large, up to 32 MiB"},
    {0},
};

enum { LARGEST_CHUNK = 32 << 20 };

union bump_record {
  struct ht_carrier carrier;
  struct bump_mutator mutator;
};

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  size_t chunk;
  if (!ht_settings_check(config, options)) return HT_BAD_OPTION;
  if (!ht_setting_number(config, options, "chunk", HT_PAGE_SIZE, 1 << 30, &chunk)) return HT_BAD_OPTION;

  struct bump_heap *h = small_heap_create(config, &heaptrial_heap, sizeof *h, sizeof(union bump_record));
  if (!h) return HT_NO_MEMORY;
  h->first_chunk = base_page_round(chunk);
  base_mutex_init(&h->mutex);
  base_list_init(&h->chunks);
  base_list_init(&h->carriers);
  *heap = &h->small.head;
  return HT_OK;
}

static void destroy(struct ht_heap *heap) {
  struct bump_heap *h = (struct bump_heap *)heap;
  base_list_each_removable(link, &h->chunks) {
    struct bump_chunk *chunk = base_container_of(link, struct bump_chunk, link);
    pages_release(&h->small.pages, chunk, chunk->bytes, chunk->bytes);
  }
  base_mutex_destroy(&h->mutex);
  small_heap_destroy(&h->small);
}

static void *take_record(struct bump_heap *h) {
  base_mutex_lock(&h->mutex);
  void *record = records_take(&h->small.records);
  base_mutex_unlock(&h->mutex);
  return record;
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct bump_heap *h = (struct bump_heap *)heap;
  struct ht_carrier *c = take_record(h);
  if (!c) return false;
  c->heap = h;
  c->next_chunk = h->first_chunk;
  base_mutex_lock(&h->mutex);
  base_list_push_last(&h->carriers, &c->link);
  base_mutex_unlock(&h->mutex);
  *carrier = c;
  return true;
}

static void carrier_close(struct ht_carrier *carrier) {
  struct bump_heap *h = carrier->heap;
  base_mutex_lock(&h->mutex);
  if (carrier->chunk) carrier->chunk->next = carrier->next;
  base_link_remove(&carrier->link);
  records_give(&h->small.records, carrier);
  base_mutex_unlock(&h->mutex);
}

bool bump_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator) {
  struct bump_mutator *m = take_record((struct bump_heap *)heap);
  if (!m) return false;
  m->head.heap = heap;
  m->carrier = carrier;
  *mutator = &m->head;
  return true;
}

void bump_detach(struct ht_mutator *m) {
  struct bump_heap *h = (struct bump_heap *)m->heap;
  base_mutex_lock(&h->mutex);
  records_give(&h->small.records, m);
  base_mutex_unlock(&h->mutex);
}

bool bump_refill(struct ht_carrier *carrier, size_t need) {
  struct bump_heap *h = carrier->heap;
  size_t head = base_round_up(sizeof(struct bump_chunk), RUN_GRANULE);
  size_t bytes = base_page_round(head + need);
  if (bytes < carrier->next_chunk) bytes = carrier->next_chunk;
  struct bump_chunk *chunk = pages_map(&h->small.pages, bytes, 0);
  if (!chunk) return false;
  chunk->bytes = bytes;
  chunk->start = (char *)chunk + head;
  base_mutex_lock(&h->mutex);
  if (carrier->chunk) carrier->chunk->next = carrier->next;
  base_list_push_last(&h->chunks, &chunk->link);
  base_mutex_unlock(&h->mutex);
  carrier->chunk = chunk;
  carrier->next = chunk->start;
  carrier->end = (char *)chunk + bytes;
  if (carrier->next_chunk < LARGEST_CHUNK) carrier->next_chunk *= 2;
  return true;
}

// In place where the object's own cell suffices, or where it is the carrier's last one and there is room
// behind it; otherwise by copying, which leaves a gap. What is given up is zeroed: a run reads gaps as zero,
// and allocation takes its memory as zero.
bool bump_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags) {
  struct ht_carrier *carrier = ((struct bump_mutator *)m)->carrier;
  char *object = *slot;
  struct run_header *header = run_header_of(object);
  size_t old = run_bytes(header), bytes = ht_type_bytes(header->type, count);
  if (bytes > RUN_LARGEST) return false;
  bool last = object + run_cell(old) == carrier->next;
  if (run_cell(bytes) <= run_cell(old) || (last && run_cell(bytes) <= (size_t)(carrier->end - object))) {
    if (bytes < old) memset(object + bytes, 0, run_cell(old) - bytes);
    header->shape = bytes << RUN_BYTES_SHIFT | (header->shape & RUN_ALIGNMENT_BITS);
    if (last) carrier->next = object + run_cell(bytes);
  } else {
    if (!heap_alloc(m, slot, header->type, count, run_alignment(header), 0)) return false;
    memcpy(*slot, object, old < bytes ? old : bytes);
    memset(header, 0, sizeof *header + run_cell(old));
  }
  if ((flags & HT_ZEROED) && bytes > old) memset((char *)*slot + old, 0, bytes - old);
  return true;
}

// Nothing is traced, so roots need no record.
static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
  return true;
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
}

// Counting objects would cost every allocation something; what was mapped is counted anyway.
static void statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  struct bump_heap *h = (struct bump_heap *)heap;
  *statistics = (struct ht_statistics){
      .live_objects = HT_UNKNOWN,
      .live_bytes = HT_UNKNOWN,
      .allocated_objects = HT_UNKNOWN,
      .allocated_bytes = HT_UNKNOWN,
      .committed_bytes = atomic_load_explicit(&h->small.pages.committed, memory_order_relaxed),
  };
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return run_bytes(run_header_of(object));
}

static bool owns(struct ht_heap *heap, const void *address) {
  struct bump_heap *h = (struct bump_heap *)heap;
  bool found = false;
  base_mutex_lock(&h->mutex);
  base_list_each(link, &h->chunks) {
    struct bump_chunk *chunk = base_container_of(link, struct bump_chunk, link);
    found |= (uintptr_t)address - (uintptr_t)chunk < chunk->bytes;
  }
  base_mutex_unlock(&h->mutex);
  return found;
}

// Carriers keep how far they have come to themselves; with every other mutator blocked it can be read.
static void gather(struct bump_heap *h) {
  base_list_each(link, &h->carriers) {
    struct ht_carrier *carrier = base_container_of(link, struct ht_carrier, link);
    if (carrier->chunk) carrier->chunk->next = carrier->next;
  }
}

static void walk(struct ht_mutator *m, ht_visitor *visitor, void *context) {
  struct bump_heap *h = (struct bump_heap *)m->heap;
  gather(h);
  base_list_each(link, &h->chunks) {
    struct bump_chunk *chunk = base_container_of(link, struct bump_chunk, link);
    if (!run_walk(chunk->start, chunk->next, visitor, context)) return;
  }
}

static bool check(struct ht_mutator *m, char *message, size_t size) {
  struct bump_heap *h = (struct bump_heap *)m->heap;
  gather(h);
  base_list_each(link, &h->chunks) {
    struct bump_chunk *chunk = base_container_of(link, struct bump_chunk, link);
    if (!run_check(chunk->start, chunk->next, message, size)) return false;
  }
  return true;
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "bump",
    .description = "moves a pointer, never frees",
    .capabilities =
        HT_RESIZES | HT_TELLS_SIZE | HT_TELLS_OWNER | HT_MEMORY_HOOK | HT_WALKS | HT_CHECKS | HT_REPEATABLE,
    .options = options,
    .minimum_alignment = RUN_GRANULE,
    .natural_alignment = RUN_GRANULE,
    .maximum_alignment = RUN_MAXIMUM_ALIGNMENT,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .statistics = statistics,
    .usable_size = usable_size,
    .owns = owns,
    .walk = walk,
    .check = check,
};
