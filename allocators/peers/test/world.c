// The world that the tests of a peer share.

#include "peer_test.h"

#include <string.h>

static const uint64_t node_map = 3;
const struct ht_type node_type = {"node", sizeof(struct node), 2, &node_map};
const struct ht_type byte_type = {"byte", 1, 0, NULL};

bool can(uint64_t capability) {
  return (table->capabilities & capability) == capability;
}

struct ht_setting setting;

struct world open_world(void) {
  struct world w;
  char message[256] = "no message";
  struct ht_config config = {.settings = &setting,
                             .setting_count = setting.name != NULL,
                             .message = message,
                             .message_size = sizeof message};
  enum ht_status status = table->create(&config, &w.heap);
  if (status != HT_OK) {
    fprintf(stderr, "peer_test: status %d: %s\n", status, message);
    exit(status == HT_UNAVAILABLE ? 3 : 1);
  }
  CHECK(table->carrier_open(w.heap, &w.carrier));
  CHECK(heap_attach(w.heap, w.carrier, &w.m));
  return w;
}

void close_world(struct world w) {
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  table->destroy(w.heap);
}

struct node *new_node(struct ht_mutator *m, ht_ref *slot, uintptr_t number) {
  CHECK(heap_alloc(m, slot, &node_type, 1, 0, 0));
  struct node *node = *slot;
  CHECK(!node->next && !node->other);
  node->number = number;
  return node;
}

void set_next(struct ht_mutator *m, struct node *from, struct node *to) {
  heap_store(m, from, (ht_ref *)&from->next, to);
}

// Overwrites what calls that are over left on the stack, which a conservative collector takes for roots.
static __attribute__((noinline)) void scrub_stack(void) {
  char bytes[1 << 14];
  memset(bytes, 0, sizeof bytes);
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

void collect(struct ht_mutator *m) {
  scrub_stack();
  heap_collect(m, true);
}

bool is_enough(size_t gone, size_t of) {
  return can(HT_CONSERVATIVE) ? 10 * gone >= 9 * of : gone == of;
}
