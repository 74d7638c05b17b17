#include "allocators/python/obmalloc/internal.h"

#include "allocators/python/invariants.h"

#include <string.h>

bool obmalloc_init(struct obmalloc *o, struct pages *pages, struct examination *examination,
                   const struct obmalloc_options *options) {
  o->pages = pages;
  o->examination = examination;
  o->guards = options->guards;
  o->threshold = options->wide ? OBMALLOC_THRESHOLD_WIDE : OBMALLOC_THRESHOLD;
  o->direct = options->guards ? 0 : o->threshold;
  for (uint32_t i = 0; i < OBMALLOC_CLASSES; i++) {
    o->used[i].next = o->used[i].previous = &o->used[i];
    o->used[i].class_index = i;
  }
  if (obmalloc_arenas_init(o, options->geometry)) {
    if (medium_init(&o->medium, pages)) {
      if (runs_init(&o->runs, pages)) return true;
      medium_finish(&o->medium);
    }
    obmalloc_arenas_finish(o);
  }
  memset(o, 0, sizeof *o);
  return false;
}

void obmalloc_finish(struct obmalloc *o) {
  if (!o->pages) return;
  runs_finish(&o->runs);
  medium_finish(&o->medium);
  obmalloc_arenas_finish(o);
  memset(o, 0, sizeof *o);
}

// A pool becomes full as the first of its ring and stays there until another has to be the first, for the
// next block that comes back is often one of its own: who takes one for each that he gives back, the oldest
// first, links nothing. In the ring or not, a full pool's link back is to the head, so that it finds the way
// when a block comes free.

// Hands out the only free block of a pool. The next is carved, or there is none and the pool is full.
void *obmalloc_take_last(struct obmalloc *o, struct obmalloc_ring *ring) {
  struct obmalloc_pool *pool = obmalloc_pool_of_ring(ring);
  void *block = ring->free;
  (void)o;
  ring->count++;
  ring->free = NULL;
  if (pool->fresh <= pool->fresh_last) {
    void **carved = (void **)((char *)pool + pool->fresh);
    pool->fresh += (uint32_t)obmalloc_block_bytes(ring->class_index);
    *carved = NULL;
    ring->free = carved;
  }
  return block;
}

// The second of a ring has free blocks if there is one.
void *obmalloc_take_next(struct obmalloc *o, size_t bytes) {
  struct obmalloc_ring *head = &o->used[(bytes - 1) / OBMALLOC_ALIGNMENT], *full = head->next;
  if (full != head) {
    head->next = full->next;
    head->next->previous = head;
    if (head->next != head) return obmalloc_pool_take(o, bytes);
  }
  return obmalloc_take_from_arena(o, bytes);
}

// A pool that was full comes to the front of its ring, before the first that has free blocks.
void obmalloc_give_first(struct obmalloc *o, struct obmalloc_ring *ring) {
  struct obmalloc_ring *head = ring->previous, *first = head->next;
  (void)o;
  if (first != head && !first->free) first = first->next;
  ring->next = first;
  first->previous = ring;
  head->next = ring;
}

// The block must lie in an arena for its pool's header to be looked at.
static inline struct obmalloc_ring *ring_of(const struct obmalloc *o, const void *block) {
  return obmalloc_arena_of(o, block) ? (struct obmalloc_ring *)((uintptr_t)block & o->pool_mask) : NULL;
}

void *obmalloc_raw_take(struct obmalloc *o, size_t bytes) {
  if (bytes == 0) bytes = 1;
  if (bytes <= o->threshold) return obmalloc_pool_take(o, bytes);
  if (bytes <= MEDIUM_MOST) return medium_take(&o->medium, bytes);
  return runs_take(&o->runs, bytes, 0, OBMALLOC_ALIGNMENT);
}

void obmalloc_raw_give(struct obmalloc *o, void *block, size_t bytes) {
  if (bytes <= o->threshold)
    obmalloc_pool_give(o, block);
  else if (bytes <= MEDIUM_MOST)
    medium_give(&o->medium, block);
  else
    runs_give(&o->runs, block);
}

bool obmalloc_raw_give_found(struct obmalloc *o, void *block) {
  if (ring_of(o, block)) {
    obmalloc_pool_give(o, block);
    return true;
  }
  if (medium_of(&o->medium, block)) {
    medium_give(&o->medium, block);
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
  const struct medium_border *border = medium_of(&o->medium, block);
  if (border) return medium_room(border);
  const struct run *run = runs_find(&o->runs, block);
  return run && run->block == block ? runs_room(run) : 0;
}

// A block stays in its pool if it fits and at most a quarter of it is wasted, and at its level if it is one
// of those sizes that come from there. One that is not ours stays as it is, and is never adopted: what lies
// behind it may not be accessible.
bool obmalloc_raw_resize(struct obmalloc *o, void *block, size_t bytes) {
  const struct obmalloc_ring *ring = ring_of(o, block);
  if (ring) {
    size_t room = obmalloc_block_bytes(ring->class_index);
    return bytes <= room && 4 * bytes > 3 * room;
  }
  if (medium_of(&o->medium, block))
    return bytes > o->threshold && bytes <= MEDIUM_MOST && medium_resize(&o->medium, block, bytes);
  const struct run *run = runs_find(&o->runs, block);
  return bytes > MEDIUM_MOST && run && run->block == block && runs_resize(&o->runs, block, bytes);
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

static __attribute__((noinline)) void give_looked_up(struct obmalloc *o, void *block) {
  if (!block) return;
  if (o->guards) {
    guards_give(o, block, NULL, GUARDS_OBJECT);
    return;
  }
  const struct obmalloc_arena *arena = obmalloc_arena_of(o, block);
  if (arena) {
    o->recent = (uintptr_t)arena->address;
    o->recent_bytes = o->arena_bytes;
  }
  if (!obmalloc_raw_give_found(o, block)) guards_fail(o, PY_33, block, "is no block of this heap");
}

void obmalloc_give_outline(struct obmalloc *o, void *block) {
  if (__builtin_expect((uintptr_t)block - o->recent >= o->recent_bytes, 0))
    give_looked_up(o, block);
  else
    obmalloc_pool_give(o, block);
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
