// Mutators come, go, and stop for the collector.
//
// A carrier says that a mutator runs on it before it looks whether the world is to stop, and who stops the
// world says so before it looks whether carriers run: one of the two sees the other. Stopped is who has said
// that nothing runs; who is blocked has.

#include "allocators/go/go.h"

void go_carrier_leave(struct go_heap *h, struct ht_carrier *c) {
  atomic_store(&c->running, 0);
  if (atomic_load(&h->stopping)) base_unpark(&h->stopped);
}

// Returns when a mutator may run on it, and it says so.
void go_carrier_enter(struct go_heap *h, struct ht_carrier *c) {
  for (;;) {
    atomic_store(&c->running, 1);
    if (!atomic_load(&h->stopping)) return;
    go_carrier_leave(h, c);
    while (atomic_load(&h->stopping)) base_park(&c->wake);
  }
}

void go_wait(struct go_mutator *m) {
  go_carrier_leave(go_heap_of(&m->head), m->carrier);
  go_carrier_enter(go_heap_of(&m->head), m->carrier);
}

void go_block(struct go_mutator *m) {
  struct ht_carrier *c = m->carrier;
  m->carrier = NULL;
  m->cached = NULL;
  go_carrier_leave(go_heap_of(&m->head), c);
}

void go_unblock(struct go_mutator *m, struct ht_carrier *carrier) {
  struct go_heap *h = go_heap_of(&m->head);
  go_carrier_enter(h, carrier);
  m->carrier = carrier;
  m->cached = h->exposed ? carrier->cached : h->nothing;
}

bool go_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator) {
  struct go_heap *h = (struct go_heap *)heap;
  base_mutex_lock(&h->lists);
  struct go_mutator *m = records_take(&h->small.records);
  if (m) {
    m->head.heap = heap;
    m->stopping = &h->stopping;
    base_list_push_last(&h->mutators, &m->link);
  }
  base_mutex_unlock(&h->lists);
  if (!m) return false;
  go_unblock(m, carrier);
  *mutator = &m->head;
  return true;
}

void go_detach(struct ht_mutator *mutator) {
  struct go_heap *h = go_heap_of(mutator);
  struct go_mutator *m = go_mutator_of(mutator);
  if (m->carrier) go_block(m);
  base_mutex_lock(&h->lists);
  base_link_remove(&m->link);
  records_give(&h->small.records, m);
  base_mutex_unlock(&h->lists);
}

static bool somebody_runs(struct go_heap *h) {
  bool runs = false;
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->carriers) runs |= atomic_load(&go_carrier_at(link)->running) != 0;
  base_mutex_unlock(&h->lists);
  return runs;
}

bool go_world_stop(struct go_mutator *m) {
  struct go_heap *h = go_heap_of(&m->head);
  uint32_t not_yet = 0;
  uint64_t asked = base_clock_ns();
  if (!atomic_compare_exchange_strong(&h->stopping, &not_yet, 1)) {
    go_wait(m);
    return false;
  }
  atomic_store(&m->carrier->running, 0);
  while (somebody_runs(h)) base_park(&h->stopped);
  h->asked = asked;
  h->stopped_at = base_clock_ns();
  return true;
}

void go_world_go_on(struct go_mutator *m, const char *reason) {
  struct go_heap *h = go_heap_of(&m->head);
  pages_event(&h->small.pages, HT_EVENT_PAUSE, h->stopped_at, base_clock_ns(), h->stopped_at - h->asked,
              reason);
  // Its own carrier runs before anybody else may stop the world.
  atomic_store(&m->carrier->running, 1);
  atomic_store(&h->stopping, 0);
  base_mutex_lock(&h->lists);
  base_list_each(link, &h->carriers) base_unpark(&go_carrier_at(link)->wake);
  base_mutex_unlock(&h->lists);
}
