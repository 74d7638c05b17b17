#include "allocators/python/obmalloc/address_map.h"

// Enough for every address below 2^48.
static size_t top_bytes(const struct address_map *map) {
  unsigned bits = ADDRESS_MAP_BITS - map->shift - 2 * ADDRESS_MAP_LEVEL_BITS;
  return base_page_round(sizeof *map->top << bits);
}

static size_t top_index(const struct address_map *map, uintptr_t address) {
  return address >> map->shift >> 2 * ADDRESS_MAP_LEVEL_BITS;
}

static size_t middle_index(const struct address_map *map, uintptr_t address) {
  return address >> map->shift >> ADDRESS_MAP_LEVEL_BITS & (ADDRESS_MAP_NODE - 1);
}

static size_t leaf_index(const struct address_map *map, uintptr_t address) {
  return address >> map->shift & (ADDRESS_MAP_NODE - 1);
}

bool address_map_init(struct address_map *map, struct pages *pages, unsigned shift) {
  map->pages = pages;
  map->shift = shift;
  map->top = pages_map(pages, top_bytes(map), 0);
  return map->top != NULL;
}

static void give_node(struct address_map *map, void *node) {
  pages_release(map->pages, node, HT_PAGE_SIZE, HT_PAGE_SIZE);
}

void address_map_finish(struct address_map *map) {
  if (!map->top) return;
  for (size_t i = 0; i < top_bytes(map) / sizeof *map->top; i++) {
    struct address_map_middle *middle = map->top[i];
    if (!middle) continue;
    for (size_t k = 0; k < ADDRESS_MAP_NODE; k++)
      if (middle->leaves[k]) give_node(map, middle->leaves[k]);
    give_node(map, middle);
  }
  pages_release(map->pages, map->top, top_bytes(map), top_bytes(map));
  map->top = NULL;
}

uint64_t *address_map_make(struct address_map *map, uintptr_t address) {
  _Static_assert(sizeof(struct address_map_leaf) == HT_PAGE_SIZE, "a node is a page");
  _Static_assert(sizeof(struct address_map_middle) == HT_PAGE_SIZE, "a node is a page");
  if (address >> ADDRESS_MAP_BITS) return NULL;
  struct address_map_middle **middle = &map->top[top_index(map, address)];
  if (!*middle && !(*middle = pages_map(map->pages, HT_PAGE_SIZE, 0))) return NULL;
  struct address_map_leaf **leaf = &(*middle)->leaves[middle_index(map, address)];
  if (!*leaf && !(*leaf = pages_map(map->pages, HT_PAGE_SIZE, 0))) {
    address_map_drop(map, address);
    return NULL;
  }
  return &(*leaf)->entries[leaf_index(map, address)];
}

// A node is a page of words, whichever kind it is.
static bool is_without_entries(const void *node) {
  const uint64_t *words = node;
  for (size_t i = 0; i < ADDRESS_MAP_NODE; i++)
    if (words[i]) return false;
  return true;
}

void address_map_drop(struct address_map *map, uintptr_t address) {
  struct address_map_middle **middle = &map->top[top_index(map, address)];
  if (!*middle) return;
  struct address_map_leaf **leaf = &(*middle)->leaves[middle_index(map, address)];
  if (*leaf) {
    if (!is_without_entries(*leaf)) return;
    give_node(map, *leaf);
    *leaf = NULL;
  }
  if (!is_without_entries(*middle)) return;
  give_node(map, *middle);
  *middle = NULL;
}
