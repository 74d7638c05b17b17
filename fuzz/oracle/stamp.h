#ifndef FUZZ_ORACLE_STAMP_H
#define FUZZ_ORACLE_STAMP_H

// Stamps: what an object contains is a function of who it is.
//
// Data word i of an object with pattern p holds p + i * STAMP_STEP, so corruption, overlap, a swapped or a
// stale reference show as a wrong word wherever they hit. Reference words are left to the graph. Small
// objects are stamped whole; large ones at both edges and at one word a page, so that a gigabyte costs what
// its pages cost.

#include <heaptrial/types.h>

// Words of an element that lie side by side and are all of a kind.
struct stamp_run {
  uint32_t first, words;
};

// A type as stamps need it: words come in units (elements of a type with references; single words of one
// without), and a unit in runs of data and runs of references. What depends on the unit alone is worked out
// once.
struct stamp_shape {
  const struct ht_type *type;
  size_t words;         // whole words of an element
  uint16_t *references; // positions of the reference words of an element; NULL if it has none
  size_t data_words;    // words of an element that are none
  size_t unit;          // words
  uint64_t unit_inverse;
  size_t edge, last, stride; // of what is too large to be stamped whole, in units
  struct stamp_run *data_runs, *reference_runs;
  size_t data_run_count, reference_run_count;
};

// false: no memory.
bool stamp_shape_init(struct stamp_shape *shape, const struct ht_type *type);
void stamp_shape_finish(struct stamp_shape *shape);

// The pattern of the object with this number.
static inline uint64_t stamp_pattern(uint32_t number) {
  uint64_t x = ((uint64_t)number + 1) * 0x9e3779b97f4a7c15u;
  return x ^ x >> 29;
}

// Writes the stamps of an object of `bytes` bytes.
void stamp_write(const struct stamp_shape *shape, void *object, size_t bytes, uint64_t pattern);

// Compares those stamps that lie in the first `within` bytes. Returns the offset of the first byte range that
// differs, or SIZE_MAX if none does.
size_t stamp_compare(const struct stamp_shape *shape, const void *object, size_t bytes, size_t within,
                     uint64_t pattern);

// Compares just the first data word, if there is one: enough to tell one object from another.
bool stamp_identify(const struct stamp_shape *shape, const void *object, size_t bytes, uint64_t pattern);

// Looks for a word that is not zero among those that would be stamped and the reference words near them (only
// these, if not `data`). Returns its offset, or SIZE_MAX.
size_t stamp_nonzero(const struct stamp_shape *shape, const void *object, size_t bytes, bool data);

#endif
