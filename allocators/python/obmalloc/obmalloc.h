// CPython's obmalloc: blocks of up to 512 bytes out of pools, pools out of arenas; what is larger comes from
// the medium level (medium.h) up to 32 KB, and beyond, or if it is more strictly aligned than to 16 bytes, as
// a run of pages (runs.h).
//
//      used[class]     pool                 pool                arena (256 KB or 1 MB)
//      +------+        +--------+           +--------+          +------+------+------+~~~~~~~~~~+
//      | ring | <----> | header | <-------> | header |          | pool | pool | pool | not yet  |
//      | head |        | block  |           | block  |          |      |      |      | carved   |
//      +------+        | block  |           | ...    |          +------+------+------+~~~~~~~~~~+
//          ^           +--------+           +--------+           committed ..............> grows
//          +------------------------------------^
//
// A pool holds blocks of one of 32 sizes, the multiples of 16 (or of 126, up to 2016: an option). It is used
// (some blocks free: in the ring of its class), full (in no list, or the first of its ring until another is
// to be the first) or empty (in its arena's list, from which any class may take it). Blocks that were given
// back are a list through their first words; behind them lie those that were never carved.
//
// The one idea is that memory comes free from the top: the arena with the fewest free pools serves first, so
// that others run empty and go back to the system. usable_arenas is kept sorted by the number of free pools,
// and nfp2lasta[n] is the last with n, so that a pool more or less moves an arena past all its equals at
// once. The last usable arena stays when it is wholly free: a loop about the edge of an arena would map and
// unmap.
//
// Whether an address is ours is asked of a map (address_map.h), never of the memory it points to. A caller
// who knows what he asked for need not ask at all: his is the sized, inline obmalloc_give.
//
// With guards each block is dressed as by CPython's debug hooks (guards.c).
//
// Not thread-safe: the caller holds the lock of what he embeds this in. Nothing is shared between two of
// them.
#ifndef OBMALLOC_H
#define OBMALLOC_H

#include "allocators/common/examination.h"
#include "allocators/python/obmalloc/medium.h"
#include "allocators/python/obmalloc/runs.h"

enum {
  OBMALLOC_ALIGNMENT = 16,
  // CPython's, which asks malloc for more. Here more is whole pages: so there is another to choose, whatever
  // a pool of 4 KB holds twice.
  OBMALLOC_THRESHOLD = 512,
  OBMALLOC_THRESHOLD_WIDE = 2016,
  OBMALLOC_CLASSES = OBMALLOC_THRESHOLD_WIDE / OBMALLOC_ALIGNMENT,
  OBMALLOC_POOLS_MAX = 64, // in an arena, in either geometry
  OBMALLOC_SPARES = 8,     // arenas
};

// What is kept, at most, when nothing is in use: the last usable arena and a spare one, what medium.h and
// runs.h say, the first arena objects, and the leaves of the maps.
#define OBMALLOC_KEPT_BYTES \
  (((size_t)2 << 20) + MEDIUM_REGION_BYTES + RUNS_IDLE_BYTES + RUNS_SPARE_BYTES + ((size_t)128 << 10))

enum obmalloc_geometry { OBMALLOC_3_9, OBMALLOC_3_10 };

struct obmalloc_options {
  enum obmalloc_geometry geometry;
  bool wide; // pools hold blocks of up to OBMALLOC_THRESHOLD_WIDE bytes
  bool guards;
};

// The part of a pool that a ring's head has too. A head has no free blocks, so that taking one from an empty
// ring and from a pool that is full are one question. The counts lie between what is written together, lest a
// compiler write two words as one: half of that, read soon after, is slow to come.
struct obmalloc_ring {
  struct obmalloc_ring *next;     // alone links empty pools
  uint32_t count;                 // blocks in use
  uint32_t class_index;           // its blocks have (class_index + 1) * 16 bytes
  void *free;                     // the first free block; NULL: none
  struct obmalloc_ring *previous; // of a full pool: its ring's head
};

struct obmalloc_pool {
  struct obmalloc_ring ring;
  uint32_t arena;      // index of its arena's object
  uint32_t fresh;      // offset of the first block that was never carved
  uint32_t fresh_last; // largest offset at which a block may begin
  uint32_t capacity;   // blocks that fit
};

struct obmalloc_arena {
  char *address;      // 0: this object stands for no arena
  char *pool_address; // the next pool to carve
  struct obmalloc_ring *free_pools;
  struct obmalloc_arena *next, *previous; // among the usable ones; next alone links unused objects
  size_t committed;                       // a prefix
  uint32_t free_count, pool_count;        // pools empty or never carved; pools that fit
};

// Memory of an arena that went back.
struct obmalloc_spare {
  char *address;
  size_t committed;
};

struct obmalloc {
  size_t threshold; // the most that comes out of pools
  size_t direct;    // sizes in [1, direct] are served by the inline code: all of these, or none with guards
  uintptr_t pool_mask;
  struct obmalloc_ring used[OBMALLOC_CLASSES];

  struct pages *pages;
  struct examination *examination;
  size_t arena_bytes, pool_bytes;
  bool guards;
  // Where the block lay that was looked up last by its address: what lies within `recent_bytes` of `recent`
  // is in an arena. Nothing with guards.
  uintptr_t recent;
  size_t recent_bytes;
  struct obmalloc_arena *arenas;        // of arena_objects
  struct obmalloc_arena *unused_arenas; // objects without an arena
  struct obmalloc_arena *usable_arenas; // arenas with a free pool, the fewest first
  struct obmalloc_arena *nfp2lasta[OBMALLOC_POOLS_MAX + 1];
  size_t arena_objects, arena_count;
  struct obmalloc_spare spares[OBMALLOC_SPARES]; // of arenas that went back, to be the next ones
  size_t spare_count;
  struct address_map arena_map; // granule -> tail_hi << 32 | tail_lo, see arenas.c
  struct medium medium;
  struct runs runs;
};

// `o` is zeroed. `pages`, `examination` and what they point to outlive it. False: refused, and `o` is as it
// was.
bool obmalloc_init(struct obmalloc *o, struct pages *pages, struct examination *examination,
                   const struct obmalloc_options *options);

// Gives back everything, whatever is still in use. Nothing, if init was refused.
void obmalloc_finish(struct obmalloc *o);

// A block of at least `bytes`, at a multiple of 16; what it holds is anything. 0 gives a block of its own.
// NULL: refused, and all is as it was.
static inline void *obmalloc_take(struct obmalloc *o, size_t bytes);

// Takes back a block that was taken, or last resized, for so many bytes.
static inline void obmalloc_give(struct obmalloc *o, void *block, size_t bytes);

// The same out of line; the second finds out what the block is by its address. NULL: nothing.
void *obmalloc_take_outline(struct obmalloc *o, size_t bytes);
void obmalloc_give_outline(struct obmalloc *o, void *block);

// For the caller's own records. With guards they have an owner of their own, and one family's give does not
// take the other's block.
void *obmalloc_take_record(struct obmalloc *o, size_t bytes);
void obmalloc_give_record(struct obmalloc *o, void *block, size_t bytes);

// A block with (block + head) % alignment == 0, from the page level whatever its size. `alignment`: a power
// of two up to 4096; `head`: a multiple of 16 up to 1024. It goes back by obmalloc_give_aligned, or
// obmalloc_give_outline, or obmalloc_give if it is of more than MEDIUM_MOST bytes.
void *obmalloc_take_aligned(struct obmalloc *o, size_t bytes, size_t head, size_t alignment);
void obmalloc_give_aligned(struct obmalloc *o, void *block, size_t bytes);

// Where it is, if at most a quarter of the block would be wasted, or else in a new one, at a multiple of 16
// whatever it was at before. The first min(old_bytes, bytes) bytes stay. NULL: refused, the old block is as
// it was; so is one that is not ours.
void *obmalloc_resize(struct obmalloc *o, void *block, size_t old_bytes, size_t bytes);

// Whether `address` lies in a pool, a medium block or a run in use. Inside a block in use it does.
bool obmalloc_owns(const struct obmalloc *o, const void *address);

// Whether a block in use begins at `address`, which is not touched if it is not ours.
bool obmalloc_is_block(const struct obmalloc *o, const void *address);

// How many bytes of a block in use its owner may use.
size_t obmalloc_room(const struct obmalloc *o, const void *block);

// Each block in use. False, at once, when the visitor says false. Takes and gives nothing meanwhile.
typedef bool obmalloc_visitor(void *context, void *block, size_t bytes_available);
bool obmalloc_each(const struct obmalloc *o, obmalloc_visitor *visit, void *context);

// Counted when asked, by going through all pools.
struct obmalloc_counts {
  size_t arenas;      // mapped
  size_t pool_blocks; // in use, in pools
  size_t pool_bytes;  // in them
  size_t run_blocks;  // in use, at the medium and the page level
  size_t run_bytes;   // that they were asked for with
};
void obmalloc_count(const struct obmalloc *o, struct obmalloc_counts *counts);

// Looks at PY-28 to PY-33 and PY-35, and tells the examination.
void obmalloc_check(const struct obmalloc *o, struct examination *examination);

// What is left of taking and giving when the inline code does not suffice.
void *obmalloc_take_indirect(struct obmalloc *o, size_t bytes);             // not direct
void *obmalloc_take_next(struct obmalloc *o, size_t bytes);                 // there is none in the first pool
void *obmalloc_take_last(struct obmalloc *o, struct obmalloc_ring *ring);   // its only free block
void obmalloc_give_indirect(struct obmalloc *o, void *block, size_t bytes); // not direct
void obmalloc_give_first(struct obmalloc *o,
                         struct obmalloc_ring *ring); // the pool was full, and not the first
void obmalloc_give_last(struct obmalloc *o, struct obmalloc_ring *ring); // the pool is empty

// Whether a pool has room behind the blocks that were carved.
static inline bool obmalloc_may_carve(const struct obmalloc_ring *ring) {
  const struct obmalloc_pool *pool = (const struct obmalloc_pool *)ring;
  return pool->fresh <= pool->fresh_last;
}

// A block of 1 to the threshold's bytes out of a pool, guards or not.
static inline __attribute__((always_inline)) void *obmalloc_pool_take(struct obmalloc *o, size_t bytes) {
  struct obmalloc_ring *pool = o->used[(bytes - 1) / OBMALLOC_ALIGNMENT].next;
  void *block = pool->free;
  if (__builtin_expect(!block, 0)) return obmalloc_take_next(o, bytes);
  void *next = *(void **)block;
  if (__builtin_expect(!next, 0) && obmalloc_may_carve(pool)) return obmalloc_take_last(o, pool);
  pool->free = next;
  pool->count++;
  return block;
}

static inline __attribute__((always_inline)) void obmalloc_pool_give(struct obmalloc *o, void *block) {
  struct obmalloc_ring *pool = (struct obmalloc_ring *)((uintptr_t)block & o->pool_mask);
  void *first = pool->free;
  *(void **)block = first;
  pool->free = block;
  if (__builtin_expect(!first, 0)) {
    // The count of a full pool is known, and is written, not read: what is read soon after it was written is
    // slow to come.
    pool->count = ((struct obmalloc_pool *)pool)->capacity - 1;
    if (__builtin_expect(pool->previous->next != pool, 0)) obmalloc_give_first(o, pool);
  } else if (__builtin_expect(!--pool->count, 0)) {
    obmalloc_give_last(o, pool);
  }
}

// bytes - 1 wraps around for 0. A size that the compiler knows to be too large need not be asked about.
static inline __attribute__((always_inline)) bool obmalloc_is_direct(const struct obmalloc *o, size_t bytes) {
  if (__builtin_constant_p(bytes) && bytes - 1 >= OBMALLOC_THRESHOLD_WIDE) return false;
  return __builtin_expect(bytes - 1 < o->direct, 1);
}

static inline __attribute__((always_inline)) void *obmalloc_take(struct obmalloc *o, size_t bytes) {
  return obmalloc_is_direct(o, bytes) ? obmalloc_pool_take(o, bytes) : obmalloc_take_indirect(o, bytes);
}

static inline __attribute__((always_inline)) void obmalloc_give(struct obmalloc *o, void *block,
                                                                size_t bytes) {
  if (obmalloc_is_direct(o, bytes))
    obmalloc_pool_give(o, block);
  else
    obmalloc_give_indirect(o, block, bytes);
}

#endif
