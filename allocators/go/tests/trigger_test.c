// When a cycle comes: how much is allocated between two, by GOGC and by count.

#include "allocators/go/tests/go_test.h"

enum {
  LIVE = 8 << 20,
  PIECE = 1024,      // bytes of an object
  IN_HAND = 1 << 18, // what carriers may have counted too early: a span of each class in use, and pieces
};

// Bytes that are allocated, and lost, until the next cycle; `most` if none comes.
static uint64_t until_cycle(struct world *w, struct ht_frame *frame, uint64_t most) {
  uint64_t before = world_cycles(w), bytes = 0;
  while (world_cycles(w) == before && bytes < most) {
    CHECK(heap_alloc(w->m, &frame->slots[1], &byte_type, PIECE, 0, 0));
    bytes += PIECE;
  }
  heap_root_set(w->m, &frame->slots[1], NULL);
  return bytes;
}

static void is_about(uint64_t bytes, uint64_t expected) {
  if (bytes + IN_HAND < expected || bytes > expected + IN_HAND)
    fprintf(stderr, "%llu bytes, not %llu\n", (unsigned long long)bytes, (unsigned long long)expected);
  CHECK(bytes + IN_HAND >= expected && bytes <= expected + IN_HAND);
}

static void test_gogc(const char *options, unsigned percent) {
  struct world w;
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &reference_type, LIVE / PIECE, 0, 0));
  for (size_t i = 0; i < LIVE / PIECE; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &byte_type, PIECE, 0, 0));
    heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + i, frame->slots[1]);
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_collect(w.m, true);
  for (unsigned i = 0; i < 3; i++)
    is_about(until_cycle(&w, frame, UINT64_MAX), (uint64_t)LIVE / 100 * percent);
  heap_pop(w.m);
  world_end(&w);
}

// Carriers that come show at the next cycle.
static void test_minimum(const char *options, unsigned carriers, uint64_t expected) {
  struct ht_carrier *others[16];
  struct world w;
  world_begin(&w, options);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (unsigned i = 1; i < carriers; i++) CHECK(heaptrial_heap.carrier_open(w.heap, &others[i]));
  if (carriers > 1) heap_collect(w.m, true);
  for (unsigned i = 0; i < 3; i++) is_about(until_cycle(&w, frame, UINT64_MAX), expected);
  for (unsigned i = 1; i < carriers; i++) heaptrial_heap.carrier_close(others[i]);
  heap_pop(w.m);
  world_end(&w);
}

// Large spans of objects that are not larger than a class.
static void test_large(const struct ht_type *type, size_t bytes, size_t alignment) {
  enum { ALLOCATED = 64 << 20 };
  struct world w;
  world_begin(&w, "");
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  for (size_t i = 0; i < ALLOCATED / bytes; i++)
    CHECK(heap_alloc(w.m, &frame->slots[0], type, bytes / type->size, alignment, 0));
  CHECK(world_cycles(&w) >= 10);
  heap_pop(w.m);
  world_end(&w);
}

static void test_never(void) {
  struct world w;
  world_begin(&w, "gogc=off");
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  until_cycle(&w, frame, 100 << 20);
  CHECK(world_cycles(&w) == 0);
  heap_collect(w.m, true);
  CHECK(world_cycles(&w) == 1 && world_live(&w) == 0);
  heap_pop(w.m);
  world_end(&w);
}

static void test_every(const char *options, unsigned every) {
  enum { ALLOCATIONS = 600 };
  struct world w;
  world_begin(&w, options);
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  for (unsigned i = 0; i < ALLOCATIONS; i++)
    CHECK(heap_alloc(w.m, &frame->slots[0], i % 2 ? &node_type : &byte_type, 1 + i % 30, 0, 0));
  CHECK(world_cycles(&w) == ALLOCATIONS / every);
  heap_pop(w.m);
  world_end(&w);
}

static void test_options(void) {
  static const char *const wrong[] = {"milestone=1.2", "milestone=",   "gogc=-1",   "gogc=10001", "gogc=on",
                                      "markers=0",     "markers=33",   "sweeper=1", "clobber=",   "every=x",
                                      "minimum=-1",    "minimum=1 MB", "speed=10",  "shards=0",   "shards=9"};
  struct world w;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    CHECK(world_create(&w, wrong[i], NULL) == HT_BAD_OPTION);
}

int main(void) {
  test_options();
  test_gogc("minimum=0", 100);
  test_gogc("minimum=0,gogc=50", 50);
  test_gogc("minimum=0,gogc=200,milestone=1.1", 200);
  test_gogc("gogc=150,markers=2", 150);
  test_minimum("", 1, 4 << 20);
  test_minimum("minimum=1000000,gogc=50", 1, 500000);
  test_minimum("minimum=2000000,milestone=1.1", 1, 2000000);
  test_minimum("minimum=1000000", 3, 3000000);
  test_minimum("minimum=1000000,sweeper=yes", 10, 8000000);
  test_large(&byte_type, 32768, 0);
  test_large(&byte_type, 9000, 16);
  test_large(&reference_type, 576, 16);
  test_large(&byte_type, 1 << 20, 0);
  test_never();
  test_every("every=1", 1);
  test_every("every=7,milestone=1.1", 7);
  test_every("every=1,sweeper=yes", 1);
  return 0;
}
