// A block dressed as by CPython's debug hooks (Objects/obmalloc.c of 3.11, "PYTHONMALLOC=debug"):
//
//      +-----------------+-------+-------------+----------------------+---------------+
//      | size, the most  | owner | 7 x 0xFD    | bytes of the caller  | 8 x 0xFD      |
//      | significant     |       |             | (new: 0xCD)          |               |
//      | byte first      |       |             |                      |               |
//      +-----------------+-------+-------------+----------------------+---------------+
//       8 bytes           1       7             ^ what the caller gets  ^ may be unaligned
//
// When it comes back all of it becomes 0xDD, so that it has no owner a second time.
#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/internal.h"

#include <stdio.h>
#include <string.h>

enum { FORBIDDEN = 0xfd, NEW = 0xcd, DEAD = 0xdd };

static const unsigned char pad[GUARDS_SIZE] = {FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN,
                                               FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN};

void guards_fail(struct obmalloc *o, size_t invariant, const void *block, const char *what) {
  examination_broken(o->examination, invariant, "the block at %p %s", block, what);
  fprintf(stderr, "heaptrial: python: the block at %p %s\n", block, what);
  __builtin_trap();
}

size_t guards_bytes(const char *block) {
  const unsigned char *size = (const unsigned char *)block - GUARDS_FRONT;
  size_t bytes = 0;
  for (size_t i = 0; i < GUARDS_SIZE; i++) bytes = bytes << 8 | size[i];
  return bytes;
}

static void write_size(char *block, size_t bytes) {
  unsigned char *size = (unsigned char *)block - GUARDS_FRONT;
  for (size_t i = GUARDS_SIZE; i-- > 0; bytes >>= 8) size[i] = (unsigned char)bytes;
}

static void write_end(char *block, size_t bytes) {
  memcpy(block + bytes, pad, GUARDS_SIZE);
}

const char *guards_wrong(const char *block, size_t room, char owner) {
  const char *id = block - GUARDS_SIZE;
  size_t bytes = guards_bytes(block);
  if ((owner == GUARDS_ANY ? *id != GUARDS_OBJECT && *id != GUARDS_RECORD : *id != owner))
    return (unsigned char)*id == DEAD ? "was given back before" : "has another owner";
  if (memcmp(id + 1, pad, GUARDS_SIZE - 1) != 0) return "was written to before its start";
  if (room < GUARDS_BYTES || bytes > room - GUARDS_BYTES) return "has another size than it was given";
  if (memcmp(block + bytes, pad, GUARDS_SIZE) != 0) return "was written to behind its end";
  return NULL;
}

static void *dress(char *raw, size_t bytes, char owner) {
  if (!raw) return NULL;
  char *block = raw + GUARDS_FRONT;
  write_size(block, bytes);
  memcpy(block - GUARDS_SIZE, pad, GUARDS_SIZE);
  block[-GUARDS_SIZE] = owner;
  memset(block, NEW, bytes);
  write_end(block, bytes);
  return block;
}

// Sizes at which the dress would wrap around are nothing that could be given.
static bool is_too_large(size_t bytes) {
  return bytes > SIZE_MAX - GUARDS_BYTES;
}

void *guards_take(struct obmalloc *o, size_t bytes, char owner) {
  return is_too_large(bytes) ? NULL : dress(obmalloc_raw_take(o, bytes + GUARDS_BYTES), bytes, owner);
}

void *guards_take_aligned(struct obmalloc *o, size_t bytes, size_t head, size_t alignment) {
  if (is_too_large(bytes)) return NULL;
  return dress(runs_take(&o->runs, bytes + GUARDS_BYTES, head + GUARDS_FRONT, alignment), bytes,
               GUARDS_OBJECT);
}

// Tells of the look, and ends the process if it is broken. `bytes` NULL: whatever it says itself.
static void look_at(struct obmalloc *o, const char *block, const size_t *bytes, char owner) {
  size_t room = obmalloc_raw_room(o, block - GUARDS_FRONT);
  const char *wrong = room ? guards_wrong(block, room, owner) : "is no block of this heap";
  if (!wrong && bytes && guards_bytes(block) != *bytes) wrong = "has another size than it is given back with";
  if (wrong) guards_fail(o, PY_33, block, wrong);
  examination_holds(o->examination, PY_33);
}

static void look_at_dead(struct obmalloc *o, const char *raw, size_t bytes) {
  size_t dead = 0;
  while (dead < bytes && (unsigned char)raw[dead] == DEAD) dead++;
  if (dead < bytes)
    guards_fail(o, PY_34, raw + GUARDS_FRONT, "was given back and is not dead bytes from end to end");
  examination_holds(o->examination, PY_34);
}

void guards_give(struct obmalloc *o, void *block, const size_t *bytes, char owner) {
  char *raw = (char *)block - GUARDS_FRONT;
  look_at(o, block, bytes, owner);
  size_t all = guards_bytes(block) + GUARDS_BYTES;
  memset(raw, DEAD, all);
  if (examination_is_wanted(o->examination)) look_at_dead(o, raw, all);
  obmalloc_raw_give_found(o, raw);
}

// In place: what comes new is new bytes, what is left behind the end dead ones. `room`: of the block as it is
// now; what lies behind that is another's.
static void *redress(char *block, size_t old_bytes, size_t bytes, size_t room) {
  size_t old_end = old_bytes + GUARDS_SIZE, end = room - GUARDS_FRONT;
  if (bytes > old_bytes)
    memset(block + old_bytes, NEW, bytes - old_bytes);
  else
    memset(block + bytes, DEAD, (old_end < end ? old_end : end) - bytes);
  write_size(block, bytes);
  write_end(block, bytes);
  return block;
}

void *guards_resize(struct obmalloc *o, void *block, size_t old_bytes, size_t bytes) {
  look_at(o, block, &old_bytes, GUARDS_OBJECT);
  if (is_too_large(bytes)) return NULL;
  char *raw = (char *)block - GUARDS_FRONT;
  if (obmalloc_raw_resize(o, raw, bytes + GUARDS_BYTES))
    return redress(block, old_bytes, bytes, obmalloc_raw_room(o, raw));
  void *moved = guards_take(o, bytes, GUARDS_OBJECT);
  if (!moved) return NULL;
  memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
  guards_give(o, block, &old_bytes, GUARDS_OBJECT);
  return moved;
}
