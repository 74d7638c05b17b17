// What the collector says of its cycles. It says it with its lock held and in part with the world stopped,
// when a listener that takes a lock may wait for a stopped thread for ever: the events go out after the world
// runs again.

#include "allocators/peers/boehm/boehm.h"

#include <time.h>

enum { NS_PER_S = 1000000000 };

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void emit(enum ht_event_kind kind, uint64_t start, uint64_t end, uint64_t value) {
  struct ht_event_sink *sink = &boehm_current->sink;
  struct ht_event event = {.kind = kind, .start = start, .end = end, .value = value, .label = "full"};
  if (sink->event) sink->event(sink->context, &event);
}

static void GC_CALLBACK on_event(GC_EventType type) {
  // The lock lets only one cycle run at a time.
  static uint64_t cycle, cycle_cpu, requested, stopped;
  if (!boehm_current) return;
  switch (type) {
  case GC_EVENT_START:
    cycle = nanoseconds(CLOCK_MONOTONIC);
    cycle_cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    break;
  case GC_EVENT_PRE_STOP_WORLD:
    requested = nanoseconds(CLOCK_MONOTONIC);
    break;
  case GC_EVENT_POST_STOP_WORLD:
    stopped = nanoseconds(CLOCK_MONOTONIC);
    break;
  case GC_EVENT_POST_START_WORLD:
    emit(HT_EVENT_PAUSE, stopped, nanoseconds(CLOCK_MONOTONIC), stopped - requested);
    break;
  case GC_EVENT_END:
    // All threads' time: the mutators stand still for nearly all of it, and the markers are many.
    boehm_current->collector_ns += nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cycle_cpu;
    // What it will reclaim is not known before the sweep, which comes with the allocations to come.
    emit(HT_EVENT_CYCLE, cycle, nanoseconds(CLOCK_MONOTONIC), HT_UNKNOWN);
    break;
  default:
    break;
  }
}

void boehm_events_start(void) {
  GC_set_on_collection_event(on_event);
}
