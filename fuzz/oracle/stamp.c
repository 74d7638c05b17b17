#include "fuzz/oracle/stamp.h"

#include <stdlib.h>

enum {
  WHOLE_WORDS = 128, // an object of up to so many words is stamped whole
  EDGE_FIRST = 32,   // words stamped at the start of a larger one
  EDGE_LAST = 8,     // and at its end
  PAGE_WORDS = 512,  // and between them one word of so many
  INVERSE_SHIFT = 40,
};

#define STAMP_STEP 0x632be59bd9b4e019u

// A word of an object. Objects of some heaps, if they hold no references, lie at odd addresses.
typedef uint64_t __attribute__((aligned(1))) stamp_word;

// count / unit, as a product: a division is dear. The inverse is off by less than 2^-40, so this is exact for
// up to 2^24 words of units of up to 2^16; more words are divided.
static inline size_t units_of(const struct stamp_shape *shape, size_t count) {
  if (shape->unit == 1) return count;
  return __builtin_expect(count < 1 << 24, 1) ? count * shape->unit_inverse >> INVERSE_SHIFT
                                              : count / shape->unit;
}

static void add_word(struct stamp_run *runs, size_t *count, size_t word) {
  struct stamp_run *last = *count ? &runs[*count - 1] : NULL;
  if (last && last->first + last->words == word)
    last->words++;
  else
    runs[(*count)++] = (struct stamp_run){.first = (uint32_t)word, .words = 1};
}

bool stamp_shape_init(struct stamp_shape *shape, const struct ht_type *type) {
  size_t words = type->size / HT_WORD, references = 0, unit = type->references ? words : 1;
  *shape = (struct stamp_shape){
      .type = type,
      .words = words,
      .unit = unit,
      .unit_inverse = ((uint64_t)1 << INVERSE_SHIFT) / unit + 1,
      .edge = (EDGE_FIRST + unit - 1) / unit,
      .last = (EDGE_LAST + unit - 1) / unit,
      .stride = unit < PAGE_WORDS ? PAGE_WORDS / unit : 1,
  };
  shape->data_runs = calloc(unit, sizeof *shape->data_runs);
  shape->reference_runs = calloc(unit, sizeof *shape->reference_runs);
  if (type->references) shape->references = calloc(words, sizeof *shape->references);
  if (!shape->data_runs || !shape->reference_runs || (type->references && !shape->references)) return false;
  for (size_t w = 0; w < unit; w++) {
    if (!ht_type_is_reference(type, w)) {
      add_word(shape->data_runs, &shape->data_run_count, w);
      continue;
    }
    shape->references[references++] = (uint16_t)w;
    add_word(shape->reference_runs, &shape->reference_run_count, w);
  }
  shape->data_words = type->references ? words - references : words;
  return references == type->references;
}

void stamp_shape_finish(struct stamp_shape *shape) {
  free(shape->references);
  free(shape->data_runs);
  free(shape->reference_runs);
}

// What is done to words. COMPARE and the NONZERO gather all differences before they look for one: almost
// always there is none, and a loop without an exit can use the whole width of the machine.
enum action { WRITE, COMPARE, NONZERO_DATA, NONZERO_REFERENCE };

// Every `step`th word from w on, before `end`.
static inline __attribute__((always_inline)) uint64_t
over_words(stamp_word *words, size_t w, size_t end, size_t step, uint64_t pattern, enum action action) {
  uint64_t difference = 0, expected = pattern + w * STAMP_STEP, expected_step = step * STAMP_STEP;
  for (; w < end; w += step, expected += expected_step)
    if (action == WRITE)
      words[w] = expected;
    else
      difference |= words[w] ^ (action == COMPARE ? expected : 0);
  return difference;
}

// Units [first, end). Returns whether any differs. A run of one word is followed from element to element, a
// longer one within each of them.
static inline __attribute__((always_inline)) bool over_units(const struct stamp_shape *shape,
                                                             stamp_word *words, size_t first, size_t end,
                                                             uint64_t pattern, enum action action) {
  const struct stamp_run *run = action == NONZERO_REFERENCE ? shape->reference_runs : shape->data_runs,
                         *runs_end = run + (action == NONZERO_REFERENCE ? shape->reference_run_count
                                                                        : shape->data_run_count);
  const size_t unit = shape->unit; // a copy: words may be anywhere, as far as a compiler can tell
  uint64_t difference = 0;
  for (; run < runs_end; run++) {
    const size_t at = run->first, length = run->words;
    if (unit == 1)
      difference |= over_words(words, first, end, 1, pattern, action);
    else if (length == 1)
      difference |= over_words(words, first * unit + at, end * unit, unit, pattern, action);
    else
      for (size_t e = first * unit + at; e < end * unit; e += unit)
        difference |= over_words(words, e, e + length, 1, pattern, action);
  }
  return difference != 0;
}

// The first word of the first of these units that differs, or SIZE_MAX.
static inline __attribute__((always_inline)) size_t first_of(const struct stamp_shape *shape,
                                                             stamp_word *words, size_t first, size_t end,
                                                             uint64_t pattern, enum action action) {
  if (first >= end || !over_units(shape, words, first, end, pattern, action)) return SIZE_MAX;
  while (!over_units(shape, words, first, first + 1, pattern, action)) first++;
  return first * shape->unit;
}

// Over the units that are stamped of `count` words, as far as they lie among the first `limit`. Returns the
// first word of a unit that differs, or SIZE_MAX.
static inline __attribute__((always_inline)) size_t over_plan(const struct stamp_shape *shape,
                                                              stamp_word *words, size_t count, size_t limit,
                                                              uint64_t pattern, enum action action) {
  size_t units = units_of(shape, count), end = limit >= count ? units : units_of(shape, limit);
  if (count <= WHOLE_WORDS) return first_of(shape, words, 0, end, pattern, action);
  size_t edge = shape->edge < end ? shape->edge : end, last = shape->last;
  size_t at = first_of(shape, words, 0, edge, pattern, action);
  for (size_t u = shape->stride; at == SIZE_MAX && u + last < units && u < end; u += shape->stride)
    at = first_of(shape, words, u, u + 1, pattern, action);
  return at == SIZE_MAX ? first_of(shape, words, units - last, end, pattern, action) : at;
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
  size_t at = over_plan(shape, (stamp_word *)object, count, within / HT_WORD, pattern, COMPARE);
  if (at != SIZE_MAX) return at * HT_WORD;
  if (within < bytes) return SIZE_MAX;
  uint64_t tail = tail_pattern(count, pattern);
  for (size_t i = count * HT_WORD; i < bytes; i++, tail >>= 8)
    if (((const unsigned char *)object)[i] != (unsigned char)tail) return i;
  return SIZE_MAX;
}

bool stamp_identify(const struct stamp_shape *shape, const void *object, size_t bytes, uint64_t pattern) {
  if (bytes < HT_WORD || (shape->references && ht_type_is_reference(shape->type, 0))) return true;
  return *(const stamp_word *)object == pattern;
}

size_t stamp_nonzero(const struct stamp_shape *shape, const void *object, size_t bytes, bool data) {
  size_t count = bytes / HT_WORD;
  size_t at = over_plan(shape, (stamp_word *)object, count, count, 0, NONZERO_REFERENCE);
  if (at == SIZE_MAX && data) at = over_plan(shape, (stamp_word *)object, count, count, 0, NONZERO_DATA);
  if (at != SIZE_MAX) return at * HT_WORD;
  if (data)
    for (size_t i = count * HT_WORD; i < bytes; i++)
      if (((const char *)object)[i]) return i;
  return SIZE_MAX;
}
