#include "allocators/go/contiguous.h"

#include "allocators/go/arena_internal.h"

#define SPANS_BYTES(arena_bytes) ((arena_bytes) / GO_PAGE_SIZE * sizeof(void *))
#define BITMAP_BYTES(arena_bytes) ((arena_bytes) / HT_WORD / GO_NIBBLE_WORDS)

// What lies before the arena, whole arenas of it, so that the arena begins with one.
static size_t front(size_t bytes) {
  return base_round_up(SPANS_BYTES(bytes) + BITMAP_BYTES(bytes), GO_ARENA_BYTES);
}

bool go_contiguous_init(struct go_arenas *arenas, size_t bytes) {
  struct go_contiguous *c = &arenas->contiguous;
  char *reservation = base_reserve(arenas->memory->memory, front(bytes) + bytes, GO_ARENA_BYTES);
  if (!reservation) return false;
  uintptr_t start = (uintptr_t)reservation + front(bytes);
  if (start + bytes > (uintptr_t)1 << GO_ADDRESS_BITS) {
    base_release(arenas->memory->memory, reservation, front(bytes) + bytes);
    return false;
  }
  c->reservation = reservation;
  c->start = start;
  c->bytes = bytes;
  c->spans = (void *)(start - BITMAP_BYTES(bytes) - SPANS_BYTES(bytes));
  return true;
}

void go_contiguous_finish(struct go_arenas *arenas) {
  struct go_contiguous *c = &arenas->contiguous;
  if (c->reservation)
    pages_release(arenas->memory, c->reservation, front(c->bytes) + c->bytes,
                  c->spans_committed + c->bitmap_committed);
}

// The bitmap grows downwards.
static bool commit_bitmap(struct go_arenas *arenas, size_t bytes) {
  struct go_contiguous *c = &arenas->contiguous;
  if (bytes <= c->bitmap_committed) return true;
  size_t more = bytes - c->bitmap_committed;
  if (!base_commit(arenas->memory->memory, (char *)c->start - bytes, more)) return false;
  pages_count_committed(arenas->memory, more);
  c->bitmap_committed = bytes;
  return true;
}

// The arena that begins at `base`, new if it is not there.
static struct go_arena *arena_from(struct go_arenas *arenas, uintptr_t base) {
  struct go_contiguous *c = &arenas->contiguous;
  if (!go_arenas_reach(arenas, base)) return NULL;
  struct go_arena *arena = go_arena_at(arenas, base);
  if (arena) return arena;
  arena = go_arena_new(arenas, base, c->spans + (base - c->start) / GO_PAGE_SIZE);
  if (!arena) return NULL;
  arena->nibbles = (uint8_t *)c->start - (base - c->start) / HT_WORD / GO_NIBBLE_WORDS;
  go_arenas_append(arenas, arena);
  return arena;
}

uintptr_t go_contiguous_grow(struct go_arenas *arenas, size_t bytes) {
  struct go_contiguous *c = &arenas->contiguous;
  size_t used = c->used + bytes;
  if (bytes > c->bytes - c->used) return 0;
  if (!go_commit_more(arenas, c->spans, SPANS_BYTES(used), &c->spans_committed) ||
      !commit_bitmap(arenas, BITMAP_BYTES(used)))
    return 0;
  for (size_t at = base_round_down(c->used, GO_ARENA_BYTES); at < used; at += GO_ARENA_BYTES) {
    struct go_arena *arena = arena_from(arenas, c->start + at);
    if (!arena || !go_arena_extend(arenas, arena, used - at < GO_ARENA_BYTES ? used - at : GO_ARENA_BYTES))
      return 0;
  }
  uintptr_t base = c->start + c->used;
  c->used = used;
  return base;
}

static size_t word_at(const struct go_arena *arena, uintptr_t address) {
  return (address - arena->base) / HT_WORD;
}

void go_nibbles_write(const struct go_arena *arena, uintptr_t slot, size_t slot_bytes,
                      const struct ht_type *type, size_t bytes) {
  size_t first = word_at(arena, slot), words = bytes / HT_WORD, last = 0;
  go_nibbles_clear(arena, slot, slot_bytes);
  for (size_t word = 0; (word = ht_type_next_reference(type, word, words)) < words; word++) {
    for (; last < word; last++) go_nibble_set(arena, first + last, false, true);
    go_nibble_set(arena, first + last++, true, true);
  }
}

void go_nibbles_clear(const struct go_arena *arena, uintptr_t slot, size_t slot_bytes) {
  size_t first = word_at(arena, slot);
  for (size_t i = 0; i < slot_bytes / HT_WORD; i++) go_nibble_set(arena, first + i, false, false);
}

bool go_nibbles_any(const struct go_arena *arena, uintptr_t start, size_t bytes) {
  // Pages have whole bytes.
  for (size_t word = word_at(arena, start), end = word + bytes / HT_WORD; word < end; word += GO_NIBBLE_WORDS)
    if (*go_nibbles(arena, word)) return true;
  return false;
}
