#include "allocators/go/arena.h"

enum { MAP_ENTRIES_A_PAGE = HT_PAGE_SIZE / sizeof(void *) };
#define MAP_BYTES ((size_t)GO_ARENA_MAP_ENTRIES * sizeof(void *))
#define MAPS_BYTES ((size_t)GO_ARENA_PAGES * GO_PAGE_BITS_BYTES) // of one of them

bool go_arenas_init(struct go_arenas *arenas, struct pages *memory) {
  *arenas = (struct go_arenas){.memory = memory};
  arenas->map = base_reserve(memory->memory, MAP_BYTES, 0);
  return arenas->map != NULL;
}

static void arena_drop(struct go_arenas *arenas, struct go_arena *arena) {
  size_t own = base_page_round(sizeof *arena);
  size_t bits = 0;
  for (size_t i = 0; i < GO_MAPS; i++) bits += arena->maps_committed[i];
  if (arena->maps[0]) pages_release(arenas->memory, arena->maps[0], GO_MAPS * MAPS_BYTES, bits);
  if (arena->committed) pages_count_returned(arenas->memory, arena->committed);
  if (arena->reserved) base_release(arenas->memory->memory, (void *)arena->base, arena->reserved);
  pages_release(arenas->memory, arena, own, own);
}

static void arenas_drop(struct go_arenas *arenas, struct go_arena *first) {
  for (struct go_arena *arena = first, *next; arena; arena = next) {
    next = arena->next;
    arena_drop(arenas, arena);
  }
}

void go_arenas_finish(struct go_arenas *arenas) {
  size_t map_committed = 0;
  arenas_drop(arenas, arenas->first);
  for (size_t i = 0; i < sizeof arenas->map_committed / sizeof *arenas->map_committed; i++)
    map_committed += base_popcount(arenas->map_committed[i]) * HT_PAGE_SIZE;
  if (arenas->map) pages_release(arenas->memory, (void *)arenas->map, MAP_BYTES, map_committed);
}

struct go_arena *go_arena_of(const struct go_arenas *arenas, uintptr_t address) {
  if (address >> GO_ADDRESS_BITS) return NULL;
  size_t part = (address >> GO_ARENA_SHIFT) / MAP_ENTRIES_A_PAGE;
  return base_bitmap_test(arenas->map_committed, part) ? go_arena_at(arenas, address) : NULL;
}

// What is committed in vain is used by the next one.
bool go_arenas_reach(struct go_arenas *arenas, uintptr_t address) {
  size_t part = (address >> GO_ARENA_SHIFT) / MAP_ENTRIES_A_PAGE;
  if (base_bitmap_test(arenas->map_committed, part)) return true;
  if (!base_commit(arenas->memory->memory, arenas->map + part * MAP_ENTRIES_A_PAGE, HT_PAGE_SIZE))
    return false;
  pages_count_committed(arenas->memory, HT_PAGE_SIZE);
  base_bitmap_set(arenas->map_committed, part);
  return true;
}

// Without memory yet. NULL: refused.
static struct go_arena *arena_new(struct go_arenas *arenas, uintptr_t base) {
  struct go_arena *arena = pages_map(arenas->memory, base_page_round(sizeof *arena), 0);
  if (!arena) return NULL;
  arena->base = base;
  atomic_init(&arena->zeroed, base);
  arena->maps[0] = base_reserve(arenas->memory->memory, GO_MAPS * MAPS_BYTES, 0);
  if (!arena->maps[0]) {
    arena_drop(arenas, arena);
    return NULL;
  }
  for (size_t i = 1; i < GO_MAPS; i++) arena->maps[i] = arena->maps[i - 1] + MAPS_BYTES / sizeof(uint64_t);
  return arena;
}

// Makes [0, bytes) of a range accessible whose first `*committed` bytes are.
static bool commit_more(struct go_arenas *arenas, void *base, size_t bytes, size_t *committed) {
  if (bytes <= *committed) return true;
  if (!base_commit(arenas->memory->memory, (char *)base + *committed, bytes - *committed)) return false;
  pages_count_committed(arenas->memory, bytes - *committed);
  *committed = bytes;
  return true;
}

// So many bytes behind the arena's committed ones, and their bits.
static bool extend(struct go_arenas *arenas, struct go_arena *arena, size_t more) {
  size_t bytes = arena->committed + more, bits = bytes / GO_PAGE_SIZE * GO_PAGE_BITS_BYTES;
  for (size_t i = 0; i < GO_MAPS; i++)
    if (!commit_more(arenas, arena->maps[i], bits, &arena->maps_committed[i])) return false;
  return commit_more(arenas, (void *)arena->base, bytes, &arena->committed);
}

// As many contiguous arenas as hold the bytes, committed as far. NULL: refused, all is as it was.
static struct go_arena *group_new(struct go_arenas *arenas, size_t bytes) {
  size_t count = (bytes + GO_ARENA_BYTES - 1) / GO_ARENA_BYTES;
  uintptr_t base = (uintptr_t)base_reserve(arenas->memory->memory, count * GO_ARENA_BYTES, GO_ARENA_BYTES);
  struct go_arena *first = NULL, **end = &first;
  bool done = base != 0 && base + count * GO_ARENA_BYTES <= (uintptr_t)1 << GO_ADDRESS_BITS;
  for (size_t i = 0; done && i < count; i++) {
    size_t before = i * GO_ARENA_BYTES,
           part = bytes - before < GO_ARENA_BYTES ? bytes - before : GO_ARENA_BYTES;
    *end = arena_new(arenas, base + before);
    done = *end && go_arenas_reach(arenas, base + before) && extend(arenas, *end, part);
    if (*end) end = &(*end)->next;
  }
  if (done) {
    first->reserved = count * GO_ARENA_BYTES;
    return first;
  }
  arenas_drop(arenas, first);
  if (base) base_release(arenas->memory->memory, (void *)base, count * GO_ARENA_BYTES);
  return NULL;
}

static void append(struct go_arenas *arenas, struct go_arena *group) {
  if (arenas->last)
    arenas->last->next = group;
  else
    arenas->first = group;
  for (; group; group = group->next) {
    arenas->last = group;
    arenas->count++;
    atomic_store_explicit(&arenas->map[group->base >> GO_ARENA_SHIFT], group, memory_order_release);
  }
}

uintptr_t go_arenas_grow(struct go_arenas *arenas, size_t bytes) {
  for (struct go_arena *arena = arenas->first; arena; arena = arena->next)
    if (GO_ARENA_BYTES - arena->committed >= bytes)
      return extend(arenas, arena, bytes) ? arena->base + arena->committed - bytes : 0;
  struct go_arena *group = group_new(arenas, bytes);
  if (!group) return 0;
  append(arenas, group);
  return group->base;
}
