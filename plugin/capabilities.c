// What a table claims, in words, and whether its functions bear the claims out.
#include "plugin/plugin.h"

#include <stdio.h>

const struct ht_plugin_capability ht_plugin_capabilities[] = {
    {HT_COLLECTS, "collects"},
    {HT_COLLECTS_CYCLES, "collects-cycles"},
    {HT_RELEASES, "releases"},
    {HT_MOVES, "moves"},
    {HT_IMMEDIATE, "immediate"},
    {HT_CONSERVATIVE, "conservative"},
    {HT_INTERIOR, "interior"},
    {HT_AMBIGUOUS_ROOTS, "ambiguous-roots"},
    {HT_READ_BARRIER, "read-barrier"},
    {HT_RESIZES, "resizes"},
    {HT_TELLS_SIZE, "tells-size"},
    {HT_TELLS_OWNER, "tells-owner"},
    {HT_DIAGNOSES_FREE, "diagnoses-free"},
    {HT_WEAK, "weak"},
    {HT_FINALIZERS, "finalizers"},
    {HT_PINS, "pins"},
    {HT_MEMORY_LIMIT, "memory-limit"},
    {HT_MEMORY_HOOK, "memory-hook"},
    {HT_WALKS, "walks"},
    {HT_CHECKS, "checks"},
    {HT_COUNTS_LIVE, "counts-live"},
    {HT_REPEATABLE, "repeatable"},
    {HT_SINGLETON, "singleton"},
    {HT_THREAD_BOUND, "thread-bound"},
    {HT_SHARES_EMPTY, "shares-empty"},
    {HT_ORDERS_FINALIZERS, "orders-finalizers"},
    {0, NULL},
};

// Every function of the table and the bits any of which demands it; 0: every heap has it. All function
// pointers are of one size on the systems this runs on, so a field is looked at through its offset.
struct entry {
  const char *name;
  size_t offset;
  uint64_t bits;
};

#define ENTRY(function, bits) \
  { #function, offsetof(struct ht_heap_table, function), (bits) }

static const struct entry entries[] = {
    ENTRY(create, 0),
    ENTRY(destroy, 0),
    ENTRY(carrier_open, 0),
    ENTRY(carrier_close, 0),
    ENTRY(attach, 0),
    ENTRY(detach, 0),
    ENTRY(block, 0),
    ENTRY(unblock, 0),
    ENTRY(poll, 0),
    ENTRY(push, 0),
    ENTRY(pop, 0),
    ENTRY(root_set, 0),
    ENTRY(root_load, 0),
    ENTRY(alloc, 0),
    ENTRY(release, 0),
    ENTRY(resize, HT_RESIZES),
    ENTRY(load, 0),
    ENTRY(store, 0),
    ENTRY(copy, 0),
    ENTRY(clear, 0),
    ENTRY(global_root_add, 0),
    ENTRY(global_root_remove, 0),
    ENTRY(ambiguous_root_add, HT_AMBIGUOUS_ROOTS),
    ENTRY(ambiguous_root_remove, HT_AMBIGUOUS_ROOTS),
    ENTRY(send, 0),
    ENTRY(recv, 0),
    ENTRY(weak_create, HT_WEAK),
    ENTRY(weak_load, HT_WEAK),
    ENTRY(weak_drop, HT_WEAK),
    ENTRY(finalizer_set, HT_FINALIZERS),
    ENTRY(run_finalizers, HT_FINALIZERS | HT_WEAK),
    ENTRY(pin, HT_PINS),
    ENTRY(unpin, HT_PINS),
    ENTRY(collect, 0),
    ENTRY(memory_limit, HT_MEMORY_LIMIT),
    ENTRY(statistics, 0),
    ENTRY(usable_size, HT_TELLS_SIZE),
    ENTRY(owns, HT_TELLS_OWNER),
    ENTRY(walk, HT_WALKS),
    ENTRY(check, HT_CHECKS),
    ENTRY(free_invalid, HT_DIAGNOSES_FREE),
};

static bool has(const struct ht_heap_table *table, const struct entry *entry) {
  void (*const *function)(void) = (void (*const *)(void))((const char *)table + entry->offset);
  return *function != NULL;
}

// A bit that means nothing without another.
static const struct {
  uint64_t bit, needs;
} implications[] = {
    {HT_COLLECTS_CYCLES, HT_COLLECTS},
    {HT_COUNTS_LIVE, HT_COLLECTS | HT_RELEASES},
    {HT_DIAGNOSES_FREE, HT_COLLECTS | HT_RELEASES},
};

static const char *capability_name(uint64_t bit) {
  for (const struct ht_plugin_capability *c = ht_plugin_capabilities; c->name; c++)
    if (c->bit == bit) return c->name;
  return "?";
}

static uint64_t lowest(uint64_t bits) {
  return bits & -bits;
}

static bool is_power_of_two(size_t n) {
  return n != 0 && (n & (n - 1)) == 0;
}

static enum ht_plugin_status check_functions(const struct ht_heap_table *table, char *message, size_t size) {
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
    const struct entry *e = &entries[i];
    if (has(table, e)) continue;
    if (e->bits == 0) {
      snprintf(message, size, "the table has no function %s, which every heap needs", e->name);
      return HT_PLUGIN_INCONSISTENT;
    }
    if (table->capabilities & e->bits) {
      snprintf(message, size, "the table claims the capability %s and has no function %s",
               capability_name(lowest(table->capabilities & e->bits)), e->name);
      return HT_PLUGIN_INCONSISTENT;
    }
  }
  return HT_PLUGIN_LOADED;
}

static enum ht_plugin_status check_bits(const struct ht_heap_table *table, char *message, size_t size) {
  uint64_t known = 0;
  for (const struct ht_plugin_capability *c = ht_plugin_capabilities; c->name; c++) known |= c->bit;
  if (table->capabilities & ~known) {
    snprintf(message, size, "the table sets capability bits that do not exist: 0x%llx",
             (unsigned long long)(table->capabilities & ~known));
    return HT_PLUGIN_INCONSISTENT;
  }
  for (size_t i = 0; i < sizeof implications / sizeof *implications; i++)
    if (table->capabilities & implications[i].bit && !(table->capabilities & implications[i].needs)) {
      snprintf(message, size, "the table claims the capability %s without %s",
               capability_name(implications[i].bit), capability_name(lowest(implications[i].needs)));
      return HT_PLUGIN_INCONSISTENT;
    }
  return HT_PLUGIN_LOADED;
}

// Reads every string to its end: a pointer that leads nowhere shows here, in the child, and not in a later
// table.
static enum ht_plugin_status check_words(const struct ht_heap_table *table, char *message, size_t size) {
  if (!table->name || !*table->name || !table->description) {
    snprintf(message, size, "the table has no %s", table->description ? "name" : "description");
    return HT_PLUGIN_INCONSISTENT;
  }
  size_t length = 0;
  length += (size_t)snprintf(NULL, 0, "%s %s", table->name, table->description);
  for (const struct ht_option *option = table->options; option && option->name; option++) {
    if (!option->values || !option->initial || !option->help) {
      snprintf(message, size, "the option %s has no values, initial value or help", option->name);
      return HT_PLUGIN_INCONSISTENT;
    }
    length +=
        (size_t)snprintf(NULL, 0, "%s%s%s%s", option->name, option->values, option->initial, option->help);
  }
  for (const struct ht_heap_invariant *own = table->invariants; own && own->name; own++) {
    if (!own->phase || !own->sentence) {
      snprintf(message, size, "the invariant %s has no phase or no sentence", own->name);
      return HT_PLUGIN_INCONSISTENT;
    }
    length += (size_t)snprintf(NULL, 0, "%s%s%s", own->name, own->phase, own->sentence);
  }
  return length ? HT_PLUGIN_LOADED : HT_PLUGIN_INCONSISTENT;
}

enum ht_plugin_status ht_plugin_check(const struct ht_heap_table *table, char *message, size_t size) {
  if (table->version != HT_INTERFACE_VERSION) {
    snprintf(message, size,
             "it was built for version %u of the heap interface and this is version %u: build it again with "
             "these headers",
             (unsigned)table->version, HT_INTERFACE_VERSION);
    return HT_PLUGIN_VERSION;
  }
  if (table->size != sizeof *table) {
    snprintf(message, size,
             "its table has %u bytes and that of version %u here has %zu: build it again with these headers",
             (unsigned)table->size, HT_INTERFACE_VERSION, sizeof *table);
    return HT_PLUGIN_VERSION;
  }
  enum ht_plugin_status status = check_words(table, message, size);
  if (status == HT_PLUGIN_LOADED) status = check_bits(table, message, size);
  if (status == HT_PLUGIN_LOADED) status = check_functions(table, message, size);
  if (status != HT_PLUGIN_LOADED) return status;
  if (!is_power_of_two(table->minimum_alignment) || !is_power_of_two(table->natural_alignment) ||
      !is_power_of_two(table->maximum_alignment) || table->natural_alignment < table->minimum_alignment ||
      table->maximum_alignment < table->natural_alignment) {
    snprintf(message, size,
             "its alignments, minimum %zu, natural %zu and maximum %zu, must be powers of two in this order",
             table->minimum_alignment, table->natural_alignment, table->maximum_alignment);
    return HT_PLUGIN_INCONSISTENT;
  }
  if (table->shared_block && !is_power_of_two(table->shared_block)) {
    snprintf(message, size, "the blocks that its objects share, of %zu bytes, must be a power of two",
             table->shared_block);
    return HT_PLUGIN_INCONSISTENT;
  }
  return HT_PLUGIN_LOADED;
}
