// The end of a run: everything is compared, then dropped, and the heap has to come back to nothing.
#include "fuzz/runner/runner_internal.h"

// One mutator speaks for all, but where they exchange nothing each has to for itself.
static void for_all(struct ht_runner *r, void (*task)(struct ht_runner *r)) {
  if (!r->apart) {
    task(r);
    return;
  }
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++)
    if (r->mutators[m].handle && run_switch(r, m, 0)) task(r);
  run_switch(r, r->last, 0);
}

static void collect_fully(struct ht_runner *r) {
  run_collect(r, true);
}

static void collect_all(struct ht_runner *r) {
  unsigned collections = r->table->collections ? r->table->collections : 1;
  for (unsigned i = 0; i < collections; i++) for_all(r, collect_fully);
}

static void finalize(struct ht_runner *r) {
  run_finalizers(r);
}

// Whether anything is left that the heap could call back for. It is asked all the same, unless each time it
// is asked may move everything.
static bool may_call_back(const struct ht_runner *r) {
  uint64_t can = r->table->capabilities;
  if (!r->moves) return can & HT_FINALIZERS || can & HT_WEAK;
  bool may = r->call_count > 0;
  for (uint32_t i = 0; i < r->shadow->weak_count; i++) may |= r->shadow->weaks[i].callback;
  return may;
}

// Collects and runs finalizers until nothing happens any more. False: that would be too much work.
static bool settle(struct ht_runner *r) {
  if (!(r->table->capabilities & HT_COLLECTS)) return true;
  for (unsigned round = 0; round < SETTLE_ROUNDS; round++) {
    // Finalizers that make objects with finalizers would go on for ever: from now on they only run.
    if (round == LIVELY_ROUNDS) r->tired = true;
    if (run_is_exhausted(r)) return false;
    uint32_t before = r->callbacks;
    collect_all(r);
    if (may_call_back(r)) for_all(r, finalize);
    if (r->callbacks == before) return true;
  }
  return true;
}

static bool reached(const struct ht_runner *r, shadow_number number) {
  return r->shadow->objects[number].mark == r->shadow->trace;
}

// An ambiguous word may keep any object, and all it reaches; how many is a matter of luck, but not most of
// them.
static uint32_t conservative_bound(const struct ht_runner *r) {
  uint32_t share = r->made / 2;
  return share > 32 ? share : 32;
}

// Does nothing end this object, though it is unreachable: an address that all objects of size 0 have, or a
// block in which another one is reached?
static bool is_kept_by_others(const struct ht_runner *r, shadow_number number) {
  const struct shadow_object *object = &r->shadow->objects[number];
  if (object->bytes == 0) return r->table->capabilities & HT_SHARES_EMPTY;
  if (!run_may_share(r, number)) return false;
  uintptr_t block = (uintptr_t)shadow_address(object) / r->table->shared_block;
  for (uint32_t i = 0; i < r->shadow->reached_count; i++) {
    shadow_number other = r->shadow->work[i];
    if (run_may_share(r, other) &&
        (uintptr_t)shadow_address(&r->shadow->objects[other]) / r->table->shared_block == block)
      return true;
  }
  return false;
}

// What objects with finalizers hold counts as reached too.
static void reach_awaited(struct ht_runner *r) {
  for (shadow_number n = 1; n <= r->shadow->count; n++) {
    const struct shadow_object *object = run_object(r, n);
    if (object->state == SHADOW_RECLAIMED || reached(r, n) || object->finalizer != SHADOW_ARMED) continue;
    for (uint32_t k = 0; k < object->tracked; k++)
      shadow_trace_from(r->shadow, r->shadow->fields[object->fields + k]);
  }
}

// Weak references and finalizers of what is unreachable. They are evidence; the heap's own count is only a
// claim.
static void compare_gone(struct ht_runner *r) {
  bool conservative = r->table->capabilities & HT_CONSERVATIVE;
  uint32_t kept = 0;
  for (unsigned i = 0; i < HT_WEAKS; i++) {
    int32_t at = r->weak_table[i];
    if (at < 0 || reached(r, r->shadow->weaks[at].object)) continue;
    struct shadow_weak *entry = &r->shadow->weaks[at];
    if (is_kept_by_others(r, entry->object)) continue;
    if (r->apart) run_switch(r, i % r->program->header.mutators, 0);
    bool clear = run_weak_is_clear(r, run_handle(r), r->weak_handles[at]);
    kept += !clear;
    if (conservative) continue;
    HOLDS(r, HT_LIVE_2, clear, "object %u is unreachable, but weak reference %d still gives it",
          entry->object, at);
    if (entry->callback)
      HOLDS(r, HT_WEAK_3, entry->called,
            "object %u is gone, but the callback of weak reference %d did not run", entry->object, at);
  }
  if (r->apart) run_switch(r, r->last, 0);
  for (shadow_number n = 1; n <= r->shadow->count; n++) {
    const struct shadow_object *object = run_object(r, n);
    if (object->state == SHADOW_RECLAIMED || reached(r, n) || object->finalizer != SHADOW_ARMED) continue;
    if (is_kept_by_others(r, n)) continue;
    kept++;
    if (!conservative)
      HOLDS(r, HT_LIVE_2, false, "object %u is unreachable, but its finalizer did not run", n);
  }
  if (conservative)
    HOLDS(r, HT_LIVE_2, kept <= conservative_bound(r),
          "%u of %u unreachable objects that are watched were kept", kept, r->made);
}

// What the heap should count as alive after `settle`, given the last trace.
static uint32_t expected_live(struct ht_runner *r) {
  uint64_t can = r->table->capabilities;
  if (can & HT_COLLECTS_CYCLES) return r->shadow->reached_count;
  if (can & HT_COLLECTS) return r->shadow->reached_count + shadow_cyclic(r->shadow);
  return can & HT_RELEASES ? r->shadow->reached_count : r->made;
}

static void compare_counts(struct ht_runner *r) {
  uint64_t can = r->table->capabilities;
  struct ht_statistics told;
  r->table->statistics(r->heap, &told);
  if (can & HT_COUNTS_LIVE) {
    uint32_t expected = expected_live(r);
    if (can & HT_COLLECTS)
      HOLDS(r, HT_LIVE_2, told.live_objects <= expected, "%u objects should be left, the heap counts %llu",
            expected, (unsigned long long)told.live_objects);
    HOLDS(r, HT_GEN_9, told.live_objects == expected, "%u objects are alive, the heap counts %llu", expected,
          (unsigned long long)told.live_objects);
    if (expected == r->shadow->reached_count)
      HOLDS(r, HT_GEN_9, told.live_bytes >= r->shadow->reached_bytes,
            "%zu bytes are alive, the heap counts %llu", r->shadow->reached_bytes,
            (unsigned long long)told.live_bytes);
    if (r->crossed)
      HOLDS(r, HT_GEN_14, told.live_objects == expected,
            "after ends on other carriers %u objects are alive, the heap counts %llu", expected,
            (unsigned long long)told.live_objects);
  }
  // Whether a resize that copies makes an object is the heap's own way of counting.
  if (told.allocated_objects != HT_UNKNOWN)
    HOLDS(r, HT_GEN_9, told.allocated_objects >= r->made && told.allocated_objects <= r->made + r->resized,
          "%u objects were allocated and %u resized, the heap counts %llu", r->made, r->resized,
          (unsigned long long)told.allocated_objects);
}

static void compare_space(struct ht_runner *r) {
  // The bound is said to hold after a collection, not after finalizers. If the last safepoint was one,
  // another would only move everything again.
  if (!r->moves || r->shadow->epoch != r->collected) collect_all(r);
  // What is not reclaimed for being a cycle is no retained memory.
  if (!(r->table->capabilities & HT_COLLECTS_CYCLES) && shadow_cyclic(r->shadow)) return;
  const struct ht_heap_table *table = r->table;
  size_t committed = ht_metered_read(r->metered).committed, bound = SIZE_MAX;
  unsigned each = r->apart ? r->program->header.mutators : 1;
  if (table->space_percent)
    bound = each * table->space_fixed + r->peak.bytes * table->space_percent / 100 +
            r->peak.objects * table->space_object;
  if (table->space_empty && r->shadow->reached_count == 0 && bound > each * table->space_empty)
    bound = each * table->space_empty;
  HOLDS(r, HT_GEN_10, committed <= bound, "%zu bytes are still committed, the documented bound is %zu",
        committed, bound);
}

static void compare_end(struct ht_runner *r, bool settled) {
  run_compare(r, true);
  if (!settled) return; // what is unreachable may be waiting for finalizers
  bool whole = r->table->capabilities & HT_COLLECTS_CYCLES;
  if (r->table->capabilities & HT_ORDERS_FINALIZERS) reach_awaited(r);
  if (whole) compare_gone(r);
  if (r->table->capabilities & HT_COLLECTS && !whole && shadow_cyclic(r->shadow) == 0) compare_gone(r);
  compare_counts(r);
  if (r->hooked) compare_space(r);
}

static void drop_roots(struct ht_runner *r) {
  const struct shadow_mutator *shadow = &r->shadow->mutators[r->running];
  while (shadow->frames > 1) {
    r->judged.number = 0;
    run_pop(r);
  }
  for (unsigned i = 0; i < HT_GLOBALS; i++)
    if (r->shadow->globals[i] && run_is_own(r, i, HT_GLOBALS))
      run_operation(r, &(struct ht_operation){.code = HT_OP_GLOBAL_CLEAR, .a = (uint8_t)i});
  for (unsigned i = 0; i < HT_CELLS; i++)
    if (r->shadow->cells[i]) run_operation(r, &(struct ht_operation){.code = HT_OP_RECV, .b = (uint8_t)i});
  for (unsigned i = 0; i < HT_FRAME_SLOTS; i++)
    if (shadow->slots[i]) run_operation(r, &(struct ht_operation){.code = HT_OP_ROOT_CLEAR, .a = (uint8_t)i});
}

static void detach_others(struct ht_runner *r) {
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++) {
    r->judged.number = 0;
    if (r->mutators[m].handle && m != r->last && run_switch(r, m, 0)) run_detach(r, m);
  }
  r->judged.number = 0;
  run_switch(r, r->last, 0);
}

// Leaves nothing reachable. Finalizers revive what they like, each once. False: as for settle.
static bool drop_all_roots(struct ht_runner *r) {
  for (unsigned round = 0; round < SETTLE_ROUNDS; round++) {
    if (round == LIVELY_ROUNDS) r->tired = true;
    for_all(r, drop_roots);
    if (!settle(r)) return false;
    shadow_trace(r->shadow, false);
    if (r->shadow->reached_count == 0) break;
  }
  return true;
}

// Leaves one mutator with one empty frame besides. What a mutator made that exchanges nothing is dropped
// while it is there.
static bool drop_everything(struct ht_runner *r) {
  if (!r->apart) detach_others(r);
  // What they made ends on a carrier that is not theirs, and they are gone.
  run_close_carriers(r, 1);
  bool dropped = drop_all_roots(r);
  if (r->apart) detach_others(r);
  // One that moves everything is not asked twice in a row.
  return dropped && (r->moves || settle(r));
}

// Makes a mutator run, if none does, on carrier 0, where the rest of the run takes place.
static void run_someone(struct ht_runner *r) {
  r->last = r->running;
  for (unsigned m = 0; r->last == HT_MUTATORS_MAX && m < HT_MUTATORS_MAX; m++)
    if (r->mutators[m].handle) r->last = m;
  if (r->last == HT_MUTATORS_MAX) r->last = 0;
  r->mutators[r->last].ended = false;
  HOLDS(r, HT_GEN_11, run_switch(r, r->last, 0), "attach fails though no page request is refused any more");
}

// What those left behind that have ended goes to who comes next: all come once more.
static void return_all(struct ht_runner *r) {
  for (unsigned m = 0; m < r->program->header.mutators; m++) {
    r->mutators[m].ended = false;
    run_switch(r, m, 0);
  }
  run_switch(r, r->last, 0);
}

// A heap that was refused a page must be able to go on.
static void recover(struct ht_runner *r) {
  uint32_t before = r->made;
  bool tried = run_alloc(r, 0, 0, 64, 0, false);
  HOLDS(r, HT_GEN_11, !tried || r->made > before,
        "an alloc of 64 bytes fails though no page request is refused any more");
}

void run_finish(struct ht_runner *r) {
  r->operation = r->program->operation_count;
  r->code = HT_OP_CHECK;
  bool refused = r->hooked && ht_metered_read(r->metered).refused > 0;
  if (r->hooked) ht_metered_refuse(r->metered, 0, 0);
  run_someone(r);
  if (r->apart) return_all(r);
  if (refused) recover(r);
  compare_end(r, settle(r));
  compare_end(r, drop_everything(r));
}
