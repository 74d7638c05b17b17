// Private to the heap "go": what its files share beside its inline header.
//
// Locks: `lists` guards mutators, carriers, globals, records, specials and what is due; `lock` guards pages
// and dead spans, and comes after `lists` where both are held. Spans in use belong to a carrier, to a
// sweeper, or to a set. While the world is stopped all that mutators have belongs to the collector.
#ifndef GO_GO_H
#define GO_GO_H

#include "allocators/common/examination.h"
#include "allocators/common/small_heap.h"
#include "allocators/go/go_inline.h"
#include "allocators/go/invariants.h"
#include "allocators/go/sets/span_set.h"
#include "allocators/go/work.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/pause.h"
#include "base/thread.h"

enum {
  GO_CACHED_PAGES_MOST = 16, // spans of fewer pages come out of a carrier's page cache
  GO_SWEEP_BUDGET = 100,     // spans that one search for room sweeps
  GO_MARKERS_MOST = 32,
};

// Shards of the central lists at most: but for tests.
#ifndef GO_SHARDS
#define GO_SHARDS 8
#endif
#define GO_LARGEST ((size_t)1 << 46) // bytes of an object; sums with it do not wrap

enum go_milestone { GO_1_1, GO_1_3 };

// Spans of one class that no carrier has: of each pair one for those that are swept, the other for those that
// are not; they change roles when the sweep generation goes up.
struct go_central {
  struct go_span_set partial[2], full[2]; // with free objects, or so it was; without
};

struct go_sweeping {
  _Atomic uint32_t active;  // how many sweep, and GO_SWEEP_DRAINED once there is nothing left to begin with
  _Atomic uint32_t central; // where the search for an unswept span stands, in pairs of sets
  _Atomic uint64_t reclaim_page, reclaim_credit;
  _Atomic uint64_t freed_bytes;
  size_t arenas; // how many there were
};
#define GO_SWEEP_DRAINED ((uint32_t)1 << 31)

struct go_heap {
  struct small_heap small;
  struct examination examination;
  enum go_milestone milestone;
  bool clobber;
  bool exposed;   // mutators allocate inline
  size_t gogc;    // SIZE_MAX: off
  size_t minimum; // bytes, for each carrier
  size_t shards_most;
  size_t every;       // allocations; 0: none
  size_t until_cycle; // the same, to go

  _Atomic uint32_t stopping;
  struct base_parker stopped; // of who stops the world: another carrier has stopped
  uint64_t asked, stopped_at; // times of the pause in hand

  struct base_mutex lists;
  struct base_list mutators, carriers, globals, ambiguous;
  _Atomic unsigned carriers_open; // without the sweeper's
  uint32_t shard_carriers[GO_SHARDS];
  struct base_list due; // of struct go_due: what waits for run_finalizers
  size_t due_count;

  struct base_mutex lock;
  struct go_arenas arenas;
  struct go_page_alloc pages;
  struct go_span *dead, *strays; // strays: in use, and in no set since that was refused memory
  char *span_memory;             // where the next span's record lies that was never used
  size_t span_memory_left;
  struct go_span_block *span_blocks;

  // In one line what all read and a cycle writes; in one what all write who need a span.
  _Alignas(GO_SET_LINE) _Atomic uint32_t sweepgen;
  _Atomic unsigned shards; // of `central` that a carrier had so far
  uint64_t trigger;
  _Alignas(GO_SET_LINE) struct go_sweeping sweeping;
  // Bytes: of what was marked, plus all that was allocated since, rounded up to the spans in hand.
  _Atomic uint64_t live;
  struct go_central central[GO_SHARDS][GO_SPAN_CLASSES];
  struct go_set_memory set_memory;

  uint64_t marked_bytes, marked_objects; // by the last cycle
  _Atomic uint64_t pages_in_use;         // of spans

  uint64_t objects, bytes; // ever, by carriers that are closed; large ones
  _Atomic uint64_t large_objects, large_bytes;
  uint64_t cycles;
  _Atomic uint64_t collector_ns;

  struct go_work work;
  struct go_sweeper *sweeper;
  _Alignas(GO_TINY) char empty[GO_TINY];     // what objects of size 0 are
  struct go_cached nothing[GO_SPAN_CLASSES]; // what mutators have inline if they are not exposed
};

static inline struct go_heap *go_heap_of(struct ht_mutator *m) {
  return (struct go_heap *)m->heap;
}

static inline struct go_mutator *go_mutator_at(struct base_link *link) {
  return base_container_of(link, struct go_mutator, link);
}
static inline struct ht_carrier *go_carrier_at(struct base_link *link) {
  return base_container_of(link, struct ht_carrier, link);
}

// Which of an arena's maps has the allocation bits of spans of this generation. The other has, or will have,
// the marks.
static inline unsigned go_map_of(uint32_t sweepgen) {
  return sweepgen >> 1 & 1;
}

static inline uint32_t go_sweepgen(const struct go_heap *h) {
  return atomic_load_explicit(&h->sweepgen, memory_order_relaxed);
}

static inline struct go_span *go_span_of(const struct go_heap *h, uintptr_t address) {
  struct go_arena *arena = go_arena_of(&h->arenas, address);
  return arena ? atomic_load_explicit(&arena->spans[go_arena_page(address)], memory_order_acquire) : NULL;
}

// What must hold and is looked at in any case: broken, it is told, or ends the process if nobody listens.
#define GO_MUST(h, invariant, condition, ...)                                     \
  do {                                                                            \
    if (__builtin_expect(!(condition), 0)) {                                      \
      examination_broken(&(h)->examination, (invariant), __VA_ARGS__);            \
      if (!examination_is_wanted(&(h)->examination)) __builtin_trap();            \
    } else if (__builtin_expect((h)->examination.examiner.examined != NULL, 0)) { \
      examination_holds(&(h)->examination, (invariant));                          \
    }                                                                             \
  } while (0)

// heap.c: spans from pages. NULL: no memory.
struct go_span *go_span_new(struct go_heap *h, struct ht_carrier *c, size_t pages, unsigned span_class,
                            size_t bytes);
// Nobody has it, and nothing is in it.
void go_span_free(struct go_heap *h, struct go_span *span);
void go_carrier_flush_pages(struct go_heap *h, struct ht_carrier *c);
void go_spans_finish(struct go_heap *h);

// central.c
void go_central_init(struct go_heap *h);
// A carrier comes, and gets the shard that fewest have, or goes. `lists` is held.
unsigned go_central_enter(struct go_heap *h);
void go_central_leave(struct go_heap *h, unsigned shard);
// Nothing is left to be swept.
void go_central_reset(struct go_heap *h);
// A span with room that is the caller's from now on, or NULL: no memory.
struct go_span *go_central_take(struct go_heap *h, struct ht_carrier *c, unsigned span_class);
// A swept one goes to the set it belongs in.
void go_central_file(struct go_heap *h, struct go_span *span);
// One that no set took is in no place any more: who sweeps it has it.
void go_central_fetch_stray(struct go_heap *h, struct go_span *span);
// Any span that is to be swept, in no particular order; NULL: there is none left.
struct go_span *go_central_unswept(struct go_heap *h);

// cache.c
// The cached span of this class has a free object in its group in hand. False: no memory.
bool go_cache_refill(struct go_heap *h, struct ht_carrier *c, unsigned span_class);
void go_cache_sync(struct go_heap *h, struct go_cached *cached);
void go_sync_all(struct go_heap *h); // of all carriers, none of which runs
void go_cache_flush(struct go_heap *h, struct ht_carrier *c);

// world.c. A carrier is to the world as if a mutator ran on it, and no longer.
void go_carrier_enter(struct go_heap *h, struct ht_carrier *c);
void go_carrier_leave(struct go_heap *h, struct ht_carrier *c);
// False: somebody else stopped it meanwhile, and it has gone on.
bool go_world_stop(struct go_mutator *m);
void go_world_go_on(struct go_mutator *m, const char *reason);

// cycle.c
void go_collect_if_due(struct go_mutator *m, size_t bytes);
void go_set_trigger(struct go_heap *h);

// sweep.c
bool go_sweep_begin(struct go_heap *h);
void go_sweep_end(struct go_heap *h);
bool go_sweep_acquire(struct go_heap *h, struct go_span *span);
// Sweeps a span that was acquired; `keep`: it is the caller's then, even if nothing is left in it. True: it
// was freed.
bool go_sweep_span(struct go_heap *h, struct go_span *span, bool keep);
bool go_sweep_one(struct go_heap *h); // false: there is nothing left to begin with
bool go_sweep_is_done(struct go_heap *h);
void go_sweep_ensure(struct go_heap *h, struct go_span *span); // this one is swept
void go_sweep_start(struct go_heap *h);                        // a cycle's marks are there
// Pages, a number of them, are made free by sweeping where nothing is alive, if there is such a place.
void go_reclaim(struct go_heap *h, size_t pages); // reclaim.c

// sweeper.c: the thread that sweeps beside the mutators.
bool go_sweeper_init(struct go_heap *h);
void go_sweeper_wake(struct go_heap *h); // the world is stopped
void go_sweeper_end(struct go_heap *h);

// mark.c
void go_mark(struct go_heap *h);

// specials.c
struct go_special;
// What is due for the objects of a span that were not marked. `map`: of the marks.
void go_specials_sweep(struct go_heap *h, struct go_span *span, unsigned map);

#endif
