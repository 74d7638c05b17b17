#include "allocators/go/work.h"

#include "base/list.h"
#include "base/pause.h"

enum { BLOCK_BYTES = 32 << 10, BUFFERS = BLOCK_BYTES / GO_BUFFER_BYTES };

// The first buffer of a block is the block's own: it says what the next one is.
struct block {
  struct block *next;
};

bool go_work_init(struct go_work *work, struct go_heap *h, struct pages *memory, unsigned markers) {
  *work = (struct go_work){.memory = memory, .count = markers};
  work->markers = pages_map(memory, base_page_round(markers * sizeof *work->markers), 0);
  if (!work->markers) return false;
  for (unsigned i = 0; i < markers; i++) work->markers[i].heap = h;
  return true;
}

void go_work_finish(struct go_work *work) {
  size_t bytes = base_page_round(work->count * sizeof *work->markers);
  for (struct block *block = work->blocks, *next; block; block = next) {
    next = block->next;
    pages_release(work->memory, block, BLOCK_BYTES, BLOCK_BYTES);
  }
  if (work->markers) pages_release(work->memory, work->markers, bytes, bytes);
}

static void give_free(struct go_work *work, struct go_buffer *buffer) {
  base_mutex_lock(&work->lock);
  buffer->next = work->free;
  work->free = buffer;
  base_mutex_unlock(&work->lock);
}

static struct go_buffer *take_free(struct go_work *work) {
  base_mutex_lock(&work->lock);
  struct block *block;
  if (!work->free && (block = pages_map(work->memory, BLOCK_BYTES, 0))) {
    block->next = work->blocks;
    work->blocks = block;
    for (size_t i = 1; i < BUFFERS; i++) {
      struct go_buffer *buffer = (struct go_buffer *)((char *)block + i * GO_BUFFER_BYTES);
      buffer->next = work->free;
      work->free = buffer;
    }
  }
  struct go_buffer *buffer = work->free;
  if (buffer) work->free = buffer->next;
  base_mutex_unlock(&work->lock);
  return buffer;
}

// The one in hand.
static struct go_buffer *buffer_of(const struct go_stack *stack) {
  return stack->first ? base_container_of(stack->first, struct go_buffer, pages) : NULL;
}

static void take_in_hand(struct go_stack *stack, struct go_buffer *buffer, size_t count) {
  stack->first = buffer->pages;
  stack->top = stack->first + count;
  stack->end = stack->first + GO_BUFFER_PAGES;
}

// The full buffer in hand goes under a new one, or is offered if nothing is.
bool go_work_make_room(struct go_work *work, struct go_marker *k) {
  struct go_buffer *fresh = take_free(work), *full = buffer_of(&k->queue), *nothing = NULL;
  if (!fresh) return false;
  // Once it is offered it may be another's.
  struct go_buffer *older = full ? full->next : NULL;
  bool offered = k->shared && full &&
                 atomic_compare_exchange_strong_explicit(&k->offered, &nothing, full, memory_order_release,
                                                         memory_order_relaxed);
  fresh->next = offered ? older : full;
  take_in_hand(&k->queue, fresh, 0);
  return true;
}

// A full one, in the place of the empty one.
static void turn_to(struct go_work *work, struct go_marker *k, struct go_buffer *full) {
  struct go_buffer *empty = buffer_of(&k->turn);
  if (empty) give_free(work, empty);
  take_in_hand(&k->turn, full, GO_BUFFER_PAGES);
}

bool go_work_refill(struct go_work *work, struct go_marker *k) {
  struct go_buffer *empty = buffer_of(&k->turn);
  if (empty && empty->next) {
    turn_to(work, k, empty->next);
    return true;
  }
  if (k->queue.top != k->queue.first) {
    struct go_stack over = k->turn;
    k->turn = k->queue;
    k->queue = over;
    return true;
  }
  struct go_buffer *own =
      k->shared ? atomic_exchange_explicit(&k->offered, NULL, memory_order_acquire) : NULL;
  if (!own) return false;
  own->next = NULL;
  turn_to(work, k, own);
  return true;
}

bool go_work_steal(struct go_work *work, struct go_marker *k) {
  unsigned idle = atomic_fetch_add(&work->idle, 1) + 1, running = atomic_load(&work->running);
  for (;;) {
    if (idle == running) return false;
    for (unsigned i = 0; i < work->count; i++) {
      struct go_marker *other = &work->markers[i];
      if (!atomic_load_explicit(&other->offered, memory_order_relaxed)) continue;
      // No more idle before it is taken: else all could be, and work be left.
      atomic_fetch_sub(&work->idle, 1);
      struct go_buffer *taken = atomic_exchange_explicit(&other->offered, NULL, memory_order_acquire);
      if (taken) {
        taken->next = NULL;
        turn_to(work, k, taken);
        return true;
      }
      atomic_fetch_add(&work->idle, 1);
    }
    base_yield();
    idle = atomic_load(&work->idle);
    running = atomic_load(&work->running);
  }
}
