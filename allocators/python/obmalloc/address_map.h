// From an address to what is known of its granule, without touching the address: a tree of three levels over
// address space cut into granules of one power of two.
//
//      47               shift+18        shift+9          shift          0
//      +------------------+---------------+---------------+-------------+
//      | which middle     | which leaf    | which entry   | (granule)   |
//      +------------------+---------------+---------------+-------------+
//
// Entries are words; 0 says that nothing of ours is there. Addresses from 2^48 on are nobody's. A leaf or a
// middle without entries goes back.
#ifndef OBMALLOC_ADDRESS_MAP_H
#define OBMALLOC_ADDRESS_MAP_H

#include "allocators/common/pages.h"

enum { ADDRESS_MAP_BITS = 48, ADDRESS_MAP_LEVEL_BITS = 9, ADDRESS_MAP_NODE = 1 << ADDRESS_MAP_LEVEL_BITS };

struct address_map_leaf {
  uint64_t entries[ADDRESS_MAP_NODE];
};

struct address_map_middle {
  struct address_map_leaf *leaves[ADDRESS_MAP_NODE];
};

struct address_map {
  struct address_map_middle **top;
  unsigned shift; // a granule's bytes are 2^shift
  struct pages *pages;
};

// False: refused.
bool address_map_init(struct address_map *map, struct pages *pages, unsigned shift);

// Gives back all of it, whatever is in it. Nothing, if init was refused or never called on zeroed memory.
void address_map_finish(struct address_map *map);

// The entry of `address`, made if need be. NULL: refused, or no address below 2^48.
uint64_t *address_map_make(struct address_map *map, uintptr_t address);

// After an entry was set to 0, or made and not used.
void address_map_drop(struct address_map *map, uintptr_t address);

// What was entered for the granule of `address`: 0: nothing.
static inline uint64_t address_map_find(const struct address_map *map, uintptr_t address) {
  if (address >> ADDRESS_MAP_BITS) return 0;
  size_t granule = address >> map->shift;
  const struct address_map_middle *middle = map->top[granule >> 2 * ADDRESS_MAP_LEVEL_BITS];
  if (!middle) return 0;
  const struct address_map_leaf *leaf =
      middle->leaves[granule >> ADDRESS_MAP_LEVEL_BITS & (ADDRESS_MAP_NODE - 1)];
  return leaf ? leaf->entries[granule & (ADDRESS_MAP_NODE - 1)] : 0;
}

#endif
