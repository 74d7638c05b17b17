#include "allocators/python/obmalloc/internal.h"

#include <string.h>

const char *pool_layout_wrong(const struct obmalloc *o, const struct obmalloc_pool *pool) {
  if (pool->ring.class_index >= OBMALLOC_CLASSES) return "has a class that there is not";
  size_t bytes = obmalloc_block_bytes(pool->ring.class_index), last = o->pool_bytes - bytes;
  if (pool->fresh_last != last || pool->capacity != (o->pool_bytes - OBMALLOC_POOL_HEADER) / bytes)
    return "does not end where blocks of its class do";
  if (pool->fresh < OBMALLOC_POOL_HEADER + bytes || pool->fresh > last + bytes ||
      (pool->fresh - OBMALLOC_POOL_HEADER) % bytes)
    return "goes on where no block of its class begins";
  return NULL;
}

const char *pool_map_make(const struct obmalloc *o, const struct obmalloc_pool *pool, struct pool_map *map) {
  const char *wrong = pool_layout_wrong(o, pool);
  *map = (struct pool_map){0};
  if (wrong) return wrong;
  size_t bytes = map->block_bytes = obmalloc_block_bytes(pool->ring.class_index), fresh = pool->fresh;
  map->carved = (fresh - OBMALLOC_POOL_HEADER) / bytes;
  base_bitmap_set_range(map->bits, 0, map->carved);
  map->used = map->carved;
  for (const char *block = pool->ring.free; block; block = *(const char *const *)block) {
    size_t offset = (uintptr_t)block - (uintptr_t)pool; // wraps around for one that lies before
    if (offset < OBMALLOC_POOL_HEADER || offset >= fresh || (offset - OBMALLOC_POOL_HEADER) % bytes)
      return "has something else than its blocks among the free ones";
    size_t number = (offset - OBMALLOC_POOL_HEADER) / bytes;
    if (!base_bitmap_test(map->bits, number)) return "has a block twice among the free ones";
    base_bitmap_clear(map->bits, number);
    map->used--;
  }
  return NULL;
}

// The pool that `address` lies in, if it was carved and has blocks in use.
static const struct obmalloc_pool *pool_at(const struct obmalloc *o, const void *address) {
  const struct obmalloc_arena *arena = obmalloc_arena_of(o, address);
  if (!arena || (const char *)address < obmalloc_first_pool(o, arena) ||
      (const char *)address >= arena->pool_address)
    return NULL;
  const struct obmalloc_pool *pool = (struct obmalloc_pool *)((uintptr_t)address & o->pool_mask);
  return pool->ring.count ? pool : NULL;
}

bool obmalloc_owns(const struct obmalloc *o, const void *address) {
  return pool_at(o, address) || medium_find(&o->medium, address) || runs_find(&o->runs, address);
}

static bool is_raw_block(const struct obmalloc *o, const char *address) {
  const struct obmalloc_pool *pool = pool_at(o, address);
  if (!pool) {
    if (medium_of(&o->medium, address)) return true;
    const struct run *run = runs_find(&o->runs, address);
    return run && run->block == address;
  }
  struct pool_map map;
  size_t offset = (size_t)(address - (const char *)pool);
  if (offset < OBMALLOC_POOL_HEADER || pool_map_make(o, pool, &map)) return false;
  size_t number = (offset - OBMALLOC_POOL_HEADER) / map.block_bytes;
  return (offset - OBMALLOC_POOL_HEADER) % map.block_bytes == 0 && number < map.carved &&
         base_bitmap_test(map.bits, number);
}

bool obmalloc_is_block(const struct obmalloc *o, const void *address) {
  return is_raw_block(o, (const char *)address - (o->guards ? GUARDS_FRONT : 0));
}

// What the owner of a block may use of it. One whose dress was overwritten has no more than fits.
static size_t room_within(const struct obmalloc *o, const char *raw, size_t room) {
  if (!o->guards) return room;
  size_t bytes = guards_bytes(raw + GUARDS_FRONT);
  return bytes > room - GUARDS_BYTES ? room - GUARDS_BYTES : bytes;
}

size_t obmalloc_room(const struct obmalloc *o, const void *block) {
  const char *raw = (const char *)block - (o->guards ? GUARDS_FRONT : 0);
  return room_within(o, raw, obmalloc_raw_room(o, raw));
}

bool obmalloc_each_raw(const struct obmalloc *o, obmalloc_visitor *visit, void *context) {
  obmalloc_each_arena(arena, o) {
    obmalloc_each_pool(pool, o, arena) {
      struct pool_map map;
      if (!pool->ring.count || pool_map_make(o, pool, &map)) continue;
      for (size_t i = 0; (i = base_bitmap_find_set(map.bits, i, map.carved)) < map.carved; i++)
        if (!visit(context, (char *)pool + OBMALLOC_POOL_HEADER + i * map.block_bytes, map.block_bytes))
          return false;
    }
  }
  return medium_each(&o->medium, visit, context) && runs_each(&o->runs, visit, context);
}

struct visiting {
  const struct obmalloc *o;
  obmalloc_visitor *visit;
  void *context;
};

static bool visit_raw(void *context, void *block, size_t room) {
  const struct visiting *v = context;
  char *raw = block;
  return v->visit(v->context, raw + (v->o->guards ? GUARDS_FRONT : 0), room_within(v->o, raw, room));
}

bool obmalloc_each(const struct obmalloc *o, obmalloc_visitor *visit, void *context) {
  return obmalloc_each_raw(o, visit_raw, &(struct visiting){o, visit, context});
}

void obmalloc_count(const struct obmalloc *o, struct obmalloc_counts *counts) {
  *counts = (struct obmalloc_counts){.arenas = o->arena_count,
                                     .run_blocks = o->medium.count + o->runs.count,
                                     .run_bytes = o->medium.bytes + o->runs.bytes};
  obmalloc_each_arena(arena, o) {
    obmalloc_each_pool(pool, o, arena) {
      counts->pool_blocks += pool->ring.count;
      counts->pool_bytes += pool->ring.count * obmalloc_block_bytes(pool->ring.class_index);
    }
  }
}
