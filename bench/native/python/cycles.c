// bench-python-cycles: what the Python heap's cycles cost, beside those of the real CPython, in one process
// that turns from one to the other.
//
//   bench-python-cycles [ROUNDS [OBJECTS]]    7 rounds of a million containers
//
// Each round, on a new heap: containers are made in rings of ten, all of which live, and the cycles that
// start by themselves are counted, and the CPU time they take (build); all are gone through by full
// collections (live); they are let go, and one collection ends them (dead). The table has medians over the
// rounds; times are CPU time, of a container where nothing else is said.
#include "bench/native/python/samples.h"
#include "plugin/plugin.h"

#include <heaptrial/through_table.h>

#include <stdio.h>
#include <string.h>

enum { RING = 10, LIVE_COLLECTIONS = 3, ROUNDS = 7, OBJECTS = 1000000, LABELS = 3 };

struct node {
  ht_ref next;
  uint64_t word;
};
static const uint64_t node_map[] = {1}, reference_map[] = {1};
static const struct ht_type node_type = {"node", sizeof(struct node), 1, node_map};
static const struct ht_type table_type = {"references", HT_WORD, 1, reference_map};

static const char *const names[] = {"cpython", "python", "python:rule=growing"};
enum { HEAPS = sizeof names / sizeof *names };
static const char *const labels[LABELS] = {"young", "middle", "full"};

struct sample {
  double build_ms, live_ns, dead_ns;
};

struct trial {
  const struct ht_heap_table *table;
  struct ht_plugin_choice choice;
  struct sample samples[SAMPLES_MOST];
  size_t cycles[LABELS]; // of the last build
  bool counting;
};

static void count_cycle(void *context, const struct ht_event *event) {
  struct trial *t = context;
  if (event->kind != HT_EVENT_CYCLE || !t->counting) return;
  for (size_t i = 0; i < LABELS; i++) t->cycles[i] += event->label && !strcmp(event->label, labels[i]);
}

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "bench-python-cycles: %s\n", what);
  exit(3);
}

// slots: 0 the table of rings, 1 a ring's first, 2 its last, 3 a new one.
static void build(struct ht_mutator *m, ht_ref *slots, size_t objects) {
  if (!heap_alloc(m, &slots[0], &table_type, objects / RING, 0, 0)) fail("no memory");
  for (size_t ring = 0; ring < objects / RING; ring++) {
    if (!heap_alloc(m, &slots[1], &node_type, 1, 0, 0)) fail("no memory");
    heap_root_set(m, &slots[2], slots[1]);
    for (size_t i = 1; i < RING; i++) {
      if (!heap_alloc(m, &slots[3], &node_type, 1, 0, 0)) fail("no memory");
      heap_store(m, slots[2], &((struct node *)slots[2])->next, slots[3]);
      heap_root_set(m, &slots[2], slots[3]);
    }
    heap_store(m, slots[2], &((struct node *)slots[2])->next, slots[1]);
    heap_store(m, slots[0], (ht_ref *)slots[0] + ring, slots[1]);
  }
  for (size_t i = 1; i < 4; i++) heap_root_set(m, &slots[i], NULL);
}

static void run(struct trial *t, size_t round, size_t objects) {
  struct sample *sample = &t->samples[round];
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  char message[256] = "";
  struct ht_statistics before, after;
  struct ht_config config = {.settings = t->choice.settings,
                             .setting_count = t->choice.setting_count,
                             .sink = {t, count_cycle},
                             .message = message,
                             .message_size = sizeof message};
  if (t->table->create(&config, &heap) != HT_OK) fail(message);
  if (!t->table->carrier_open(heap, &carrier) || !heap_attach(heap, carrier, &m)) fail("no memory");
  HT_FRAME(frame, 4);
  heap_push(m, frame);

  memset(t->cycles, 0, sizeof t->cycles);
  heap_statistics(heap, &before);
  t->counting = true;
  build(m, frame->slots, objects);
  t->counting = false;
  heap_statistics(heap, &after);
  sample->build_ms = (double)(after.collector_ns - before.collector_ns) / 1e6;

  double start = samples_now_ns();
  for (size_t i = 0; i < LIVE_COLLECTIONS; i++) heap_collect(m, true);
  sample->live_ns = (samples_now_ns() - start) / LIVE_COLLECTIONS / (double)objects;

  heap_root_set(m, &frame->slots[0], NULL);
  start = samples_now_ns();
  heap_collect(m, true);
  sample->dead_ns = (samples_now_ns() - start) / (double)objects;
  heap_statistics(heap, &after);
  if (after.live_objects != HT_UNKNOWN && after.live_objects != 0) fail("rings are left");

  heap_pop(m);
  heap_detach(m);
  t->table->carrier_close(carrier);
  t->table->destroy(heap);
}

static double median(const struct trial *t, size_t rounds, size_t offset) {
  const double *first = (const double *)((const char *)t->samples + offset);
  return samples_median(first, rounds, sizeof *t->samples);
}

int main(int argc, char **argv) {
  static struct trial trials[HEAPS];
  if (argc > 1 && (!strcmp(argv[1], "--help") || argc > 3)) {
    fprintf(stderr, "Usage: bench-python-cycles [ROUNDS [OBJECTS]]\n");
    return argc > 3 ? 2 : 0;
  }
  size_t rounds = argc > 1 ? samples_number("bench-python-cycles", argv[1], 1, SAMPLES_MOST) : ROUNDS;
  size_t objects = argc > 2 ? samples_number("bench-python-cycles", argv[2], RING, (size_t)1 << 32) : OBJECTS;
  for (size_t h = 0; h < HEAPS; h++) {
    char message[256];
    if (!ht_plugin_choose(names[h], &trials[h].choice, message, sizeof message)) fail(message);
    if (ht_plugin_load(&trials[h].choice, 0, &trials[h].table, message, sizeof message) != HT_PLUGIN_LOADED)
      fail(message);
  }
  for (size_t round = 0; round < rounds; round++)
    for (size_t h = 0; h < HEAPS; h++) run(&trials[(h + round) % HEAPS], round, objects);

  printf("%-20s %8s %7s %5s %10s %8s %8s\n", "", "young", "middle", "full", "build ms", "live ns", "dead ns");
  for (size_t h = 0; h < HEAPS; h++) {
    struct trial *t = &trials[h];
    double build_ms = median(t, rounds, offsetof(struct sample, build_ms)),
           live = median(t, rounds, offsetof(struct sample, live_ns)),
           dead = median(t, rounds, offsetof(struct sample, dead_ns));
    printf("%-20s %8zu %7zu %5zu %10.1f %8.1f %8.1f\n", names[h], t->cycles[0], t->cycles[1], t->cycles[2],
           build_ms, live, dead);
    if (h)
      printf("%-20s %8s %7s %5s %10.2f %8.2f %8.2f\n", "  of cpython's", "", "", "",
             build_ms / median(&trials[0], rounds, offsetof(struct sample, build_ms)),
             live / median(&trials[0], rounds, offsetof(struct sample, live_ns)),
             dead / median(&trials[0], rounds, offsetof(struct sample, dead_ns)));
  }
  return 0;
}
