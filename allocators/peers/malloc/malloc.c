#include "allocators/peers/malloc/malloc_inline.h"

#include "allocators/peers/peers.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

#include <malloc.h>

static const struct ht_option options[] = {
    {"provider", "part of a path", "",
     "refuse to run unless the library that serves malloc has it in its path"},
    {0},
};

struct ht_carrier {
  struct ht_heap *heap;
};

// Asked of the dynamic linker each time: an environment variable says what should be in force, not what is.
static const char *provider(void) {
  return peers_library_of("malloc");
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  if (!ht_settings_check(config, options)) return HT_BAD_OPTION;
  const char *wanted = ht_setting(config, options, "provider");
  // The linker is slow to answer, so it is asked only by who wants to know.
  const char *found = *wanted ? provider() : wanted;
  if (!found || !strstr(found, wanted))
    return ht_config_fail(config, HT_UNAVAILABLE, "malloc is served by %s, not by %s",
                          found ? found : "an unknown library", wanted);
  *heap = malloc(sizeof **heap);
  if (!*heap) return ht_config_fail(config, HT_NO_MEMORY, "no memory for the heap");
  (*heap)->table = &heaptrial_heap;
  return HT_OK;
}

static void destroy(struct ht_heap *heap) {
  free(heap);
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  *carrier = malloc(sizeof **carrier);
  if (*carrier) (*carrier)->heap = heap;
  return *carrier != NULL;
}

static void carrier_close(struct ht_carrier *carrier) {
  free(carrier);
}

static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
  return true;
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  (void)heap, (void)global;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *s) {
  (void)heap;
  *s = (struct ht_statistics){HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN, HT_UNKNOWN, 0, 0};
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return malloc_usable_size(object);
}

// HT_DIAGNOSES_FREE is not among them: glibc ends the process for some invalid pointers, the others for
// fewer. Nor is a memory limit, which here is the process's own. Carriers are bound to their threads because
// the library's caches are: only another thread gives a block back to another cache.
const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "malloc",
    .description = "the process's malloc: glibc's, or whichever library is preloaded",
    .capabilities = HT_RELEASES | HT_RESIZES | HT_TELLS_SIZE | HT_THREAD_BOUND,
    .options = options,
    .minimum_alignment = MALLOC_MINIMUM_ALIGNMENT,
    .natural_alignment = MALLOC_NATURAL_ALIGNMENT,
    .maximum_alignment = MALLOC_MAXIMUM_ALIGNMENT,
    .provider = provider,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .statistics = statistics,
    .usable_size = usable_size,
};
