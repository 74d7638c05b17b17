// Shared by the two layouts of address space.
#ifndef GO_ARENA_INTERNAL_H
#define GO_ARENA_INTERNAL_H

#include "allocators/go/arena.h"

// Without memory yet. `spans`: its table; NULL: it has one of its own. Returns NULL: refused.
struct go_arena *go_arena_new(struct go_arenas *arenas, uintptr_t base, struct go_span *_Atomic *spans);
// From now on the map knows them: arenas that `next` links.
void go_arenas_append(struct go_arenas *arenas, struct go_arena *group);
// The first `bytes` of its memory are there.
bool go_arena_extend(struct go_arenas *arenas, struct go_arena *arena, size_t bytes);
// Makes [0, bytes) of a range accessible whose first `*committed` bytes are.
bool go_commit_more(struct go_arenas *arenas, void *base, size_t bytes, size_t *committed);

#endif
