#include "fuzz/runner/finds_lies.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { EVERY = 20 };

const struct ht_heap_table *honest;
struct ht_heap_table liar;
static unsigned calls;
static ht_ref last;

static bool now_and_then(void) {
  return ++calls % EVERY == 0;
}

static bool alloc_last(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                       size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (now_and_then() && last && type->size * count <= 8) *slot = last;
  last = *slot;
  return true;
}

// On a heap that moves objects the only address at hand is that of another slot.
static bool alloc_neighbour(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                            size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (count == 0 && m->frames->slots[0]) *slot = m->frames->slots[0];
  return true;
}

static bool alloc_odd(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                      size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (now_and_then()) *slot = (char *)*slot + 1;
  return true;
}

static bool alloc_scribbling(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                             size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (now_and_then() && last) *(char *)last ^= 1;
  last = type->size * count >= 16 && !type->references ? *slot : NULL;
  return true;
}

static bool alloc_dirty(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                        size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (flags & HT_ZEROED && !type->references && type->size * count > 8 && now_and_then())
    ((char *)*slot)[8] = 1;
  return true;
}

static bool alloc_empty_null(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                             size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  if (count == 0) *slot = NULL;
  return true;
}

static bool alloc_wrapping(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                           size_t alignment, unsigned flags) {
  if (count > SIZE_MAX / 2 / type->size) count = 1;
  return honest->alloc(m, slot, type, count, alignment, flags);
}

static bool alloc_failing(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                          size_t alignment, unsigned flags) {
  return !now_and_then() && honest->alloc(m, slot, type, count, alignment, flags);
}

static bool alloc_twice(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                        size_t alignment, unsigned flags) {
  if (now_and_then() && !honest->alloc(m, slot, type, count, alignment, flags)) return false;
  return honest->alloc(m, slot, type, count, alignment, flags);
}

static bool owns_all(struct ht_heap *heap, const void *address) {
  return (void)heap, (void)address, true;
}

// A lookup that leaves out an address's high bits.
static bool owns_far(struct ht_heap *heap, const void *address) {
  return honest->owns(heap, (const void *)((uintptr_t)address & ~((uintptr_t)-1 << 47)));
}

static size_t usable_none(struct ht_heap *heap, ht_ref object) {
  return (void)heap, (void)object, 0;
}

static void statistics_one_more(struct ht_heap *heap, struct ht_statistics *s) {
  honest->statistics(heap, s);
  s->live_objects++;
}

static enum ht_status create_leaking(const struct ht_config *config, struct ht_heap **heap) {
  config->memory->reserve(config->memory->context, HT_PAGE_SIZE, 0);
  return honest->create(config, heap);
}

// No lie: what a heap has for itself may depend on where its memory lies.
static enum ht_status create_reserving(const struct ht_config *config, struct ht_heap **heap) {
  if (now_and_then()) config->memory->reserve(config->memory->context, HT_PAGE_SIZE, 0);
  return honest->create(config, heap);
}

static void free_nothing(struct ht_mutator *m, void *address) {
  (void)m, (void)address;
}

static void store_nothing(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  if (!now_and_then()) honest->store(m, object, field, value);
}

static bool pin_nothing(struct ht_mutator *m, ht_ref object) {
  return (void)m, (void)object, true;
}
static void unpin_nothing(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static void weak_load_null(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  (void)weak;
  honest->root_set(m, slot, NULL);
}

// Weak references and finalizers of the liars: what the harness gave, behind a callback that does not keep to
// it.
struct behind {
  ht_weak_callback *callback;
  ht_finalizer *finalizer;
  void *data;
};

static struct behind *behind_new(struct behind behind) {
  struct behind *b = malloc(sizeof *b);
  if (!b) abort();
  *b = behind;
  return b;
}

static void callback_twice(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct behind *b = data;
  b->callback(m, weak, b->data);
  b->callback(m, weak, b->data);
}

static bool weak_create_twice(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                              struct ht_weak **weak) {
  if (!callback) return honest->weak_create(m, object, callback, data, weak);
  return honest->weak_create(m, object, callback_twice, behind_new((struct behind){callback, NULL, data}),
                             weak);
}

// Calls back while the weak reference still gives the object: straight away, when it is made.
static bool weak_create_early(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                              struct ht_weak **weak) {
  if (!honest->weak_create(m, object, callback, data, weak)) return false;
  if (callback && now_and_then()) callback(m, *weak, data);
  return true;
}

static void finalizer_twice(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct behind *b = data;
  b->finalizer(m, slot, b->data);
  b->finalizer(m, slot, b->data);
}

static void finalizer_scribbling(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct behind *b = data;
  memset(*slot, 0, 8);
  b->finalizer(m, slot, b->data);
}

static bool finalizer_set_twice(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data) {
  return honest->finalizer_set(m, object, finalizer_twice,
                               behind_new((struct behind){NULL, finalizer, data}));
}

static bool finalizer_set_scribbling(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer,
                                     void *data) {
  return honest->finalizer_set(m, object, finalizer_scribbling,
                               behind_new((struct behind){NULL, finalizer, data}));
}

static bool finalizer_set_forgetting(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer,
                                     void *data) {
  (void)m, (void)object, (void)finalizer, (void)data;
  return true;
}

struct hiding {
  ht_visitor *visitor;
  void *context;
};

static bool visit_hiding(void *context, const struct ht_claim *claim) {
  const struct hiding *hiding = context;
  return now_and_then() || hiding->visitor(hiding->context, claim);
}

static void walk_hiding(struct ht_mutator *m, ht_visitor *visitor, void *context) {
  honest->walk(m, visit_hiding, &(struct hiding){visitor, context});
}

static bool check_complaining(struct ht_mutator *m, char *message, size_t size) {
  (void)m;
  snprintf(message, size, "planted");
  return false;
}

static struct ht_event_sink sink;

static enum ht_status create_telling(const struct ht_config *config, struct ht_heap **heap) {
  sink = config->sink;
  return honest->create(config, heap);
}

static void hear_no_cycle(void *context, const struct ht_event *event) {
  (void)context;
  if (event->kind != HT_EVENT_CYCLE) sink.event(sink.context, event);
}

static enum ht_status create_mute(const struct ht_config *config, struct ht_heap **heap) {
  struct ht_config mute = *config;
  sink = config->sink;
  mute.sink = (struct ht_event_sink){NULL, hear_no_cycle};
  return honest->create(&mute, heap);
}

static void collect_backwards(struct ht_mutator *m, bool full) {
  sink.event(sink.context, &(struct ht_event){.kind = HT_EVENT_PAUSE, .start = 2, .end = 1});
  honest->collect(m, full);
}

// Counts what it is asked to release, but not what another carrier made.
static int64_t live;
static struct made {
  ht_ref object;
  struct ht_mutator *by;
} made[1 << 16];
static size_t made_count;

static enum ht_status create_counting(const struct ht_config *config, struct ht_heap **heap) {
  live = 0;
  made_count = 0;
  return honest->create(config, heap);
}

static bool alloc_counting(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                           size_t alignment, unsigned flags) {
  if (!honest->alloc(m, slot, type, count, alignment, flags)) return false;
  live++;
  if (made_count < sizeof made / sizeof *made) made[made_count++] = (struct made){*slot, m};
  return true;
}

static void release_own(struct ht_mutator *m, ht_ref object) {
  for (size_t i = made_count; i-- > 0;)
    if (made[i].object == object) {
      live -= made[i].by == m;
      return;
    }
}

static void statistics_counted(struct ht_heap *heap, struct ht_statistics *s) {
  honest->statistics(heap, s);
  s->live_objects = (uint64_t)live;
}

// What a carrier had made when it closed is counted as alive for ever.
static struct ht_heap *last_made;
static uint64_t closed_with;

static enum ht_status create_remembered(const struct ht_config *config, struct ht_heap **heap) {
  enum ht_status status = honest->create(config, heap);
  last_made = *heap;
  closed_with = 0;
  return status;
}

static void close_keeping(struct ht_carrier *carrier) {
  struct ht_statistics s;
  honest->statistics(last_made, &s);
  closed_with = s.live_objects;
  honest->carrier_close(carrier);
}

static void statistics_with_closed(struct ht_heap *heap, struct ht_statistics *s) {
  honest->statistics(heap, s);
  if (s->live_objects < closed_with) s->live_objects = closed_with;
}

// A heap with invariants of its own: the second is broken now and then.
const struct ht_heap_invariant own_invariants[] = {
    {"OWN-1", "check", "Holds."}, {"OWN-2", "check", "Is broken."}, {0}};
static struct ht_examiner examiner;

static enum ht_status create_examined(const struct ht_config *config, struct ht_heap **heap) {
  examiner = config->examiner;
  return honest->create(config, heap);
}

static void *examine(void *nothing) {
  examiner.examined(examiner.context, 0, NULL);
  examiner.examined(examiner.context, 1, now_and_then() ? "planted" : NULL);
  return nothing;
}

static bool check_examining(struct ht_mutator *m, char *message, size_t size) {
  (void)m, (void)message, (void)size;
  examine(NULL);
  return true;
}

// On a thread of the heap's own, which must not be left from the middle.
static bool check_elsewhere(struct ht_mutator *m, char *message, size_t size) {
  (void)m, (void)message, (void)size;
  pthread_t thread;
  if (pthread_create(&thread, NULL, examine, NULL) != 0 || pthread_join(thread, NULL) != 0) abort();
  return true;
}

static bool check_unlisted(struct ht_mutator *m, char *message, size_t size) {
  (void)m, (void)message, (void)size;
  examiner.examined(examiner.context, 2, NULL);
  return true;
}

static void free_trapping(struct ht_mutator *m, void *address) {
  (void)m, (void)address;
  __builtin_trap();
}

// Says what is broken before it ends the process: the examiner of the child must not go on with the run.
static void free_telling(struct ht_mutator *m, void *address) {
  examiner.examined(examiner.context, 1, "planted");
  free_trapping(m, address);
}

static void free_only_telling(struct ht_mutator *m, void *address) {
  (void)m, (void)address;
  examiner.examined(examiner.context, 1, "planted");
}

const struct lie lies[] = {
    {HT_GEN_1, BUMP, 0, {.alloc = alloc_last}},
    {HT_GEN_1, COUNTING, 0, {.alloc = alloc_last}},
    {HT_GEN_1, SEMISPACE, 0, {.alloc = alloc_neighbour}},
    {HT_GEN_2, BUMP, 0, {.alloc = alloc_odd}},
    {HT_GEN_3, BUMP, 0, {.alloc = alloc_scribbling}},
    {HT_GEN_3, COUNTING, 0, {.alloc = alloc_scribbling}},
    {HT_GEN_4, BUMP, 0, {.alloc = alloc_dirty}},
    {HT_GEN_5, BUMP, 0, {.alloc = alloc_empty_null}},
    {HT_GEN_6, BUMP, 0, {.alloc = alloc_wrapping}},
    {HT_GEN_7, BUMP, 0, {.owns = owns_all}},
    {HT_GEN_7, BUMP, 0, {.owns = owns_far}},
    {HT_GEN_8, BUMP, HT_TELLS_SIZE, {.usable_size = usable_none}},
    {HT_GEN_9, COUNTING, 0, {.statistics = statistics_one_more}},
    {HT_GEN_10, BUMP, 0, {.create = create_leaking}},
    {HT_GEN_11, BUMP, 0, {.alloc = alloc_failing}},
    {HT_GEN_12, BUMP, HT_DIAGNOSES_FREE, {.free_invalid = free_nothing}},
    {HT_GEN_13, BUMP, 0, {.alloc = alloc_twice}},
    {HT_GEN_14,
     BUMP,
     HT_RELEASES | HT_COUNTS_LIVE,
     {.create = create_counting,
      .alloc = alloc_counting,
      .release = release_own,
      .statistics = statistics_counted}},
    {HT_GEN_14,
     COUNTING,
     0,
     {.carriers = 4,
      .create = create_remembered,
      .carrier_close = close_keeping,
      .statistics = statistics_with_closed}},
    {HT_LIVE_1, COUNTING, 0, {.alloc = alloc_last}},
    {HT_LIVE_2, COUNTING, 0, {.statistics = statistics_one_more}},
    // A finalizer may wait for others, but not for ever for none.
    {HT_LIVE_2, SEMISPACE, HT_ORDERS_FINALIZERS, {.finalizer_set = finalizer_set_forgetting}},
    {HT_REF_1, BUMP, 0, {.store = store_nothing}},
    {HT_MOVE_1, SEMISPACE, HT_PINS, {.pin = pin_nothing, .unpin = unpin_nothing}},
    {HT_WEAK_1, COUNTING, 0, {.weak_load = weak_load_null}},
    {HT_WEAK_2, COUNTING, 0, {.weak_create = weak_create_early}},
    {HT_WEAK_3, COUNTING, 0, {.weak_create = weak_create_twice}},
    {HT_FIN_1, COUNTING, 0, {.finalizer_set = finalizer_set_twice}},
    {HT_FIN_2, COUNTING, 0, {.finalizer_set = finalizer_set_scribbling}},
    {HT_WALK_1, BUMP, 0, {.walk = walk_hiding}},
    {HT_SELF_1, BUMP, HT_CHECKS, {.check = check_complaining}},
    {HT_TELL_1, SEMISPACE, 0, {.create = create_mute}},
    {HT_TELL_1, BUMP, 0, {.create = create_telling, .collect = collect_backwards}},
};

const size_t lie_count = sizeof lies / sizeof *lies;

const struct lie no_lie = {HT_GEN_13, BUMP, 0, {.create = create_reserving}};

const struct own_case own_cases[] = {
    {"all on", ALL, ALL, OWN_2, false, {.create = create_examined, .check = check_examining}},
    {"it alone", OWN_2, ALL, OWN_2, false, {.create = create_examined, .check = check_examining}},
    {"another alone", OWN_1, ALL, ALL, false, {.create = create_examined, .check = check_examining}},
    {"it off", ALL, OWN_2, ALL, false, {.create = create_examined, .check = check_examining}},
    {"elsewhere", ALL, ALL, OWN_2, false, {.create = create_examined, .check = check_elsewhere}},
    {"elsewhere, off", ALL, OWN_2, ALL, false, {.create = create_examined, .check = check_elsewhere}},
    {"not listed", ALL, ALL, HT_SELF_1, false, {.create = create_examined, .check = check_unlisted}},
    {"a trap", ALL, ALL, ALL, true, {.free_invalid = free_trapping}},
    {"a trap that tells", ALL, ALL, ALL, true, {.create = create_examined, .free_invalid = free_telling}},
    {"only tells", ALL, ALL, HT_GEN_12, true, {.create = create_examined, .free_invalid = free_only_telling}},
};

const size_t own_case_count = sizeof own_cases / sizeof *own_cases;

// Puts the functions of `with` over those of the honest table: everything behind `provider` is a function.
void tell(uint64_t claims, const struct ht_heap_table *functions) {
  liar = *honest;
  liar.capabilities |= claims;
  if (functions->carriers) liar.carriers = functions->carriers;
  enum { FIRST = offsetof(struct ht_heap_table, provider), WORDS = (sizeof liar - FIRST) / sizeof(void *) };
  void *words[WORDS], *with[WORDS];
  memcpy(words, (char *)&liar + FIRST, sizeof words);
  memcpy(with, (const char *)functions + FIRST, sizeof with);
  for (size_t i = 0; i < WORDS; i++)
    if (with[i]) words[i] = with[i];
  memcpy((char *)&liar + FIRST, words, sizeof words);
}
