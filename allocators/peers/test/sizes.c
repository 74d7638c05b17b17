// What is given and what is refused: sizes, copies, settings, a limit.

#include "peer_test.h"

#include <string.h>

// Alignment as claimed, usable sizes, zeroes, blocks that do not overlap, sizes that no heap gives.

void test_sizes(void) {
  enum { SIZES = 400, LARGE = 24 };
  struct world w = open_world();
  HT_FRAME(frame, SIZES + LARGE);
  heap_push(w.m, frame);
  static size_t sizes[SIZES + LARGE];
  for (size_t i = 0; i < SIZES + LARGE; i++) sizes[i] = i < SIZES ? i : (size_t)1 << (i - SIZES);
  for (size_t pass = 0; pass < 3; pass++)
    for (size_t i = 0; i < SIZES + LARGE; i++) {
      ht_ref *slot = &frame->slots[i];
      size_t alignment = pass == 2 ? table->maximum_alignment >> i % 13 : 0;
      if (can(HT_RELEASES) && *slot) {
        ht_ref old = *slot;
        heap_root_set(w.m, slot, NULL);
        heap_release(w.m, old);
      }
      CHECK(heap_alloc(w.m, slot, &byte_type, sizes[i], alignment, pass ? HT_ZEROED : 0) && *slot);
      uintptr_t address = (uintptr_t)*slot;
      CHECK(alignment == 0 || address % alignment == 0);
      CHECK(sizes[i] < table->minimum_alignment || address % table->minimum_alignment == 0);
      CHECK(sizes[i] == 0 || sizes[i] % table->natural_alignment || address % table->natural_alignment == 0);
      CHECK(!can(HT_TELLS_SIZE) || table->usable_size(w.heap, *slot) >= sizes[i]);
      CHECK(!can(HT_TELLS_OWNER) || table->owns(w.heap, *slot));
      for (size_t byte = 0; pass && byte < sizes[i]; byte++) CHECK(((char *)*slot)[byte] == 0);
      memset(*slot, (int)(i + pass), sizes[i]);
    }
  for (size_t i = 0; i < SIZES + LARGE; i++)
    for (size_t byte = 0; byte < sizes[i]; byte++)
      CHECK(((unsigned char *)frame->slots[i])[byte] == (unsigned char)(i + 2));
  ht_ref before = frame->slots[7];
  size_t impossible[] = {SIZE_MAX,     SIZE_MAX - 8,     SIZE_MAX - 64,
                         SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 40};
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
    CHECK(!heap_alloc(w.m, &frame->slots[7], &byte_type, impossible[i], 0, 0));
    CHECK(!heap_alloc(w.m, &frame->slots[7], &byte_type, impossible[i], table->maximum_alignment, 0));
    CHECK(!heap_alloc(w.m, &frame->slots[7], &node_type, impossible[i], 0, 0));
    CHECK(frame->slots[7] == before);
  }
  CHECK(!can(HT_TELLS_OWNER) || (!table->owns(w.heap, frame) && !table->owns(w.heap, &node_type)));
  for (size_t i = 0; can(HT_RELEASES) && i < SIZES + LARGE; i++) heap_release(w.m, frame->slots[i]);
  heap_pop(w.m);
  close_world(w);
}

// Copies between runs that overlap, to and from, over more words than a buffer has.

void test_copy(void) {
  enum { NODES = 100, WORDS = sizeof(struct node) / HT_WORD };
  struct world w = open_world();
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (int shift = -3; shift <= 3; shift++) {
    CHECK(heap_alloc(w.m, &frame->slots[0], &node_type, NODES, 0, HT_ZEROED));
    struct node *nodes = frame->slots[0];
    for (uintptr_t i = 0; i < NODES; i++) {
      set_next(w.m, &nodes[i], NULL);
      heap_store(w.m, nodes, (ht_ref *)&nodes[i].next, new_node(w.m, &frame->slots[1], i));
      nodes[i].number = i;
    }
    size_t from = shift < 0 ? 3 : 0;
    heap_copy(w.m, nodes, (ht_ref *)&nodes[from + shift], nodes, (ht_ref *)&nodes[from], (NODES - 3) * WORDS);
    // What was dropped too often is overwritten now.
    for (size_t i = 0; i < 2 * NODES; i++) new_node(w.m, &frame->slots[1], NODES);
    for (size_t i = 0; i < NODES; i++) {
      bool moved = i >= from + shift && i < from + shift + NODES - 3;
      uintptr_t expected = moved ? i - shift : i;
      CHECK(nodes[i].number == expected && nodes[i].next->number == expected && !nodes[i].other);
    }
    heap_clear(w.m, nodes, (ht_ref *)nodes, NODES * WORDS);
    for (size_t i = 0; i < NODES; i++) CHECK(!nodes[i].next && !nodes[i].number);
  }
  heap_pop(w.m);
  collect(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || s.live_objects == 0);
  close_world(w);
}

void test_refusals(void) {
  char message[256] = "";
  struct ht_setting unknown = {"no-such-option", "1"};
  struct ht_config config = {
      .settings = &unknown, .setting_count = 1, .message = message, .message_size = sizeof message};
  struct ht_heap *second;
  CHECK(table->create(&config, &second) == HT_BAD_OPTION && strstr(message, unknown.name));
  for (const struct ht_option *option = table->options; option->name; option++) {
    struct ht_setting initial = {option->name, option->initial};
    config.settings = &initial;
    CHECK(table->create(&config, &second) == HT_OK);
    table->destroy(second);
  }
  config.setting_count = 0;
  struct world w = open_world();
  enum ht_status status = table->create(&config, &second);
  CHECK(can(HT_SINGLETON) ? status == HT_UNAVAILABLE : status == HT_OK);
  if (status == HT_OK) table->destroy(second);
  CHECK(table->provider() && *table->provider());
  close_world(w);
}

// A limit that is told in time and undone with the heap.

void test_limit(void) {
  enum { BLOCK = 1 << 16, MANY = 4096, LIMIT = 16 << 20 };
  struct world w = open_world();
  HT_FRAME(frame, MANY);
  heap_push(w.m, frame);
  CHECK(table->memory_limit(w.heap, LIMIT));
  size_t count = 0;
  while (count < MANY && heap_alloc(w.m, &frame->slots[count], &byte_type, BLOCK, 0, 0)) count++;
  CHECK(count > LIMIT / BLOCK / 2 && count <= LIMIT / BLOCK);
  CHECK(!table->memory_limit(w.heap, BLOCK));
  heap_pop(w.m);
  close_world(w);
  w = open_world();
  heap_push(w.m, frame);
  for (count = 0; count < MANY / 8; count++)
    CHECK(heap_alloc(w.m, &frame->slots[count], &byte_type, BLOCK, 0, 0));
  heap_pop(w.m);
  close_world(w);
}
