#include "allocators/python/obmalloc/internal.h"

#include "allocators/python/invariants.h"

#include <string.h>

bool obmalloc_init(struct obmalloc *o, struct pages *pages, struct examination *examination,
                   const struct obmalloc_options *options) {
  o->pages = pages;
  o->examination = examination;
  o->guards = options->guards;
  o->direct = options->guards ? 0 : OBMALLOC_THRESHOLD;
  for (uint32_t i = 0; i < OBMALLOC_CLASSES; i++) {
    o->used[i].next = o->used[i].previous = &o->used[i];
    o->used[i].class_index = i;
  }
  if (obmalloc_arenas_init(o, options->geometry)) {
    if (runs_init(&o->runs, pages)) return true;
    obmalloc_arenas_finish(o);
  }
  memset(o, 0, sizeof *o);
  return false;
}

void obmalloc_finish(struct obmalloc *o) {
  if (!o->pages) return;
  runs_finish(&o->runs);
  obmalloc_arenas_finish(o);
  memset(o, 0, sizeof *o);
}

static void push_first(struct obmalloc_ring *head, struct obmalloc_ring *pool) {
  pool->next = head->next;
  pool->previous = head;
  head->next->previous = pool;
  head->next = pool;
}

static void unlink_ring(struct obmalloc_ring *pool) {
  pool->previous->next = pool->next;
  pool->next->previous = pool->previous;
}

// Carves the next block of a pool whose free blocks have come to an end; without one the pool is full.
void *obmalloc_take_last(struct obmalloc *o, struct obmalloc_ring *ring, void *block) {
  struct obmalloc_pool *pool = obmalloc_pool_of_ring(ring);
  (void)o;
  if (pool->fresh > pool->fresh_last) {
    unlink_ring(ring);
    return block;
  }
  void **carved = (void **)((char *)pool + pool->fresh);
  pool->fresh += (uint32_t)obmalloc_block_bytes(ring->class_index);
  *carved = NULL;
  ring->free = carved;
  return block;
}

// All blocks of the pool are uncarved but for the first two: one to hand out, one in the list.
static void *lay_out(struct obmalloc *o, struct obmalloc_pool *pool, uint32_t class_index) {
  size_t bytes = obmalloc_block_bytes(class_index);
  char *first = (char *)pool + OBMALLOC_POOL_HEADER;
  pool->ring.class_index = class_index;
  pool->ring.free = first + bytes;
  *(void **)pool->ring.free = NULL;
  pool->fresh = (uint32_t)(OBMALLOC_POOL_HEADER + 2 * bytes);
  pool->fresh_last = (uint32_t)(o->pool_bytes - bytes);
  return first;
}

void *obmalloc_take_from_arena(struct obmalloc *o, size_t bytes) {
  uint32_t class_index = (uint32_t)((bytes - 1) / OBMALLOC_ALIGNMENT);
  struct obmalloc_pool *pool = obmalloc_arenas_take_pool(o);
  if (!pool) return NULL;
  struct obmalloc_ring *ring = &pool->ring;
  push_first(&o->used[class_index], ring);
  ring->count = 1;
  if (ring->class_index != class_index) return lay_out(o, pool, class_index);
  void *block = ring->free;
  ring->free = *(void **)block;
  return ring->free ? block : obmalloc_take_last(o, ring, block);
}

void obmalloc_give_first(struct obmalloc *o, struct obmalloc_ring *ring) {
  ring->count--;
  push_first(&o->used[ring->class_index], ring);
}

void obmalloc_give_last(struct obmalloc *o, struct obmalloc_ring *ring) {
  unlink_ring(ring);
  obmalloc_arenas_give_pool(o, obmalloc_pool_of_ring(ring));
}

// The block must lie in an arena for its pool's header to be looked at.
static inline struct obmalloc_ring *ring_of(const struct obmalloc *o, const void *block) {
  return obmalloc_arena_of(o, block) ? (struct obmalloc_ring *)((uintptr_t)block & o->pool_mask) : NULL;
}

void *obmalloc_raw_take(struct obmalloc *o, size_t bytes) {
  if (bytes == 0) bytes = 1;
  if (bytes <= OBMALLOC_THRESHOLD) return obmalloc_pool_take(o, bytes);
  return runs_take(&o->runs, bytes, 0, OBMALLOC_ALIGNMENT);
}

void obmalloc_raw_give(struct obmalloc *o, void *block, size_t bytes) {
  if (bytes <= OBMALLOC_THRESHOLD)
    obmalloc_pool_give(o, block);
  else
    runs_give(&o->runs, block);
}

bool obmalloc_raw_give_found(struct obmalloc *o, void *block) {
  if (ring_of(o, block)) {
    obmalloc_pool_give(o, block);
    return true;
  }
  const struct run *run = runs_find(&o->runs, block);
  if (!run || run->block != block) return false;
  runs_give(&o->runs, block);
  return true;
}

size_t obmalloc_raw_room(const struct obmalloc *o, const void *block) {
  const struct obmalloc_ring *ring = ring_of(o, block);
  if (ring) return obmalloc_block_bytes(ring->class_index);
  const struct run *run = runs_find(&o->runs, block);
  return run && run->block == block ? runs_room(run) : 0;
}

// A block stays in its pool if it fits and at most a quarter of it is wasted. One that is not ours stays as
// it is, and is never adopted: what lies behind it may not be accessible.
bool obmalloc_raw_resize(struct obmalloc *o, void *block, size_t bytes) {
  const struct obmalloc_ring *ring = ring_of(o, block);
  if (ring) {
    size_t room = obmalloc_block_bytes(ring->class_index);
    return bytes <= room && 4 * bytes > 3 * room;
  }
  const struct run *run = runs_find(&o->runs, block);
  return bytes > OBMALLOC_THRESHOLD && run && run->block == block && runs_resize(&o->runs, block, bytes);
}

void *obmalloc_take_indirect(struct obmalloc *o, size_t bytes) {
  return o->guards ? guards_take(o, bytes, GUARDS_OBJECT) : obmalloc_raw_take(o, bytes);
}

void obmalloc_give_indirect(struct obmalloc *o, void *block, size_t bytes) {
  if (o->guards)
    guards_give(o, block, &bytes, GUARDS_OBJECT);
  else
    obmalloc_raw_give(o, block, bytes);
}

void *obmalloc_take_outline(struct obmalloc *o, size_t bytes) {
  return obmalloc_take(o, bytes);
}

void obmalloc_give_outline(struct obmalloc *o, void *block) {
  if (!block) return;
  if (__builtin_expect(o->guards, 0))
    guards_give(o, block, NULL, GUARDS_OBJECT);
  else if (!obmalloc_raw_give_found(o, block))
    guards_fail(o, PY_33, block, "is no block of this heap");
}

void *obmalloc_take_record(struct obmalloc *o, size_t bytes) {
  return o->guards ? guards_take(o, bytes, GUARDS_RECORD) : obmalloc_raw_take(o, bytes);
}

void obmalloc_give_record(struct obmalloc *o, void *block, size_t bytes) {
  if (o->guards)
    guards_give(o, block, &bytes, GUARDS_RECORD);
  else
    obmalloc_raw_give(o, block, bytes);
}

void *obmalloc_take_aligned(struct obmalloc *o, size_t bytes, size_t head, size_t alignment) {
  return o->guards ? guards_take_aligned(o, bytes, head, alignment)
                   : runs_take(&o->runs, bytes, head, alignment);
}

void obmalloc_give_aligned(struct obmalloc *o, void *block, size_t bytes) {
  if (o->guards)
    guards_give(o, block, &bytes, GUARDS_OBJECT);
  else
    runs_give(&o->runs, block);
}

void *obmalloc_resize(struct obmalloc *o, void *block, size_t old_bytes, size_t bytes) {
  if (o->guards) return guards_resize(o, block, old_bytes, bytes);
  if (obmalloc_raw_resize(o, block, bytes)) return block;
  if (!obmalloc_raw_room(o, block)) return NULL;
  void *moved = obmalloc_raw_take(o, bytes);
  if (!moved) return NULL;
  memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
  obmalloc_raw_give_found(o, block);
  return moved;
}
