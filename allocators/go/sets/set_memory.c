#include "allocators/go/sets/internal.h"

#include "base/bits.h"

enum { CHUNK_BYTES = 64 << 10 };

struct go_set_chunk {
  _Alignas(GO_SET_LINE) struct go_set_chunk *next;
  size_t bytes;
};

void go_set_memory_init(struct go_set_memory *memory, struct pages *pages) {
  *memory = (struct go_set_memory){.pages = pages};
  base_mutex_init(&memory->mutex);
  atomic_init(&memory->free, NULL);
}

void go_set_memory_finish(struct go_set_memory *memory) {
  while (memory->chunks) {
    struct go_set_chunk *chunk = memory->chunks;
    memory->chunks = chunk->next;
    pages_release(memory->pages, chunk, chunk->bytes, chunk->bytes);
  }
  base_mutex_destroy(&memory->mutex);
}

// What is left of the last chunk is given up, unless the new one is to be used up at once.
static char *take_from_new_chunk(struct go_set_memory *memory, size_t bytes) {
  size_t all = base_page_round(sizeof(struct go_set_chunk) + bytes);
  if (all < CHUNK_BYTES) all = CHUNK_BYTES;
  struct go_set_chunk *chunk = pages_map(memory->pages, all, HT_PAGE_SIZE);
  if (!chunk) return NULL;
  chunk->bytes = all;
  chunk->next = memory->chunks;
  memory->chunks = chunk;
  char *taken = (char *)(chunk + 1), *next = taken + bytes, *end = (char *)chunk + all;
  if (end - next > memory->end - memory->next) {
    memory->next = next;
    memory->end = end;
  }
  return taken;
}

static void *take(struct go_set_memory *memory, size_t bytes) {
  bytes = base_round_up(bytes, GO_SET_LINE);
  if (bytes > (size_t)(memory->end - memory->next)) return take_from_new_chunk(memory, bytes);
  char *taken = memory->next;
  memory->next += bytes;
  return taken;
}

struct go_set_spine *go_set_take_spine(struct go_set_memory *memory, uint32_t capacity) {
  return take(memory, capacity * sizeof(struct go_set_block *));
}

// Others only put blocks in front: a first block stays one that is free until it is taken here.
struct go_set_block *go_set_take_block(struct go_set_memory *memory) {
  struct go_set_block *block = atomic_load_explicit(&memory->free, memory_order_acquire);
  while (block && !atomic_compare_exchange_weak_explicit(&memory->free, &block, block->next,
                                                         memory_order_acquire, memory_order_acquire)) {
  }
  if (block) return block;
  block = take(memory, sizeof *block);
  if (block) memory->made++;
  return block;
}

void go_set_give_block(struct go_set_memory *memory, struct go_set_block *block) {
  atomic_store_explicit(&block->popped, 0, memory_order_relaxed);
  block->next = atomic_load_explicit(&memory->free, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&memory->free, &block->next, block, memory_order_release,
                                                memory_order_relaxed)) {
  }
}

size_t go_set_memory_blocks(const struct go_set_memory *memory) {
  size_t held = memory->made;
  const struct go_set_block *block = atomic_load_explicit(&memory->free, memory_order_acquire);
  for (; block; block = block->next) held--;
  return held;
}
