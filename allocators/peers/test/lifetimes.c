// When objects end, and what is told of it.

#include "peer_test.h"

// Rings of three that nothing reaches.

enum { RINGS = 100, RING = 3 };

// The program's own data, which no heap was told of, and which so keeps nothing.
static ht_ref forgotten[RINGS];

static __attribute__((noinline)) void make_rings(struct world *w, struct ht_weak **weaks) {
  HT_FRAME(frame, RING);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < RING; n++) new_node(w->m, &frame->slots[n], i);
    for (size_t n = 0; n < RING; n++) set_next(w->m, frame->slots[n], frame->slots[(n + 1) % RING]);
    CHECK(table->weak_create(w->m, frame->slots[0], NULL, NULL, &weaks[i]));
    *(volatile ht_ref *)&forgotten[i] = frame->slots[0];
  }
  heap_pop(w->m);
}

void test_ring(void) {
  struct world w = open_world();
  static struct ht_weak *weaks[RINGS];
  make_rings(&w, weaks);
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  collect(w.m);
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    table->weak_load(w.m, weaks[i], &frame->slots[0]);
    gone += frame->slots[0] == NULL;
    table->weak_drop(w.m, weaks[i]);
  }
  CHECK(is_enough(gone, RINGS));
  heap_pop(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || (s.live_objects == 0 && s.live_bytes == 0));
  close_world(w);
}

// Objects that each have a weak reference with a callback and a finalizer, in rings and by themselves.

struct ending {
  struct ht_weak *weak;
  unsigned reported, finalized;
};

static struct ending endings[RINGS * RING];

static void on_gone(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct ending *e = data;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  table->weak_load(m, weak, &frame->slots[0]);
  CHECK(e->weak == weak && !frame->slots[0]);
  heap_pop(m);
  e->reported++;
}

static void on_final(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct ending *e = data;
  struct node *self = *slot;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  table->weak_load(m, e->weak, &frame->slots[0]);
  CHECK(!frame->slots[0]);
  // What it reaches is whole, though that has been finalized or will be in this cycle.
  CHECK(&endings[self->number] == e);
  bool in_ring = self->number / RING % 2;
  CHECK(in_ring == !!self->next);
  if (in_ring) CHECK(self->next->number / RING == self->number / RING && self->next->next->next == self);
  heap_pop(m);
  e->finalized++;
}

static __attribute__((noinline)) void make_ending_rings(struct world *w) {
  HT_FRAME(frame, RING);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < RING; n++) {
      struct ending *e = &endings[i * RING + n];
      ht_ref object = new_node(w->m, &frame->slots[n], i * RING + n);
      CHECK(table->weak_create(w->m, object, on_gone, e, &e->weak));
      // The second replaces the first, which would fail.
      CHECK(table->finalizer_set(w->m, object, on_final, &endings[(i * RING + n + 1) % (RINGS * RING)]));
      CHECK(table->finalizer_set(w->m, object, on_final, e));
    }
    for (size_t n = 0; i % 2 && n < RING; n++) set_next(w->m, frame->slots[n], frame->slots[(n + 1) % RING]);
  }
  heap_pop(w->m);
}

void test_endings(void) {
  struct world w = open_world();
  make_ending_rings(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  size_t gone = 0;
  for (size_t i = 0; i < RINGS * RING; i++) {
    CHECK(endings[i].reported == endings[i].finalized && endings[i].finalized <= 1);
    gone += endings[i].finalized;
    table->weak_drop(w.m, endings[i].weak);
  }
  CHECK(is_enough(gone, RINGS * RING));
  close_world(w);
}

// Pairs whose weak references' callbacks drop both references, when the other is due as well.

struct pair {
  struct ht_weak *weaks[2];
  unsigned reported;
};

static struct pair pairs[RINGS];

static void on_gone_drop(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct pair *p = data;
  CHECK(weak == p->weaks[0] || weak == p->weaks[1]);
  CHECK(p->reported++ == 0);
  for (size_t i = 0; i < 2; i++) table->weak_drop(m, p->weaks[i]);
}

static __attribute__((noinline)) void make_pairs(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < 2; n++) {
      new_node(w->m, &frame->slots[n], i);
      CHECK(table->weak_create(w->m, frame->slots[n], on_gone_drop, &pairs[i], &pairs[i].weaks[n]));
    }
    set_next(w->m, frame->slots[0], frame->slots[1]);
    set_next(w->m, frame->slots[1], frame->slots[0]);
  }
  heap_pop(w->m);
}

void test_drops(void) {
  struct world w = open_world();
  make_pairs(&w);
  collect(w.m);
  heap_run_finalizers(w.m);
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    gone += pairs[i].reported;
    for (size_t n = 0; !pairs[i].reported && n < 2; n++) table->weak_drop(w.m, pairs[i].weaks[n]);
  }
  CHECK(is_enough(gone, RINGS));
  close_world(w);
}

// A list longer than any stack is deep, which ends at once.

void test_chain(void) {
  enum { LENGTH = 300000 };
  struct world w = open_world();
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (uintptr_t i = 0; i < LENGTH; i++) {
    struct node *node = new_node(w.m, &frame->slots[1], i);
    set_next(w.m, node, frame->slots[0]);
    heap_root_set(w.m, &frame->slots[0], node);
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  collect(w.m);
  uintptr_t count = LENGTH;
  for (struct node *node = frame->slots[0]; node; node = node->next) CHECK(node->number == --count);
  CHECK(count == 0);
  heap_pop(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || s.live_objects == 0);
  close_world(w);
}

// Objects that their finalizers store in a global: whole, finalized once, gone at last.

static ht_ref revived;
static unsigned revivals;

static void revive(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)data;
  struct node *self = *slot;
  heap_store(m, self, (ht_ref *)&self->other, revived);
  heap_store(m, NULL, &revived, self);
  revivals++;
}

static __attribute__((noinline)) void make_revivable(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    struct node *a = new_node(w->m, &frame->slots[0], i);
    set_next(w->m, a, new_node(w->m, &frame->slots[1], i));
    set_next(w->m, frame->slots[1], a);
    CHECK(table->finalizer_set(w->m, a, revive, NULL));
  }
  heap_pop(w->m);
}

static __attribute__((noinline)) size_t count_revived(void) {
  size_t count = 0;
  for (struct node *a = revived; a; a = a->other, count++)
    CHECK(a->next && a->next->number == a->number && a->next->next == a);
  return count;
}

void test_resurrection(void) {
  struct world w = open_world();
  CHECK(table->global_root_add(w.heap, &revived));
  make_revivable(&w);
  collect(w.m);
  heap_run_finalizers(w.m);
  size_t count = revivals;
  CHECK(is_enough(count, RINGS));
  collect(w.m);
  CHECK(count_revived() == count);
  heap_store(w.m, NULL, &revived, NULL);
  collect(w.m);
  heap_run_finalizers(w.m);
  CHECK(revivals <= RINGS && !revived == (revivals == count));
  if (!can(HT_CONSERVATIVE)) {
    struct ht_statistics s;
    table->statistics(w.heap, &s);
    CHECK(s.live_objects == 0);
  }
  heap_store(w.m, NULL, &revived, NULL);
  table->global_root_remove(w.heap, &revived);
  close_world(w);
}

// A finalizer that makes the next: each run_finalizers ends.

static void finalize_on(struct ht_mutator *m, ht_ref *slot, void *data) {
  unsigned *calls = data;
  struct node *self = *slot;
  // Those due together survive the cycle that one of them starts.
  CHECK(self->next == self);
  ++*calls;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  for (uintptr_t i = 0; i < 10; i++) {
    struct node *node = new_node(m, &frame->slots[0], i);
    set_next(m, node, node);
    CHECK(table->finalizer_set(m, frame->slots[0], finalize_on, data));
  }
  heap_pop(m);
  collect(m);
}

static __attribute__((noinline)) void make_endless(struct world *w, unsigned *calls) {
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (uintptr_t i = 0; i < 10; i++) {
    struct node *node = new_node(w->m, &frame->slots[0], i);
    set_next(w->m, node, node);
    CHECK(table->finalizer_set(w->m, frame->slots[0], finalize_on, calls));
    if (i % 2) CHECK(table->finalizer_set(w->m, frame->slots[0], NULL, NULL));
  }
  heap_pop(w->m);
}

void test_endless(void) {
  struct world w = open_world();
  unsigned calls = 0;
  make_endless(&w, &calls);
  collect(w.m);
  size_t first = heap_run_finalizers(w.m);
  CHECK(first == calls && first <= 5);
  CHECK(heap_run_finalizers(w.m) > 5);
  close_world(w);
}
