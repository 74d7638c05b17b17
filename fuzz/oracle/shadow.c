#include "fuzz/oracle/shadow.h"

#include <string.h>
#include <sys/mman.h>

struct shadow *shadow_create(void) {
  struct shadow *shadow =
      mmap(NULL, sizeof *shadow, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (shadow == MAP_FAILED) return NULL;
  for (unsigned t = 0; t < HT_PROGRAM_TYPES; t++)
    if (!stamp_shape_init(&shadow->shapes[t], &ht_program_types[t])) {
      shadow_destroy(shadow);
      return NULL;
    }
  return shadow;
}

void shadow_destroy(struct shadow *shadow) {
  for (unsigned t = 0; t < HT_PROGRAM_TYPES; t++) stamp_shape_finish(&shadow->shapes[t]);
  munmap(shadow, sizeof *shadow);
}

void shadow_reset(struct shadow *shadow) {
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++) shadow->mutators[m].frames = 0;
  memset(shadow->globals, 0, sizeof shadow->globals);
  memset(shadow->cells, 0, sizeof shadow->cells);
  shadow->count = shadow->field_count = shadow->weak_count = shadow->range_count = 0;
  shadow->epoch = 1;
  shadow->trace = 0;
}

shadow_number shadow_add(struct shadow *shadow, unsigned type, size_t count) {
  size_t references = ht_program_types[type].references * count;
  uint32_t tracked = references < SHADOW_TRACKED ? (uint32_t)references : SHADOW_TRACKED;
  if (shadow->count == SHADOW_OBJECTS_MAX || shadow->field_count + tracked > SHADOW_FIELDS_MAX) return 0;
  shadow_number number = ++shadow->count;
  struct shadow_object *object = &shadow->objects[number];
  *object = (struct shadow_object){
      .bytes = ht_type_bytes(&ht_program_types[type], count),
      .count = count,
      .pattern = stamp_pattern(number),
      .fields = shadow->field_count,
      .tracked = (uint16_t)tracked,
      .type = (uint8_t)type,
      .state = SHADOW_FRESH,
  };
  memset(&shadow->fields[shadow->field_count], 0, tracked * sizeof *shadow->fields);
  shadow->field_count += tracked;
  return number;
}

static void reach(struct shadow *shadow, shadow_number number) {
  if (!number) return;
  struct shadow_object *object = &shadow->objects[number];
  if (object->mark == shadow->trace) return;
  object->mark = shadow->trace;
  shadow->work[shadow->reached_count++] = number;
  shadow->reached_bytes += object->bytes;
}

static void follow(struct shadow *shadow, uint32_t done) {
  for (; done < shadow->reached_count; done++) {
    const struct shadow_object *object = &shadow->objects[shadow->work[done]];
    uint32_t left = object->filled;
    for (const shadow_number *field = &shadow->fields[object->fields]; left > 0; field++) {
      left -= *field != 0;
      reach(shadow, *field);
    }
  }
}

void shadow_trace_from(struct shadow *shadow, shadow_number number) {
  uint32_t done = shadow->reached_count;
  reach(shadow, number);
  follow(shadow, done);
}

uint32_t shadow_trace(struct shadow *shadow, bool pending) {
  shadow->trace++;
  shadow->reached_count = 0;
  shadow->reached_bytes = 0;
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++)
    for (uint32_t i = 0; i < shadow->mutators[m].frames * HT_FRAME_SLOTS; i++)
      reach(shadow, shadow->mutators[m].slots[i]);
  for (unsigned i = 0; i < HT_GLOBALS; i++) reach(shadow, shadow->globals[i]);
  for (unsigned i = 0; i < HT_CELLS; i++) reach(shadow, shadow->cells[i]);
  if (pending)
    for (shadow_number n = 1; n <= shadow->count; n++)
      if (shadow->objects[n].finalizer == SHADOW_ARMED && shadow->objects[n].state != SHADOW_RECLAIMED)
        reach(shadow, n);
  follow(shadow, 0);
  return shadow->trace;
}

// Takes objects that nothing unreached refers to out of what is left, again and again; what remains lies on a
// cycle or behind one.
uint32_t shadow_cyclic(struct shadow *shadow) {
  uint32_t left = 0, first = shadow->reached_count, end = first;
  for (shadow_number n = 0; n <= shadow->count; n++) shadow->objects[n].incoming = 0;
  for (shadow_number n = 1; n <= shadow->count; n++) {
    const struct shadow_object *object = &shadow->objects[n];
    if (object->mark == shadow->trace || object->state == SHADOW_RECLAIMED) continue;
    left++;
    for (uint32_t k = 0; k < object->tracked; k++)
      shadow->objects[shadow->fields[object->fields + k]].incoming++;
  }
  for (shadow_number n = 1; n <= shadow->count; n++) {
    const struct shadow_object *object = &shadow->objects[n];
    if (object->mark != shadow->trace && object->state != SHADOW_RECLAIMED && object->incoming == 0)
      shadow->work[end++] = n;
  }
  for (; first < end; first++) {
    const struct shadow_object *object = &shadow->objects[shadow->work[first]];
    left--;
    for (uint32_t k = 0; k < object->tracked; k++) {
      shadow_number child = shadow->fields[object->fields + k];
      if (!child || --shadow->objects[child].incoming) continue;
      if (shadow->objects[child].mark != shadow->trace && shadow->objects[child].state != SHADOW_RECLAIMED)
        shadow->work[end++] = child;
    }
  }
  return left;
}

// First range that starts above `address`. Where it lies nobody can guess, a branch predictor neither: the
// halving has a sum in place of a branch.
static uint32_t range_above(const struct shadow *shadow, uintptr_t address) {
  uint32_t low = 0;
  for (uint32_t left = shadow->range_count; left > 0;) {
    uint32_t half = (left + 1) / 2;
    low += half * (shadow->range_starts[low + half - 1] <= address);
    left -= half;
  }
  return low;
}

static uintptr_t range_end(const struct shadow *shadow, uint32_t i) {
  size_t bytes = shadow->objects[shadow->range_objects[i]].bytes;
  return shadow->range_starts[i] + (bytes ? bytes : 1);
}

shadow_number shadow_range_add(struct shadow *shadow, shadow_number number) {
  uintptr_t start = (uintptr_t)shadow_address(&shadow->objects[number]);
  size_t bytes = shadow->objects[number].bytes;
  uint32_t at = range_above(shadow, start);
  if (at > 0 && range_end(shadow, at - 1) > start) return shadow->range_objects[at - 1];
  if (at < shadow->range_count && shadow->range_starts[at] < start + (bytes ? bytes : 1))
    return shadow->range_objects[at];
  uint32_t behind = shadow->range_count++ - at;
  memmove(&shadow->range_starts[at + 1], &shadow->range_starts[at], behind * sizeof *shadow->range_starts);
  memmove(&shadow->range_objects[at + 1], &shadow->range_objects[at], behind * sizeof *shadow->range_objects);
  shadow->range_starts[at] = start;
  shadow->range_objects[at] = number;
  return 0;
}

void shadow_range_remove(struct shadow *shadow, shadow_number number) {
  uint32_t at = range_above(shadow, (uintptr_t)shadow_address(&shadow->objects[number]));
  if (at == 0 || shadow->range_objects[at - 1] != number) return;
  uint32_t behind = shadow->range_count-- - at;
  memmove(&shadow->range_starts[at - 1], &shadow->range_starts[at], behind * sizeof *shadow->range_starts);
  memmove(&shadow->range_objects[at - 1], &shadow->range_objects[at], behind * sizeof *shadow->range_objects);
}
