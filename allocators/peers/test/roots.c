// What keeps objects, and who holds it: heaps, threads, carriers.

#include "peer_test.h"

#include <pthread.h>
#include <time.h>

// What keeps an object: a frame outside every stack, of a mutator that is blocked; a global; a cell; where
// the heap can, an ambiguous word and a reference to the inside.

static ht_ref global, cell;
static uintptr_t ambiguous;

static __attribute__((noinline)) void make_kept(struct world *w, struct ht_mutator *other,
                                                struct ht_frame *far, struct ht_weak **weaks) {
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (size_t i = 0; i < 5; i++) {
    new_node(w->m, &frame->slots[0], i);
    CHECK(table->weak_create(w->m, frame->slots[0], NULL, NULL, &weaks[i]));
    switch (i) {
    case 0:
      CHECK(heap_send(w->m, &cell, frame->slots[0]));
      heap_block(w->m);
      heap_unblock(other, w->carrier);
      CHECK(heap_recv(other, &cell, &far->slots[1]));
      heap_block(other);
      heap_unblock(w->m, w->carrier);
      break;
    case 1:
      heap_store(w->m, NULL, &global, frame->slots[0]);
      break;
    case 2:
      CHECK(heap_send(w->m, &cell, frame->slots[0]));
      CHECK(!heap_send(w->m, &cell, frame->slots[0]));
      break;
    case 3:
      if (can(HT_AMBIGUOUS_ROOTS)) ambiguous = (uintptr_t)frame->slots[0];
      break;
    case 4:
      if (can(HT_INTERIOR)) heap_store(w->m, global, &((ht_ref *)global)[1], (ht_ref *)frame->slots[0] + 1);
      break;
    }
  }
  heap_pop(w->m);
}

static unsigned kept(struct world *w, struct ht_weak **weaks) {
  unsigned set = 0;
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (unsigned i = 0; i < 5; i++) {
    table->weak_load(w->m, weaks[i], &frame->slots[0]);
    if (!frame->slots[0]) continue;
    CHECK(((struct node *)frame->slots[0])->number == i);
    set |= 1u << i;
  }
  heap_pop(w->m);
  return set;
}

void test_roots(void) {
  struct world w = open_world();
  struct ht_weak *weaks[5];
  struct ht_mutator *other;
  // Memory the collector has no reason to look at.
  struct ht_frame *far = calloc(1, sizeof *far + 2 * sizeof *far->slots);
  CHECK(far);
  far->count = 2;
  heap_block(w.m);
  CHECK(heap_attach(w.heap, w.carrier, &other));
  heap_push(other, far);
  heap_block(other);
  heap_unblock(w.m, w.carrier);
  CHECK(table->global_root_add(w.heap, &global) && table->global_root_add(w.heap, &cell));
  if (can(HT_AMBIGUOUS_ROOTS)) CHECK(table->ambiguous_root_add(w.heap, &ambiguous));
  unsigned expected = 7 | (can(HT_AMBIGUOUS_ROOTS) ? 8 : 0) | (can(HT_INTERIOR) ? 16 : 0);
  make_kept(&w, other, far, weaks);
  collect(w.m);
  CHECK((kept(&w, weaks) & expected) == expected);
  heap_block(w.m);
  heap_unblock(other, w.carrier);
  CHECK(heap_recv(other, &cell, &far->slots[0]) && ((struct node *)far->slots[0])->number == 2);
  CHECK(!heap_recv(other, &cell, &far->slots[0]));
  heap_pop(other);
  heap_detach(other);
  heap_unblock(w.m, w.carrier);
  heap_store(w.m, NULL, &global, NULL);
  ambiguous = 0;
  table->global_root_remove(w.heap, &global);
  table->global_root_remove(w.heap, &cell);
  if (can(HT_AMBIGUOUS_ROOTS)) table->ambiguous_root_remove(w.heap, &ambiguous);
  free(far);
  collect(w.m);
  // The five lie beside each other in memory and on the stack: a conservative collector may see one by
  // chance.
  unsigned left = kept(&w, weaks);
  CHECK(can(HT_CONSERVATIVE) ? __builtin_popcount(left) <= 2 : left == 0);
  for (size_t i = 0; i < 5; i++) table->weak_drop(w.m, weaks[i]);
  close_world(w);
}

// Heap after heap in one process, each left as it stands: no callback of one reaches the next.

static unsigned strays;

static void stray_gone(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  (void)m, (void)weak, (void)data;
  strays++;
}

static void stray_final(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m, (void)slot, (void)data;
  strays++;
}

void test_recreate(void) {
  enum { HEAPS = 300 };
  static ht_ref left;
  struct timespec start, end;
  close_world(open_world());
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (unsigned i = 0; i < HEAPS; i++) {
    struct world w = open_world();
    HT_FRAME(frame, 2);
    heap_push(w.m, frame);
    left = NULL;
    CHECK(table->global_root_add(w.heap, &left));
    for (uintptr_t n = 0; n < 20; n++) {
      struct node *a = new_node(w.m, &frame->slots[0], n);
      set_next(w.m, a, a);
      if (can(HT_FINALIZERS)) CHECK(table->finalizer_set(w.m, a, stray_final, NULL));
      struct ht_weak *weak;
      if (can(HT_WEAK)) CHECK(table->weak_create(w.m, a, stray_gone, NULL, &weak));
    }
    heap_store(w.m, NULL, &left, frame->slots[0]);
    heap_pop(w.m);
    close_world(w);
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  struct world w = open_world();
  collect(w.m);
  heap_run_finalizers(w.m);
  CHECK(strays == 0);
  close_world(w);
  printf("%.1f us a heap\n",
         ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / 1e3 / HEAPS);
}

// Threads that build lists while others collect; each checks its own. The heap is made by a thread that ends.

enum { THREADS = 4, LIST = 2000 };

static struct ht_heap *shared;

static void *make_heap(void *argument) {
  (void)argument;
  struct ht_config config = {0};
  CHECK(table->create(&config, &shared) == HT_OK);
  return NULL;
}

static void *build_lists(void *argument) {
  struct world w = {.heap = shared};
  CHECK(table->carrier_open(w.heap, &w.carrier) && heap_attach(w.heap, w.carrier, &w.m));
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (unsigned round = 0; round < 10; round++) {
    heap_root_set(w.m, &frame->slots[0], NULL);
    for (uintptr_t i = 0; i < LIST; i++) {
      struct node *node = new_node(w.m, &frame->slots[1], i ^ (uintptr_t)argument);
      set_next(w.m, node, frame->slots[0]);
      heap_root_set(w.m, &frame->slots[0], node);
    }
    heap_root_set(w.m, &frame->slots[1], NULL);
    heap_collect(w.m, true);
    struct node *node = frame->slots[0];
    for (uintptr_t i = LIST; i-- > 0; node = node->next)
      CHECK(node && node->number == (i ^ (uintptr_t)argument));
  }
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  return NULL;
}

void test_threads(void) {
  pthread_t threads[THREADS];
  size_t count = table->carriers && table->carriers < THREADS ? table->carriers : THREADS;
  CHECK(pthread_create(&threads[0], NULL, make_heap, NULL) == 0);
  CHECK(pthread_join(threads[0], NULL) == 0);
  for (unsigned round = 0; round < 3; round++) {
    for (size_t i = 0; i < count; i++)
      CHECK(pthread_create(&threads[i], NULL, build_lists, (void *)(i << 20)) == 0);
    for (size_t i = 0; i < count; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  }
  table->destroy(shared);
}

// Carriers on two threads, and two on one, open at once; one mutator runs at a time.

static void *run_beside(void *argument) {
  struct world w = {.heap = argument};
  CHECK(table->carrier_open(w.heap, &w.carrier) && heap_attach(w.heap, w.carrier, &w.m));
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  new_node(w.m, &frame->slots[0], 1);
  heap_collect(w.m, true);
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  return NULL;
}

void test_carriers(void) {
  struct world w = open_world();
  struct ht_carrier *second;
  pthread_t thread;
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  new_node(w.m, &frame->slots[0], 7);
  // While the mutator runs, and while it is blocked.
  CHECK(table->carrier_open(w.heap, &second));
  heap_collect(w.m, true);
  heap_block(w.m);
  CHECK(pthread_create(&thread, NULL, run_beside, w.heap) == 0 && pthread_join(thread, NULL) == 0);
  heap_unblock(w.m, second);
  CHECK(((struct node *)frame->slots[0])->number == 7);
  table->carrier_close(w.carrier);
  heap_collect(w.m, true);
  CHECK(((struct node *)frame->slots[0])->number == 7);
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(second);
  table->destroy(w.heap);
}
