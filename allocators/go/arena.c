#include "allocators/go/arena_internal.h"
#include "allocators/go/contiguous.h"

enum { MAP_ENTRIES_A_PAGE = HT_PAGE_SIZE / sizeof(void *) };
#define MAP_BYTES ((size_t)GO_ARENA_MAP_ENTRIES * sizeof(void *))
#define ARENA_BITS_BYTES ((size_t)GO_ARENA_PAGES * GO_SPAN_BITS / 8) // of one of its maps

bool go_arenas_init(struct go_arenas *arenas, struct pages *memory, size_t contiguous) {
  *arenas = (struct go_arenas){.memory = memory};
  arenas->map = base_reserve(memory->memory, MAP_BYTES, 0);
  return arenas->map && (!contiguous || go_contiguous_init(arenas, contiguous));
}

// Of the structure itself.
static size_t own_bytes(bool own_spans) {
  return base_page_round(sizeof(struct go_arena) + (own_spans ? GO_ARENA_PAGES * sizeof(void *) : 0));
}

static void arena_drop(struct go_arenas *arenas, struct go_arena *arena) {
  size_t own = own_bytes(arena->spans == arena->own_spans);
  size_t bits = GO_MAPS * ARENA_BITS_BYTES;
  if (arena->maps[0]) pages_release(arenas->memory, arena->maps[0], bits, bits);
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
  go_contiguous_finish(arenas);
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

struct go_arena *go_arena_new(struct go_arenas *arenas, uintptr_t base, struct go_span *_Atomic *spans) {
  struct go_arena *arena = pages_map(arenas->memory, own_bytes(!spans), 0);
  if (!arena) return NULL;
  arena->base = base;
  arena->spans = spans ? spans : arena->own_spans;
  atomic_init(&arena->zeroed, base);
  arena->maps[0] = pages_map(arenas->memory, GO_MAPS * ARENA_BITS_BYTES, 0);
  if (!arena->maps[0]) {
    arena_drop(arenas, arena);
    return NULL;
  }
  for (size_t i = 1; i < GO_MAPS; i++)
    arena->maps[i] = arena->maps[i - 1] + ARENA_BITS_BYTES / sizeof(uint64_t);
  return arena;
}

bool go_commit_more(struct go_arenas *arenas, void *base, size_t bytes, size_t *committed) {
  if (bytes <= *committed) return true;
  if (!base_commit(arenas->memory->memory, (char *)base + *committed, bytes - *committed)) return false;
  pages_count_committed(arenas->memory, bytes - *committed);
  *committed = bytes;
  return true;
}

bool go_arena_extend(struct go_arenas *arenas, struct go_arena *arena, size_t bytes) {
  return go_commit_more(arenas, (void *)arena->base, bytes, &arena->committed);
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
    *end = go_arena_new(arenas, base + before, NULL);
    done = *end && go_arenas_reach(arenas, base + before) && go_arena_extend(arenas, *end, part);
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

void go_arenas_append(struct go_arenas *arenas, struct go_arena *group) {
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
  if (arenas->contiguous.reservation) return go_contiguous_grow(arenas, bytes);
  for (struct go_arena *arena = arenas->first; arena; arena = arena->next) {
    size_t before = arena->committed;
    if (GO_ARENA_BYTES - before < bytes) continue;
    return go_arena_extend(arenas, arena, before + bytes) ? arena->base + before : 0;
  }
  struct go_arena *group = group_new(arenas, bytes);
  if (!group) return 0;
  go_arenas_append(arenas, group);
  return group->base;
}
