// What the parts of obmalloc know of one another.
#ifndef OBMALLOC_INTERNAL_H
#define OBMALLOC_INTERNAL_H

#include "allocators/python/obmalloc/obmalloc.h"

#include "base/bits.h"

enum {
  OBMALLOC_POOL_HEADER = sizeof(struct obmalloc_pool),
  OBMALLOC_NO_CLASS = 0xffff, // of a pool that was never laid out
};

static inline size_t obmalloc_block_bytes(uint32_t class_index) {
  return ((size_t)class_index + 1) * OBMALLOC_ALIGNMENT;
}

static inline struct obmalloc_pool *obmalloc_pool_of_ring(struct obmalloc_ring *ring) {
  return base_container_of(ring, struct obmalloc_pool, ring);
}

static inline void obmalloc_push_first(struct obmalloc_ring *head, struct obmalloc_ring *pool) {
  pool->previous = head;
  pool->next = head->next;
  head->next->previous = pool;
  head->next = pool;
}

static inline void obmalloc_unlink(struct obmalloc_ring *pool) {
  pool->previous->next = pool->next;
  pool->next->previous = pool->previous;
}

// The first address in an arena where a pool may begin.
static inline char *obmalloc_first_pool(const struct obmalloc *o, const struct obmalloc_arena *arena) {
  return (char *)base_round_up((uintptr_t)arena->address, o->pool_bytes);
}

// The bounds of its pools that were carved: for (char *pool = first; pool < arena->pool_address; ...).
#define obmalloc_each_pool(pool, o, arena)                                                     \
  for (struct obmalloc_pool *pool = (struct obmalloc_pool *)obmalloc_first_pool((o), (arena)); \
       (char *)pool < (arena)->pool_address;                                                   \
       pool = (struct obmalloc_pool *)((char *)pool + (o)->pool_bytes))

// for (each arena that is mapped) ...
#define obmalloc_each_arena(arena, o)                                                                     \
  for (struct obmalloc_arena *arena = (o)->arenas, *arena##_end = arena ? arena + (o)->arena_objects : 0; \
       arena < arena##_end; arena++)                                                                      \
    if (arena->address)

// arenas.c

void *obmalloc_take_from_arena(struct obmalloc *o, size_t bytes); // the ring of the class is empty
bool obmalloc_arenas_init(struct obmalloc *o, enum obmalloc_geometry geometry); // false: refused
void obmalloc_arenas_finish(struct obmalloc *o);

// An entry of the arena map has two halves, for an arena that begins in a granule and for one that ends
// there. Each half is the index of the arena's object and the number of pages it has in the granule.
enum { OBMALLOC_ENTRY_PAGES_BITS = 9, OBMALLOC_ENTRY_HALF = 32 };
#define OBMALLOC_ARENAS_MAX ((size_t)1 << (OBMALLOC_ENTRY_HALF - OBMALLOC_ENTRY_PAGES_BITS))

// The arena that `address` lies in; NULL: in none.
static inline struct obmalloc_arena *obmalloc_arena_of(const struct obmalloc *o, const void *address) {
  uint64_t entry = address_map_find(&o->arena_map, (uintptr_t)address);
  size_t page = ((uintptr_t)address & (o->arena_bytes - 1)) / HT_PAGE_SIZE;
  size_t pages = o->arena_bytes / HT_PAGE_SIZE;
  uint32_t tail_lo = (uint32_t)entry, tail_hi = (uint32_t)(entry >> OBMALLOC_ENTRY_HALF);
  const uint32_t mask = (1u << OBMALLOC_ENTRY_PAGES_BITS) - 1;
  if (pages - page <= (tail_hi & mask)) return &o->arenas[tail_hi >> OBMALLOC_ENTRY_PAGES_BITS];
  if (page < (tail_lo & mask)) return &o->arenas[tail_lo >> OBMALLOC_ENTRY_PAGES_BITS];
  return NULL;
}

// pools.c

void *obmalloc_raw_take(struct obmalloc *o, size_t bytes);
void obmalloc_raw_give(struct obmalloc *o, void *block, size_t bytes);
// What `block` is, is found out by its address. False: none of ours.
bool obmalloc_raw_give_found(struct obmalloc *o, void *block);
// Whether a block may stay where it is for so many bytes, and does.
bool obmalloc_raw_resize(struct obmalloc *o, void *block, size_t bytes);
// Bytes that a block has, ours or 0.
size_t obmalloc_raw_room(const struct obmalloc *o, const void *block);

// guards.c: a dressed block. Its owner is one of two families.

// The examination is told; then, if the examiner comes back, the process ends.
void guards_fail(struct obmalloc *o, size_t invariant, const void *block, const char *what);

enum {
  GUARDS_SIZE = 8, // bytes of a size, and of a pad
  GUARDS_FRONT = 2 * GUARDS_SIZE,
  GUARDS_BYTES = 3 * GUARDS_SIZE,
  GUARDS_OBJECT = 'o',
  GUARDS_RECORD = 'm',
  GUARDS_ANY = 0,
};

void *guards_take(struct obmalloc *o, size_t bytes, char owner);
void *guards_take_aligned(struct obmalloc *o, size_t bytes, size_t head, size_t alignment);
void guards_give(struct obmalloc *o, void *block, const size_t *bytes, char owner); // bytes: NULL: unknown
void *guards_resize(struct obmalloc *o, void *block, size_t old_bytes, size_t bytes);

// What is wrong with a block in use that has `room` bytes, its dress included; NULL: nothing.
const char *guards_wrong(const char *block, size_t room, char owner);
size_t guards_bytes(const char *block); // that it was asked for with

// walk.c

// What is wrong with how a pool is laid out; NULL: nothing.
const char *pool_layout_wrong(const struct obmalloc *o, const struct obmalloc_pool *pool);

// The blocks of one pool that are in use. Nothing is looked at that does not lie in the pool.
struct pool_map {
  size_t block_bytes, carved, used;
  uint64_t bits[(1 << 14) / OBMALLOC_ALIGNMENT / 64]; // bit n: the n-th block is in use
};
// What is wrong; NULL: nothing.
const char *pool_map_make(const struct obmalloc *o, const struct obmalloc_pool *pool, struct pool_map *map);

// As obmalloc_each, but with what is dressed as it is: all of the block.
bool obmalloc_each_raw(const struct obmalloc *o, obmalloc_visitor *visit, void *context);

#endif
