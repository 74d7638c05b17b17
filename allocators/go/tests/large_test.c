// A heap that is large: a list of so many objects, to be marked without a stack that grows with it, and so
// many bytes of small objects, to be found again among pages without a search that grows with them.
//
//   large_test [OBJECTS [BYTES]]
//
// Few of both by default. Nightly runs ask for 100 million objects and 8 GB.

#include "allocators/go/tests/go_test.h"

#include <stdlib.h>

enum { OBJECTS = 300000, SMALL = 64, ROW = 1 << 16 };
#define BYTES ((uint64_t)64 << 20)
// Summaries that one search looks at: those of the root from where it begins to the end of what is known,
// and a block of each other level.
enum { VISITED_MOST = 8 + 4 * 8 };

static const uint64_t link_map[] = {1};
static const struct ht_type link_type = {"link", 2 * HT_WORD, 1, link_map};

struct link {
  struct link *next;
  uint64_t number;
};

// Each object is put in front, so that the list runs against the order of addresses.
static void long_list(uint64_t objects) {
  struct world w;
  world_begin(&w, "");
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (uint64_t i = 0; i < objects; i++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &link_type, 1, 0, 0));
    struct link *link = frame->slots[1];
    heap_store(w.m, link, (ht_ref *)&link->next, frame->slots[0]);
    link->number = i;
    heap_root_set(w.m, &frame->slots[0], link);
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == objects);
  const struct link *link = frame->slots[0];
  for (uint64_t i = objects; i-- > 0; link = link->next) CHECK(link && link->number == i);
  CHECK(!link);
  heap_root_set(w.m, &frame->slots[0], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 0);
  heap_pop(w.m);
  world_end(&w);
}

// Rows of references to small objects, in a row of rows.
static void much_memory(uint64_t bytes) {
  size_t rows = (size_t)(bytes / SMALL / ROW) + 1;
  struct world w;
  world_begin(&w, "gogc=20");
  struct go_heap *h = (struct go_heap *)w.heap;
  HT_FRAME(frame, 3);
  heap_push(w.m, frame);
  CHECK(heap_alloc(w.m, &frame->slots[0], &reference_type, rows, 0, 0));
  for (size_t row = 0; row < rows; row++) {
    CHECK(heap_alloc(w.m, &frame->slots[1], &reference_type, ROW, 0, 0));
    heap_store(w.m, frame->slots[0], (ht_ref *)frame->slots[0] + row, frame->slots[1]);
    for (size_t i = 0; i < ROW; i++) {
      CHECK(heap_alloc(w.m, &frame->slots[2], &byte_type, SMALL, 0, 0));
      heap_store(w.m, frame->slots[1], (ht_ref *)frame->slots[1] + i, frame->slots[2]);
    }
  }
  // Of pages that lie behind all of it: found in as many steps as there are levels.
  uint64_t before = h->pages.visited;
  CHECK(heap_alloc(w.m, &frame->slots[2], &byte_type, GO_CHUNK_BYTES, 0, 0));
  CHECK(h->pages.visited - before <= 2 * VISITED_MOST);
  heap_root_set(w.m, &frame->slots[2], NULL);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 1 + rows + (uint64_t)rows * ROW);
  heap_pop(w.m);
  heap_collect(w.m, true);
  CHECK(world_live(&w) == 0);
  world_end(&w);
}

static uint64_t argument(int argc, char **argv, int at, uint64_t otherwise) {
  return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv) {
  long_list(argument(argc, argv, 1, OBJECTS));
  much_memory(argument(argc, argv, 2, BYTES));
  return 0;
}
