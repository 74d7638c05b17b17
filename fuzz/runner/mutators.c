// Who is on which carrier. At most one mutator is not blocked: the running one.
#include "fuzz/runner/runner_internal.h"

#include <string.h>

static void block(struct ht_runner *r, unsigned mutator) {
  r->table->block(r->mutators[mutator].handle);
  r->running = HT_MUTATORS_MAX;
}

static void unblock(struct ht_runner *r, unsigned mutator) {
  struct run_mutator *m = &r->mutators[mutator];
  r->table->unblock(m->handle, r->carriers[m->carrier]);
  run_safepoint(r);
  r->running = mutator;
}

void run_stop(struct ht_runner *r) {
  if (r->running != HT_MUTATORS_MAX) run_on(r, r->mutators[r->running].carrier, block, r->running);
}

void run_push(struct ht_runner *r) {
  struct shadow_mutator *shadow = &r->shadow->mutators[r->running];
  union run_frame *frame = &r->mutators[r->running].frames[shadow->frames];
  memset(frame, 0, sizeof *frame);
  frame->sized.count = HT_FRAME_SLOTS;
  memset(&shadow->slots[shadow->frames * HT_FRAME_SLOTS], 0, HT_FRAME_SLOTS * sizeof *shadow->slots);
  shadow->frames++;
  r->table->push(run_handle(r), &frame->frame);
}

void run_pop(struct ht_runner *r) {
  struct shadow_mutator *shadow = &r->shadow->mutators[r->running];
  shadow->frames--;
  shadow_number *slots = &shadow->slots[shadow->frames * HT_FRAME_SLOTS], dropped[HT_FRAME_SLOTS];
  memcpy(dropped, slots, sizeof dropped);
  r->table->pop(run_handle(r));
  for (unsigned i = 0; i < HT_FRAME_SLOTS; i++) run_drop(r, dropped[i]);
}

static void attach(struct ht_runner *r, unsigned mutator) {
  struct run_mutator *m = &r->mutators[mutator];
  bool done = r->table->attach(r->heap, r->carriers[m->carrier], &m->handle);
  run_safepoint(r);
  if (!done) {
    m->handle = NULL;
    run_refused(r, "attach");
    return;
  }
  r->running = mutator;
  run_push(r);
}

void run_detach(struct ht_runner *r, unsigned mutator) {
  while (r->shadow->mutators[mutator].frames) run_pop(r);
  // Nobody else may touch what its globals hold, or let go of its weak references.
  for (unsigned i = 0; r->apart && i < HT_GLOBALS; i++)
    if (run_is_own(r, i, HT_GLOBALS)) run_global_clear(r, i);
  for (unsigned i = 0; r->apart && i < HT_WEAKS; i++)
    if (run_is_own(r, i, HT_WEAKS)) run_weak_drop(r, i);
  r->table->detach(r->mutators[mutator].handle);
  run_safepoint(r);
  r->mutators[mutator].handle = NULL;
  r->running = HT_MUTATORS_MAX;
}

bool run_switch(struct ht_runner *r, unsigned mutator, unsigned carrier) {
  struct run_mutator *m = &r->mutators[mutator];
  if (m->ended || (r->running == mutator && m->carrier == carrier)) return !m->ended;
  run_stop(r);
  m->carrier = carrier;
  run_on(r, carrier, m->handle ? unblock : attach, mutator);
  return m->handle != NULL;
}

void run_block(struct ht_runner *r, unsigned carrier) {
  unsigned mutator = r->running;
  run_stop(r);
  r->mutators[mutator].carrier = carrier;
  run_on(r, carrier, unblock, mutator);
}
