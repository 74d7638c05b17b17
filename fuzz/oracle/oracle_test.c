// The shadow heap on its own: stamps, ranges, traces.
#include "fuzz/oracle/invariants.h"
#include "fuzz/oracle/shadow.h"

#include <stdlib.h>
#include <string.h>

static int failures;
#define EXPECT(condition, ...)               \
  do {                                       \
    if (!(condition)) {                      \
      failures++;                            \
      printf("%s:%d: ", __FILE__, __LINE__); \
      printf(__VA_ARGS__);                   \
      putchar('\n');                         \
    }                                        \
  } while (0)

static bool is_reference_byte(const struct ht_type *type, size_t offset) {
  return type->references && ht_type_is_reference(type, offset % type->size / HT_WORD);
}

// Every changed data byte of a small object shows; no changed reference byte does.
static void stamps_of(const struct stamp_shape *shape, size_t count) {
  size_t bytes = ht_type_bytes(shape->type, count);
  unsigned char *object = calloc(1, bytes + 1);
  uint64_t pattern = stamp_pattern(7);
  object[bytes] = 0xa5;
  EXPECT(stamp_nonzero(shape, object, bytes, true) == SIZE_MAX, "%s x %zu: zero memory is not zero",
         shape->type->name, count);
  stamp_write(shape, object, bytes, pattern);
  EXPECT(object[bytes] == 0xa5, "%s x %zu: wrote behind the end", shape->type->name, count);
  for (size_t i = 0; i < bytes; i++) {
    object[i] ^= 0x10;
    bool seen = stamp_compare(shape, object, bytes, bytes, pattern) != SIZE_MAX;
    EXPECT(seen != is_reference_byte(shape->type, i), "%s x %zu: a change of byte %zu was %s",
           shape->type->name, count, i, seen ? "seen" : "not seen");
    object[i] ^= 0x10;
  }
  memset(object, 0, bytes);
  for (size_t i = 0; i < bytes; i++) {
    object[i] = 1;
    EXPECT(stamp_nonzero(shape, object, bytes, true) != SIZE_MAX, "%s x %zu: byte %zu is not zero, not seen",
           shape->type->name, count, i);
    bool seen = stamp_nonzero(shape, object, bytes, false) != SIZE_MAX;
    EXPECT(seen == is_reference_byte(shape->type, i), "%s x %zu: reference byte %zu", shape->type->name,
           count, i);
    object[i] = 0;
  }
  free(object);
}

// A large object is seen to change at its edges and somewhere in each page.
static void stamps_of_large(const struct stamp_shape *shape) {
  size_t count = 100000 / shape->type->size, bytes = ht_type_bytes(shape->type, count);
  unsigned char *object = calloc(1, bytes);
  uint64_t pattern = stamp_pattern(9);
  stamp_write(shape, object, bytes, pattern);
  EXPECT(stamp_compare(shape, object, bytes, bytes, pattern) == SIZE_MAX, "%s: large, untouched",
         shape->type->name);
  EXPECT(stamp_compare(shape, object, bytes, bytes, pattern + 1) != SIZE_MAX || shape->data_words == 0,
         "%s: large, of another object", shape->type->name);
  size_t edges[] = {0, bytes / HT_WORD * HT_WORD - shape->words * HT_WORD};
  if (!shape->references) edges[1] = bytes - 1;
  for (size_t i = 0; i < 2 && (!shape->references || shape->data_words); i++) {
    // Word 0 of an element with references is data; so is every byte of one without.
    object[edges[i]] ^= 1;
    EXPECT(stamp_compare(shape, object, bytes, bytes, pattern) != SIZE_MAX,
           "%s: large, byte %zu changed, not seen", shape->type->name, edges[i]);
    object[edges[i]] ^= 1;
  }
  for (size_t page = 0; page + 8192 <= bytes; page += 4096) {
    unsigned char kept[8192];
    memcpy(kept, object + page, sizeof kept);
    memset(object + page, 0xee, sizeof kept);
    bool seen = stamp_compare(shape, object, bytes, bytes, pattern) != SIZE_MAX;
    EXPECT(seen || (shape->references && shape->data_words == 0),
           "%s: large, two pages at %zu overwritten, not seen", shape->type->name, page);
    memcpy(object + page, kept, sizeof kept);
  }
  free(object);
}

// A resized object is compared as far as it was kept.
static void stamps_within(const struct stamp_shape *shape) {
  unsigned char object[64];
  stamp_write(shape, object, 50, stamp_pattern(3));
  object[40] ^= 1;
  EXPECT(stamp_compare(shape, object, 50, 40, stamp_pattern(3)) == SIZE_MAX,
         "byte 40 lies behind the first 40");
  EXPECT(stamp_compare(shape, object, 50, 48, stamp_pattern(3)) == 40, "byte 40 lies within the first 48");
}

static shadow_number place(struct shadow *shadow, uintptr_t address, size_t bytes) {
  shadow_number number = shadow_add(shadow, 0, bytes);
  shadow->objects[number].hidden = ~address;
  return number;
}

static void ranges(struct shadow *shadow) {
  shadow_reset(shadow);
  shadow_number a = place(shadow, 1000, 100), b = place(shadow, 1100, 50), c = place(shadow, 900, 100);
  EXPECT(shadow_range_add(shadow, a) == 0 && shadow_range_add(shadow, b) == 0 &&
             shadow_range_add(shadow, c) == 0,
         "neighbours do not overlap");
  static const struct {
    uintptr_t at;
    size_t bytes;
    int over; // a, b, c or none
  } tries[] = {{1099, 1, 0}, {1150, 10, -1}, {999, 1, 2}, {899, 1, -1},
               {899, 2, 2},  {1050, 100, 0}, {1100, 0, 1}};
  shadow_number names[] = {a, b, c};
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    shadow_number number = place(shadow, tries[i].at, tries[i].bytes);
    shadow_number expected = tries[i].over < 0 ? 0 : names[tries[i].over],
                  found = shadow_range_add(shadow, number);
    EXPECT(found == expected, "%zu bytes at %zu overlap %u, not %u", tries[i].bytes, (size_t)tries[i].at,
           found, expected);
    shadow_range_remove(shadow, number);
  }
  shadow_range_remove(shadow, a);
  EXPECT(shadow_range_add(shadow, place(shadow, 1000, 100)) == 0, "a removed range is free");
}

static void link(struct shadow *shadow, shadow_number from, uint32_t k, shadow_number to) {
  shadow_field_set(shadow, &shadow->objects[from], k, to);
}

static void traces(struct shadow *shadow) {
  enum { PAIR = 2 };
  shadow_reset(shadow);
  EXPECT(ht_program_types[PAIR].references == 2, "type %u has two references", PAIR);
  shadow_number n[8];
  for (unsigned i = 1; i < 8; i++) n[i] = shadow_add(shadow, PAIR, 1);
  // 1 -> 2 -> 3 from a global; 4 <-> 5 -> 6 and 7 from nowhere.
  shadow->globals[3] = n[1];
  link(shadow, n[1], 1, n[2]);
  link(shadow, n[2], 0, n[3]);
  link(shadow, n[4], 0, n[5]);
  link(shadow, n[5], 1, n[4]);
  link(shadow, n[5], 0, n[6]);
  shadow_trace(shadow, false);
  EXPECT(shadow->reached_count == 3, "the global reaches %u objects", shadow->reached_count);
  EXPECT(shadow_cyclic(shadow) == 3, "a cycle keeps itself and what it refers to: %u", shadow_cyclic(shadow));
  shadow->objects[n[7]].finalizer = SHADOW_ARMED;
  shadow_trace(shadow, true);
  EXPECT(shadow->reached_count == 4, "with what is to be finalized: %u", shadow->reached_count);
  shadow->cells[0] = n[5];
  shadow_trace(shadow, false);
  EXPECT(shadow->reached_count == 6 && shadow_cyclic(shadow) == 0, "a cell reaches the cycle");
  shadow->objects[n[6]].state = SHADOW_RECLAIMED;
  link(shadow, n[1], 1, 0);
  shadow->cells[0] = 0;
  shadow_trace(shadow, false);
  EXPECT(shadow_cyclic(shadow) == 2, "what is reclaimed does not count: %u", shadow_cyclic(shadow));
}

static void fields(struct shadow *shadow) {
  enum { REFERENCES = 3 };
  shadow_reset(shadow);
  EXPECT(ht_program_types[REFERENCES].references == 1 && ht_program_types[REFERENCES].size == HT_WORD,
         "type %u is one reference", REFERENCES);
  struct shadow_object *object = &shadow->objects[shadow_add(shadow, REFERENCES, 1000)];
  ht_ref base[1000];
  EXPECT(object->tracked == SHADOW_TRACKED, "%u fields are tracked", object->tracked);
  EXPECT(shadow_field(shadow, object, base, 0) == &base[0] &&
             shadow_field(shadow, object, base, SHADOW_TRACKED / 2 - 1) == &base[SHADOW_TRACKED / 2 - 1] &&
             shadow_field(shadow, object, base, SHADOW_TRACKED / 2) == &base[1000 - SHADOW_TRACKED / 2] &&
             shadow_field(shadow, object, base, SHADOW_TRACKED - 1) == &base[999],
         "the first and the last fields are those tracked");
}

static void names(void) {
  for (enum ht_invariant i = 0; i < HT_INVARIANTS; i++)
    EXPECT(ht_invariant_named(NULL, ht_invariants[i].name) == i, "%s", ht_invariants[i].name);
  EXPECT(ht_invariant_named(NULL, "GEN-99") == HT_INVARIANTS_MAX, "GEN-99 is none");
}

// A heap whose table lists invariants of its own: `own` is the list.
static const char *catalogue(const struct ht_heap_invariant *own) {
  static char message[256];
  struct ht_heap_table table = {.capabilities = HT_CHECKS, .invariants = own};
  return ht_invariants_check(&table, message, sizeof message) ? NULL : message;
}

static void own_names(void) {
  const struct ht_heap_invariant own[] = {{"OWN-1", "always", "One."}, {"OWN-2", "check", "Two."}, {0}};
  struct ht_heap_table table = {.capabilities = HT_CHECKS, .invariants = own};
  EXPECT(catalogue(NULL) == NULL && catalogue(own) == NULL, "these can stand in a catalogue");
  EXPECT(ht_invariant_count(NULL) == HT_INVARIANTS && ht_invariant_count(&table) == HT_INVARIANTS + 2,
         "%zu are counted", ht_invariant_count(&table));
  EXPECT(ht_invariant_named(&table, "OWN-2") == HT_INVARIANTS + 1 &&
             ht_invariant_named(&table, "SELF-1") == HT_SELF_1 &&
             ht_invariant_named(NULL, "OWN-2") == HT_INVARIANTS_MAX,
         "names of both kinds are found");
  EXPECT(ht_invariant_entry(&table, HT_INVARIANTS + 1)->sentence == own[1].sentence, "the heap's entry");
  struct ht_invariant_set set = ht_invariants_for(&table);
  EXPECT(ht_invariant_in(&set, HT_INVARIANTS + 1) && ht_invariant_in(&set, HT_SELF_1) &&
             !ht_invariant_in(&set, HT_WALK_1) && !ht_invariant_in(&set, HT_INVARIANTS + 2),
         "what it claims and what is its own");

  static struct ht_heap_invariant many[HT_INVARIANTS_MAX + 1];
  static char names[HT_INVARIANTS_MAX][HT_INVARIANT_NAME_BYTES];
  size_t most = HT_INVARIANTS_MAX - HT_INVARIANTS;
  for (size_t i = 0; i < most; i++) {
    snprintf(names[i], sizeof names[i], "M-%zu", i);
    many[i] = (struct ht_heap_invariant){names[i], "always", "Many."};
  }
  EXPECT(catalogue(many) == NULL, "as many as there is room for");
  table.invariants = many;
  set = ht_invariants_for(&table);
  EXPECT(ht_invariant_in(&set, HT_INVARIANTS_MAX - 1), "the last of the set");
  ht_invariant_remove(&set, HT_INVARIANTS_MAX - 1);
  EXPECT(!ht_invariant_in(&set, HT_INVARIANTS_MAX - 1) && ht_invariant_in(&set, HT_INVARIANTS_MAX - 2),
         "one is removed");
  many[most] = (struct ht_heap_invariant){"M", "always", "One too many."};
  EXPECT(catalogue(many) != NULL, "one too many");
  static const struct ht_heap_invariant wrong[][3] = {
      {{"GEN-1", "always", "The oracle's."}}, {{"A", "always", "Twice."}, {"A", "always", "Twice."}},
      {{"A B", "always", "Two words."}},      {{"A,B", "always", "A list."}},
      {{"", "always", "Nothing."}},           {{"A", "always", NULL}},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    EXPECT(catalogue(wrong[i]) != NULL, "catalogue %zu is refused", i);
}

int main(void) {
  struct shadow *shadow = shadow_create();
  if (!shadow) return 2;
  for (unsigned t = 0; t < HT_PROGRAM_TYPES; t++) {
    for (size_t count = 0; ht_type_bytes(&ht_program_types[t], count) <= 1024 && count < 140; count++)
      stamps_of(&shadow->shapes[t], count);
    stamps_of_large(&shadow->shapes[t]);
  }
  stamps_within(&shadow->shapes[0]);
  ranges(shadow);
  traces(shadow);
  fields(shadow);
  names();
  own_names();
  shadow_destroy(shadow);
  return failures != 0;
}
