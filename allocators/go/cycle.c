// One collection, from the trigger to the sweep.
//
//   1.1:  stop - sweep what is left - mark - sweep everything - go on
//   1.3:  stop - sweep what is left - mark - go on - sweep: whoever needs room, and a thread beside if asked
//
// (Go 1.1 and 1.3, runtime/mgc0.c; the order of steps is today's, runtime/mgc.go.)

#include "allocators/go/examine.h"
#include "allocators/go/go.h"

// Carriers that count for the least heap.
enum { CARRIERS_MOST = 8 };

// Each carrier adds to what is alive, and to how soon it is allocated again: were the least heap the same for
// any number of them, eight rings of 256 KB would mark fifteen times as much an allocation as one does.
void go_set_trigger(struct go_heap *h) {
  unsigned carriers = atomic_load_explicit(&h->carriers_open, memory_order_relaxed);
  if (carriers == 0) carriers = 1;
  if (carriers > CARRIERS_MOST) carriers = CARRIERS_MOST;
  size_t least = carriers * (h->minimum / 100 * h->gogc);
  h->trigger = h->marked_bytes + h->marked_bytes / 100 * h->gogc;
  if (h->trigger < least) h->trigger = least;
  if (h->gogc == SIZE_MAX) h->trigger = UINT64_MAX;
}

static void phase(struct go_heap *h, uint64_t *start, const char *label) {
  uint64_t end = base_clock_ns();
  pages_event(&h->small.pages, HT_EVENT_PHASE, *start, end, 0, label);
  *start = end;
}

// Every span in use is swept, and in the set it belongs in or on no list: none is left for the next cycle to
// find by its old bits.
static void finish_sweep(struct go_heap *h) {
  while (go_sweep_one(h)) continue;
  go_central_reset(h);
  go_examine_swept(h);
}

// The world is stopped.
static void run(struct go_heap *h) {
  uint64_t start = base_clock_ns(), cpu = base_clock_thread_ns(), step = start;
  // Carriers that nobody runs on come and go while the world is stopped.
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->carriers) go_cache_flush(h, go_carrier_at(link));
  base_mutex_unlock(&h->lists);
  finish_sweep(h);
  phase(h, &step, "sweep termination");
  base_mutex_lock(&h->lists);
  go_mark(h);
  go_examine_marked(h);
  base_mutex_unlock(&h->lists);
  atomic_store_explicit(&h->live, h->marked_bytes, memory_order_relaxed);
  phase(h, &step, "mark");
  pages_event(&h->small.pages, HT_EVENT_MARKED, step, step, h->marked_bytes, NULL);
  h->cycles++;
  go_sweep_start(h);
  go_set_trigger(h);
  GO_MUST(h, GOG_11, h->trigger >= h->marked_bytes, "%llu bytes are marked, and the next cycle comes at %llu",
          (unsigned long long)h->marked_bytes, (unsigned long long)h->trigger);
  if (h->milestone == GO_1_1) {
    while (go_sweep_one(h)) continue;
    phase(h, &step, "sweep");
  }
  pages_event(&h->small.pages, HT_EVENT_CYCLE, start, step,
              atomic_load_explicit(&h->sweeping.freed_bytes, memory_order_relaxed), "full");
  atomic_fetch_add_explicit(&h->collector_ns, base_clock_thread_ns() - cpu, memory_order_relaxed);
}

static bool cycle(struct go_mutator *m, const char *reason) {
  struct go_heap *h = go_heap_of(&m->head);
  if (!go_world_stop(m)) return false;
  run(h);
  if (h->sweeper) go_sweeper_wake(h);
  go_world_go_on(m, reason);
  return true;
}

// The end of a cycle that somebody waits for: all is swept, by whomever.
static void wait_for_sweep(struct go_mutator *m) {
  struct go_heap *h = go_heap_of(&m->head);
  uint64_t cpu = base_clock_thread_ns();
  while (!go_sweep_is_done(h)) {
    // At a safepoint another cycle may come, of which nobody else sweeps.
    if (!go_sweep_one(h)) base_yield();
    heap_poll(&m->head);
  }
  atomic_fetch_add_explicit(&h->collector_ns, base_clock_thread_ns() - cpu, memory_order_relaxed);
}

void go_collect(struct go_mutator *m) {
  while (!cycle(m, "collect")) continue;
  wait_for_sweep(m);
}

// Every so many allocations: of all mutators together.
static bool is_turn(struct go_heap *h) {
  base_mutex_lock(&h->lists);
  bool turn = --h->until_cycle == 0;
  if (turn) h->until_cycle = h->every;
  base_mutex_unlock(&h->lists);
  return turn;
}

void go_collect_if_due(struct go_mutator *m, size_t bytes) {
  struct go_heap *h = go_heap_of(&m->head);
  struct ht_carrier *c = m->carrier;
  if (h->every && is_turn(h)) go_collect(m);
  if (!c->due && bytes <= GO_SMALL_MAX) return;
  c->due = false;
  while (atomic_load_explicit(&h->live, memory_order_relaxed) + bytes >= h->trigger) {
    uint64_t before = h->cycles;
    if (cycle(m, "heap") || h->cycles != before) break;
  }
}
