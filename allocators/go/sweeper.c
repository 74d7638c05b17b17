// The thread that sweeps beside the mutators. To the world it is a carrier on which somebody runs while it
// sweeps, so that the collector waits for it.

#include "allocators/go/sweeper.h"

#include "base/pause.h"

static void sweep(struct go_sweeper *s) {
  struct go_mutator *m = &s->mutator;
  go_unblock(m, &s->carrier);
  while (go_sweep_one(s->carrier.heap)) heap_poll(&m->head);
  go_block(m);
}

static void run(void *argument) {
  struct go_sweeper *s = argument;
  for (;;) {
    base_park(&s->wake);
    if (atomic_load(&s->ending)) return;
    sweep(s);
  }
}

bool go_sweeper_init(struct go_heap *h) {
  size_t bytes = base_page_round(sizeof(struct go_sweeper));
  struct go_sweeper *s = pages_map(&h->small.pages, bytes, 0);
  if (!s) return false;
  s->carrier.heap = h;
  s->mutator.head.heap = &h->small.head;
  s->mutator.stopping = &h->stopping;
  base_list_push_last(&h->carriers, &s->carrier.link);
  h->sweeper = s;
  return true;
}

void go_sweeper_wake(struct go_heap *h) {
  struct go_sweeper *s = h->sweeper;
  if (!s->started && !(s->started = base_thread_start(&s->thread, run, s))) return;
  base_unpark(&s->wake);
}

void go_sweeper_end(struct go_heap *h) {
  size_t bytes = base_page_round(sizeof(struct go_sweeper));
  struct go_sweeper *s = h->sweeper;
  if (!s) return;
  if (s->started) {
    atomic_store(&s->ending, true);
    base_unpark(&s->wake);
    base_thread_join(&s->thread);
  }
  pages_release(&h->small.pages, s, bytes, bytes);
}
