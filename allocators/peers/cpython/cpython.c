#include "allocators/peers/cpython/cpython.h"

#include <heaptrial/settings.h>
#include <heaptrial/inlines.h>

#include <stdatomic.h>
#include <stdlib.h>

static const struct ht_option options[] = {
    {"threshold", "0..1000000", "700",
     "new objects with references, less those that ended, that start a cycle; 0: only collect does"},
    {0},
};

struct ht_carrier {
  PyThreadState *thread; // this OS thread's, shared with its other carriers
};

struct cpython_heap *cpython_current;
struct ht_mutator *cpython_running;
static atomic_bool in_use;

static const char *provider(void) {
  return peers_library_of("PyObject_Malloc");
}

// LeakSanitizer's, where there is one. It does not look into pymalloc's arenas and takes for lost what the
// interpreter, which stays, keeps from there.
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

// The interpreter as its library comes: no user's settings, no environment, no site, no signal handlers.
// Leaves the lock free.
static enum ht_status start_interpreter(const struct ht_config *config) {
  PyConfig settings;
  PyConfig_InitIsolatedConfig(&settings);
  settings.site_import = 0;
  settings.install_signal_handlers = 0;
  settings.write_bytecode = 0;
  // Otherwise it looks for its library beside the first `python3` it finds in PATH.
  PyStatus status = PyConfig_SetBytesString(&settings, &settings.home, CPYTHON_HOME);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&settings);
  PyConfig_Clear(&settings);
  if (PyStatus_Exception(status))
    return ht_config_fail(config, HT_UNAVAILABLE, "Python does not start: %s",
                          status.err_msg ? status.err_msg : "no reason given");
  bool ready = cpython_types_ready() && cpython_weak_types_ready() && cpython_collector_ready();
  PyErr_Clear();
  PyEval_SaveThread();
  return ready ? HT_OK : ht_config_fail(config, HT_UNAVAILABLE, "Python has no usable module gc");
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  size_t threshold;
  struct cpython_heap *h;
  enum ht_status status = HT_OK;
  if (!ht_settings_check(config, options) ||
      !ht_setting_number(config, options, "threshold", 0, 1000000, &threshold))
    return HT_BAD_OPTION;
  if (atomic_exchange(&in_use, true))
    return ht_config_fail(config, HT_UNAVAILABLE, "one cpython heap at a time");
  if (!Py_IsInitialized()) {
    if (__lsan_disable) __lsan_disable();
    status = start_interpreter(config);
    if (__lsan_enable) __lsan_enable();
  }
  if (status != HT_OK) goto unused;
  h = calloc(1, sizeof *h);
  if (!h) {
    status = ht_config_fail(config, HT_NO_MEMORY, "no memory for the heap");
    goto unused;
  }
  h->head.table = &heaptrial_heap;
  h->sink = config->sink;
  base_list_init(&h->weaks);
  PyGILState_STATE state = PyGILState_Ensure();
  cpython_collector_threshold(threshold);
  PyGILState_Release(state);
  cpython_current = h;
  *heap = &h->head;
  return HT_OK;

unused:
  atomic_store(&in_use, false);
  return status;
}

static void destroy(struct ht_heap *heap) {
  struct cpython_heap *h = (struct cpython_heap *)heap;
  PyGILState_STATE state = PyGILState_Ensure();
  h->quiet = true;
  cpython_weak_drop_all(h);
  for (size_t i = 0; i < h->globals.count; i++) cpython_replace(NULL, h->globals.words[i], NULL);
  // What is left is rings.
  if (h->live_objects) cpython_collect(NULL, true);
  PyGILState_Release(state);
  peers_words_free(&h->globals);
  cpython_current = NULL;
  free(h);
  atomic_store(&in_use, false);
}

static bool carrier_open(struct ht_heap *heap, struct ht_carrier **carrier) {
  (void)heap;
  *carrier = malloc(sizeof **carrier);
  if (!*carrier) return false;
  // Keeps the thread's state until the carrier is closed, and the lock only if it is a mutator's already.
  bool was_locked = PyGILState_Ensure() == PyGILState_LOCKED;
  (*carrier)->thread = was_locked ? PyThreadState_Get() : PyEval_SaveThread();
  return true;
}

static void carrier_close(struct ht_carrier *carrier) {
  // Takes back what open left, with the lock, and then the lock if nobody had it.
  PyGILState_STATE state = PyGILState_Ensure();
  PyGILState_Release(PyGILState_LOCKED);
  PyGILState_Release(state);
  free(carrier);
}

void cpython_lock(struct ht_carrier *carrier) {
  PyEval_RestoreThread(carrier->thread);
}

void cpython_unlock(void) {
  PyEval_SaveThread();
}

bool cpython_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator) {
  struct ht_mutator *m = calloc(1, sizeof *m);
  if (!m) return false;
  m->heap = heap;
  *mutator = m;
  cpython_lock(carrier);
  return true;
}

void cpython_detach(struct ht_mutator *m) {
  cpython_unlock();
  free(m);
}

static bool global_root_add(struct ht_heap *heap, ht_ref *global) {
  return peers_words_add(&((struct cpython_heap *)heap)->globals, global);
}

static void global_root_remove(struct ht_heap *heap, ht_ref *global) {
  peers_words_remove(&((struct cpython_heap *)heap)->globals, global);
}

static void statistics(struct ht_heap *heap, struct ht_statistics *s) {
  struct cpython_heap *h = (struct cpython_heap *)heap;
  *s = (struct ht_statistics){.live_objects = h->live_objects,
                              .live_bytes = h->live_bytes,
                              .allocated_objects = h->allocated_objects,
                              .allocated_bytes = h->allocated_bytes,
                              .committed_bytes = HT_UNKNOWN,
                              .cycles = h->cycles,
                              .collector_ns = h->collector_ns};
}

static size_t usable_size(struct ht_heap *heap, ht_ref object) {
  (void)heap;
  return (size_t)cpython_object_of(object)->head.ob_size;
}

const struct ht_heap_table heaptrial_heap = {
    .version = HT_INTERFACE_VERSION,
    .size = sizeof(struct ht_heap_table),
    .name = "cpython",
    .description = "libpython's objects: pymalloc, reference counts and the cycle collector",
    .capabilities = HT_COLLECTS | HT_COLLECTS_CYCLES | HT_IMMEDIATE | HT_RESIZES | HT_TELLS_SIZE | HT_WEAK |
                    HT_FINALIZERS | HT_COUNTS_LIVE | HT_SINGLETON | HT_THREAD_BOUND,
    .options = options,
    .carriers = 1,
    .collections = 1,
    .minimum_alignment = CPYTHON_ALIGNMENT,
    .natural_alignment = CPYTHON_ALIGNMENT,
    .maximum_alignment = CPYTHON_ALIGNMENT,
    .provider = provider,
    .create = create,
    .destroy = destroy,
    .carrier_open = carrier_open,
    .carrier_close = carrier_close,
    HT_INLINE_ENTRIES,
    .global_root_add = global_root_add,
    .global_root_remove = global_root_remove,
    .weak_create = cpython_weak_create,
    .weak_load = cpython_weak_load,
    .weak_drop = cpython_weak_drop,
    .finalizer_set = cpython_finalizer_set,
    .statistics = statistics,
    .usable_size = usable_size,
};
