// Threads: carriers come and go while others collect, objects go from hand to hand, ten thousand mutators
// share two carriers.

#include "allocators/go/tests/go_test.h"
#include "base/thread.h"

enum {
  WORKERS = 4,
  ROUNDS = 25, // carriers that a worker opens
  STEPS = 400, // allocations on each
  CELLS = 8,
  KEPT = 16,
};

struct shared {
  struct world w;
  ht_ref cells[CELLS];
  _Atomic unsigned finalized;
};
struct worker {
  struct base_thread thread;
  struct shared *shared;
  unsigned number;
  unsigned finalizers;
};

// What an object holds says where it comes from: its own sum.
static void stamp(struct node *node, uint64_t number) {
  node->word = number * 0x9e3779b97f4a7c15u | 1;
}
static void check_chain(const struct node *node) {
  for (; node; node = node->next)
    CHECK(node->word & 1 && (!node->next || ((struct node *)node->next)->word & 1));
}

static void count(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m;
  check_chain(*slot);
  atomic_fetch_add((_Atomic unsigned *)data, 1);
}

static void step(struct worker *worker, struct ht_mutator *m, struct ht_frame *frame, unsigned i) {
  struct shared *shared = worker->shared;
  ht_ref *slot = &frame->slots[i % KEPT], *cell = &shared->cells[(i + worker->number) % CELLS];
  CHECK(heap_alloc(m, &frame->slots[KEPT], &node_type, 1 + i % 3, 0, 0));
  stamp(frame->slots[KEPT], i);
  // Chains of no more than four, so that there is garbage.
  heap_store(m, frame->slots[KEPT], &((struct node *)frame->slots[KEPT])->next, i % 64 < KEPT ? NULL : *slot);
  heap_root_set(m, slot, frame->slots[KEPT]);
  if (i % 7 == 0) CHECK(heap_alloc(m, &frame->slots[KEPT], &byte_type, 1 + i * 31 % 5000, 0, 0));
  if (i % 5 == 0) {
    if (heap_recv(m, cell, &frame->slots[KEPT + 1])) check_chain(frame->slots[KEPT + 1]);
    CHECK(heap_send(m, cell, *slot) || *slot);
  }
  if (i % 50 == 0) {
    CHECK(heap_finalizer_set(m, *slot, count, &shared->finalized));
    worker->finalizers++;
  }
  if (i % 100 == 0) heap_collect(m, true);
  if (i % 40 == 0) heap_run_finalizers(m);
  check_chain(*slot);
  heap_poll(m);
}

// A weak reference gives its object as long as a root does, whoever collects.
static void check_weak(struct ht_mutator *m, struct ht_frame *frame) {
  struct ht_weak *weak;
  CHECK(heap_weak_create(m, frame->slots[0], NULL, NULL, &weak));
  for (unsigned i = 0; i < 50; i++) {
    CHECK(heap_alloc(m, &frame->slots[KEPT], &byte_type, 24, 0, 0));
    heap_weak_load(m, weak, &frame->slots[KEPT + 1]);
    CHECK(frame->slots[KEPT + 1] == frame->slots[0]);
  }
  heap_weak_drop(m, weak);
}

static void work(void *argument) {
  struct worker *worker = argument;
  struct ht_heap *heap = worker->shared->w.heap;
  struct ht_carrier *carrier, *other;
  struct ht_mutator *m;
  for (unsigned round = 0; round < ROUNDS; round++) {
    CHECK(heaptrial_heap.carrier_open(heap, &carrier) && heap_attach(heap, carrier, &m));
    HT_FRAME(frame, KEPT + 2);
    heap_push(m, frame);
    for (unsigned i = 0; i < STEPS / 2; i++) step(worker, m, frame, i);
    check_weak(m, frame);
    // The carrier goes with what it has in hand, the mutator stays.
    heap_block(m);
    CHECK(heaptrial_heap.carrier_open(heap, &other));
    heaptrial_heap.carrier_close(carrier);
    heap_unblock(m, other);
    for (unsigned i = STEPS / 2; i < STEPS; i++) step(worker, m, frame, i);
    heap_pop(m);
    heap_detach(m);
    heaptrial_heap.carrier_close(other);
  }
}

static void test_workers(const char *options) {
  struct shared shared = {.finalized = 0};
  struct worker workers[WORKERS];
  unsigned finalizers = 0;
  world_begin(&shared.w, options);
  for (unsigned i = 0; i < CELLS; i++) CHECK(heap_global_root_add(shared.w.heap, &shared.cells[i]));
  heap_block(shared.w.m);
  for (unsigned i = 0; i < WORKERS; i++) {
    workers[i] = (struct worker){.shared = &shared, .number = i};
    CHECK(base_thread_start(&workers[i].thread, work, &workers[i]));
  }
  for (unsigned i = 0; i < WORKERS; i++) {
    base_thread_join(&workers[i].thread);
    finalizers += workers[i].finalizers;
  }
  heap_unblock(shared.w.m, shared.w.carrier);
  HT_FRAME(frame, 1);
  heap_push(shared.w.m, frame);
  for (unsigned i = 0; i < CELLS; i++) heap_recv(shared.w.m, &shared.cells[i], &frame->slots[0]);
  heap_pop(shared.w.m);
  for (unsigned i = 0; i < CELLS; i++) heap_global_root_remove(shared.w.heap, &shared.cells[i]);
  for (unsigned i = 0; i < 8; i++) {
    heap_collect(shared.w.m, true);
    heap_run_finalizers(shared.w.m);
  }
  CHECK(world_live(&shared.w) == 0);
  // An object that had one already has had it replaced.
  CHECK(shared.finalized > 0 && shared.finalized <= finalizers);
  world_end(&shared.w);
}

// Ten thousand mutators, each with an object of its own, come on two carriers, go from one to the other, and
// leave in another order; those that come next find their places.
enum { MUTATORS = 10000, TURNS = 4 };

struct guest {
  struct ht_mutator *m;
  union {
    struct ht_frame frame;
    struct {
      struct ht_frame *previous;
      size_t count;
      ht_ref slot;
    };
  };
};
struct crowd {
  struct world w;
  struct guest guests[MUTATORS];
  struct ht_carrier *carriers[2];
  unsigned turn;
};
struct half {
  struct base_thread thread;
  struct crowd *crowd;
  unsigned number;
};

static void come(struct crowd *crowd, struct guest *guest, struct ht_carrier *carrier, uint64_t number) {
  CHECK(heap_attach(crowd->w.heap, carrier, &guest->m));
  guest->count = 1;
  guest->slot = NULL;
  heap_push(guest->m, &guest->frame);
  CHECK(heap_alloc(guest->m, &guest->slot, &node_type, 1, 0, 0));
  ((struct node *)guest->slot)->word = number;
}

static void go(struct guest *guest, uint64_t number) {
  CHECK(((struct node *)guest->slot)->word == number);
  heap_pop(guest->m);
  heap_detach(guest->m);
}

// In the first turn each comes, in the last each goes, with each of those that go another comes and goes.
static void take_turn(void *argument) {
  struct half *half = argument;
  struct crowd *crowd = half->crowd;
  struct ht_carrier *carrier = crowd->carriers[half->number];
  for (unsigned i = (half->number + crowd->turn) % 2; i < MUTATORS; i += 2) {
    struct guest *guest = &crowd->guests[i];
    if (crowd->turn == 0) {
      come(crowd, guest, carrier, i);
    } else {
      heap_unblock(guest->m, carrier);
      CHECK(((struct node *)guest->slot)->word == i);
      CHECK(heap_alloc(guest->m, &guest->slot, &node_type, 1, 0, 0));
      ((struct node *)guest->slot)->word = i;
    }
    if (i / 2 % 1250 == 0) heap_collect(guest->m, true);
    if (crowd->turn + 1 < TURNS) {
      heap_block(guest->m);
    } else {
      go(guest, i);
      come(crowd, guest, carrier, ~(uint64_t)i);
      go(guest, ~(uint64_t)i);
    }
  }
}

static void test_crowd(const char *options) {
  static struct crowd crowd;
  world_begin(&crowd.w, options);
  crowd.carriers[0] = crowd.w.carrier;
  CHECK(heaptrial_heap.carrier_open(crowd.w.heap, &crowd.carriers[1]));
  heap_block(crowd.w.m);
  for (crowd.turn = 0; crowd.turn < TURNS; crowd.turn++) {
    struct half halves[2];
    for (unsigned i = 0; i < 2; i++) {
      halves[i] = (struct half){.crowd = &crowd, .number = i};
      CHECK(base_thread_start(&halves[i].thread, take_turn, &halves[i]));
    }
    for (unsigned i = 0; i < 2; i++) base_thread_join(&halves[i].thread);
    heap_unblock(crowd.w.m, crowd.w.carrier);
    heap_collect(crowd.w.m, true);
    CHECK(world_live(&crowd.w) == (crowd.turn + 1 < TURNS ? MUTATORS : 0));
    world_check(&crowd.w);
    heap_block(crowd.w.m);
  }
  heaptrial_heap.carrier_close(crowd.carriers[1]);
  heap_unblock(crowd.w.m, crowd.w.carrier);
  world_end(&crowd.w);
}

int main(void) {
  test_workers("milestone=1.1,clobber=yes");
  test_workers("clobber=yes,minimum=0,gogc=50");
  test_workers("sweeper=yes,markers=2,minimum=0");
  test_workers("sweeper=yes,every=50");
  test_workers("shards=8,minimum=0");
  test_workers("shards=1,minimum=0");
  test_crowd("minimum=0");
  test_crowd("sweeper=yes");
  return 0;
}
