// Objects as CPython lays them out: a count and a type in front of the payload, and in front of those, for
// types that can hold references, the links of the cycle collector.
//
//      python_gc_head (16)     python_object (16)
//      containers only         +--------+-------+----------+  reference
//   +----------+----------+    | refcnt | shape | type     |  v
//   | next     | prev     |----+--------+-------+----------+- payload ...
//   +----------+----------+
//
// A *container* may hold references; every other object is *atomic*. A container is *tracked* while it is in
// the list of a generation: next is not 0. The two low bits of prev are flags; while a cycle runs, the bits
// above them hold gc_refs instead of a link. Bit 0 of next is set only while unreachable objects are set
// aside.
//
// The count is CPython 3.12's: 32 bits, the lower half of a word. An object whose count has bit 31 set is
// immortal: counting it changes nothing. The upper half, which CPython leaves alone, is the object's shape:
// its size and flags. Bit 63 of an atomic object's first word is always set and never that of a link, so
// that a block tells what it begins with.
//
// (CPython 3.12, Include/object.h and Include/internal/pycore_gc.h; PEP 683.)
#ifndef PYTHON_OBJECT_H
#define PYTHON_OBJECT_H

#include <heaptrial/types.h>

struct python_gc_head {
  uintptr_t next, prev;
};

struct python_object {
  uint32_t refcnt;
  uint32_t shape;
  const struct ht_type *type;
};

enum {
  PYTHON_ALIGNMENT = 16,
  PYTHON_MAXIMUM_ALIGNMENT = 4096,

  // Of prev.
  PYTHON_FINALIZED = 1, // the finalizer of a container ran
  PYTHON_COLLECTING = 2,
  PYTHON_PREV_FLAGS = 3,
  PYTHON_REFS_SHIFT = 2,
  PYTHON_ONE_REF = 1 << PYTHON_REFS_SHIFT,
  // Of next.
  PYTHON_UNREACHABLE = 1,
};

#define PYTHON_IMMORTAL UINT32_MAX

// Of shape: the size of the payload in bytes, or PYTHON_HUGE, and flags.
#define PYTHON_HUGE ((uint32_t)0x7fffff) // the size is in a word of its own, in front of all else
#define PYTHON_ATOMIC ((uint32_t)1 << 31)
#define PYTHON_WATCHED ((uint32_t)1 << 30)          // has weak references or a finalizer
#define PYTHON_ALIGNED ((uint32_t)1 << 29)          // a block of the page level, whatever its size
#define PYTHON_ATOMIC_FINALIZED ((uint32_t)1 << 28) // the finalizer of an atomic object ran
// For who examines the heap, and of no meaning to the heap itself.
#define PYTHON_SEEN ((uint32_t)1 << 27)   // reached
#define PYTHON_IN_SET ((uint32_t)1 << 26) // in the set that is looked at
#define PYTHON_RAN ((uint32_t)1 << 25)    // its finalizer was called
#define PYTHON_LATER ((uint32_t)1 << 24)  // waits to be deallocated
#define PYTHON_FOUND ((uint32_t)1 << 23)  // was unreachable when the cycle looked

// What stands in front of a huge object: its size, marked so that it is no link.
#define PYTHON_HUGE_MARK ((uint64_t)1 << 62)
struct python_huge {
  uint64_t bytes; // with PYTHON_HUGE_MARK
  uint64_t unused;
};

_Static_assert(sizeof(struct python_gc_head) == PYTHON_ALIGNMENT &&
                   sizeof(struct python_object) == PYTHON_ALIGNMENT &&
                   sizeof(struct python_huge) == PYTHON_ALIGNMENT,
               "heads keep the payload's alignment");

static inline struct python_object *python_object_of(ht_ref reference) {
  return (struct python_object *)reference - 1;
}

static inline ht_ref python_reference_to(struct python_object *o) {
  return o + 1;
}

static inline bool python_is_atomic(const struct python_object *o) {
  return o->shape & PYTHON_ATOMIC;
}

static inline struct python_gc_head *python_gc_of(struct python_object *o) {
  return (struct python_gc_head *)o - 1;
}

static inline struct python_object *python_of_gc(struct python_gc_head *gc) {
  return (struct python_object *)(gc + 1);
}

static inline bool python_is_immortal(const struct python_object *o) {
  return (int32_t)o->refcnt < 0;
}

static inline bool python_is_tracked(struct python_object *o) {
  return !python_is_atomic(o) && python_gc_of(o)->next != 0;
}

// Bytes of headers in front of the payload.
static inline size_t python_head_bytes(uint32_t shape) {
  size_t bytes = sizeof(struct python_object);
  if (!(shape & PYTHON_ATOMIC)) bytes += sizeof(struct python_gc_head);
  if ((shape & PYTHON_HUGE) == PYTHON_HUGE) bytes += sizeof(struct python_huge);
  return bytes;
}

static inline void *python_block_of(struct python_object *o) {
  return (char *)(o + 1) - python_head_bytes(o->shape);
}

// The object whose block begins at `block`.
static inline struct python_object *python_of_block(void *block) {
  uint64_t first = *(uint64_t *)block;
  char *at = block;
  if (!(first >> 63) && first & PYTHON_HUGE_MARK) {
    at += sizeof(struct python_huge);
    first = *(uint64_t *)at;
  }
  return (struct python_object *)(first >> 63 ? at : at + sizeof(struct python_gc_head));
}

static inline size_t python_bytes(const struct python_object *o) {
  uint32_t bytes = o->shape & PYTHON_HUGE;
  if (__builtin_expect(bytes != PYTHON_HUGE, 1)) return bytes;
  const struct python_huge *huge =
      (const struct python_huge *)((const char *)(o + 1) - python_head_bytes(o->shape));
  return huge->bytes & ~PYTHON_HUGE_MARK;
}

typedef void python_visitor(void *context, ht_ref *field);

// What one word of a map describes.
enum { PYTHON_SHORT_MOST = 64 * HT_WORD };

// An object of one element of few words and no flags: a container, if its type has references, and then there
// is one in the first word of the map.
static inline bool python_is_short(const struct python_object *o, const struct ht_type *type) {
  return __builtin_expect(o->shape == type->size && type->size <= PYTHON_SHORT_MOST, 1);
}

// Shows every reference word of a container whose elements have more than 64 words.
void python_traverse_long(struct python_object *o, python_visitor *visit, void *context);

// Shows every reference word of an object: what CPython calls traverse. Most are short containers.
static inline __attribute__((always_inline)) void python_traverse(struct python_object *o,
                                                                  python_visitor *visit, void *context) {
  const struct ht_type *type = o->type;
  char *element = (char *)(o + 1);
  if (python_is_short(o, type)) {
    uint64_t bits = type->reference_map[0];
    do visit(context, (ht_ref *)element + (unsigned)__builtin_ctzll(bits));
    while (bits &= bits - 1);
    return;
  }
  if (python_is_atomic(o)) return;
  if (__builtin_expect(type->size > PYTHON_SHORT_MOST, 0)) {
    python_traverse_long(o, visit, context);
    return;
  }
  size_t step = type->size;
  char *end = element + python_bytes(o);
  for (uint64_t map = type->reference_map[0]; element < end; element += step)
    for (uint64_t bits = map; bits; bits &= bits - 1)
      visit(context, (ht_ref *)element + (unsigned)__builtin_ctzll(bits));
}

#endif
