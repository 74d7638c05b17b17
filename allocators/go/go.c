// The heap's table, its options, its beginning and its end.

#include "allocators/go/finalize.h"
#include "allocators/go/globals.h"
#include "allocators/go/mark.h"
#include "allocators/go/report.h"
#include "allocators/go/sweeper.h"

#include <heaptrial/inlines.h>
#include <heaptrial/settings.h>

enum {
  GOGC_MOST = 10000,
  EVERY_MOST = 1000000000,
  SHARDS_MOST = 8,
  // Of a span's pages, which an object may keep alone, and what rounds a large one.
  SPACE_OBJECT = 10 * GO_PAGE_SIZE,
  // The live heap, what may grow beside it before a cycle, and what is in pieces meanwhile.
  SPACE_PERCENT = 400,
};
// The heap's own tables, carriers and records for 256 of each, and the least heap that is collected, of eight
// carriers at a GOGC of 200.
#define SPACE_FIXED ((size_t)96 << 20)

static const struct ht_option options[] = {
    {"milestone", "1.1|1.3", "1.3", "how it collects: all stopped, or sweeping beside the mutators"},
    {"gogc", "off|0..10000", "100",
     "percent by which the heap grows between cycles; the space bound is for up to 200 with this minimum"},
    {"minimum", "0..1073741824", "4194304",
     "bytes below which no cycle starts by itself, times gogc / 100, for each of up to 8 carriers"},
    {"markers", "1..32", "1", "threads that mark"},
    {"sweeper", "no|yes", "no", "a thread sweeps beside the mutators (1.3)"},
    {"layout", "sparse|contiguous", "sparse",
     "address space: arenas one by one, or spans, bitmap and arena in one reservation as before Go 1.11"},
    {"arena", "1..512", "512", "GB of the arena, contiguous"},
    {"clobber", "no|yes", "no", "freed memory is filled with 0xdeadbeef"},
    {"shards", "1..8", "2", "lists of spans that carriers share out: as many as run at once"},
    {"every", "0..1000000000", "0", "every so many allocations a cycle; 0: none"},
    {0},
};

struct read_settings {
  bool later, clobber, background, contiguous;
  size_t arena, gogc, minimum, markers, shards, every;
};

static bool read_settings(const struct ht_config *config, struct read_settings *s) {
  bool off = !strcmp(ht_setting(config, options, "gogc"), "off");
  s->gogc = SIZE_MAX;
  return ht_settings_check(config, options) &&
         ht_setting_choice(config, options, "milestone", "1.1", "1.3", &s->later) &&
         (off || ht_setting_number(config, options, "gogc", 0, GOGC_MOST, &s->gogc)) &&
         ht_setting_number(config, options, "minimum", 0, (size_t)1 << 30, &s->minimum) &&
         ht_setting_number(config, options, "markers", 1, GO_MARKERS_MOST, &s->markers) &&
         ht_setting_choice(config, options, "sweeper", "no", "yes", &s->background) &&
         ht_setting_choice(config, options, "layout", "sparse", "contiguous", &s->contiguous) &&
         ht_setting_number(config, options, "arena", 1, 512, &s->arena) &&
         ht_setting_choice(config, options, "clobber", "no", "yes", &s->clobber) &&
         ht_setting_number(config, options, "shards", 1, SHARDS_MOST, &s->shards) &&
         ht_setting_number(config, options, "every", 0, EVERY_MOST, &s->every);
}

union record {
  struct go_mutator mutator;
  struct go_global global;
  struct go_special special;
  struct ht_weak weak;
};

static void destroy(struct ht_heap *heap) {
  struct go_heap *h = (struct go_heap *)heap;
  go_sweeper_end(h);
  go_markers_end(&h->work);
  go_work_finish(&h->work);
  go_set_memory_finish(&h->set_memory);
  go_spans_finish(h);
  go_pages_finish(&h->pages);
  go_arenas_finish(&h->arenas);
  small_heap_destroy(&h->small);
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  struct read_settings settings;
  if (!read_settings(config, &settings)) return HT_BAD_OPTION;
  struct go_heap *h = small_heap_create(config, &heaptrial_heap, sizeof *h, sizeof(union record));
  if (!h) return HT_NO_MEMORY;
  h->examination = (struct examination){.invariants = go_invariants, .examiner = config->examiner};
  h->milestone = settings.later ? GO_1_3 : GO_1_1;
  h->clobber = settings.clobber;
  h->gogc = settings.gogc;
  h->minimum = settings.minimum;
  h->shards_most = settings.shards < GO_SHARDS ? settings.shards : GO_SHARDS;
  h->every = h->until_cycle = settings.every;
  h->exposed = !config->examiner.examined && !settings.every;
  base_list_init(&h->mutators);
  base_list_init(&h->carriers);
  base_list_init(&h->globals);
  base_list_init(&h->ambiguous);
  base_list_init(&h->due);
  atomic_init(&h->sweepgen, 2);
  atomic_init(&h->sweeping.active, GO_SWEEP_DRAINED);
  go_central_init(h);
  go_set_trigger(h);
  bool made = go_arenas_init(&h->arenas, &h->small.pages, settings.contiguous ? settings.arena << 30 : 0) &&
              go_arenas_reach(&h->arenas, (uintptr_t)h->empty) && go_pages_init(&h->pages, &h->small.pages) &&
              go_work_init(&h->work, h, &h->small.pages, (unsigned)settings.markers) &&
              (!settings.background || !settings.later || go_sweeper_init(h));
  if (!made) {
    destroy(&h->small.head);
    return ht_config_fail(config, HT_NO_MEMORY, "no memory for the heap's tables");
  }
  *heap = &h->small.head;
  return HT_OK;
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct go_heap *h = (struct go_heap *)heap;
  struct ht_carrier *c = pages_map(&h->small.pages, base_page_round(sizeof *c), 0);
  if (!c) return false;
  c->heap = h;
  base_mutex_lock(&h->lists);
  c->shard = go_central_enter(h);
  base_list_push_last(&h->carriers, &c->link);
  base_mutex_unlock(&h->lists);
  atomic_fetch_add_explicit(&h->carriers_open, 1, memory_order_relaxed);
  *carrier = c;
  return true;
}

// What it has goes back, as somebody who runs gives it.
static void carrier_close(struct ht_carrier *c) {
  struct go_heap *h = c->heap;
  atomic_fetch_sub_explicit(&h->carriers_open, 1, memory_order_relaxed);
  go_carrier_enter(h, c);
  go_cache_flush(h, c);
  go_carrier_flush_pages(h, c);
  go_carrier_leave(h, c);
  base_mutex_lock(&h->lists);
  base_link_remove(&c->link);
  go_central_leave(h, c->shard);
  h->objects += c->objects + c->tiny_objects;
  h->bytes += c->bytes;
  base_mutex_unlock(&h->lists);
  pages_release(&h->small.pages, c, base_page_round(sizeof *c), base_page_round(sizeof *c));
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "go",
    .description = "Go's memory management: thread caches, spans and pages, mark and sweep",
    .capabilities = HT_COLLECTS | HT_COLLECTS_CYCLES | HT_INTERIOR | HT_AMBIGUOUS_ROOTS | HT_TELLS_OWNER |
                    HT_WEAK | HT_FINALIZERS | HT_PINS | HT_MEMORY_HOOK | HT_WALKS | HT_CHECKS |
                    HT_SHARES_EMPTY | HT_ORDERS_FINALIZERS,
    .options = options,
    .invariants = go_invariants,
    .collections = 1,
    .minimum_alignment = 1,
    .natural_alignment = GO_ALIGNMENT,
    .maximum_alignment = GO_PAGE_SIZE,
    .shared_block = GO_TINY,
    .space_fixed = SPACE_FIXED,
    .space_object = SPACE_OBJECT,
    .space_percent = SPACE_PERCENT,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = go_global_root_add,
    .global_root_remove = go_global_root_remove,
    .ambiguous_root_add = go_ambiguous_root_add,
    .ambiguous_root_remove = go_ambiguous_root_remove,
    .weak_create = go_weak_create,
    .weak_load = go_weak_load,
    .weak_drop = go_weak_drop,
    .finalizer_set = go_finalizer_set,
    .pin = go_pin,
    .unpin = go_unpin,
    .statistics = go_statistics,
    .owns = go_owns,
    .walk = go_walk,
    .check = go_check,
};
