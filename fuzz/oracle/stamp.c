#include "fuzz/oracle/stamp.h"

#include <stdlib.h>

enum {
  WHOLE_WORDS = 128, // an object of up to so many words is stamped whole
  EDGE_FIRST = 32,   // words stamped at the start of a larger one
  EDGE_LAST = 8,     // and at its end
  PAGE_WORDS = 512,  // and between them one word of so many
};

#define STAMP_STEP 0x632be59bd9b4e019u

bool stamp_shape_init(struct stamp_shape *shape, const struct ht_type *type) {
  *shape = (struct stamp_shape){.type = type, .words = type->size / HT_WORD};
  if (type->references == 0) return true;
  shape->references = malloc(shape->words * sizeof *shape->references);
  if (!shape->references) return false;
  // The references from the front, the data words from the back.
  size_t references = 0, data = shape->words;
  for (size_t w = shape->words; w-- > 0;)
    if (!ht_type_is_reference(type, w)) shape->references[--data] = (uint16_t)w;
  for (size_t w = 0; w < shape->words; w++)
    if (ht_type_is_reference(type, w)) shape->references[references++] = (uint16_t)w;
  shape->data = &shape->references[references];
  shape->data_words = shape->words - references;
  return references == type->references && references == data;
}

void stamp_shape_finish(struct stamp_shape *shape) {
  free(shape->references);
}

// What is done to words. COMPARE and the NONZERO gather all differences before they look for one: almost
// always there is none, and a loop without an exit can use the whole width of the machine.
enum action { WRITE, COMPARE, NONZERO_DATA, NONZERO_REFERENCE };

static inline __attribute__((always_inline)) uint64_t over_flat(uint64_t *words, size_t first, size_t end,
                                                                uint64_t pattern, enum action action) {
  uint64_t difference = 0, expected = pattern + first * STAMP_STEP;
  for (size_t w = first; w < end; w++, expected += STAMP_STEP)
    if (action == WRITE)
      words[w] = expected;
    else
      difference |= words[w] ^ (action == COMPARE ? expected : 0);
  return difference;
}

static inline __attribute__((always_inline)) uint64_t over_elements(const struct stamp_shape *shape,
                                                                    uint64_t *words, size_t first, size_t end,
                                                                    uint64_t pattern, enum action action) {
  const uint16_t *offsets = action == NONZERO_REFERENCE ? shape->references : shape->data;
  size_t count = action == NONZERO_REFERENCE ? shape->type->references : shape->data_words;
  uint64_t difference = 0;
  for (size_t e = first; e < end; e++)
    for (size_t i = 0; i < count; i++) {
      size_t w = e * shape->words + offsets[i];
      uint64_t expected = pattern + w * STAMP_STEP;
      if (action == WRITE)
        words[w] = expected;
      else
        difference |= words[w] ^ (action == COMPARE ? expected : 0);
    }
  return difference;
}

// Over units [first, end): words of a type without references, elements of one with. Returns whether any
// differs.
static inline __attribute__((always_inline)) bool over_units(const struct stamp_shape *shape, uint64_t *words,
                                                             size_t first, size_t end, uint64_t pattern,
                                                             enum action action) {
  if (shape->references) return over_elements(shape, words, first, end, pattern, action) != 0;
  if (action == NONZERO_REFERENCE) return false;
  return over_flat(words, first, end, pattern, action) != 0;
}

// Over the planned units among the first `limit` words of `count`. Returns the first word of the first unit
// that differs, or SIZE_MAX.
static inline __attribute__((always_inline)) size_t over_plan(const struct stamp_shape *shape,
                                                              uint64_t *words, size_t count, size_t limit,
                                                              uint64_t pattern, enum action action) {
  // Types without references are most of them, and a division is dear.
  size_t unit = shape->references ? shape->words : 1;
  size_t units = shape->references ? count / unit : count;
  size_t end = limit >= count ? units : limit / unit;
  struct {
    size_t first, end;
  } plan[2] = {{0, end}, {end, end}};
  if (count > WHOLE_WORDS) {
    size_t edge = (EDGE_FIRST + unit - 1) / unit, last = (EDGE_LAST + unit - 1) / unit;
    plan[0].end = edge < end ? edge : end;
    plan[1].first = units - last;
    size_t stride = unit < PAGE_WORDS ? PAGE_WORDS / unit : 1;
    for (size_t u = stride; u + last < units && u < end; u += stride)
      if (over_units(shape, words, u, u + 1, pattern, action)) return u * unit;
  }
  for (size_t i = 0; i < 2; i++) {
    if (plan[i].first >= plan[i].end ||
        !over_units(shape, words, plan[i].first, plan[i].end, pattern, action))
      continue;
    size_t u = plan[i].first;
    while (!over_units(shape, words, u, u + 1, pattern, action)) u++;
    return u * unit;
  }
  return SIZE_MAX;
}

// The bytes behind the last whole word belong to no reference; they carry the low bytes of one more data
// word. They are few: a loop is faster than a call.
static uint64_t tail_pattern(size_t count, uint64_t pattern) {
  return pattern + count * STAMP_STEP;
}

void stamp_write(const struct stamp_shape *shape, void *object, size_t bytes, uint64_t pattern) {
  size_t count = bytes / HT_WORD;
  over_plan(shape, object, count, count, pattern, WRITE);
  uint64_t tail = tail_pattern(count, pattern);
  for (size_t i = count * HT_WORD; i < bytes; i++, tail >>= 8)
    ((unsigned char *)object)[i] = (unsigned char)tail;
}

size_t stamp_compare(const struct stamp_shape *shape, const void *object, size_t bytes, size_t within,
                     uint64_t pattern) {
  size_t count = bytes / HT_WORD;
  size_t at = over_plan(shape, (uint64_t *)object, count, within / HT_WORD, pattern, COMPARE);
  if (at != SIZE_MAX) return at * HT_WORD;
  if (within < bytes) return SIZE_MAX;
  uint64_t tail = tail_pattern(count, pattern);
  for (size_t i = count * HT_WORD; i < bytes; i++, tail >>= 8)
    if (((const unsigned char *)object)[i] != (unsigned char)tail) return i;
  return SIZE_MAX;
}

bool stamp_identify(const struct stamp_shape *shape, const void *object, size_t bytes, uint64_t pattern) {
  if (bytes < HT_WORD || (shape->references && ht_type_is_reference(shape->type, 0))) return true;
  return *(const uint64_t *)object == pattern;
}

size_t stamp_nonzero(const struct stamp_shape *shape, const void *object, size_t bytes, bool data) {
  size_t count = bytes / HT_WORD;
  size_t at = over_plan(shape, (uint64_t *)object, count, count, 0, NONZERO_REFERENCE);
  if (at == SIZE_MAX && data) at = over_plan(shape, (uint64_t *)object, count, count, 0, NONZERO_DATA);
  if (at != SIZE_MAX) return at * HT_WORD;
  if (data)
    for (size_t i = count * HT_WORD; i < bytes; i++)
      if (((const char *)object)[i]) return i;
  return SIZE_MAX;
}
