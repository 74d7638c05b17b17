// Store buffers: late stores as a log over memory.
#include "base/simulated/world.h"

#include <string.h>
#include <sys/mman.h>

bool buffers_map(void) {
  size_t bytes = sizeof(struct late_word) * LATE_MAX;
  char *memory = mmap(NULL, bytes * SIMULATED_FIBERS, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  for (unsigned f = 0; f < SIMULATED_FIBERS; f++)
    simulated_world.fibers[f].late = (struct late_word *)(memory + f * bytes);
  return true;
}

// Any 8 bytes; volatile, so that what follows stays accesses and becomes no call that a sanitizer looks at.
typedef volatile uint64_t anywhere __attribute__((aligned(1), may_alias));

// A word on a stack may lie where a call's frame is now, with what AddressSanitizer puts between variables.
#define UNLOOKED __attribute__((no_sanitize("address"), no_sanitize("undefined")))

UNLOOKED static uint64_t read_word(const struct late_word *word) {
  if (word->bytes == sizeof(uint64_t)) return *(const anywhere *)word->address;
  uint64_t value = 0;
  for (uint32_t i = word->bytes; i-- > 0;) value = value << 8 | ((const volatile uint8_t *)word->address)[i];
  return value;
}

UNLOOKED static void write_word(const struct late_word *word, uint64_t value) {
  if (word->bytes == sizeof(uint64_t)) {
    *(anywhere *)word->address = value;
    return;
  }
  for (uint32_t i = 0; i < word->bytes; i++)
    ((volatile uint8_t *)word->address)[i] = (uint8_t)(value >> 8 * i);
}

// What a call stored that has returned may lie where this world's own calls are now: it is gone.
static bool is_gone(const struct fiber *f, unsigned fiber, const struct late_word *word) {
  uintptr_t bottom = FIBER_STACKS + (uintptr_t)fiber * SIMULATED_STACK_BYTES;
  return (uintptr_t)word->address - bottom < f->ours - bottom;
}

void buffer_leave(unsigned fiber) {
  struct fiber *f = &simulated_world.fibers[fiber];
  for (size_t i = f->end; i-- > f->first;) {
    if (is_gone(f, fiber, &f->late[i])) f->late[i].bytes = 0;
    f->late[i].new = read_word(&f->late[i]);
    write_word(&f->late[i], f->late[i].old);
  }
}

void buffer_enter(unsigned fiber) {
  struct fiber *f = &simulated_world.fibers[fiber];
  for (size_t i = f->first; i < f->end; i++) {
    f->late[i].old = read_word(&f->late[i]);
    write_word(&f->late[i], f->late[i].new);
  }
}

static bool overlap(const struct late_word *one, const struct late_word *other) {
  return (uintptr_t)one->address < (uintptr_t)other->address + other->bytes &&
         (uintptr_t)other->address < (uintptr_t)one->address + one->bytes;
}

static size_t group_end(const struct fiber *f, size_t start) {
  size_t end = start;
  while (end < f->end && f->late[end].group == f->late[start].group) end++;
  return end;
}

// May the group that starts here overtake all before it?
static bool may_overtake(const struct fiber *f, size_t start) {
  if (f->late[start].floor > f->late[f->first].group) return false;
  for (size_t i = start, end = group_end(f, start); i < end; i++)
    for (size_t k = f->first; k < start; k++)
      if (overlap(&f->late[i], &f->late[k])) return false;
  return true;
}

// The start of the n-th group that may become visible; none: f->end.
static size_t candidate(const struct fiber *f, unsigned n) {
  for (size_t start = f->first; start < f->end; start = group_end(f, start)) {
    if (start == f->first || may_overtake(f, start))
      if (n-- == 0) return start;
    if (!simulated_world.options->per_address) break;
  }
  return f->end;
}

unsigned buffer_candidates(unsigned fiber) {
  const struct fiber *f = &simulated_world.fibers[fiber];
  unsigned n = 0;
  while (candidate(f, n) < f->end) n++;
  return n;
}

unsigned simulated_late(unsigned fiber) {
  return buffer_candidates(fiber);
}

bool simulated_late_any(unsigned fiber, unsigned n, simulated_word_is *is, void *context) {
  const struct fiber *f = &simulated_world.fibers[fiber];
  size_t start = candidate(f, n - 1), end = group_end(f, start);
  for (size_t i = start; i < end; i++) {
    uintptr_t first = (uintptr_t)f->late[i].address,
              last = first + (f->late[i].bytes ? f->late[i].bytes - 1 : 0);
    if (is(context, first / sizeof(uint64_t)) || is(context, last / sizeof(uint64_t))) return true;
  }
  return false;
}

static void forget(unsigned fiber, size_t start, size_t end) {
  struct fiber *f = &simulated_world.fibers[fiber];
  // In front, where all but stores that overtake go.
  memmove(&f->late[f->first + (end - start)], &f->late[f->first], (start - f->first) * sizeof *f->late);
  f->first += end - start;
  if (f->first == f->end) {
    f->first = f->end = 0;
    f->plain = false;
    simulated_world.late &= ~(1u << fiber);
  }
}

const void *buffer_address(unsigned fiber, unsigned which) {
  const struct fiber *f = &simulated_world.fibers[fiber];
  return f->late[candidate(f, which)].address;
}

void buffer_make_visible(unsigned fiber, unsigned which) {
  struct world *w = &simulated_world;
  struct fiber *f = &w->fibers[fiber], *mine = &w->fibers[w->current];
  size_t start = candidate(f, which), end = group_end(f, start);
  if (end == f->end) f->plain = false;
  if (w->touches)
    for (size_t i = start; i < end; i++) touch(f->late[i].address, f->late[i].bytes, true);
  if (mine->end > mine->first) buffer_leave(w->current);
  bool changes = false;
  for (size_t i = start; i < end; i++) {
    changes |= read_word(&f->late[i]) != f->late[i].new;
    write_word(&f->late[i], f->late[i].new);
  }
  forget(fiber, start, end);
  if (mine->end > mine->first) buffer_enter(w->current);
  if (changes) world_changed();
}

void buffer_flush(void) {
  struct world *w = &simulated_world;
  struct fiber *f = &w->fibers[w->current];
  if (f->end == f->first) return;
  if (w->touches)
    for (size_t i = f->first; i < f->end; i++) touch(f->late[i].address, f->late[i].bytes, true);
  // All is in place already.
  bool changes = false;
  for (size_t i = f->first; i < f->end; i++) changes |= read_word(&f->late[i]) != f->late[i].old;
  f->first = f->end = 0;
  f->plain = false;
  w->late &= ~(1u << w->current);
  if (changes) world_changed();
}

void buffer_fence(void) {
  struct fiber *f = &simulated_world.fibers[simulated_world.current];
  f->floor = ++f->group;
  f->plain = false;
}

static void add_word(struct fiber *f, char *address, uint32_t bytes) {
  // What the same group has stored there last is stored again.
  for (size_t i = f->end, looked = 0; i > f->first && looked < 8 && f->late[i - 1].group == f->group;
       i--, looked++)
    if (f->late[i - 1].address == address && f->late[i - 1].bytes == bytes) return;
  struct late_word *word = &f->late[f->end++];
  *word = (struct late_word){.address = address, .bytes = bytes, .group = f->group, .floor = f->floor};
  word->old = read_word(word);
}

// The store is about to be made.
void buffer_add(void *address, size_t bytes, bool alone, bool release) {
  struct world *w = &simulated_world;
  struct fiber *f = &w->fibers[w->current];
  enum { WORD = sizeof(uint64_t) };
  if (bytes > (LATE_MAX - f->end - 1) * WORD) buffer_flush();
  // More than a buffer holds: it is as if all had become visible at once.
  if (bytes > (LATE_MAX - 1) * WORD) {
    world_changed();
    return;
  }
  if (alone || !f->plain) f->group++;
  f->plain = !alone;
  uint32_t floor = f->floor;
  if (release) f->floor = f->group;
  for (char *at = address; bytes > 0;) {
    uint32_t part = bytes < WORD ? (uint32_t)bytes : WORD;
    add_word(f, at, part);
    at += part;
    bytes -= part;
  }
  f->floor = floor;
  w->late |= 1u << w->current;
}
