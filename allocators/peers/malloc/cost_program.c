// Two loops over a ring of 4096 live blocks, one through the heap's inline functions and one by hand, for
// callgrind to count the instructions of: cost_program <size> heap|hand. Prints the provider.
#include "allocators/peers/malloc/malloc_inline.h"

#include <stdio.h>

enum { RING = 4096, ROUNDS = 10 };

static _Noreturn void fail(const char *message) {
  fprintf(stderr, "cost_program: %s\n", message);
  exit(1);
}

// One function a size and a way, so that the type is a constant and callgrind can name the loop. Both begin
// with an empty ring: the first of the rounds allocates fresh blocks either way.
#define LOOPS(bytes)                                                                             \
  static const struct ht_type type_##bytes = {"block", bytes, 0, NULL};                          \
  __attribute__((noinline)) static void counted_heap_##bytes(struct ht_mutator *m, ht_ref *ring, \
                                                             size_t rounds) {                    \
    for (size_t round = 0; round < rounds; round++)                                              \
      for (size_t i = 0; i < RING; i++) {                                                        \
        ht_ref old = ring[i];                                                                    \
        heap_root_set(m, &ring[i], NULL);                                                        \
        heap_release(m, old);                                                                    \
        if (!heap_alloc(m, &ring[i], &type_##bytes, 1, 0, 0)) fail("no memory");                 \
        *(long *)ring[i] = (long)i;                                                              \
      }                                                                                          \
  }                                                                                              \
  __attribute__((noinline)) static void counted_hand_##bytes(struct ht_mutator *m, ht_ref *ring, \
                                                             size_t rounds) {                    \
    (void)m;                                                                                     \
    for (size_t round = 0; round < rounds; round++)                                              \
      for (size_t i = 0; i < RING; i++) {                                                        \
        free(ring[i]);                                                                           \
        ring[i] = malloc(bytes);                                                                 \
        if (!ring[i]) fail("no memory");                                                         \
        *(long *)ring[i] = (long)i;                                                              \
      }                                                                                          \
  }

LOOPS(16)
LOOPS(64)
LOOPS(256)

static const struct {
  const char *size, *way;
  void (*loop)(struct ht_mutator *m, ht_ref *ring, size_t rounds);
} loops[] = {
    {"16", "heap", counted_heap_16}, {"64", "heap", counted_heap_64}, {"256", "heap", counted_heap_256},
    {"16", "hand", counted_hand_16}, {"64", "hand", counted_hand_64}, {"256", "hand", counted_hand_256},
};

int main(int argc, char **argv) {
  struct ht_config config = {0};
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
  HT_FRAME(frame, RING);
  if (argc != 3) {
    fputs("usage: cost_program 16|64|256 heap|hand\n", stderr);
    return 2;
  }
  if (heaptrial_heap.create(&config, &heap) != HT_OK || !heaptrial_heap.carrier_open(heap, &carrier) ||
      !heap_attach(heap, carrier, &m))
    fail("no heap");
  heap_push(m, frame);
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
    if (strcmp(loops[i].size, argv[1]) == 0 && strcmp(loops[i].way, argv[2]) == 0) {
      loops[i].loop(m, frame->slots, ROUNDS);
      puts(heaptrial_heap.provider());
    }
  for (size_t i = 0; i < RING; i++) heap_release(m, frame->slots[i]);
  heap_pop(m);
  heap_detach(m);
  heaptrial_heap.carrier_close(carrier);
  heaptrial_heap.destroy(heap);
  return 0;
}
