// What the programs of the fuzzers do not reach: options, long chains, threads, counts of cycles.

#include "allocators/python/python.h"
#include "base/check.h"
#include "base/pause.h"
#include "base/thread.h"

#include <string.h>

struct node {
  ht_ref next, other;
  uint64_t word;
};
static const uint64_t node_map[] = {3}, reference_map[] = {1};
static const struct ht_type node_type = {"node", sizeof(struct node), 2, node_map};
static const struct ht_type references_type = {"references", HT_WORD, 1, reference_map};
static const struct ht_type byte_type = {.name = "byte", .size = 1};

struct world {
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  _Atomic size_t cycles[PYTHON_GENERATIONS];
};

static void count_cycle(void *context, const struct ht_event *event) {
  static const char *const labels[PYTHON_GENERATIONS] = {"young", "middle", "full"};
  struct world *w = context;
  for (unsigned g = 0; event->kind == HT_EVENT_CYCLE && g < PYTHON_GENERATIONS; g++)
    w->cycles[g] += !strcmp(event->label, labels[g]);
}

static enum ht_status create(struct world *w, const char *name, const char *value, char *message) {
  struct ht_setting setting = {name, value};
  struct ht_config config = {.settings = &setting,
                             .setting_count = name != NULL,
                             .sink = {w, count_cycle},
                             .message = message,
                             .message_size = message ? 256 : 0};
  memset(w, 0, sizeof *w);
  return heaptrial_heap.create(&config, &w->heap);
}

static void begin(struct world *w, const char *name, const char *value) {
  CHECK(create(w, name, value, NULL) == HT_OK);
  CHECK(heaptrial_heap.carrier_open(w->heap, &w->carrier) && heap_attach(w->heap, w->carrier, &w->m));
}

static uint64_t live(const struct world *w) {
  struct ht_statistics statistics;
  heap_statistics(w->heap, &statistics);
  return statistics.live_objects;
}

static void end(struct world *w) {
  char message[256];
  if (!heaptrial_heap.check(w->m, message, sizeof message)) fprintf(stderr, "%s\n", message);
  CHECK(heaptrial_heap.check(w->m, message, sizeof message));
  heap_detach(w->m);
  heaptrial_heap.carrier_close(w->carrier);
  heaptrial_heap.destroy(w->heap);
}

static void test_options(void) {
  static const char *const wrong[][3] = {
      {"geometry", "3.8", "option 'geometry': '3.8' is neither 3.9 nor 3.10"},
      {"guards", "", "option 'guards': '' is neither no nor yes"},
      {"threshold0", "-1", "option 'threshold0': '-1' is no number from 0 to 1000000000"},
      {"speed", "10", "unknown option 'speed'"},
  };
  struct world w;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char message[256] = "";
    CHECK(create(&w, wrong[i][0], wrong[i][1], message) == HT_BAD_OPTION);
    CHECK(!strcmp(message, wrong[i][2]));
  }
}

// A chain of a million ends on a stack that holds fifty deallocations, through whichever field it goes.
static void test_chain(size_t field) {
  enum { LENGTH = 1000000 };
  struct world w;
  begin(&w, "threshold0", "0");
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (size_t i = 0; i < LENGTH; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &node_type, 1, 0, 0));
    heap_store(w.m, frame->slots[1], (ht_ref *)frame->slots[1] + field, frame->slots[0]);
    heap_root_set(w.m, &frame->slots[0], frame->slots[1]);
  }
  CHECK(live(&w) == LENGTH);
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_root_set(w.m, &frame->slots[0], NULL);
  CHECK(live(&w) == 0);
  heap_pop(w.m);
  end(&w);
}

// As CPython's: 700 new ones start a cycle, eleven of those the middle one, eleven of those, and a quarter of
// new ones, the oldest.
static void test_generations(void) {
  enum { OBJECTS = 1000000 };
  struct world w;
  begin(&w, NULL, NULL);
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &references_type, OBJECTS, 0, 0));
  for (size_t i = 0; i < OBJECTS; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &node_type, 1, 0, 0));
    heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + i, frame->slots[1]);
  }
  CHECK(w.cycles[0] + w.cycles[1] + w.cycles[2] == OBJECTS / 701);
  CHECK(w.cycles[1] == 118 && w.cycles[2] == 8);
  heap_pop(w.m);
  CHECK(live(&w) == 0);
  end(&w);
}

static void ignore(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m, (void)slot;
  ++*(unsigned *)data;
}

// A ring of two, one of which has a finalizer. Returns how often that was called.
static unsigned lose_ring(struct world *w) {
  static unsigned calls;
  HT_FRAME(frame, 2);
  calls = 0;
  heap_push(w->m, frame);
  for (unsigned i = 0; i < 2; i++) CHECK(heap_alloc(w->m, &frame->slots[i], &node_type, 1, 0, 0));
  for (unsigned i = 0; i < 2; i++)
    heap_store(w->m, frame->slots[i], &((struct node *)frame->slots[i])->next, frame->slots[!i]);
  CHECK(heap_finalizer_set(w->m, frame->slots[0], ignore, &calls));
  heap_pop(w->m);
  heap_collect(w->m, true);
  return calls;
}

static void test_garbage(void) {
  struct world w;
  begin(&w, NULL, NULL);
  CHECK(lose_ring(&w) == 1 && live(&w) == 0);
  end(&w);
  begin(&w, "finalizers", "legacy");
  CHECK(lose_ring(&w) == 0 && live(&w) == 2);
  end(&w);
  begin(&w, "saveall", "yes");
  CHECK(lose_ring(&w) == 1 && live(&w) == 2);
  end(&w);
}

static void test_immortal(void) {
  struct world w;
  begin(&w, "immortal", "2");
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  for (unsigned i = 0; i < 10; i++) CHECK(heap_alloc(w.m, &frame->slots[0], &node_type, 1, 0, 0));
  heap_pop(w.m);
  for (unsigned i = 0; i < 3; i++) heap_collect(w.m, true);
  CHECK(live(&w) == 5);
  end(&w);
}

// Threads: each makes and loses rings and bytes.
struct worker {
  struct base_thread thread;
  struct ht_heap *heap;
  _Atomic unsigned *running;
};

static void work(void *argument) {
  enum { ROUNDS = 3000, FEW = 4 };
  struct worker *worker = argument;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  CHECK(heaptrial_heap.carrier_open(worker->heap, &carrier) && heap_attach(worker->heap, carrier, &m));
  HT_FRAME(frame, FEW);
  heap_push(m, frame);
  for (unsigned i = 0; i < ROUNDS; i++) {
    ht_ref *slot = &frame->slots[i % FEW];
    CHECK(heap_alloc(m, slot, &node_type, 1, 0, 0));
    heap_store(m, *slot, &((struct node *)*slot)->next, frame->slots[(i + 1) % FEW]);
    heap_store(m, *slot, &((struct node *)*slot)->other, *slot);
    ((struct node *)*slot)->word = i;
    CHECK(((struct node *)*slot)->word == i);
    if (i % 64 == 0) heap_collect(m, i % 128 == 0);
    heap_poll(m);
  }
  heap_pop(m);
  heap_collect(m, true);
  heap_detach(m);
  heaptrial_heap.carrier_close(carrier);
  atomic_fetch_sub(worker->running, 1);
}

static void test_threads(const char *mode) {
  enum { WORKERS = 4 };
  struct world w;
  struct worker workers[WORKERS];
  _Atomic unsigned running = WORKERS;
  begin(&w, "threads", mode);
  for (unsigned i = 0; i < WORKERS; i++) {
    workers[i].heap = w.heap;
    workers[i].running = &running;
    CHECK(base_thread_start(&workers[i].thread, work, &workers[i]));
  }
  // The one that waits holds the lock until it is asked for it.
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  while (atomic_load(&running)) {
    heap_poll(w.m);
    CHECK(heap_alloc(w.m, &frame->slots[0], &byte_type, 10, 0, 0));
    base_yield();
  }
  for (unsigned i = 0; i < WORKERS; i++) base_thread_join(&workers[i].thread);
  heap_pop(w.m);
  heap_collect(w.m, true);
  CHECK(live(&w) == 0);
  end(&w);
}

int main(void) {
  test_options();
  test_chain(0);
  test_chain(1);
  test_generations();
  test_garbage();
  test_immortal();
  test_threads("lock");
  test_threads("interpreters");
  return 0;
}
