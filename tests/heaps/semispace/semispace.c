#include "tests/heaps/semispace/semispace_internal.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

#include <stdio.h>

static const struct ht_option options[] = {
    {"move", "every|full", "every", "when everything moves: at every safepoint, or when the space is full"},
    {0},
};

enum {
  SMALLEST_THRESHOLD = 64 << 10,
  SPACE_FIXED = 64 << 10, // the heap's own structure, its records, the last page in use
};

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  if (!ht_settings_check(config, options)) return HT_BAD_OPTION;
  const char *move = ht_setting(config, options, "move");
  bool every = !strcmp(move, "every");
  if (!every && strcmp(move, "full"))
    return ht_config_fail(config, HT_BAD_OPTION, "option 'move': '%s' is neither every nor full", move);

  struct semispace_heap *h = rooted_create(config, &heaptrial_heap, sizeof *h, sizeof(struct rooted_mutator));
  if (!h) return HT_NO_MEMORY;
  h->every = every;
  h->threshold = SMALLEST_THRESHOLD;
  base_list_init(&h->watches);
  base_list_init(&h->due);
  *heap = &h->rooted.small.head;
  return HT_OK;
}

static void destroy(struct ht_heap *heap) {
  struct semispace_heap *h = (struct semispace_heap *)heap;
  struct semispace *spaces[] = {&h->left, &h->current};
  for (size_t i = 0; i < 2; i++)
    if (spaces[i]->size)
      pages_release(&h->rooted.small.pages, spaces[i]->base, spaces[i]->size, spaces[i]->committed);
  rooted_destroy(&h->rooted);
}

void semispace_safepoint(struct semispace_heap *h) {
  if (h->every && h->bound) semispace_cycle(h, 0, "move");
}

// A cycle that is refused memory leaves the room that the space has.
bool semispace_make_room(struct semispace_heap *h, size_t need) {
  size_t used = (size_t)(h->next - h->current.base);
  if (h->every || used + need > h->threshold || used + need > h->current.size) {
    semispace_cycle(h, need, "move");
    used = (size_t)(h->next - h->current.base);
    h->threshold = 2 * used + need < SMALLEST_THRESHOLD ? SMALLEST_THRESHOLD : 2 * used + need;
  }
  size_t wanted = base_page_round(used + need);
  if (wanted > h->current.size) return false;
  if (wanted > h->current.committed &&
      !pages_commit_prefix(&h->rooted.small.pages, h->current.base, wanted, &h->current.committed))
    return false;
  h->limit = h->every ? h->next : h->current.base + h->current.committed;
  return true;
}

// A full one also gives back all that is not used. What it left stays inaccessible: it was made so before.
void semispace_collect(struct semispace_heap *h, bool full) {
  if (semispace_cycle(h, 0, full ? "full" : "move") && full) {
    pages_trim(&h->rooted.small.pages, h->left.base, 0, &h->left.committed);
    pages_trim(&h->rooted.small.pages, h->current.base, base_page_round((size_t)(h->next - h->current.base)),
               &h->current.committed);
  }
}

size_t semispace_run_finalizers(struct ht_mutator *m) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  semispace_safepoint(h);
  size_t ran = 0;
  // Callbacks may make more due, without end: those are left for the next call.
  for (size_t due = h->due_count; due > 0 && !base_list_is_empty(&h->due); due--, ran++) {
    struct ht_weak *watch = base_container_of(base_list_pop_first(&h->due), struct ht_weak, link);
    h->due_count--;
    if (!watch->finalizes) base_list_push_last(&h->watches, &watch->link);
    watch_run(m, &h->rooted.small.records, watch);
  }
  return ran;
}

static bool weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                        struct ht_weak **weak) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  struct ht_weak *watch = records_take(&h->rooted.small.records);
  if (!watch) return false;
  watch->object = object;
  watch->callback = callback;
  watch->data = data;
  base_list_push_last(&h->watches, &watch->link);
  *weak = watch;
  return true;
}

static void weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  (void)m;
  *slot = weak->object;
}

static bool is_due(const struct semispace_heap *h, const struct ht_weak *watch) {
  base_list_each(link, &h->due) if (link == &watch->link) return true;
  return false;
}

static void weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  if (!weak->object && is_due(h, weak)) h->due_count--;
  base_link_remove(&weak->link);
  records_give(&h->rooted.small.records, weak);
}

static struct ht_weak *finalizer_of(struct semispace_heap *h, ht_ref object) {
  base_list_each(link, &h->watches) {
    struct ht_weak *watch = base_container_of(link, struct ht_weak, link);
    if (watch->finalizes && watch->object == object) return watch;
  }
  return NULL;
}

static bool finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  struct run_header *header = run_header_of(object);
  struct ht_weak *watch = header->shape & RUN_WATCHED ? finalizer_of(h, object) : NULL;
  if (!finalizer) {
    if (!watch) return true;
    header->shape &= ~(size_t)RUN_WATCHED;
    base_link_remove(&watch->link);
    records_give(&h->rooted.small.records, watch);
    return true;
  }
  if (!watch) {
    watch = records_take(&h->rooted.small.records);
    if (!watch) return false;
    watch->object = object;
    watch->finalizes = true;
    base_list_push_last(&h->watches, &watch->link);
    header->shape |= RUN_WATCHED;
  }
  watch->finalizer = finalizer;
  watch->data = data;
  return true;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  struct semispace_heap *h = (struct semispace_heap *)heap;
  *statistics = h->statistics;
  statistics->committed_bytes = atomic_load_explicit(&h->rooted.small.pages.committed, memory_order_relaxed);
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return run_bytes(run_header_of(object));
}

static bool owns(struct ht_heap *heap, const void *address) {
  struct semispace_heap *h = (struct semispace_heap *)heap;
  return (uintptr_t)address - (uintptr_t)h->current.base < (uintptr_t)(h->next - h->current.base);
}

static void walk(struct ht_mutator *m, ht_visitor *visitor, void *context) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  run_walk(h->current.base, h->next, visitor, context);
}

struct examination {
  struct semispace_heap *heap;
  char *message;
  size_t size;
  bool whole;
};

// Every object of the run is marked as seen then: a reference to anything else is found.
static void check_reference(void *context, ht_ref *reference) {
  struct examination *e = context;
  struct semispace_heap *h = e->heap;
  uintptr_t offset = (uintptr_t)*reference - (uintptr_t)h->current.base;
  if (!*reference || !e->whole) return;
  if (offset >= sizeof(struct run_header) && offset < (uintptr_t)(h->next - h->current.base) &&
      offset % RUN_GRANULE == 0 && (run_header_of(*reference)->shape & RUN_SEEN))
    return;
  e->whole = false;
  snprintf(e->message, e->size, "the reference at %p is to %p, where no object is", (void *)reference,
           *reference);
}

static bool check(struct ht_mutator *m, char *message, size_t size) {
  struct semispace_heap *h = (struct semispace_heap *)m->heap;
  struct examination e = {h, message, size, true};
  struct base_list *watches[] = {&h->watches, &h->due};
  if (!run_check(h->current.base, h->next, message, size)) return false;
  run_each(header, h->current.base, h->next) header->shape |= RUN_SEEN;
  rooted_each(&h->rooted, check_reference, &e);
  for (size_t i = 0; i < 2; i++)
    base_list_each(link, watches[i])
        check_reference(&e, &base_container_of(link, struct ht_weak, link)->object);
  run_each(header, h->current.base, h->next)
      rooted_each_field(header->type, header + 1, run_bytes(header), check_reference, &e);
  run_each(header, h->current.base, h->next) header->shape &= ~(size_t)RUN_SEEN;
  return e.whole;
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "semispace",
    .description = "moves everything at every safepoint; what was left traps",
    .capabilities = HT_COLLECTS | HT_COLLECTS_CYCLES | HT_MOVES | HT_TELLS_SIZE | HT_TELLS_OWNER | HT_WEAK |
                    HT_FINALIZERS | HT_MEMORY_HOOK | HT_WALKS | HT_CHECKS | HT_COUNTS_LIVE | HT_REPEATABLE,
    .options = options,
    .carriers = 1,
    .collections = 1,
    .minimum_alignment = RUN_GRANULE,
    .natural_alignment = RUN_GRANULE,
    .maximum_alignment = RUN_MAXIMUM_ALIGNMENT,
    .space_empty = SPACE_FIXED,
    .space_fixed = SPACE_FIXED,
    .space_object = 2 * RUN_GRANULE + RUN_MAXIMUM_ALIGNMENT,
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
    .walk = walk,
    .check = check,
};
