#include "allocators/go/classes/rule.h"

static bool more_than_a_part(size_t tail, size_t span) {
  return tail > span / RULE_WASTE_PARTS;
}

const struct rule rule_of_go = {.wastes = more_than_a_part, .joins = true, .grows = true};

// Of sizes from `size`, a power of two, to the next one.
static size_t step_from(size_t size) {
  if (size >= 2048) return 256;
  if (size >= 128) return size / 8;
  return size >= 32 ? 16 : RULE_LEAST_ALIGNMENT;
}

static struct rule_class with_its_span(const struct rule *rule, size_t size) {
  size_t span = RULE_PAGE_BYTES;
  while (rule->wastes(span % size, span)) span += RULE_PAGE_BYTES;
  return (struct rule_class){.size = size, .pages = span / RULE_PAGE_BYTES, .objects = span / size};
}

size_t rule_derive(const struct rule *rule, struct rule_class classes[static RULE_CLASSES_MOST]) {
  size_t count = 1, step = RULE_LEAST_ALIGNMENT;
  classes[0] = (struct rule_class){0};
  for (size_t size = RULE_LEAST_ALIGNMENT; size <= RULE_SMALL_MAX; size += step) {
    if ((size & (size - 1)) == 0) step = step_from(size);
    struct rule_class next = with_its_span(rule, size), *last = &classes[count - 1];
    if (rule->joins && next.pages == last->pages && next.objects == last->objects)
      *last = next;
    else
      classes[count++] = next;
  }
  for (size_t number = 1; rule->grows && number < count; number++) {
    struct rule_class *c = &classes[number];
    size_t room = c->pages * RULE_PAGE_BYTES / c->objects / RULE_ROUNDING * RULE_ROUNDING;
    if (room > c->size) c->size = room;
  }
  return count;
}

uint32_t rule_magic(size_t size) {
  return size ? UINT32_MAX / (uint32_t)size + 1 : 0;
}
