// The heap's table, its options, its beginning and its end.

#include "allocators/python/interpreter.h"
#include "allocators/python/report.h"

#include <heaptrial/inlines.h>
#include <heaptrial/settings.h>

enum {
  // CPython's thresholds up to 3.12, and what they can be set to.
  THRESHOLD_YOUNG = 700,
  THRESHOLD_OLDER = 10,
  THRESHOLD_MOST = 1000000000,
  // A pool is the most that a small object costs, and with the page it shares a run the most that the
  // rounding of a large one does.
  SPACE_OBJECT = 16 << 10,
  // The heap's own structures, and their records and table of watches for 256 of each.
  SPACE_OWN = 128 << 10,
};
#define SPACE_EMPTY (OBMALLOC_KEPT_BYTES + SPACE_OWN)

static const struct ht_option options[] = {
    {"geometry", "3.9|3.10", "3.10", "of arenas and pools: 256 KB of 4 KB, or 1 MB of 16 KB"},
    {"blocks", "512|2016", "512",
     "the most bytes of a pool's block: CPython's, or whatever a small pool holds twice"},
    {"guards", "no|yes", "no", "blocks are dressed, filled and looked at when they are freed"},
    {"threads", "lock|interpreters", "lock",
     "one lock around everything, or an interpreter for each mutator, which exchange nothing"},
    {"rule", "faithful|growing", "faithful",
     "when cycles run by themselves: by CPython's counts, or when so much has grown by itself"},
    {"threshold0", "0..1000000000", "700",
     "new containers, less those that ended, that start a cycle; 0: only collect does"},
    {"threshold1", "0..1000000000", "10", "cycles of the youngest generation before the middle one is due"},
    {"threshold2", "0..1000000000", "10", "cycles of the middle generation before the oldest one is due"},
    {"finalizers", "modern|legacy", "modern",
     "legacy: as before PEP 442, cycles with finalizers are never reclaimed"},
    {"saveall", "no|yes", "no", "garbage that is found is kept"},
    {"immortal", "0..1000000000", "0", "every so many objects one is immortal; 0: none"},
    {0},
};

static bool read_threshold(const struct ht_config *config, const char *name, size_t *threshold) {
  return ht_setting_number(config, options, name, 0, THRESHOLD_MOST, threshold);
}

static bool read_settings(const struct ht_config *config, struct python_heap *settings) {
  bool newer, apart, growing;
  bool read =
      ht_settings_check(config, options) &&
      ht_setting_choice(config, options, "geometry", "3.9", "3.10", &newer) &&
      ht_setting_choice(config, options, "blocks", "512", "2016", &settings->blocks.wide) &&
      ht_setting_choice(config, options, "guards", "no", "yes", &settings->blocks.guards) &&
      ht_setting_choice(config, options, "threads", "lock", "interpreters", &apart) &&
      ht_setting_choice(config, options, "rule", "faithful", "growing", &growing) &&
      ht_setting_choice(config, options, "finalizers", "modern", "legacy", &settings->legacy_finalizers) &&
      ht_setting_choice(config, options, "saveall", "no", "yes", &settings->save_all) &&
      read_threshold(config, "threshold0", &settings->thresholds[0]) &&
      read_threshold(config, "threshold1", &settings->thresholds[1]) &&
      read_threshold(config, "threshold2", &settings->thresholds[2]) &&
      read_threshold(config, "immortal", &settings->immortal_every);
  if (!read) return false;
  settings->blocks.geometry = newer ? OBMALLOC_3_10 : OBMALLOC_3_9;
  settings->locked = !apart;
  settings->rule = growing ? PYTHON_GROWING : PYTHON_FAITHFUL;
  return true;
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  struct python_heap settings = {0}, *h;
  if (!read_settings(config, &settings)) return HT_BAD_OPTION;
  h = rooted_create(config, &heaptrial_heap, sizeof *h, sizeof(struct python_mutator));
  if (!h) return HT_NO_MEMORY;
  settings.rooted = h->rooted;
  memcpy((char *)h + sizeof h->rooted, (char *)&settings + sizeof h->rooted, sizeof *h - sizeof h->rooted);
  base_mutex_init(&h->lists);
  h->examination.invariants = python_invariants;
  h->examination.examiner = config->examiner;
  base_list_init(&h->interpreters);
  base_list_init(&h->idle);
  if (h->locked && !python_interpreter_add(h)) {
    rooted_destroy(&h->rooted);
    return ht_config_fail(config, HT_NO_MEMORY, "no memory for the interpreter");
  }
  *heap = &h->rooted.small.head;
  return HT_OK;
}

static bool exchanges(const struct ht_heap *heap) {
  return ((const struct python_heap *)heap)->locked;
}

static void destroy(struct ht_heap *heap) {
  struct python_heap *h = (struct python_heap *)heap;
  base_list_each_removable(link, &h->interpreters) python_interpreter_remove(h, python_interpreter_of(link));
  rooted_destroy(&h->rooted);
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct python_heap *h = (struct python_heap *)heap;
  base_mutex_lock(&h->lists);
  bool opened = rooted_carrier_open(heap, carrier);
  base_mutex_unlock(&h->lists);
  return opened;
}

static void carrier_close(struct ht_carrier *carrier) {
  struct python_heap *h = (struct python_heap *)carrier->heap;
  base_mutex_lock(&h->lists);
  rooted_carrier_close(carrier);
  base_mutex_unlock(&h->lists);
}

static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  struct python_heap *h = (struct python_heap *)heap;
  base_mutex_lock(&h->lists);
  bool added = rooted_global_add(heap, global);
  base_mutex_unlock(&h->lists);
  return added;
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  struct python_heap *h = (struct python_heap *)heap;
  base_mutex_lock(&h->lists);
  rooted_global_remove(heap, global);
  base_mutex_unlock(&h->lists);
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "python",
    .description = "CPython's memory management: pools, reference counts, a collector of cycles",
    .capabilities = HT_COLLECTS | HT_COLLECTS_CYCLES | HT_IMMEDIATE | HT_RESIZES | HT_TELLS_SIZE |
                    HT_TELLS_OWNER | HT_DIAGNOSES_FREE | HT_WEAK | HT_FINALIZERS | HT_MEMORY_HOOK | HT_WALKS |
                    HT_CHECKS | HT_COUNTS_LIVE | HT_REPEATABLE,
    .options = options,
    .invariants = python_invariants,
    .collections = 1,
    .minimum_alignment = PYTHON_ALIGNMENT,
    .natural_alignment = PYTHON_ALIGNMENT,
    .maximum_alignment = PYTHON_MAXIMUM_ALIGNMENT,
    .space_empty = SPACE_EMPTY,
    .space_fixed = SPACE_EMPTY,
    .space_object = SPACE_OBJECT,
    .space_percent = 100,
    .create = create,
    .destroy = destroy,
    .exchanges = exchanges,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .weak_create = python_weak_create,
    .weak_load = python_weak_load,
    .weak_drop = python_weak_drop,
    .finalizer_set = python_finalizer_set,
    .statistics = python_statistics,
    .usable_size = python_usable_size,
    .owns = python_owns,
    .walk = python_walk,
    .check = python_check,
    .free_invalid = python_free_invalid,
};
