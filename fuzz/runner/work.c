// What a run costs a heap that collects, and when that is enough.
//
// Finalizers can ask for a full collection each, and make more finalizers: a program of a few kilobytes asked
// a heap for seven thousand. Of a heap that moves nothing, collections that are asked for count, each by
// what was alive.
//
// A heap that moves may copy all that is alive at every safepoint and protect what it left, so that a program
// of a few kilobytes keeps it busy for minutes. The work is counted, not timed: a program spends the same
// whenever it runs. One that has spent what it may does no more operations, in callbacks neither, and is
// brought to its end as all are; what that takes is kept back for it.
#include "fuzz/runner/runner_internal.h"

// In bytes. A megabyte that is alive at a safepoint, or compared, takes semispace 1.3 to 1.9 ms, a safepoint
// at which nothing is alive 0.08 ms.
enum {
  WORK_MAX = 12 << 20,       // of one run, its end included: 20 ms
  WORK_EXHAUSTED = 24 << 20, // where its end stops waiting for finalizers
  WORK_LOOK = 512 << 10,     // so often it is looked at what is alive
  END_SAFEPOINTS = 8,        // that the end of a run takes at least
  END_COPIES = 2,            // of these, before everything is dropped
  SMALL = 4 << 10,           // an object that hardly counts
  COLLECTED_MAX = 48 << 20,  // by a heap that does not move: 1200 collections of nothing,
  CALLBACKS_DEARER = 8,      // or 150 in callbacks, which come by hundreds
};

static bool is_over(const struct ht_runner *r, size_t more) {
  size_t end = END_SAFEPOINTS * WORK_SAFEPOINT + END_COPIES * (r->work.alive + more);
  return r->work.spent + end > WORK_MAX;
}

// What finalizers are to be run for is copied as well.
static void look_again(struct ht_runner *r) {
  shadow_trace(r->shadow, true);
  r->work.alive = r->shadow->reached_bytes;
  r->work.looked_at = r->work.spent;
}

// Between two looks what was let go of counts as alive: before that costs a program anything, it is looked.
static bool is_over_now(struct ht_runner *r, size_t more) {
  if (!is_over(r, more)) return false;
  if (r->work.spent == r->work.looked_at) return true;
  look_again(r);
  return is_over(r, more);
}

// Mutators beside each other are not charged: BESIDE_MAX bounds what they can make.
void run_charge_collection(struct ht_runner *r) {
  if (r->moves || run_is_beside(r)) return;
  r->work.spent += (WORK_SAFEPOINT + r->live.bytes) * (r->depth ? CALLBACKS_DEARER : 1);
}

bool run_is_spent(struct ht_runner *r) {
  if (!r->moves) return r->work.spent > COLLECTED_MAX;
  if (r->work.spent - r->work.looked_at > WORK_LOOK) look_again(r);
  return is_over_now(r, 0);
}

bool run_is_exhausted(const struct ht_runner *r) {
  return r->moves && r->work.spent > WORK_EXHAUSTED;
}

bool run_affords(struct ht_runner *r, size_t bytes) {
  if (r->moves) return bytes <= SMALL || !is_over_now(r, bytes);
  size_t most = run_is_beside(r) ? BESIDE_MAX : ALLOCATED_MAX;
  return r->allocated < most && bytes <= most - r->allocated;
}
