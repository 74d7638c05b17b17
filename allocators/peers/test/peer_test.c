// Directed tests of a peer, through its table: peer_test <test> [<setting>=<value>]. What every heap must do
// is tried elsewhere; these try what each library promises and the code around it could lose.

#include "peer_test.h"

#include <string.h>

// Cycles and their pauses are told, in order.

static struct {
  unsigned cycles, pauses;
  uint64_t last_end;
} heard;

static void hear(void *context, const struct ht_event *event) {
  (void)context;
  CHECK(event->start <= event->end && event->label);
  CHECK(event->end >= heard.last_end);
  heard.last_end = event->end;
  heard.cycles += event->kind == HT_EVENT_CYCLE;
  heard.pauses += event->kind == HT_EVENT_PAUSE;
}

static void test_events(void) {
  struct ht_config config = {.sink = {.event = hear}};
  struct world w;
  struct ht_statistics s;
  CHECK(table->create(&config, &w.heap) == HT_OK && table->carrier_open(w.heap, &w.carrier));
  CHECK(heap_attach(w.heap, w.carrier, &w.m));
  for (unsigned i = 1; i <= 5; i++) {
    heap_collect(w.m, true);
    table->statistics(w.heap, &s);
    CHECK(heard.cycles == i && heard.pauses >= i && s.cycles == i && s.collector_ns > 0);
  }
  close_world(w);
}

static const struct {
  const char *name;
  void (*test)(void);
} tests[] = {
    {"ring", test_ring},
    {"endings", test_endings},
    {"drops", test_drops},
    {"carriers", test_carriers},
    {"endless", test_endless},
    {"chain", test_chain},
    {"resurrection", test_resurrection},
    {"roots", test_roots},
    {"recreate", test_recreate},
    {"sizes", test_sizes},
    {"copy", test_copy},
    {"refusals", test_refusals},
    {"threads", test_threads},
    {"limit", test_limit},
    {"resize", test_resize},
    {"resize_watched", test_resize_watched},
    {"resize_due", test_resize_due},
    {"events", test_events},
};

int main(int argc, char **argv) {
  if (argc == 3) {
    setting.name = strtok(argv[2], "=");
    setting.value = strtok(NULL, "");
  }
  for (size_t i = 0; argc > 1 && i < sizeof tests / sizeof *tests; i++)
    if (strcmp(tests[i].name, argv[1]) == 0) {
      tests[i].test();
      return 0;
    }
  fputs("usage: peer_test <test> [<setting>=<value>]\n", stderr);
  return 2;
}
