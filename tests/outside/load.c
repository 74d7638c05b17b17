// load <library> <name>: loads a heap's library as a stranger gives it, and has it keep a list.

#include "base/memory.h"
#include "memory/metered.h"

#include <heaptrial/through_table.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const uint64_t map[] = {1};
static const struct ht_type node_type = {"node", 2 * HT_WORD, 1, map};
struct node {
  ht_ref next;
  uint64_t value;
};

enum { NODES = 10000 };

static bool keep_list(struct ht_mutator *m) {
  HT_FRAME(frame, 2);
  heap_push(m, frame);
  bool right = true;
  for (uint64_t i = 0; i < NODES && right; i++) {
    right = heap_alloc(m, &frame->slots[1], &node_type, 1, 0, 0);
    if (!right) break;
    struct node *node = frame->slots[1];
    node->value = i;
    right = node->next == NULL;
    heap_store(m, node, &node->next, frame->slots[0]);
    heap_root_set(m, &frame->slots[0], node);
  }
  struct node *node = frame->slots[0];
  for (uint64_t i = NODES; right && i-- > 0; node = heap_load(m, node, &node->next))
    right = node && node->value == i;
  heap_pop(m);
  return right;
}

static bool use(const struct ht_heap_table *table, struct ht_metered *metered) {
  struct ht_config config = {.memory = ht_metered_memory(metered)};
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  if (table->create(&config, &heap) != HT_OK || !table->carrier_open(heap, &carrier) ||
      !heap_attach(heap, carrier, &m))
    return false;
  bool right = keep_list(m);
  heap_detach(m);
  table->carrier_close(carrier);
  table->destroy(heap);
  struct ht_metered_counts counts = ht_metered_read(metered);
  return right && counts.reserved == 0 && counts.misuses == 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const struct ht_heap_table *table = dlsym(library, "heaptrial_heap");
  if (!table || table->version != HT_INTERFACE_VERSION || table->size != sizeof *table ||
      strcmp(table->name, argv[2])) {
    fprintf(stderr, "%s exports no heap \"%s\" of this version\n", argv[1], argv[2]);
    return 1;
  }
  struct ht_metered *metered = ht_metered_create(base_memory_os(), NULL);
  bool right = metered && use(table, metered);
  if (metered) ht_metered_destroy(metered);
  if (!right) fprintf(stderr, "the heap \"%s\" does not keep a list, or not its memory\n", argv[2]);
  return right ? 0 : 1;
}
