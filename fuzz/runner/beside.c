// Mutators beside each other: each carrier is a thread, and does the operations of its mutators in the order
// of the program. Who runs is somebody else's choice, at every step of the heap.
#include "fuzz/runner/runner_internal.h"

struct worker {
  struct ht_runner *runner;
  unsigned carrier;
  struct base_thread thread;
};

// What another mutator must not see half done, and what is no safepoint. A heap that calls back from within
// its calls orders them itself: a callback may come to a safepoint, and others to theirs.
bool run_takes_turns(const struct ht_runner *r, enum ht_operation_code code) {
  if (r->table->capabilities & HT_IMMEDIATE || r->depth) return false;
  switch (code) {
  case HT_OP_ALLOC:
  case HT_OP_ALLOC_HUGE:
  case HT_OP_RESIZE:
  case HT_OP_ATTACH:
  case HT_OP_DETACH:
  case HT_OP_BLOCK:
  case HT_OP_POLL:
  case HT_OP_COLLECT:
  case HT_OP_RUN_FINALIZERS:
    return false;
  default:
    return true;
  }
}

static void work(void *argument) {
  const struct worker *worker = argument;
  struct ht_runner *r = worker->runner;
  const struct ht_runner_beside *beside = r->options.beside;
  for (size_t i = 0; i < r->program->operation_count; i++) {
    if (r->program->operations[i].mutator % r->carrier_count != worker->carrier) continue;
    beside->operation(beside->context);
    run_step(r, i);
  }
  run_stop(r);
}

void run_beside(struct ht_runner *r) {
  struct worker workers[HT_CARRIERS_MAX];
  unsigned started = 0;
  for (; started < r->carrier_count; started++) {
    workers[started] = (struct worker){.runner = r, .carrier = started};
    if (!base_thread_start(&workers[started].thread, work, &workers[started])) __builtin_trap();
  }
  while (started > 0) base_thread_join(&workers[--started].thread);
}

void ht_runner_place_init(struct ht_runner_place *place) {
  *place = (struct ht_runner_place){.running = HT_MUTATORS_MAX};
}

void ht_runner_leave(const struct ht_runner *r, struct ht_runner_place *place) {
  *place = (struct ht_runner_place){.running = r->running,
                                    .depth = r->depth,
                                    .operation = r->operation,
                                    .code = r->code,
                                    .bulk = r->bulk,
                                    .done = r->done,
                                    .collect_due = r->collect_due,
                                    .judged_number = r->judged.number,
                                    .judged_count = r->judged.count};
}

void ht_runner_enter(struct ht_runner *r, const struct ht_runner_place *place) {
  r->running = place->running;
  r->depth = place->depth;
  r->operation = place->operation;
  r->code = place->code;
  r->bulk = place->bulk;
  r->done = place->done;
  r->collect_due = place->collect_due;
  r->judged.number = place->judged_number;
  r->judged.count = place->judged_count;
}
