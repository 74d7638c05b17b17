#include "allocators/go/schedules/mark_program.h"

#include "allocators/go/schedules/whole_heap.h"
#include "allocators/go/schedules/wrong.h"

#include <ctype.h>
#include <stdlib.h>

enum { ROOTS = GO_BUFFER_PAGES + 1 };
static const uint64_t first_word = 1;
static const struct ht_type reference_type = {"reference", HT_WORD, 1, &first_word};
static const struct ht_type byte_type = {"byte", 1, 0, NULL};

// Each letter has a class of its own, of spans of a page.
static size_t bytes_of(char letter) {
  return 64 + 16 * (size_t)(tolower(letter) - 'a');
}

// All of one run.
static struct mark_world {
  const struct mark_program *program;
  struct whole_heap w;
} world;

static void allocate(ht_ref *slot, char letter) {
  const struct ht_type *type = islower(letter) ? &reference_type : &byte_type;
  must(heap_alloc(world.w.m, slot, type, bytes_of(letter) / type->size, 0, 0), "no memory");
}

static void refer(ht_ref object, const char *numbers, const ht_ref *all) {
  ht_ref *field = object;
  for (char *end; *numbers; numbers = end)
    heap_store(world.w.m, object, field++, all[strtoul(numbers, &end, 10)]);
}

// Returns how many there are.
static size_t make(struct ht_frame *roots) {
  HT_FRAME(all, MARK_OBJECTS);
  const char *const *objects = world.program->objects;
  size_t count = 0;
  heap_push(world.w.m, all);
  for (; count < MARK_OBJECTS && objects[count]; count++) allocate(&all->slots[count], objects[count][0]);
  for (size_t i = 0; i < count; i++) refer(all->slots[i], objects[i] + 1, all->slots);
  for (size_t i = 0; i < ROOTS; i++) heap_root_set(world.w.m, &roots->slots[i], all->slots[i]);
  heap_pop(world.w.m);
  return count;
}

void mark_run(const void *program) {
  HT_FRAME(roots, ROOTS);
  world = (struct mark_world){.program = program};
  whole_heap_create(&world.w, world.program->option, true);
  heap_push(world.w.m, roots);
  size_t count = make(roots);
  struct go_heap *h = whole_heap_of(&world.w);
  whole_heap_mark(&world.w);
  must(h->marked_objects == count, "objects are not counted, or twice");
  if (world.program->swept && !wrong_first()) {
    heap_collect(world.w.m, true);
    must(h->marked_objects == count, "objects are gone");
    whole_heap_check(&world.w);
  }
  heap_pop(world.w.m);
  whole_heap_destroy(&world.w);
}
