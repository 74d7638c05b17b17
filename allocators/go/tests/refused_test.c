// Memory that is refused: each request of a heap's life in turn, alone and with all that follow it. What was
// promised before is kept, what fails says so, and once memory comes again all is well; at the end nothing is
// left behind.

#include "allocators/go/tests/go_test.h"
#include "memory/metered.h"

enum {
  HELD = 5000,  // objects that one array holds: more than a block of mark buffers has room for
  ROUNDS = 40,  // of allocations of every kind
  WEAK = 16,    // weak references, finalizers and pins
  LARGE = 5000, // words
};

struct trial {
  struct world w;
  struct ht_frame *frame;
  ht_ref global;
  uintptr_t word;
  bool has_global, has_word;
  size_t held;
  struct ht_weak *weak[WEAK];
  size_t weaks, finalizers, finalized;
};

static void count_finalized(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m;
  CHECK(((struct node *)*slot)->word == 7);
  ++*(size_t *)data;
}

// Slot 0 holds an array, each of whose elements holds a node, which holds some bytes.
static void hold(struct trial *t, size_t number) {
  struct ht_mutator *m = t->w.m;
  ht_ref *slots = t->frame->slots;
  if (!heap_alloc(m, &slots[1], &node_type, 1, 0, 0) || !heap_alloc(m, &slots[2], &byte_type, 20, 0, 0))
    return;
  *(uint64_t *)slots[2] = number;
  ((struct node *)slots[1])->word = ~(uint64_t)number;
  heap_store(m, slots[1], &((struct node *)slots[1])->next, slots[2]);
  heap_store(m, slots[0], (ht_ref *)slots[0] + number, slots[1]);
  t->held++;
}

static void check_held(const struct trial *t) {
  const ht_ref *array = t->frame->slots[0];
  size_t found = 0;
  for (size_t i = 0; array && i < HELD; i++) {
    const struct node *node = array[i];
    if (!node) continue;
    found++;
    CHECK(node->word == ~(uint64_t)i && *(uint64_t *)node->next == i);
  }
  CHECK(found == t->held);
}

// What is lost at once, of every kind, some with what an object has beside its memory.
static void lose(struct trial *t, size_t number) {
  static const uint64_t other_map[] = {4};
  static const struct ht_type other = {"other", sizeof(struct node), 1, other_map};
  struct ht_mutator *m = t->w.m;
  ht_ref *slot = &t->frame->slots[3];
  heap_alloc(m, slot, &byte_type, 1 + number % 15, 0, 0);
  heap_alloc(m, slot, &byte_type, 16 << number % 11, 0, HT_ZEROED);
  heap_alloc(m, slot, &reference_type, 1 + number * 37 % 4000, 0, 0);
  heap_alloc(m, slot, &other, 1, 0, 0);
  if (number % 8 == 0) heap_alloc(m, slot, &reference_type, LARGE, 0, 0);
  if (number % 16 == 0) heap_alloc(m, slot, &byte_type, 100, GO_PAGE_SIZE, 0);
  if (t->weaks == WEAK || !heap_alloc(m, slot, &node_type, 1, 0, 0)) return;
  ((struct node *)*slot)->word = 7;
  if (heap_weak_create(m, *slot, NULL, NULL, &t->weak[t->weaks])) t->weaks++;
  t->finalizers += heap_finalizer_set(m, *slot, count_finalized, &t->finalized);
  if (heap_pin(m, *slot)) heap_unpin(m, *slot);
}

// Another carrier comes, allocates, and goes with what it has in hand.
static void pass_by(struct trial *t) {
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  heap_block(t->w.m);
  if (heaptrial_heap.carrier_open(t->w.heap, &carrier)) {
    if (heap_attach(t->w.heap, carrier, &m)) {
      HT_FRAME(frame, 1);
      heap_push(m, frame);
      for (size_t i = 0; i < 3; i++) heap_alloc(m, &frame->slots[0], &node_type, 1 + i, 0, 0);
      heap_pop(m);
      heap_detach(m);
    }
    heaptrial_heap.carrier_close(carrier);
  }
  heap_unblock(t->w.m, t->w.carrier);
}

static void work(struct trial *t) {
  struct ht_mutator *m = t->w.m;
  if (!t->has_global) t->has_global = heap_global_root_add(t->w.heap, &t->global);
  if (!t->has_word) t->has_word = heaptrial_heap.ambiguous_root_add(t->w.heap, &t->word);
  if (!t->frame->slots[0]) heap_alloc(m, &t->frame->slots[0], &reference_type, HELD, 0, 0);
  for (size_t i = 0; i < HELD && t->frame->slots[0]; i++)
    if (!((ht_ref *)t->frame->slots[0])[i]) hold(t, i);
  for (size_t i = 0; i < ROUNDS; i++) {
    lose(t, i);
    if (i % 20 == 0) {
      heap_collect(m, true);
      check_held(t);
    }
    if (i % 20 == 10) pass_by(t);
  }
  heap_run_finalizers(m);
  check_held(t);
  world_check(&t->w);
}

// With memory again: all that was wanted is there, and no more.
static void finish(struct trial *t) {
  work(t);
  CHECK(t->has_global && t->has_word && t->held == HELD);
  for (size_t i = 1; i < t->frame->count; i++) heap_root_set(t->w.m, &t->frame->slots[i], NULL);
  for (unsigned i = 0; i < 3; i++) {
    heap_collect(t->w.m, true);
    heap_run_finalizers(t->w.m);
  }
  CHECK(world_live(&t->w) == 1 + 2 * HELD);
  CHECK(t->finalized == t->finalizers && t->weaks == WEAK);
  for (size_t i = 0; i < WEAK; i++) {
    CHECK(!world_weak(&t->w, t->weak[i]));
    heap_weak_drop(t->w.m, t->weak[i]);
  }
  heap_global_root_remove(t->w.heap, &t->global);
  heaptrial_heap.ambiguous_root_remove(t->w.heap, &t->word);
  check_held(t);
}

static void live(struct trial *t, struct ht_metered *metered) {
  HT_FRAME(frame, 4);
  t->frame = frame;
  heap_push(t->w.m, frame);
  work(t);
  ht_metered_refuse(metered, 0, 0);
  finish(t);
  heap_pop(t->w.m);
  world_end(&t->w);
}

// False: it could not begin, which then left nothing.
static bool begin(struct trial *t, const char *options, struct ht_metered *metered) {
  if (world_create(&t->w, options, ht_metered_memory(metered)) != HT_OK) return false;
  if (heaptrial_heap.carrier_open(t->w.heap, &t->w.carrier)) {
    if (heap_attach(t->w.heap, t->w.carrier, &t->w.m)) return true;
    heaptrial_heap.carrier_close(t->w.carrier);
  }
  heaptrial_heap.destroy(t->w.heap);
  return false;
}

// The `first` request is refused, and then each `every`-th. False: there were not so many.
static bool refuse(struct ht_metered *metered, const char *options, uint64_t first, uint64_t every) {
  struct trial t = {.held = 0};
  ht_metered_refuse(metered, first, every);
  if (begin(&t, options, metered)) live(&t, metered);
  const char *misuse = ht_metered_misuse(metered);
  if (misuse) fprintf(stderr, "%s\n", misuse);
  CHECK(!misuse);
  bool refused = ht_metered_read(metered).refused > 0;
  CHECK(ht_metered_reset(metered) == 0);
  return refused;
}

static void test_each(const char *options, uint64_t every) {
  struct ht_metered *metered =
      ht_metered_create(base_memory_os(), &(struct ht_metered_options){.pool_bytes = (size_t)1 << 30});
  uint64_t requests = 0;
  CHECK(metered);
  while (refuse(metered, options, requests + 1, every)) requests++;
  printf("%s: %llu requests refused, each %s\n", options, (unsigned long long)requests,
         every == 0   ? "alone"
         : every == 1 ? "with all after it"
                      : "with every second after it");
  CHECK(requests > 30);
  ht_metered_destroy(metered);
}

int main(void) {
  static const char early[] = "clobber=yes,minimum=0,gogc=50";
  for (uint64_t every = 0; every < 3; every++) test_each(early, every);
  test_each("clobber=yes,milestone=1.1", 0);
  test_each("clobber=yes,milestone=1.1", 1);
  test_each("clobber=yes,markers=2", 1);
  return 0;
}
