// Finalizers and weak callbacks, as the heap calls them.
#include "fuzz/runner/runner_internal.h"

// What the last trace did not reach a heap may have found, whatever revives it before it is called for.
static void note_unreached(struct ht_runner *r) {
  for (shadow_number n = 1; n <= r->shadow->count; n++) {
    struct shadow_object *object = run_object(r, n);
    if (object->mark != r->shadow->trace) object->lost_once = object->due = true;
  }
}

// Was the object reachable when the operation being done began to call back? The first callback of an
// operation traces; what later ones find may have been revived by those before. So may what waits for its
// callback since an earlier operation.
static bool reachable(struct ht_runner *r, shadow_number number) {
  if (!r->judged.number) {
    shadow_trace(r->shadow, false);
    r->judged = (struct run_judgement){++r->judgements, r->shadow->count};
    for (uint32_t i = 0; i < r->shadow->reached_count; i++)
      run_object(r, r->shadow->work[i])->judged = r->judged.number;
    note_unreached(r);
  }
  if (number <= r->judged.count && run_object(r, number)->judged != r->judged.number) return false;
  shadow_trace(r->shadow, false);
  note_unreached(r);
  return !run_object(r, number)->due;
}

bool run_weak_is_clear(struct ht_runner *r, struct ht_mutator *mutator, struct ht_weak *weak) {
  HT_FRAME(scratch, 1);
  r->table->push(mutator, scratch);
  r->table->weak_load(mutator, weak, &scratch->slots[0]);
  bool clear = scratch->slots[0] == NULL;
  r->table->pop(mutator);
  return clear;
}

void run_finalizer(struct ht_mutator *mutator, ht_ref *slot, void *data) {
  struct run_call *call = data;
  struct ht_runner *r = call->runner;
  shadow_number number = call->object;
  struct shadow_object *object = run_object(r, number);
  r->callbacks++;
  run_safepoint(r); // what called may have moved objects before
  HOLDS(r, HT_FIN_1, object->finalizer != SHADOW_RAN, "the finalizer of object %u ran again", number);
  HOLDS(r, HT_FIN_1, object->finalizer == SHADOW_ARMED && &r->finalizer_calls[object->call] == call,
        "a finalizer of object %u ran that had been replaced", number);
  HOLDS(r, HT_FIN_1, !reachable(r, number), "the finalizer of object %u ran while it was reachable", number);
  object->finalizer = SHADOW_RAN;
  for (uint32_t w = 0; object->weaks && w < r->shadow->weak_count; w++)
    if (r->shadow->weaks[w].object == number && !r->shadow->weaks[w].dropped) {
      HOLDS(r, HT_WEAK_2, run_weak_is_clear(r, mutator, r->weak_handles[w]),
            "object %u is being finalized and weak reference %u still gives it", number, w);
      r->shadow->weaks[w].cleared = true;
    }
  if (object->bytes) run_observe(r, number, *slot, "finalizer's slot", 0);
  r->shadow->trace++;
  r->shadow->reached_count = 0;
  shadow_trace_from(r->shadow, number);
  for (uint32_t i = 0; i < r->shadow->reached_count; i++) {
    run_compare_object(r, r->shadow->work[i], HT_FIN_2);
  }
  if (r->depth >= CALLBACK_DEPTH || r->bulk || r->tired || r->running == HT_MUTATORS_MAX ||
      run_handle(r) != mutator || run_is_spent(r))
    return;

  r->depth++;
  size_t operation = r->operation;
  enum ht_operation_code code = r->code;
  uint32_t slots = r->shadow->mutators[r->running].frames * HT_FRAME_SLOTS;
  if (call->operations & 1 && slots) {
    // Revived: from now on a slot of the mutator holds it.
    uint32_t to = call->operations / 2 % slots;
    shadow_number old = r->shadow->mutators[r->running].slots[to];
    r->shadow->mutators[r->running].slots[to] = number;
    run_hold(r, number);
    r->table->root_set(mutator, run_slot(r, r->running, to), *slot);
    run_drop(r, old);
  }
  unsigned operations = call->operations < CALLBACK_OPERATIONS ? call->operations : CALLBACK_OPERATIONS;
  for (unsigned i = 0; i < operations && call->first + i < r->program->operation_count && !run_is_spent(r);
       i++) {
    r->operation = call->first + i;
    run_operation(r, &r->program->operations[r->operation]);
  }
  r->operation = operation;
  r->code = code;
  r->depth--;
}

void run_weak_callback(struct ht_mutator *mutator, struct ht_weak *weak, void *data) {
  struct run_call *call = data;
  struct ht_runner *r = call->runner;
  struct shadow_weak *entry = &r->shadow->weaks[call->weak];
  r->callbacks++;
  run_safepoint(r); // what called may have moved objects before
  HOLDS(r, HT_WEAK_3, !entry->dropped, "the callback of weak reference %u ran after it was dropped",
        call->weak);
  HOLDS(r, HT_WEAK_3, !entry->called, "the callback of weak reference %u ran again", call->weak);
  HOLDS(r, HT_WEAK_3, !reachable(r, entry->object),
        "the callback of weak reference %u ran while object %u was reachable", call->weak, entry->object);
  HOLDS(r, HT_WEAK_2, run_weak_is_clear(r, mutator, weak),
        "weak reference %u still gives object %u in its callback", call->weak, entry->object);
  entry->called = entry->cleared = true;
}
