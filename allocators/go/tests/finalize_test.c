// Weak references, finalizers and pins, cycle by cycle.

#include "allocators/go/tests/go_test.h"

static const char *const ways[] = {"milestone=1.1", "milestone=1.3", "sweeper=yes", "markers=4"};

struct called {
  struct world *w;
  unsigned count;
  uint64_t last;                // the word of the node it was called for
  struct ht_weak *weak;         // looked at in the call; may be NULL
  ht_ref global;                // brings the object back, with `keeps`
  bool keeps, was_clear, again; // again: has a finalizer from then on as before
};

static void finalize(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct called *called = data;
  called->count++;
  called->last = ((struct node *)*slot)->word;
  if (called->weak) called->was_clear = !world_weak(called->w, called->weak);
  if (called->keeps) heap_store(m, NULL, &called->global, *slot);
  if (called->again) CHECK(heap_finalizer_set(m, *slot, finalize, data));
}

static void collect_and_call(struct world *w) {
  heap_collect(w->m, true);
  heap_run_finalizers(w->m);
}

// Makes node `number` in slot 0, before what slot 0 had.
static void prepend(struct world *w, struct ht_frame *frame, uint64_t number) {
  CHECK(heap_alloc(w->m, &frame->slots[1], &node_type, 1, 0, 0));
  ((struct node *)frame->slots[1])->word = number;
  heap_store(w->m, frame->slots[1], &((struct node *)frame->slots[1])->next, frame->slots[0]);
  heap_root_set(w->m, &frame->slots[0], frame->slots[1]);
  heap_root_set(w->m, &frame->slots[1], NULL);
}

// A chain of n with finalizers is finalised in n cycles from its head; each is gone in the cycle after.
static void test_chain(const char *options) {
  enum { LENGTH = 40 };
  struct world w;
  struct called called = {.w = &w};
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (unsigned i = LENGTH; i > 0; i--) {
    prepend(&w, frame, i);
    CHECK(heap_finalizer_set(w.m, frame->slots[0], finalize, &called));
  }
  heap_collect(w.m, true);
  CHECK(heap_run_finalizers(w.m) == 0 && world_live(&w) == LENGTH);
  heap_root_set(w.m, &frame->slots[0], NULL);
  for (unsigned i = 1; i <= LENGTH; i++) {
    collect_and_call(&w);
    CHECK(called.count == i && called.last == i);
    // Marked is what lies behind the head, which came back by its finalizer.
    CHECK(world_live(&w) == LENGTH - i);
  }
  collect_and_call(&w);
  CHECK(called.count == LENGTH && world_live(&w) == 0);
  heap_pop(w.m);
  world_end(&w);
}

// Nobody can say who of a cycle comes first, so no one does, not even if there is one alone.
static void test_ring(const char *options) {
  for (unsigned length = 1; length <= 3; length++) {
    struct world w;
    struct called called = {.w = &w};
    world_begin(&w, options);
    HT_FRAME(frame, 3);
    heap_push(w.m, frame);
    prepend(&w, frame, 0);
    heap_root_set(w.m, &frame->slots[2], frame->slots[0]);
    for (unsigned i = 1; i < length; i++) prepend(&w, frame, i);
    heap_store(w.m, frame->slots[2], &((struct node *)frame->slots[2])->next, frame->slots[0]);
    CHECK(heap_finalizer_set(w.m, frame->slots[0], finalize, &called));
    heap_pop(w.m);
    for (unsigned i = 0; i < 3; i++) collect_and_call(&w);
    CHECK(called.count == 0 && world_live(&w) == length);
    world_end(&w);
  }
}

// An object that came back has its finalizer no more, its weak references stay clear, and it can have both
// anew.
static void test_revival(const char *options) {
  enum { TIMES = 3 };
  struct world w;
  world_begin(&w, options);
  struct called called = {.w = &w, .keeps = true};
  CHECK(heap_global_root_add(w.heap, &called.global));
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  prepend(&w, frame, 1);
  prepend(&w, frame, 2);
  ht_ref object = frame->slots[0];
  heap_store(w.m, NULL, &called.global, object);
  heap_root_set(w.m, &frame->slots[0], NULL);
  struct ht_weak *before[TIMES];
  for (unsigned i = 0; i < TIMES; i++) {
    called.weak = before[i] = world_watch(&w, object);
    called.was_clear = false;
    CHECK(heap_finalizer_set(w.m, object, finalize, &called));
    heap_store(w.m, NULL, &called.global, NULL);
    collect_and_call(&w);
    CHECK(called.count == i + 1 && called.was_clear && called.global == object);
    for (unsigned again = 0; again < 2; again++) {
      collect_and_call(&w);
      CHECK(called.count == i + 1 && world_live(&w) == 2 && called.global == object);
      for (unsigned j = 0; j <= i; j++) CHECK(!world_weak(&w, before[j]));
    }
    CHECK(((struct node *)object)->word == 2 && ((struct node *)((struct node *)object)->next)->word == 1);
  }
  for (unsigned i = 0; i < TIMES; i++) heap_weak_drop(w.m, before[i]);
  heap_store(w.m, NULL, &called.global, NULL);
  collect_and_call(&w);
  CHECK(called.count == TIMES && world_live(&w) == 0);
  heap_global_root_remove(w.heap, &called.global);
  heap_pop(w.m);
  world_end(&w);
}

// A finalizer that asks for another one each time is called once a cycle.
static void test_again(const char *options) {
  struct world w;
  struct called called = {.w = &w, .again = true};
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  prepend(&w, frame, 1);
  CHECK(heap_finalizer_set(w.m, frame->slots[0], finalize, &called));
  heap_pop(w.m);
  for (unsigned i = 1; i < 5; i++) {
    collect_and_call(&w);
    CHECK(called.count == i);
  }
  called.again = false;
  for (unsigned i = 0; i < 3; i++) collect_and_call(&w);
  CHECK(called.count == 5 && world_live(&w) == 0);
  world_end(&w);
}

static void count_clear(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  (void)m, (void)weak;
  ++*(unsigned *)data;
}

// Weak references to several places of one large object, further apart than 16 bits say (golang/go#70739),
// two to each: each gives its own address, also after others are dropped, until all are clear at once.
static void test_offsets(const char *options) {
  enum { BYTES = 1 << 20, TWO = 2 };
  static const size_t offsets[] = {0, 8, 65535, 65536, 65544, 131072, 131080, BYTES - 1};
  enum { OFFSETS = sizeof offsets / sizeof *offsets };
  struct world w;
  struct ht_weak *weak[OFFSETS][TWO];
  unsigned clear = 0;
  world_begin(&w, options);
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &byte_type, BYTES, 0, 0));
  char *object = frame->slots[0];
  for (unsigned i = OFFSETS; i-- > 0;)
    for (unsigned j = 0; j < TWO; j++)
      CHECK(heap_weak_create(w.m, object + offsets[i], count_clear, &clear, &weak[i][j]));
  heap_collect(w.m, true);
  for (unsigned i = 0; i < OFFSETS; i++) {
    for (unsigned j = 0; j < TWO; j++) CHECK(world_weak(&w, weak[i][j]) == object + offsets[i]);
    heap_weak_drop(w.m, weak[i][1]);
    for (unsigned j = 0; j < OFFSETS; j++) CHECK(world_weak(&w, weak[j][0]) == object + offsets[j]);
    world_check(&w);
  }
  heap_weak_drop(w.m, weak[OFFSETS - 1][0]);
  heap_root_set(w.m, &frame->slots[0], NULL);
  collect_and_call(&w);
  CHECK(clear == OFFSETS - 1);
  for (unsigned i = 0; i < OFFSETS - 1; i++) CHECK(!world_weak(&w, weak[i][0]));
  heap_pop(w.m);
  world_end(&w);
}

struct place {
  char *object;
  unsigned calls;
};
static void finalize_place(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m;
  struct place *place = data;
  CHECK(*slot == place->object);
  place->calls++;
}

// Finalizers as far apart, of one object: all of them are called, with the address they were set for. So are
// those of objects that share a block.
static void test_many_of_one(const char *options) {
  enum { PLACES = 4 };
  static const size_t offsets[PLACES] = {0, 8, 65536, 65544};
  struct world w;
  struct place places[2 * PLACES] = {{0}};
  world_begin(&w, options);
  HT_FRAME(frame, 1 + PLACES);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &byte_type, 100000, 0, 0));
  for (unsigned i = 0; i < PLACES; i++) {
    places[i].object = (char *)frame->slots[0] + offsets[i];
    CHECK(heap_alloc(w.m, &frame->slots[1 + i], &byte_type, 2, 0, 0));
    places[PLACES + i].object = frame->slots[1 + i];
  }
  for (unsigned i = 0; i < 2 * PLACES; i++)
    CHECK(heap_finalizer_set(w.m, places[i].object, finalize_place, &places[i]));
  heap_pop(w.m);
  heap_collect(w.m, true);
  CHECK(heap_run_finalizers(w.m) == 2 * PLACES);
  for (unsigned i = 0; i < 2 * PLACES; i++) CHECK(places[i].calls == 1);
  collect_and_call(&w);
  CHECK(world_live(&w) == 0);
  world_end(&w);
}

// A pin is no root, and goes on as long as the object does, revived or not.
static void test_pins(const char *options) {
  struct world w;
  world_begin(&w, options);
  struct called called = {.w = &w, .keeps = true};
  CHECK(heap_global_root_add(w.heap, &called.global));
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (unsigned revived = 0; revived < 2; revived++) {
    prepend(&w, frame, 7);
    ht_ref object = frame->slots[0];
    for (unsigned i = 0; i < 3; i++) CHECK(heap_pin(w.m, object));
    heap_unpin(w.m, object);
    if (revived) CHECK(heap_finalizer_set(w.m, object, finalize, &called));
    heap_root_set(w.m, &frame->slots[0], NULL);
    collect_and_call(&w);
    CHECK(world_live(&w) == 0);
    if (!revived) continue;
    CHECK(called.global == object);
    for (unsigned i = 0; i < 2; i++) heap_unpin(w.m, object);
    heap_store(w.m, NULL, &called.global, NULL);
  }
  collect_and_call(&w);
  CHECK(world_live(&w) == 0);
  heap_global_root_remove(w.heap, &called.global);
  heap_pop(w.m);
  world_end(&w);
}

int main(void) {
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    test_chain(ways[i]);
    test_ring(ways[i]);
    test_revival(ways[i]);
    test_again(ways[i]);
    test_offsets(ways[i]);
    test_many_of_one(ways[i]);
    test_pins(ways[i]);
  }
  return 0;
}
