// What the heap says of its own invariants, as an examiner hears it.
//
// Nearly always the heap looks on the thread that the run is on; then a broken one ends the run where it is
// found, as a check of the oracle's does. A heap with threads of its own may also look there: that is kept
// until the run comes by, and until then nobody leaves a thread that is not his.
#include "fuzz/runner/runner_internal.h"

#include <string.h>

static _Thread_local const struct ht_runner *here;

void run_is_here(const struct ht_runner *r) {
  here = r;
}

static void keep(struct ht_runner *r, size_t invariant, const char *broken) {
  struct run_elsewhere *elsewhere = &r->elsewhere;
  base_mutex_lock(&elsewhere->mutex);
  elsewhere->evaluations[invariant]++;
  if (broken && ht_invariant_in(&r->options.only, invariant) &&
      !atomic_load_explicit(&elsewhere->broken, memory_order_relaxed)) {
    elsewhere->invariant = invariant;
    snprintf(elsewhere->message, sizeof elsewhere->message, "%s", broken);
    atomic_store_explicit(&elsewhere->broken, true, memory_order_release);
  }
  base_mutex_unlock(&elsewhere->mutex);
}

void run_examined(void *runner, size_t own, const char *broken) {
  struct ht_runner *r = runner;
  // What a child says that was forked for a test stays there; its heap has to end it.
  if (r->forked) return;
  bool listed = own < r->own_count;
  size_t invariant = listed ? HT_INVARIANTS + own : HT_SELF_1;
  if (!listed) broken = "the heap tells of an invariant that its table does not list";
  if (__builtin_expect(here != r, 0)) {
    keep(r, invariant, broken);
    return;
  }
  r->counts.evaluations[invariant]++;
  if (__builtin_expect(broken != NULL, 0)) run_broken(r, invariant, "%s", broken);
}

void run_elsewhere_broken(struct ht_runner *r) {
  base_mutex_lock(&r->elsewhere.mutex);
  size_t invariant = r->elsewhere.invariant;
  base_mutex_unlock(&r->elsewhere.mutex);
  run_broken(r, invariant, "%s", r->elsewhere.message);
}

void run_elsewhere_count(struct ht_runner *r) {
  struct run_elsewhere *elsewhere = &r->elsewhere;
  base_mutex_lock(&elsewhere->mutex);
  for (size_t i = 0; i < HT_INVARIANTS + r->own_count; i++)
    r->counts.evaluations[i] += elsewhere->evaluations[i];
  memset(elsewhere->evaluations, 0, sizeof elsewhere->evaluations);
  base_mutex_unlock(&elsewhere->mutex);
}
