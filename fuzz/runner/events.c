// What the heap tells while it runs. It may tell on any of its threads, so a fault is kept until the next
// comparison.
#include "fuzz/runner/runner_internal.h"

void run_event(void *runner, const struct ht_event *event) {
  struct ht_runner *r = runner;
  const char *fault = NULL;
  if (event->end < event->start) fault = "an event ends before it starts";
  if (event->kind == HT_EVENT_PAUSE) {
    if (event->start < r->told.pause_end) fault = "two pauses overlap";
    r->told.pause_end = event->end;
  }
  if (event->kind == HT_EVENT_CYCLE) r->told.cycles++;
  if (fault && !r->told.fault) r->told.fault = fault;
}
