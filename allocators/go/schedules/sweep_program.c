#include "allocators/go/schedules/sweep_program.h"

#include "allocators/go/schedules/whole_heap.h"
#include "allocators/go/schedules/wrong.h"
#include "allocators/go/sweeper.h"
#include "base/thread.h"

#include <string.h>

enum { SPANS = 3, WEAKS = 2 };
static const struct ht_type byte_type = {.name = "byte", .size = 1};
// The last classes: what looks for spans to sweep has little to look through.
static const size_t sizes[SPANS] = {27264, 28672, 32760};
static const unsigned count[SPANS] = {3, 2, 1}, alive[SPANS] = {2, 0, 1};

// All of one run.
static struct sweep_world {
  const struct sweep_program *program;
  struct whole_heap w;
  struct go_span *spans[SPANS];
  struct ht_weak *weaks[WEAKS]; // of an object that is alive, and of one that is not
  struct sweep_thread {
    const char *steps;
    struct ht_carrier *carrier;
    struct ht_mutator *m;
  } threads[SWEEP_THREADS];
} world;

static struct go_heap *heap(void) {
  return whole_heap_of(&world.w);
}

// Its generation is read as by who needs it swept: what the sweep wrote is seen then.
static void must_be_swept(unsigned number) {
  const struct go_span *span = world.spans[number];
  uint32_t is = atomic_load_explicit(&span->sweepgen, memory_order_acquire), sweepgen = go_sweepgen(heap());
  must(is == sweepgen || is == sweepgen + 3, "a span is not swept, and is said to be");
  if (number == 2) must(span->alloc_count == alive[2] && span->free_index == 0, "a sweep is not seen");
}

static void allocate(struct ht_mutator *m, ht_ref *slot, size_t bytes) {
  must(heap_alloc(m, slot, &byte_type, bytes, 0, 0), "no memory");
  if (*slot) memset(*slot, 0x5a, 16);
}

static void do_step(struct sweep_thread *t, char step, struct ht_frame *frame) {
  switch (step) {
  case 'o':
    go_sweep_one(heap());
    break;
  case 's':
    while (go_sweep_one(heap())) heap_poll(t->m);
    break;
  case '0':
  case '1':
  case '2':
    go_sweep_ensure(heap(), world.spans[step - '0']);
    must_be_swept((unsigned)(step - '0'));
    break;
  case 'r':
    go_reclaim(heap(), 1);
    break;
  case 'a':
  case 'b':
    allocate(t->m, &frame->slots[step - 'a'], sizes[step - 'a']);
    break;
  case 'v':
  case 'w':
    heap_weak_load(t->m, world.weaks[step - 'v'], &frame->slots[2]);
    must((frame->slots[2] != NULL) == (step == 'v'), "a weak reference gives what is gone, or the other way");
    break;
  case 'd':
    if (!go_sweep_is_done(heap())) break;
    for (unsigned i = 0; i < SPANS; i++)
      if (atomic_load_explicit(&world.spans[i]->state, memory_order_relaxed) == GO_SPAN_IN_USE)
        must_be_swept(i);
    break;
  case 'c':
    heap_collect(t->m, true);
    break;
  }
}

static void thread(void *argument) {
  struct sweep_thread *t = argument;
  HT_FRAME(frame, 3);
  heap_push(t->m, frame);
  for (const char *step = t->steps; *step; step++) do_step(t, *step, frame);
  heap_pop(t->m);
  heap_block(t->m);
}

// Full spans, of whose objects some stay in the frame.
static void fill(struct ht_frame *frame) {
  HT_FRAME(lost, 1);
  size_t kept = 0;
  heap_push(world.w.m, lost);
  for (unsigned i = 0; i < SPANS; i++)
    for (unsigned j = 0; j < count[i]; j++) {
      allocate(world.w.m, &lost->slots[0], sizes[i]);
      world.spans[i] = go_span_of(heap(), (uintptr_t)lost->slots[0]);
      if (j < alive[i]) heap_root_set(world.w.m, &frame->slots[kept++], lost->slots[0]);
      if (j == 0 && i < WEAKS)
        must(heap_weak_create(world.w.m, lost->slots[0], NULL, NULL, &world.weaks[i]), "no memory");
    }
  heap_pop(world.w.m);
}

static bool see(void *number, struct go_span *span) {
  *(unsigned *)number += span == world.spans[2];
  return true;
}

// With the threads ended, but for the heap's own: the one that stays is in one place, and what is free can be
// had.
static void check_places(void) {
  struct go_central *central = &heap()->central[0][world.spans[2]->span_class];
  unsigned places = 0;
  while (go_sweep_one(heap())) continue;
  while (heap()->sweeper && !go_sweep_is_done(heap())) base_yield();
  must(go_sweep_is_done(heap()), "nothing is left to be swept, and sweeping is not over");
  for (unsigned i = 0; i < 2; i++) {
    go_span_set_each(&central->full[i], see, &places);
    go_span_set_each(&central->partial[i], see, &places);
  }
  must(places == 1, "a span is in two places, or in none");
  whole_heap_must_be_well(&world.w);
  for (unsigned i = 0; i < SPANS; i++) {
    const struct go_span *span = world.spans[i];
    if (alive[i]) must(span->alloc_count >= alive[i] && span->alloc_count <= count[i], "objects are lost");
  }
}

// A whole cycle, and the heap's own check.
static void check_all(void) {
  heap_collect(world.w.m, true);
  must(heap()->marked_objects == alive[0] + alive[1] + alive[2], "objects are lost, or too many");
  whole_heap_check(&world.w);
}

void sweep_run(const void *program) {
  struct base_thread threads[SWEEP_THREADS];
  world = (struct sweep_world){.program = program};
  whole_heap_create(&world.w, world.program->options, world.program->thorough);
  HT_FRAME(frame, 4);
  heap_push(world.w.m, frame);
  fill(frame);
  whole_heap_mark(&world.w);
  // Of the classes before these there are no spans.
  atomic_store_explicit(&heap()->sweeping.central, 2u * world.spans[0]->span_class, memory_order_relaxed);
  for (unsigned i = 0; i < world.program->swept; i++) go_sweep_one(heap());
  heap_block(world.w.m);
  for (unsigned i = 0; i < SWEEP_THREADS && world.program->threads[i]; i++) {
    struct sweep_thread *t = &world.threads[i];
    t->steps = world.program->threads[i];
    must(heaptrial_heap.carrier_open(world.w.heap, &t->carrier) &&
             heap_attach(world.w.heap, t->carrier, &t->m) && base_thread_start(&threads[i], thread, t),
         "no thread");
  }
  for (unsigned i = 0; i < SWEEP_THREADS && world.program->threads[i]; i++) {
    base_thread_join(&threads[i]);
    heap_detach(world.threads[i].m);
    heaptrial_heap.carrier_close(world.threads[i].carrier);
  }
  heap_unblock(world.w.m, world.w.carrier);
  whole_heap_must_be_well(&world.w);
  if (wrong_first()) return; // what is broken may have no end
  check_places();
  if (world.program->thorough) check_all();
  heap_pop(world.w.m);
  whole_heap_destroy(&world.w);
}
