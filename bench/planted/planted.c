// The malloc heap with a loop planted in its allocation: a heap that is slower by as much as one likes, to
// see what a comparison can find. The setting `loop` says how often the loop goes round, once every
// PLANTED_EVERY allocations; with 0 the same instructions are passed and the loop is not entered, so that two
// of these differ in the loop and in nothing else. No list has it; the calibration loads it by its path.
#include <heaptrial/heap.h>
#include <heaptrial/settings.h>

extern const struct ht_heap_table sound_heap;

// Under the name that heaps export; the header declares that name as a constant.
extern struct ht_heap_table exported __asm__("heaptrial_heap");
struct ht_heap_table exported;

enum { PLANTED_EVERY = 64, LOOP_MOST = 1 << 20 };

static const struct ht_option options[] = {
    {"loop", "turns", "0", "how often the planted loop goes round, every 64th allocation"},
    {0},
};

static size_t loop;

// Four instructions a turn that wait for nothing but one another's count: about as dense as malloc's own.
static void __attribute__((noinline)) planted_loop(void) {
  for (size_t turns = loop; turns > 0; turns--) __asm__ volatile("nop\n\tnop");
}

static bool planted_alloc(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type, size_t count,
                          size_t alignment, unsigned flags) {
  static unsigned calls;
  if (++calls % PLANTED_EVERY == 0) planted_loop();
  return sound_heap.alloc(mutator, slot, type, count, alignment, flags);
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  struct ht_config without_settings = *config;
  if (!ht_settings_check(config, options) || !ht_setting_number(config, options, "loop", 0, LOOP_MOST, &loop))
    return HT_BAD_OPTION;
  without_settings.setting_count = 0;
  enum ht_status status = sound_heap.create(&without_settings, heap);
  if (status == HT_OK) (*heap)->table = &exported;
  return status;
}

static void __attribute__((constructor)) plant(void) {
  exported = sound_heap;
  exported.name = "planted";
  exported.description = "malloc with a loop planted in its allocation";
  exported.options = options;
  exported.create = create;
  exported.alloc = planted_alloc;
}
