// The invariants of pools, arenas and runs, looked at. What is looked at may be broken: pools are found by
// their arenas' bounds, a link is followed only if it leads to one of them, and no list is followed for
// longer than it can be.
#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/internal.h"

struct checking {
  const struct obmalloc *o;
  struct examination *e;
  size_t pools, used_pools; // carved; with blocks in use and room for more
  size_t blocks;            // in use, in pools
};

static bool is_full(const struct obmalloc_pool *pool) {
  return !pool->ring.free;
}

// Whether `ring` is a pool that was carved.
static bool is_pool(const struct obmalloc *o, const struct obmalloc_ring *ring) {
  const struct obmalloc_arena *arena = obmalloc_arena_of(o, ring);
  return arena && ((uintptr_t)ring & ~o->pool_mask) == 0 && (char *)ring >= obmalloc_first_pool(o, arena) &&
         (char *)ring < arena->pool_address;
}

static bool is_arena(const struct obmalloc *o, const struct obmalloc_arena *arena) {
  size_t offset = (uintptr_t)arena - (uintptr_t)o->arenas;
  return offset < o->arena_objects * sizeof *arena && offset % sizeof *arena == 0;
}

static void check_pool(struct checking *c, const struct obmalloc_arena *arena,
                       const struct obmalloc_pool *pool) {
  struct examination *e = c->e;
  struct pool_map map;
  c->pools++;
  const char *wrong = pool_layout_wrong(c->o, pool);
  EXAMINE(e, PY_32, pool->arena == (uint32_t)(arena - c->o->arenas), "the pool %p names another arena",
          (const void *)pool);
  if (!EXAMINE(e, PY_32, !wrong, "the pool %p %s", (const void *)pool, wrong)) return;
  wrong = pool_map_make(c->o, pool, &map);
  if (!EXAMINE(e, PY_28, !wrong, "the pool %p %s", (const void *)pool, wrong)) return;
  EXAMINE(e, PY_28, pool->ring.count == map.used, "the pool %p counts %u blocks in use, and has %zu of %zu",
          (const void *)pool, pool->ring.count, map.used, map.carved);
  EXAMINE(e, PY_29, !is_full(pool) || pool->fresh > pool->fresh_last,
          "the pool %p has no free block, and was not carved to its end", (const void *)pool);
  if (pool->ring.count && !is_full(pool)) c->used_pools++;
  c->blocks += map.used;
}

// The pools of a ring are the class's, and have blocks in use and free ones; the first may have none. Returns
// how many have some.
static size_t check_ring(const struct checking *c, const struct obmalloc_ring *head) {
  size_t pools = 0, used = 0;
  const struct obmalloc_ring *at, *next;
  for (at = head; (next = at->next) != head; at = next) {
    if (!EXAMINE(c->e, PY_29, pools < c->pools && is_pool(c->o, next),
                 "%p in the ring of class %u is no pool", (const void *)next, head->class_index))
      return used;
    if (!EXAMINE(c->e, PY_29, next->previous == at, "the ring of class %u does not lead back at %p",
                 head->class_index, (const void *)next))
      return used;
    EXAMINE(c->e, PY_29, next->class_index == head->class_index && next->count && (next->free || at == head),
            "the pool %p of class %u with %u blocks in use and %s free is in the ring of class %u",
            (const void *)next, next->class_index, next->count, next->free ? "some" : "none",
            head->class_index);
    pools++;
    used += next->free != NULL;
  }
  EXAMINE(c->e, PY_29, head->previous == at, "the ring of class %u does not lead back to its last, %p",
          head->class_index, (const void *)at);
  return used;
}

static void check_free_pools(const struct checking *c, const struct obmalloc_arena *arena, size_t empty) {
  size_t listed = 0;
  for (const struct obmalloc_ring *pool = arena->free_pools; pool; pool = pool->next) {
    if (!EXAMINE(c->e, PY_29, listed < empty && is_pool(c->o, pool) && obmalloc_arena_of(c->o, pool) == arena,
                 "%p among the empty pools of the arena %p is none of them, or there twice",
                 (const void *)pool, (const void *)arena->address))
      return;
    EXAMINE(c->e, PY_29, !pool->count, "the pool %p is among the empty ones, with %u blocks in use",
            (const void *)pool, pool->count);
    listed++;
  }
  size_t uncarved = (size_t)(arena->address + c->o->arena_bytes - arena->pool_address) / c->o->pool_bytes;
  EXAMINE(c->e, PY_29, listed == empty && arena->free_count == empty + uncarved,
          "the arena %p has %zu empty pools, %zu of them listed, %zu uncarved ones, and counts %u",
          (const void *)arena->address, empty, listed, uncarved, arena->free_count);
}

// The map knows an arena at both edges, and nothing beside them.
static void check_map(const struct checking *c, const struct obmalloc_arena *arena) {
  const char *end = arena->address + c->o->arena_bytes;
  EXAMINE(c->e, PY_31,
          obmalloc_arena_of(c->o, arena->address) == arena && obmalloc_arena_of(c->o, end - 1) == arena &&
              obmalloc_arena_of(c->o, arena->address - 1) != arena && obmalloc_arena_of(c->o, end) != arena,
          "the address map does not know the edges of the arena %p", (const void *)arena->address);
}

static void check_arena(struct checking *c, const struct obmalloc_arena *arena) {
  const struct obmalloc *o = c->o;
  const char *first = obmalloc_first_pool(o, arena), *end = arena->address + o->arena_bytes;
  size_t fit = (size_t)(end - first) / o->pool_bytes, empty = 0;
  check_map(c, arena);
  EXAMINE(c->e, PY_31, arena->pool_count == fit, "the arena %p counts %u pools and holds %zu",
          (const void *)arena->address, arena->pool_count, fit);
  EXAMINE(c->e, PY_31, arena->free_count < arena->pool_count || !arena->next,
          "the arena %p is wholly free and not the last usable one", (const void *)arena->address);
  obmalloc_each_pool(pool, o, arena) {
    check_pool(c, arena, pool);
    if (!pool->ring.count) empty++;
  }
  check_free_pools(c, arena, empty);
}

// Objects without an arena: all of them are in their list, and nothing else.
static void check_unused(const struct checking *c) {
  const struct obmalloc *o = c->o;
  size_t listed = 0;
  for (const struct obmalloc_arena *arena = o->unused_arenas; arena; arena = arena->next) {
    if (!EXAMINE(c->e, PY_31, is_arena(o, arena) && listed < o->arena_objects,
                 "%p among the unused arena objects is none, or there twice", (const void *)arena))
      return;
    EXAMINE(c->e, PY_31, !arena->address, "an unused arena object has the address %p",
            (const void *)arena->address);
    listed++;
  }
  EXAMINE(c->e, PY_31, listed + o->arena_count == o->arena_objects,
          "of %zu arena objects %zu are unused and %zu are not", o->arena_objects, listed, o->arena_count);
}

static void check_usable(const struct checking *c) {
  const struct obmalloc *o = c->o;
  const struct obmalloc_arena *last[OBMALLOC_POOLS_MAX + 1] = {NULL}, *previous = NULL;
  size_t listed = 0, usable = 0;
  for (const struct obmalloc_arena *arena = o->usable_arenas; arena; arena = arena->next) {
    if (!EXAMINE(c->e, PY_30,
                 listed < o->arena_count && is_arena(o, arena) && arena->address &&
                     arena->free_count <= OBMALLOC_POOLS_MAX,
                 "%p among the usable arenas is none, or there twice", (const void *)arena))
      return;
    EXAMINE(c->e, PY_30, arena->previous == previous, "usable arenas do not lead back at %p",
            (const void *)arena->address);
    EXAMINE(c->e, PY_30, arena->free_count && (!previous || previous->free_count <= arena->free_count),
            "the usable arena %p with %u free pools is behind one with %u", (const void *)arena->address,
            arena->free_count, previous ? previous->free_count : 0);
    last[arena->free_count] = previous = arena;
    listed++;
  }
  obmalloc_each_arena(arena, o) usable += arena->free_count != 0;
  EXAMINE(c->e, PY_30, listed == usable, "%zu arenas have free pools, and %zu are usable", usable, listed);
  for (size_t n = 0; n <= OBMALLOC_POOLS_MAX; n++)
    EXAMINE(c->e, PY_30, o->nfp2lasta[n] == last[n], "the last usable arena with %zu free pools is not known",
            n);
}

struct counting {
  const struct checking *c;
  size_t blocks;
};

static bool count_block(void *context, void *raw, size_t room) {
  struct counting *counting = context;
  counting->blocks++;
  if (!counting->c->o->guards) return true;
  char *block = (char *)raw + GUARDS_FRONT;
  const char *wrong = guards_wrong(block, room, GUARDS_ANY);
  EXAMINE(counting->c->e, PY_33, !wrong, "the block at %p %s", (void *)block, wrong);
  return true;
}

void obmalloc_check(const struct obmalloc *o, struct examination *e) {
  struct checking c = {.o = o, .e = e};
  size_t in_rings = 0;
  check_unused(&c);
  obmalloc_each_arena(arena, o) check_arena(&c, arena);
  check_usable(&c);
  for (size_t i = 0; i < OBMALLOC_CLASSES; i++) in_rings += check_ring(&c, &o->used[i]);
  EXAMINE(e, PY_29, in_rings == c.used_pools, "%zu pools are in part used, and %zu are in rings",
          c.used_pools, in_rings);
  const void *where;
  const char *wrong = medium_wrong(&o->medium, &where);
  EXAMINE(e, EXAMINATION_UNNAMED, !wrong, "at the medium level %p %s", where, wrong);
  if (e->broken) return; // blocks cannot be gone through
  struct counting counting = {.c = &c};
  struct obmalloc_counts counts;
  obmalloc_each_raw(o, count_block, &counting);
  obmalloc_count(o, &counts);
  EXAMINE(e, PY_35, counting.blocks == counts.pool_blocks + counts.run_blocks,
          "%zu blocks are in use, and %zu of pools and %zu of pages are counted", counting.blocks,
          counts.pool_blocks, counts.run_blocks);
}
