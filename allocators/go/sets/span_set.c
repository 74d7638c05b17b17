#include "allocators/go/sets/internal.h"

#include "base/pause.h"

#include <string.h>

enum {
  HEAD_SHIFT = 32,
  // The last block is never begun, so that a tail that grows leaves the head alone.
  BLOCKS_MOST = UINT32_MAX / GO_SET_BLOCK,
};

static uint32_t head_of(uint64_t index) {
  return (uint32_t)(index >> HEAD_SHIFT);
}
static uint32_t tail_of(uint64_t index) {
  return (uint32_t)index;
}

// The block of slot `number`, which is there.
static struct go_set_block *block_of(const struct go_span_set *set, uint32_t number) {
  return atomic_load_explicit(&set->spine, memory_order_acquire)->blocks[number / GO_SET_BLOCK];
}

void go_span_set_init(struct go_span_set *set, struct go_set_memory *memory) {
  atomic_init(&set->index, 0);
  atomic_init(&set->spine, NULL);
  atomic_init(&set->length, 0);
  set->capacity = 0;
  set->memory = memory;
}

// The old spine stays as it is: somebody may be reading it.
static bool lengthen_spine(struct go_span_set *set) {
  uint32_t capacity = set->capacity ? 2 * set->capacity : GO_SET_SPINE;
  struct go_set_spine *spine = go_set_take_spine(set->memory, capacity);
  if (!spine) return false;
  const struct go_set_spine *old = atomic_load_explicit(&set->spine, memory_order_relaxed);
  if (old) memcpy(spine->blocks, old->blocks, set->capacity * sizeof *spine->blocks);
  set->capacity = capacity;
  atomic_store_explicit(&set->spine, spine, memory_order_release);
  return true;
}

static bool add_block(struct go_span_set *set, uint32_t length) {
  if (length == BLOCKS_MOST || (length == set->capacity && !lengthen_spine(set))) return false;
  struct go_set_block *block = go_set_take_block(set->memory);
  if (!block) return false;
  atomic_load_explicit(&set->spine, memory_order_relaxed)->blocks[length] = block;
  atomic_store_explicit(&set->length, length + 1, memory_order_release);
  return true;
}

// Makes block `number` if it is not there. The blocks before it are: the tail has moved through them.
static bool reserve(struct go_span_set *set, uint32_t number) {
  base_mutex_lock(&set->memory->mutex);
  uint32_t length = atomic_load_explicit(&set->length, memory_order_relaxed);
  bool there = number < length || add_block(set, length);
  base_mutex_unlock(&set->memory->mutex);
  return there;
}

bool go_span_set_push(struct go_span_set *set, struct go_span *span) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  uint32_t tail;
  do {
    tail = tail_of(index);
    uint32_t number = tail / GO_SET_BLOCK;
    if (number >= atomic_load_explicit(&set->length, memory_order_acquire) && !reserve(set, number))
      return false;
  } while (!atomic_compare_exchange_weak_explicit(&set->index, &index, index + 1, memory_order_acq_rel,
                                                  memory_order_acquire));
  // Who takes it has seen the tail move, and so what came before.
  atomic_store_explicit(&block_of(set, tail)->slots[tail % GO_SET_BLOCK], span, memory_order_relaxed);
  return true;
}

struct go_span *go_span_set_pop(struct go_span_set *set) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  uint32_t head;
  do {
    head = head_of(index);
    if (head >= tail_of(index)) return NULL;
  } while (!atomic_compare_exchange_weak_explicit(&set->index, &index, index + ((uint64_t)1 << HEAD_SHIFT),
                                                  memory_order_acq_rel, memory_order_acquire));
  struct go_set_block *block = block_of(set, head);
  _Atomic(struct go_span *) *slot = &block->slots[head % GO_SET_BLOCK];
  struct go_span *span;
  while (!(span = atomic_load_explicit(slot, memory_order_relaxed))) base_pause();
  atomic_store_explicit(slot, NULL, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&block->popped, 1, memory_order_acq_rel) + 1 == GO_SET_BLOCK)
    go_set_give_block(set->memory, block);
  return span;
}

void go_span_set_reset(struct go_span_set *set) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  if (head_of(index) != tail_of(index)) __builtin_trap();
  // Most sets of a heap are never used.
  if (atomic_load_explicit(&set->length, memory_order_relaxed) == 0) return;
  // Of a block that is not used up nobody has emptied the last slot.
  if (go_span_set_blocks(set)) go_set_give_block(set->memory, block_of(set, head_of(index)));
  atomic_store_explicit(&set->index, 0, memory_order_relaxed);
  atomic_store_explicit(&set->length, 0, memory_order_relaxed);
}

bool go_span_set_each(const struct go_span_set *set, bool (*see)(void *context, struct go_span *span),
                      void *context) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  for (uint32_t number = head_of(index); number != tail_of(index); number++) {
    _Atomic(struct go_span *) *slot = &block_of(set, number)->slots[number % GO_SET_BLOCK];
    if (!see(context, atomic_load_explicit(slot, memory_order_relaxed))) return false;
  }
  return true;
}

size_t go_span_set_blocks(const struct go_span_set *set) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  return atomic_load_explicit(&set->length, memory_order_acquire) - head_of(index) / GO_SET_BLOCK;
}

static bool is_there(void *context, struct go_span *span) {
  (void)context;
  return span != NULL;
}

const char *go_span_set_check(const struct go_span_set *set) {
  uint64_t index = atomic_load_explicit(&set->index, memory_order_acquire);
  uint32_t head = head_of(index), tail = tail_of(index);
  if (head > tail) return "the head is past the tail";
  uint64_t blocks = ((uint64_t)tail + GO_SET_BLOCK - 1) / GO_SET_BLOCK;
  if (atomic_load_explicit(&set->length, memory_order_acquire) != blocks)
    return "the blocks are not those that the tail has come through";
  if (!go_span_set_each(set, is_there, NULL)) return "a slot between head and tail is empty";
  if (head % GO_SET_BLOCK &&
      atomic_load_explicit(&block_of(set, head)->popped, memory_order_relaxed) != head % GO_SET_BLOCK)
    return "a block does not count the slots that were emptied";
  return NULL;
}
