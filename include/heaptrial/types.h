#ifndef HEAPTRIAL_TYPES_H
#define HEAPTRIAL_TYPES_H

// Types and frames: what a heap has to know of an object and of a stack.
//
// A type gives an object's size and which of its words hold references. An object is `count` elements of one
// type, laid end to end, so the map of an element repeats. A frame is a run of root slots on a mutator's
// shadow stack.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A reference: NULL, or the address of an object's first byte (inside it, for heaps with HT_INTERIOR).
typedef void *ht_ref;

enum { HT_WORD = sizeof(ht_ref) };

// Constant; outlives every heap it was used with. Static constant types let a compiler fold an inlined
// allocation.
struct ht_type {
  const char *name;
  size_t size;       // bytes of one element; a multiple of HT_WORD if it holds references
  size_t references; // how many words of an element hold references; 0: the object is never scanned
  const uint64_t
      *reference_map; // bit w%64 of map word w/64 is set if word w of the element holds a reference,
  // no other bit is; NULL if references == 0
};

static inline bool ht_type_is_reference(const struct ht_type *type, size_t word) {
  return type->references != 0 && (type->reference_map[word / 64] >> (word % 64) & 1);
}

// Does a field hold a reference, of an object of that type?
static inline bool ht_type_is_reference_field(const struct ht_type *type, const void *object,
                                              const ht_ref *field) {
  return type->references != 0 &&
         ht_type_is_reference(type, (size_t)(field - (const ht_ref *)object) % (type->size / HT_WORD));
}

// The first word from `word` on that holds a reference, of an object of `words` words; `words` if there is
// none.
static inline size_t ht_type_next_reference(const struct ht_type *type, size_t word, size_t words) {
  size_t element = type->size / HT_WORD;
  if (type->references == 0) return words;
  while (word < words) {
    size_t at = word % element, map_rest = 64 - at % 64;
    uint64_t bits = type->reference_map[at / 64] >> (at % 64);
    if (bits) return word + (size_t)__builtin_ctzll(bits);
    word += map_rest < element - at ? map_rest : element - at;
  }
  return words;
}

// Bytes of `count` elements, or SIZE_MAX if that is more than a size_t holds.
static inline size_t ht_type_bytes(const struct ht_type *type, size_t count) {
  size_t bytes;
  return __builtin_mul_overflow(type->size, count, &bytes) ? SIZE_MAX : bytes;
}

// Owned by the caller, usually on the C stack. Slots are NULL when the frame is pushed, and from then until
// it is popped they change only through the heap's functions; reading a slot is a plain read.
struct ht_frame {
  struct ht_frame *previous;
  size_t count;
  ht_ref slots[];
};

// Declares `name`, a pointer to a frame of `slot_count` empty slots that lives as long as the enclosing
// block.
#define HT_FRAME(name, slot_count)                       \
  union {                                                \
    struct {                                             \
      struct ht_frame *previous;                         \
      size_t count;                                      \
      ht_ref slots[slot_count];                          \
    } sized;                                             \
    struct ht_frame frame;                               \
  } name##_storage = {.sized = {.count = (slot_count)}}; \
  struct ht_frame *const name = &name##_storage.frame

#endif
