#include "tests/heaps/counting/counting_internal.h"

#include "base/clock.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

#include <stdio.h>

enum {
  // A full collection leaves no chunk without an object, and a chunk is the most that a small object or the
  // alignment and rounding of a large one costs. The rest: the heap's own structure and its records.
  SPACE_FIXED = 64 << 10,
};

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  if (!ht_settings_check(config, NULL)) return HT_BAD_OPTION;
  struct counting_heap *h = rooted_create(config, &heaptrial_heap, sizeof *h, sizeof(struct rooted_mutator));
  if (!h) return HT_NO_MEMORY;
  base_list_init(&h->chunks);
  for (size_t class = 0; class < COUNTING_CLASSES; class ++) base_list_init(&h->ready[class]);
  base_list_init(&h->due);
  *heap = &h->rooted.small.head;
  return HT_OK;
}

static void destroy(struct ht_heap *heap) {
  struct counting_heap *h = (struct counting_heap *)heap;
  counting_each_chunk(chunk, h) pages_release(&h->rooted.small.pages, chunk, chunk->bytes, chunk->bytes);
  rooted_destroy(&h->rooted);
}

static void drop_field(void *context, ht_ref *reference) {
  counting_drop(context, *reference);
}

// Clears the weak references to an object and calls back. Then its finalizer runs, in whose frame the object
// is held once more: when that is popped it is alive, or dying anew. False: there was no finalizer.
static bool call_back(struct ht_mutator *m, struct counting_header *header) {
  struct counting_heap *h = counting_heap_of(m);
  struct ht_weak *finalizer = NULL;
  for (struct ht_weak *watch = header->watches; watch; watch = watch->next) {
    if (watch->finalizes) {
      finalizer = watch;
      continue;
    }
    watch->object = NULL;
    if (watch->callback) base_list_push_last(&h->due, &watch->link);
  }
  header->watches = NULL;
  struct base_link *link;
  while ((link = base_list_pop_first(&h->due)))
    watch_run(m, &h->rooted.small.records, base_container_of(link, struct ht_weak, link));
  if (finalizer) watch_run(m, &h->rooted.small.records, finalizer);
  return finalizer != NULL;
}

// Callbacks drop references too; those add to the list that is gone through here, and return.
void counting_end_dying(struct ht_mutator *m) {
  struct counting_heap *h = counting_heap_of(m);
  if (h->ending) return;
  h->ending = true;
  while (h->dying) {
    struct counting_header *header = h->dying;
    h->dying = (struct counting_header *)(header->count & ~(uintptr_t)1);
    header->count = 0;
    if (header->watches && call_back(m, header)) continue;
    rooted_each_field(header->type, header + 1, header->bytes, drop_field, h);
    counting_give(h, header);
  }
  h->ending = false;
}

// In place as long as the cell is the right one for the size.
static bool fits(const struct counting_chunk *chunk, size_t bytes) {
  if (chunk->cells == 1)
    return base_page_round(chunk->first + sizeof(struct counting_header) + bytes + !bytes) == chunk->bytes;
  size_t cell = sizeof(struct counting_header) + bytes;
  return cell <= COUNTING_LARGEST_CELL && counting_class(cell) == counting_class(chunk->cell);
}

bool counting_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags) {
  struct counting_heap *h = counting_heap_of(m);
  struct counting_header *header = counting_header_of(*slot);
  size_t old = header->bytes, bytes = ht_type_bytes(header->type, count);
  if (bytes > COUNTING_LARGEST) return false;
  if (fits(counting_chunk_of(header), bytes)) {
    h->statistics.live_bytes += bytes - old;
    header->bytes = bytes;
  } else {
    HT_FRAME(frame, 1);
    if (!heap_alloc(m, &frame->slots[0], header->type, count, 0, 0)) return false;
    ht_ref moved = frame->slots[0];
    memcpy(moved, *slot, old < bytes ? old : bytes);
    counting_header_of(moved)->watches = header->watches;
    for (struct ht_weak *watch = header->watches; watch; watch = watch->next) watch->object = moved;
    *slot = moved;
    counting_give(h, header);
  }
  if ((flags & HT_ZEROED) && bytes > old) memset((char *)*slot + old, 0, bytes - old);
  return true;
}

// Nothing waits to be reclaimed here; what a collection can do is give back empty chunks.
void counting_collect(struct ht_mutator *m, bool full) {
  struct counting_heap *h = counting_heap_of(m);
  uint64_t start = base_clock_ns(), start_cpu = base_clock_thread_ns();
  if (full) counting_return_empty(h);
  uint64_t end = base_clock_ns();
  h->statistics.cycles++;
  h->statistics.collector_ns += base_clock_thread_ns() - start_cpu;
  pages_event(&h->rooted.small.pages, HT_EVENT_CYCLE, start, end, 0, full ? "full" : "partial");
}

static struct ht_weak *watch_add(struct counting_heap *h, ht_ref object) {
  struct ht_weak *watch = records_take(&h->rooted.small.records);
  if (!watch) return NULL;
  struct counting_header *header = counting_header_of(object);
  watch->object = object;
  watch->next = header->watches;
  header->watches = watch;
  return watch;
}

static void watch_remove(struct counting_heap *h, struct ht_weak *watch) {
  if (watch->object) {
    struct ht_weak **place = &counting_header_of(watch->object)->watches;
    while (*place != watch) place = &(*place)->next;
    *place = watch->next;
  } else if (base_link_is_listed(&watch->link)) {
    base_link_remove(&watch->link);
  }
  records_give(&h->rooted.small.records, watch);
}

static bool weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                        struct ht_weak **weak) {
  struct ht_weak *watch = watch_add(counting_heap_of(m), object);
  if (!watch) return false;
  watch->callback = callback;
  watch->data = data;
  *weak = watch;
  return true;
}

// An object that is dying is gone already.
static void weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  bool gone = !weak->object || (counting_header_of(weak->object)->count & 1);
  heap_root_set(m, slot, gone ? NULL : weak->object);
}

static void weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  watch_remove(counting_heap_of(m), weak);
}

static bool finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data) {
  struct counting_heap *h = counting_heap_of(m);
  struct ht_weak *watch = counting_header_of(object)->watches;
  while (watch && !watch->finalizes) watch = watch->next;
  if (!finalizer) {
    if (watch) watch_remove(h, watch);
    return true;
  }
  if (!watch) watch = watch_add(h, object);
  if (!watch) return false;
  watch->finalizes = true;
  watch->finalizer = finalizer;
  watch->data = data;
  return true;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  struct counting_heap *h = (struct counting_heap *)heap;
  *statistics = h->statistics;
  statistics->committed_bytes = atomic_load_explicit(&h->rooted.small.pages.committed, memory_order_relaxed);
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return counting_header_of(object)->bytes;
}

static bool owns(struct ht_heap *heap, const void *address) {
  counting_each_chunk(chunk, (struct counting_heap *)heap) {
    if ((uintptr_t)address - (uintptr_t)chunk < chunk->bytes) return true;
  }
  return false;
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "counting",
    .description = "counts references and calls back at once; cycles stay",
    .capabilities = HT_COLLECTS | HT_IMMEDIATE | HT_RESIZES | HT_TELLS_SIZE | HT_TELLS_OWNER | HT_WEAK |
                    HT_FINALIZERS | HT_MEMORY_HOOK | HT_WALKS | HT_CHECKS | HT_COUNTS_LIVE | HT_REPEATABLE,
    .carriers = 1,
    .collections = 1,
    .minimum_alignment = COUNTING_NATURAL_ALIGNMENT,
    .natural_alignment = COUNTING_NATURAL_ALIGNMENT,
    .maximum_alignment = COUNTING_MAXIMUM_ALIGNMENT,
    .space_empty = SPACE_FIXED,
    .space_fixed = SPACE_FIXED,
    .space_object = COUNTING_CHUNK,
    .space_percent = 100,
    .create = create,
    .destroy = destroy,
    .carrier_open = rooted_carrier_open,
    .carrier_close = rooted_carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = rooted_global_add,
    .global_root_remove = rooted_global_remove,
    .weak_create = weak_create,
    .weak_load = weak_load,
    .weak_drop = weak_drop,
    .finalizer_set = finalizer_set,
    .statistics = statistics,
    .usable_size = usable_size,
    .owns = owns,
    .walk = counting_walk,
    .check = counting_check,
};
