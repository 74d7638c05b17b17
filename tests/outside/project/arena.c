#include "arena_inline.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

static const struct ht_option options[] = {
    {"megabytes", "1..65536", "1024", "address space for all objects; pages are committed as they are used"},
    {0},
};

enum { COMMIT_STEP = 16 * 4096 };

static size_t round_up(size_t value, size_t unit) {
  return (value + unit - 1) & ~(unit - 1);
}

static void tell(const struct arena_heap *h, enum ht_event_kind kind, size_t bytes) {
  struct ht_event event = {.kind = kind, .value = bytes};
  if (h->sink.event) h->sink.event(h->sink.context, &event);
}

void *arena_take(struct arena_heap *h, size_t bytes, size_t alignment) {
  uintptr_t start = round_up((uintptr_t)h->next, alignment < ARENA_ALIGNMENT ? ARENA_ALIGNMENT : alignment);
  // An object of size 0 has an address of its own too.
  if (start > (uintptr_t)h->end || (uintptr_t)h->end - start <= bytes) return NULL;
  char *object = h->next + (start - (uintptr_t)h->next), *next = object + bytes + !bytes;
  if (next > h->committed) {
    size_t more = round_up((size_t)(next - h->committed), COMMIT_STEP);
    if (more > (size_t)(h->end - h->committed)) more = (size_t)(h->end - h->committed);
    if (!h->memory->commit(h->memory->context, h->committed, more)) return NULL;
    h->committed += more;
    tell(h, HT_EVENT_MAPPED, more);
  }
  h->next = next;
  return object;
}

// The heap's own structure is the first thing in the arena.
static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  const struct ht_memory *memory = config->memory;
  size_t megabytes;
  if (!ht_settings_check(config, options)) return HT_BAD_OPTION;
  if (!ht_setting_number(config, options, "megabytes", 1, 65536, &megabytes)) return HT_BAD_OPTION;
  if (!memory) return ht_config_fail(config, HT_UNAVAILABLE, "arena wants its memory from its caller");

  char *start = memory->reserve(memory->context, megabytes << 20, HT_PAGE_SIZE);
  if (!start) return ht_config_fail(config, HT_NO_MEMORY, "no address space of %zu MiB", megabytes);
  if (!memory->commit(memory->context, start, COMMIT_STEP)) {
    memory->release(memory->context, start, megabytes << 20);
    return ht_config_fail(config, HT_NO_MEMORY, "no memory for the first pages");
  }
  struct arena_heap *h = (struct arena_heap *)start;
  h->head.table = &heaptrial_heap;
  h->memory = memory;
  h->sink = config->sink;
  h->start = start;
  h->next = start + sizeof *h;
  h->committed = start + COMMIT_STEP;
  h->end = start + (megabytes << 20);
  tell(h, HT_EVENT_MAPPED, COMMIT_STEP);
  *heap = &h->head;
  return HT_OK;
}

static void destroy(struct ht_heap *heap) {
  struct arena_heap *h = (struct arena_heap *)heap;
  const struct ht_memory *memory = h->memory;
  tell(h, HT_EVENT_RETURNED, (size_t)(h->committed - h->start));
  memory->release(memory->context, h->start, (size_t)(h->end - h->start));
}

// A carrier carries nothing of its own: there is one, for all.
static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct ht_carrier *c = arena_take((struct arena_heap *)heap, sizeof *c, 0);
  if (!c) return false;
  c->heap = (struct arena_heap *)heap;
  *carrier = c;
  return true;
}

static void carrier_close(struct ht_carrier *carrier) {
  (void)carrier;
}

bool arena_attach(struct ht_heap *heap, struct ht_mutator **mutator) {
  struct arena_heap *h = (struct arena_heap *)heap;
  struct arena_mutator *m = h->free_mutators;
  if (m)
    h->free_mutators = m->next_free;
  else
    m = arena_take(h, sizeof *m, 0);
  if (!m) return false;
  *m = (struct arena_mutator){.head.heap = heap};
  *mutator = &m->head;
  return true;
}

void arena_detach(struct ht_mutator *mutator) {
  struct arena_heap *h = (struct arena_heap *)mutator->heap;
  struct arena_mutator *m = (struct arena_mutator *)mutator;
  m->next_free = h->free_mutators;
  h->free_mutators = m;
}

// Nothing is traced, so roots need no record.
static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
  return true;
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *statistics) {
  const struct arena_heap *h = (const struct arena_heap *)heap;
  *statistics = (struct ht_statistics){
      .live_objects = HT_UNKNOWN,
      .live_bytes = HT_UNKNOWN,
      .allocated_objects = HT_UNKNOWN,
      .allocated_bytes = HT_UNKNOWN,
      .committed_bytes = (uint64_t)(h->committed - h->start),
  };
}

static bool owns(struct ht_heap *heap, const void *address) {
  const struct arena_heap *h = (const struct arena_heap *)heap;
  return (uintptr_t)address - (uintptr_t)h->start < (uintptr_t)(h->next - h->start);
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "arena",
    .description = "one range, never frees; built outside the tree",
    .capabilities = HT_TELLS_OWNER | HT_MEMORY_HOOK | HT_REPEATABLE,
    .options = options,
    .carriers = 1,
    .minimum_alignment = ARENA_ALIGNMENT,
    .natural_alignment = ARENA_ALIGNMENT,
    .maximum_alignment = 4096,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .statistics = statistics,
    .owns = owns,
};
