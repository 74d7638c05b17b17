#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/internal.h"

#include <string.h>

// Objects/obmalloc.c of 3.9.2, Include/internal/pycore_obmalloc.h of 3.13.
static const struct geometry {
  unsigned arena_bits, pool_bits;
} geometries[] = {
    [OBMALLOC_3_9] = {18, 12},
    [OBMALLOC_3_10] = {20, 14},
};

// What is committed of an arena at first; when pools come to the end of it, it doubles.
#define FIRST_COMMIT ((size_t)64 << 10)

bool obmalloc_arenas_init(struct obmalloc *o, enum obmalloc_geometry geometry) {
  o->arena_bytes = (size_t)1 << geometries[geometry].arena_bits;
  o->pool_bytes = (size_t)1 << geometries[geometry].pool_bits;
  o->pool_mask = ~(uintptr_t)(o->pool_bytes - 1);
  return address_map_init(&o->arena_map, o->pages, geometries[geometry].arena_bits);
}

// Of the pages that hold the arena objects.
static size_t object_bytes(const struct obmalloc *o) {
  return base_page_round(o->arena_objects * sizeof *o->arenas);
}

static void unmap_objects(struct obmalloc *o) {
  size_t bytes = object_bytes(o);
  if (bytes) pages_release(o->pages, o->arenas, bytes, bytes);
}

// Memory of arenas that went back is kept for the next ones, of no more than are in use: to map its pages
// anew costs as much as to fill them. An arena out of it is a new one all the same, carved from its start,
// for blocks in the order of their addresses are what makes traversing fast.

static void release_spare(struct obmalloc *o) {
  const struct obmalloc_spare *spare = &o->spares[--o->spare_count];
  pages_release(o->pages, spare->address, o->arena_bytes, spare->committed);
}

static void keep_spare(struct obmalloc *o, const struct obmalloc_arena *arena) {
  if (o->spare_count == OBMALLOC_SPARES) release_spare(o);
  o->spares[o->spare_count++] = (struct obmalloc_spare){arena->address, arena->committed};
  while (o->spare_count > o->arena_count) release_spare(o);
}

// A spare one's, or new: aligned as a pool is, so that the same calls give the same addresses; not as an
// arena is. Its address is NULL if it is refused.
static struct obmalloc_spare take_memory(struct obmalloc *o) {
  if (o->spare_count) return o->spares[--o->spare_count];
  return (struct obmalloc_spare){base_reserve(o->pages->memory, o->arena_bytes, o->pool_bytes), 0};
}

void obmalloc_arenas_finish(struct obmalloc *o) {
  obmalloc_each_arena(arena, o) pages_release(o->pages, arena->address, o->arena_bytes, arena->committed);
  while (o->spare_count) release_spare(o);
  unmap_objects(o);
  address_map_finish(&o->arena_map);
}

// Twice as many arena objects. None of them is usable now, so nothing points into the old ones.
static bool add_objects(struct obmalloc *o) {
  size_t bytes = o->arena_objects ? 2 * object_bytes(o) : HT_PAGE_SIZE, count = bytes / sizeof *o->arenas;
  if (count > OBMALLOC_ARENAS_MAX) return false;
  struct obmalloc_arena *objects = pages_map(o->pages, bytes, 0);
  if (!objects) return false;
  if (o->arena_objects) memcpy(objects, o->arenas, o->arena_objects * sizeof *objects);
  for (size_t i = o->arena_objects; i + 1 < count; i++) objects[i].next = &objects[i + 1];
  o->unused_arenas = &objects[o->arena_objects];
  unmap_objects(o);
  o->arenas = objects;
  o->arena_objects = count;
  return true;
}

// An arena lies in one granule if it is aligned, or else in the end of one and the start of the next.
static void enter(struct obmalloc *o, const struct obmalloc_arena *arena, uint64_t *hi, uint64_t *lo) {
  size_t pages = o->arena_bytes / HT_PAGE_SIZE;
  size_t before = ((uintptr_t)arena->address & (o->arena_bytes - 1)) / HT_PAGE_SIZE;
  uint64_t index = (uint64_t)(arena - o->arenas) << OBMALLOC_ENTRY_PAGES_BITS;
  *hi |= (index | (pages - before)) << OBMALLOC_ENTRY_HALF;
  if (before) *lo |= index | before;
}

static uint64_t *entry_at(struct obmalloc *o, const char *address) {
  return address_map_make(&o->arena_map, (uintptr_t)address);
}

static void leave(struct obmalloc *o, const struct obmalloc_arena *arena) {
  const char *last = arena->address + o->arena_bytes - 1;
  bool aligned = ((uintptr_t)arena->address & (o->arena_bytes - 1)) == 0;
  *entry_at(o, arena->address) &= UINT32_MAX;
  if (!aligned) *entry_at(o, last) &= ~(uint64_t)UINT32_MAX;
  address_map_drop(&o->arena_map, (uintptr_t)arena->address);
  if (!aligned) address_map_drop(&o->arena_map, (uintptr_t)last);
}

// The only usable arena. All that may be refused comes before anything is changed.
static __attribute__((noinline)) struct obmalloc_arena *new_arena(struct obmalloc *o) {
  uint64_t *hi, *lo = NULL;
  struct obmalloc_spare memory = take_memory(o);
  char *address = memory.address;
  size_t committed = memory.committed;
  if (!address) return NULL;
  char *last = address + o->arena_bytes - 1;
  if (!committed && !pages_commit_prefix(o->pages, address, FIRST_COMMIT, &committed)) goto release;
  if (!(hi = entry_at(o, address))) goto release;
  if (!(lo = entry_at(o, last))) goto drop_hi;
  if (!o->unused_arenas && !add_objects(o)) goto drop_lo;

  struct obmalloc_arena *arena = o->unused_arenas;
  o->unused_arenas = arena->next;
  *arena = (struct obmalloc_arena){.address = address, .committed = committed};
  arena->pool_address = obmalloc_first_pool(o, arena);
  arena->pool_count = (uint32_t)((size_t)(address + o->arena_bytes - arena->pool_address) / o->pool_bytes);
  arena->free_count = arena->pool_count;
  enter(o, arena, hi, lo);
  o->arena_count++;
  o->usable_arenas = arena;
  o->nfp2lasta[arena->free_count] = arena;
  return arena;

drop_lo:
  address_map_drop(&o->arena_map, (uintptr_t)last);
drop_hi:
  address_map_drop(&o->arena_map, (uintptr_t)address);
release:
  pages_release(o->pages, address, o->arena_bytes, committed);
  return NULL;
}

// What seldom happens stays out of line: the rest needs few registers then.

// Commits the next pool of an arena, which is not its last, in growing steps.
static __attribute__((noinline)) bool commit_next(struct obmalloc *o, struct obmalloc_arena *arena) {
  size_t needed = (size_t)(arena->pool_address - arena->address) + o->pool_bytes;
  size_t bytes = arena->committed;
  while (bytes < needed) bytes *= 2;
  return bytes == arena->committed || pages_commit_prefix(o->pages, arena->address, bytes, &arena->committed);
}

static __attribute__((noinline)) struct obmalloc_pool *carve_pool(struct obmalloc *o,
                                                                  struct obmalloc_arena *arena) {
  struct obmalloc_pool *pool = (struct obmalloc_pool *)arena->pool_address;
  arena->pool_address += o->pool_bytes;
  pool->arena = (uint32_t)(arena - o->arenas);
  pool->ring.class_index = OBMALLOC_NO_CLASS;
  return pool;
}

// A pool of the fullest usable arena, in no list. NULL: refused.
static struct obmalloc_pool *take_pool(struct obmalloc *o) {
  struct obmalloc_arena *arena = o->usable_arenas ? o->usable_arenas : new_arena(o);
  if (!arena || (!arena->free_pools && !commit_next(o, arena))) return NULL;

  // It is the first: if it is the last with so many, it is the only one, and no other has one less.
  if (o->nfp2lasta[arena->free_count] == arena) o->nfp2lasta[arena->free_count] = NULL;
  if (--arena->free_count) {
    o->nfp2lasta[arena->free_count] = arena;
  } else {
    o->usable_arenas = arena->next;
    if (arena->next) arena->next->previous = NULL;
  }

  if (!arena->free_pools) return carve_pool(o, arena);
  struct obmalloc_ring *ring = arena->free_pools;
  arena->free_pools = ring->next;
  return obmalloc_pool_of_ring(ring);
}

static void unlink_usable(struct obmalloc *o, struct obmalloc_arena *arena) {
  if (arena->previous)
    arena->previous->next = arena->next;
  else
    o->usable_arenas = arena->next;
  if (arena->next) arena->next->previous = arena->previous;
}

// `after` NULL: as the first.
static void link_usable(struct obmalloc *o, struct obmalloc_arena *arena, struct obmalloc_arena *after) {
  arena->previous = after;
  arena->next = after ? after->next : o->usable_arenas;
  if (arena->next) arena->next->previous = arena;
  if (after)
    after->next = arena;
  else
    o->usable_arenas = arena;
}

static __attribute__((noinline)) void return_arena(struct obmalloc *o, struct obmalloc_arena *arena) {
  const char *first = arena->address, *last = first + o->arena_bytes - 1;
  EXAMINE(o->examination, PY_31, arena->free_count == arena->pool_count && arena->next,
          "the arena %p goes back with %u of %u pools free, %s", (const void *)first, arena->free_count,
          arena->pool_count, arena->next ? "not the last usable one" : "the last usable one");
  unlink_usable(o, arena);
  leave(o, arena);
  EXAMINE(o->examination, PY_31, !obmalloc_arena_of(o, first) && !obmalloc_arena_of(o, last),
          "the arena %p goes back and the address map still knows it", (const void *)first);
  if (o->recent == (uintptr_t)arena->address) o->recent_bytes = 0;
  o->arena_count--;
  keep_spare(o, arena);
  arena->address = NULL;
  arena->next = o->unused_arenas;
  o->unused_arenas = arena;
}

// Takes back a pool without blocks, in no list.
static void give_pool(struct obmalloc *o, struct obmalloc_pool *pool) {
  struct obmalloc_arena *arena = &o->arenas[pool->arena];
  pool->ring.next = arena->free_pools;
  arena->free_pools = &pool->ring;

  uint32_t had = arena->free_count, has = had + 1;
  struct obmalloc_arena *last = o->nfp2lasta[had];
  if (last == arena) {
    struct obmalloc_arena *before = arena->previous;
    o->nfp2lasta[had] = before && before->free_count == had ? before : NULL;
  }
  arena->free_count = has;

  // 1. Wholly free: it goes back, unless it is the last usable one.
  if (has == arena->pool_count && arena->next) {
    return_arena(o, arena);
    return;
  }
  if (!o->nfp2lasta[has]) o->nfp2lasta[has] = arena;
  // 2. It had no free pool: it becomes usable, and no other has fewer.
  if (!had) {
    link_usable(o, arena, NULL);
    return;
  }
  // 3. Others behind it have as many as it had: it goes behind the last of them.
  if (last != arena) {
    unlink_usable(o, arena);
    link_usable(o, arena, last);
  }
  // 4. Or it was the last of them itself, and stays.
}

// All blocks of the pool are uncarved but for the first two: one to hand out, one in the list.
static __attribute__((noinline)) void *lay_out(struct obmalloc *o, struct obmalloc_pool *pool,
                                               uint32_t class_index) {
  size_t bytes = obmalloc_block_bytes(class_index);
  char *first = (char *)pool + OBMALLOC_POOL_HEADER;
  pool->ring.class_index = class_index;
  pool->ring.count = 1;
  pool->ring.free = first + bytes;
  *(void **)pool->ring.free = NULL;
  pool->fresh = (uint32_t)(OBMALLOC_POOL_HEADER + 2 * bytes);
  pool->fresh_last = (uint32_t)(o->pool_bytes - bytes);
  pool->capacity = (uint32_t)((o->pool_bytes - OBMALLOC_POOL_HEADER) / bytes);
  return first;
}

// An empty pool of the same class has its blocks in the list already.
void *obmalloc_take_from_arena(struct obmalloc *o, size_t bytes) {
  uint32_t class_index = (uint32_t)((bytes - 1) / OBMALLOC_ALIGNMENT);
  struct obmalloc_pool *pool = take_pool(o);
  if (!pool) return NULL;
  struct obmalloc_ring *ring = &pool->ring;
  obmalloc_push_first(&o->used[class_index], ring);
  if (ring->class_index != class_index) return lay_out(o, pool, class_index);
  void *block = ring->free, *next = *(void **)block;
  if (!next) return obmalloc_take_last(o, ring);
  ring->free = next;
  ring->count = 1;
  return block;
}

void obmalloc_give_last(struct obmalloc *o, struct obmalloc_ring *ring) {
  obmalloc_unlink(ring);
  give_pool(o, obmalloc_pool_of_ring(ring));
}
