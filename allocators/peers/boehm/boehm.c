#include "allocators/peers/boehm/boehm.h"

#include <gc/gc_mark.h>
#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static const struct ht_option options[] = {
    {"markers", "0..16", "0",
     "threads that mark; 0: as many as the library likes; fixed by the first heap of a process"},
    {"free_space_divisor", "1..100", "3", "a higher one collects more often and needs less space"},
    {0},
};

struct ht_carrier {
  struct ht_heap *heap;
};

struct boehm_heap *boehm_current;
static atomic_bool in_use;
static GC_push_other_roots_proc push_stacks;

// Carriers of this thread that are open; the first registers the thread, the last takes it back.
static _Thread_local unsigned carriers_here;
static _Thread_local bool registered_here;

static const char *provider(void) {
  return peers_library_of("GC_malloc");
}

// With the world stopped. Eagerly, for the mark stack is too small for the frames of ten thousand mutators.
static void GC_CALLBACK push_roots(void) {
  push_stacks();
  if (!boehm_current) return;
  base_list_each(link, &boehm_current->mutators) {
    struct ht_mutator *m = &base_container_of(link, struct boehm_mutator, link)->head;
    for (struct ht_frame *frame = m->frames; frame; frame = frame->previous)
      GC_push_all_eager(frame->slots, frame->slots + frame->count);
  }
  boehm_finalizers_push(boehm_current);
  for (size_t i = 0; i < boehm_current->roots.count; i++) {
    ht_ref *word = boehm_current->roots.words[i];
    GC_push_all_eager(word, word + 1);
  }
}

static void start_library(unsigned markers) {
  GC_set_all_interior_pointers(1);
  GC_set_finalize_on_demand(1);
  GC_set_handle_fork(1);
  GC_set_warn_proc(GC_ignore_warn_proc);
  // The program's and its libraries' data are no roots: whatever keeps references says so.
  GC_set_no_dls(1);
  if (markers) GC_set_markers_count(markers);
  GC_INIT();
  push_stacks = GC_get_push_other_roots();
  GC_set_push_other_roots(push_roots);
  boehm_events_start();
  GC_allow_register_threads();
  // The library takes this thread for the main one and would stop it for ever. The main one lasts, another
  // may end.
  if (getpid() != gettid()) GC_unregister_my_thread();
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  static size_t markers_in_force;
  static bool started;
  size_t markers, divisor;
  struct boehm_heap *h;
  enum ht_status status;
  if (!ht_settings_check(config, options) ||
      !ht_setting_number(config, options, "markers", 0, 16, &markers) ||
      !ht_setting_number(config, options, "free_space_divisor", 1, 100, &divisor))
    return HT_BAD_OPTION;
  if (atomic_exchange(&in_use, true))
    return ht_config_fail(config, HT_UNAVAILABLE, "one boehm heap at a time");
  if (started && markers != markers_in_force) {
    status = ht_config_fail(config, HT_UNAVAILABLE, "this process already runs with markers=%zu",
                            markers_in_force);
    goto unused;
  }
  h = calloc(1, sizeof *h);
  if (!h) {
    status = ht_config_fail(config, HT_NO_MEMORY, "no memory for the heap");
    goto unused;
  }
  if (!started) {
    start_library((unsigned)markers);
    markers_in_force = markers;
    started = true;
  }
  GC_set_free_space_divisor(divisor);
  h->head.table = &heaptrial_heap;
  h->sink = config->sink;
  base_list_init(&h->mutators);
  base_list_init(&h->weaks);
  base_list_init(&h->watched);
  base_list_init(&h->due);
  base_list_init(&h->finalizers);
  base_list_init(&h->due_finalizers);
  h->first_cycle = h->watched_cycle = GC_get_gc_no();
  h->first_bytes = GC_get_total_bytes();
  GC_alloc_lock();
  boehm_current = h;
  GC_alloc_unlock();
  *heap = &h->head;
  return HT_OK;

unused:
  atomic_store(&in_use, false);
  return status;
}

// What the heap's objects take is left for the next cycle to find: a collection costs more than most heaps'
// whole life.
static void destroy(struct ht_heap *heap) {
  struct boehm_heap *h = (struct boehm_heap *)heap;
  boehm_weak_drop_all(h);
  boehm_finalizers_drop_all(h);
  GC_alloc_lock();
  boehm_current = NULL;
  GC_alloc_unlock();
  peers_words_free(&h->roots);
  GC_set_max_heap_size(0);
  free(h);
  atomic_store(&in_use, false);
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  struct GC_stack_base base;
  struct ht_carrier *c = malloc(sizeof *c);
  if (!c) return false;
  c->heap = heap;
  if (carriers_here == 0 && !GC_thread_is_registered()) {
    if (GC_get_stack_base(&base) != GC_SUCCESS || GC_register_my_thread(&base) != GC_SUCCESS) {
      free(c);
      return false;
    }
    registered_here = true;
  }
  carriers_here++;
  *carrier = c;
  return true;
}

static void carrier_close(struct ht_carrier *carrier) {
  free(carrier);
  if (--carriers_here == 0 && registered_here) {
    GC_unregister_my_thread();
    registered_here = false;
  }
}

size_t boehm_run_finalizers(struct ht_mutator *m) {
  size_t count = boehm_weak_report(m);
  return count + boehm_finalizers_run(m);
}

bool boehm_attach(struct ht_heap *heap, struct ht_mutator **mutator) {
  struct boehm_mutator *m = calloc(1, sizeof *m);
  if (!m) return false;
  m->head.heap = heap;
  GC_alloc_lock();
  base_list_push_last(&((struct boehm_heap *)heap)->mutators, &m->link);
  GC_alloc_unlock();
  *mutator = &m->head;
  return true;
}

void boehm_detach(struct ht_mutator *mutator) {
  struct boehm_mutator *m = (struct boehm_mutator *)mutator;
  GC_alloc_lock();
  base_link_remove(&m->link);
  GC_alloc_unlock();
  free(m);
}

// GC_realloc wants the beginning of a block and frees it when it copies, which the library forbids for what
// it watches. An object that begins inside its block or is watched is copied here, and its block left for the
// next cycle to find.
bool boehm_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t old_count,
                  size_t count, unsigned flags) {
  struct boehm_heap *heap = boehm_of(m);
  size_t old = ht_type_bytes(type, old_count), bytes = ht_type_bytes(type, count);
  char *from = *slot, *to;
  if (GC_base(from) == from && !boehm_weak_exists(heap, from) && !boehm_finalizer_exists(heap, from)) {
    to = GC_realloc(from, bytes + !bytes); // a size of 0 frees
    if (!to) return false;
  } else {
    to = GC_malloc_atomic(bytes);
    if (!to || !boehm_finalizer_move(heap, from, to)) return false;
    boehm_weak_move(heap, from, to);
    memcpy(to, from, old < bytes ? old : bytes);
  }
  if ((flags & HT_ZEROED) && bytes > old) memset(to + old, 0, bytes - old);
  *slot = to;
  return true;
}

static bool root_add(struct ht_heap *heap, const void *word) {
  GC_alloc_lock();
  bool added = peers_words_add(&((struct boehm_heap *)heap)->roots, word);
  GC_alloc_unlock();
  return added;
}

static void root_remove(struct ht_heap *heap, const void *word) {
  GC_alloc_lock();
  peers_words_remove(&((struct boehm_heap *)heap)->roots, word);
  GC_alloc_unlock();
}

static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  return root_add(heap, global);
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  root_remove(heap, global);
}

static bool ambiguous_root_add(struct ht_heap *heap, const uintptr_t *word) {
  return root_add(heap, word);
}

static void ambiguous_root_remove(struct ht_heap *heap, const uintptr_t *word) {
  root_remove(heap, word);
}

// The heap never shrinks, also not from one heap of a process to the next: a limit below what it has would be
// no limit.
static bool memory_limit(struct ht_heap *heap, size_t bytes) {
  (void)heap;
  GC_word size;
  GC_get_heap_usage_safe(&size, NULL, NULL, NULL, NULL);
  if (bytes == 0 || bytes < size) return false;
  GC_set_max_heap_size(bytes);
  return true;
}

static void statistics(struct ht_heap *heap, struct ht_statistics *s) {
  struct boehm_heap *h = (struct boehm_heap *)heap;
  GC_word size, total;
  GC_get_heap_usage_safe(&size, NULL, NULL, NULL, &total);
  GC_alloc_lock();
  *s = (struct ht_statistics){.live_objects = HT_UNKNOWN,
                              .live_bytes = HT_UNKNOWN,
                              .allocated_objects = HT_UNKNOWN,
                              .allocated_bytes = total - h->first_bytes,
                              .committed_bytes = size,
                              .cycles = GC_get_gc_no() - h->first_cycle,
                              .collector_ns = h->collector_ns};
  GC_alloc_unlock();
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  char *base = GC_base(object);
  return GC_size(base) - (size_t)((char *)object - base);
}

static bool owns(struct ht_heap *heap, const void *address) {
  (void)heap;
  return GC_base((void *)address) != NULL;
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "boehm",
    .description = "libgc, the Boehm-Demers-Weiser conservative mark and sweep collector",
    .capabilities = HT_COLLECTS | HT_COLLECTS_CYCLES | HT_CONSERVATIVE | HT_INTERIOR | HT_AMBIGUOUS_ROOTS |
                    HT_RESIZES | HT_TELLS_SIZE | HT_TELLS_OWNER | HT_WEAK | HT_FINALIZERS | HT_MEMORY_LIMIT |
                    HT_SINGLETON | HT_THREAD_BOUND,
    .options = options,
    .minimum_alignment = BOEHM_GRANULE,
    .natural_alignment = BOEHM_GRANULE,
    .maximum_alignment = BOEHM_MAXIMUM_ALIGNMENT,
    .provider = provider,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .ambiguous_root_add = ambiguous_root_add,
    .ambiguous_root_remove = ambiguous_root_remove,
    .weak_create = boehm_weak_create,
    .weak_load = boehm_weak_load,
    .weak_drop = boehm_weak_drop,
    .finalizer_set = boehm_finalizer_set,
    .memory_limit = memory_limit,
    .statistics = statistics,
    .usable_size = usable_size,
    .owns = owns,
};
