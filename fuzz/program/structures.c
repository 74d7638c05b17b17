#include "fuzz/program/generator.h"

struct builder {
  struct generator *generator;
  unsigned mutator;
  unsigned base; // the structure works in the slots from here on
};

static unsigned below(struct builder *builder, unsigned bound) {
  return ht_random_below(&builder->generator->random, bound);
}

static bool once_in(struct builder *builder, unsigned times) {
  return ht_random_once_in(&builder->generator->random, times);
}

// How often a structure repeats itself: 1..most, and not more than half of what is left of the program.
static unsigned times(struct builder *builder, unsigned most) {
  size_t left = (builder->generator->length - builder->generator->program->operation_count) / 2 + 1;
  return ht_random_logarithmic(&builder->generator->random, left < most ? (unsigned)left : most);
}

static unsigned slot(const struct builder *builder, unsigned i) {
  return (builder->base + i) % ht_generator_slots(builder->generator, builder->mutator);
}

static void append(struct builder *builder, enum ht_operation_code code, unsigned a, unsigned b, unsigned c,
                   unsigned d) {
  ht_generator_append(builder->generator, (struct ht_operation){.code = (uint8_t)code,
                                                                .mutator = (uint8_t)builder->mutator,
                                                                .a = (uint8_t)a,
                                                                .b = (uint8_t)b,
                                                                .c = (uint16_t)c,
                                                                .d = (uint16_t)d});
}

static void allocate(struct builder *builder, unsigned to, unsigned type, size_t elements) {
  append(builder, HT_OP_ALLOC, to, type, ht_code_of_size(ht_program_types[type].size * elements), 0);
}

// The code of a size of a fourth of the largest on.
static unsigned large_size(struct builder *builder) {
  unsigned most = 1u << builder->generator->program->header.size_limit;
  return ht_code_of_size(most - below(builder, most / 4 * 3 + 1));
}

// Of any type, as large as the program's law has it.
static void allocate_any(struct builder *builder, unsigned to) {
  unsigned type = below(builder, HT_PROGRAM_TYPES);
  append(builder, HT_OP_ALLOC, to, type, ht_generator_size(builder->generator, type), 0);
}

// About as large as anything in this program; zeroed or not, as its memory may have been used before.
static void allocate_large(struct builder *builder, unsigned to) {
  unsigned type = below(builder, HT_PROGRAM_TYPES), size = large_size(builder);
  append(builder, HT_OP_ALLOC, to, type, size, once_in(builder, 2) ? LAYOUT_ZEROED : 0);
}

static void collect(struct builder *builder) {
  append(builder, HT_OP_COLLECT, !once_in(builder, 4), 0, 0, 0);
}

static unsigned linked_type(struct builder *builder) {
  static const uint8_t types[] = {TYPE_NODE, TYPE_PAIR, TYPE_MIXED, TYPE_REFERENCES, TYPE_WIDE};
  return types[once_in(builder, 2) ? 0 : below(builder, sizeof types)];
}

// Makes a list of one more node so many times, in two slots in turn; it begins with what slot 0 holds.
// Returns the slot of its head; the other one is empty.
static unsigned grow(struct builder *builder, unsigned type, unsigned field, unsigned nodes) {
  unsigned head = slot(builder, 0), other = slot(builder, 1);
  for (; nodes; nodes--) {
    allocate(builder, other, type, 1);
    append(builder, HT_OP_STORE, other, head, field, 0);
    unsigned grown = other;
    other = head;
    head = grown;
  }
  append(builder, HT_OP_ROOT_CLEAR, other, 0, 0, 0);
  return head;
}

// Longer than any chain that is gone down by recursion before something else is done about it: CPython's
// trashcan takes over after 50 objects.
enum { LIST_MAX = 64 };

// A list, grown at its head; closed to a ring now and then, and then perhaps held by nothing.
static void list(struct builder *builder) {
  unsigned first = slot(builder, 0), tail = slot(builder, 2);
  unsigned type = linked_type(builder), field = below(builder, (unsigned)ht_program_types[type].references);
  bool ring = once_in(builder, 3);
  allocate(builder, first, type, 1);
  if (ring) append(builder, HT_OP_ROOT_SET, tail, first, 0, 0);
  unsigned head = grow(builder, type, field, times(builder, LIST_MAX));
  if (ring) {
    append(builder, HT_OP_STORE, tail, head, field, 0);
    append(builder, HT_OP_ROOT_CLEAR, tail, 0, 0, 0);
    if (once_in(builder, 2)) append(builder, HT_OP_ROOT_CLEAR, head, 0, 0, 0);
  }
}

// What lives long, and then what dies young in rings of one or two, which no count ends: what generations are
// made for.
static void generations(struct builder *builder) {
  unsigned node = slot(builder, 2), other = slot(builder, 3);
  unsigned type = linked_type(builder), field = below(builder, (unsigned)ht_program_types[type].references);
  allocate(builder, slot(builder, 0), type, 1);
  unsigned head = grow(builder, type, field, times(builder, LIST_MAX));
  append(builder, HT_OP_GLOBAL_STORE, below(builder, HT_GLOBALS), head, 0, 0);
  bool pairs = once_in(builder, 3);
  for (unsigned i = times(builder, 64); i; i--) {
    allocate(builder, node, type, 1);
    if (pairs) {
      allocate(builder, other, type, 1);
      append(builder, HT_OP_STORE, other, node, field, 0);
    }
    append(builder, HT_OP_STORE, node, pairs ? other : node, field, 0);
  }
}

// A tree below slot `depth`: children before their parent or after it, so that references go to older and to
// younger objects.
static void subtree(struct builder *builder, unsigned depth, bool parent_first) {
  unsigned parent = slot(builder, depth);
  if (depth == 0 || parent_first) allocate(builder, parent, TYPE_PAIR, 1);
  if (depth == 0) return;
  unsigned child = slot(builder, depth - 1), other = slot(builder, depth + 3);
  subtree(builder, depth - 1, parent_first);
  if (parent_first) {
    append(builder, HT_OP_STORE, parent, child, 0, 0);
    subtree(builder, depth - 1, parent_first);
    append(builder, HT_OP_STORE, parent, child, 1, 0);
    return;
  }
  append(builder, HT_OP_ROOT_SET, other, child, 0, 0);
  subtree(builder, depth - 1, parent_first);
  allocate(builder, parent, TYPE_PAIR, 1);
  append(builder, HT_OP_STORE, parent, other, 0, 0);
  append(builder, HT_OP_STORE, parent, child, 1, 0);
}

static void tree(struct builder *builder) {
  enum { DEPTH_MAX = 4 };
  unsigned depth = times(builder, DEPTH_MAX);
  subtree(builder, depth, once_in(builder, 2));
}

// An array whose every reference is to an object of its own, and perhaps each of these an array again: what a
// marker has to remember grows fast.
static void wide(struct builder *builder) {
  unsigned array = slot(builder, 0), inner = slot(builder, 1), leaf = slot(builder, 2);
  unsigned width = times(builder, 64), type = once_in(builder, 2) ? TYPE_REFERENCES : linked_type(builder);
  size_t per = ht_program_types[type].references;
  allocate(builder, array, type, (width + below(builder, 4) + per - 1) / per);
  bool nested = width > 4 && once_in(builder, 2);
  for (unsigned i = 0; i < width; i++) {
    unsigned element = nested ? inner : leaf;
    allocate(builder, element, nested ? TYPE_REFERENCES : TYPE_NODE, nested ? 4 : 1);
    append(builder, HT_OP_STORE, array, element, i, 0);
    if (!nested) continue;
    allocate(builder, leaf, TYPE_WORD, 1);
    append(builder, HT_OP_STORE, inner, leaf, below(builder, 4), 0);
    if (once_in(builder, 2)) append(builder, HT_OP_COPY, inner, inner, 0, 1 | 1 << RUN_FIELD_BITS);
  }
}

// Short-lived objects, one after the other in few slots; perhaps in a loop that polls.
static void churn(struct builder *builder) {
  unsigned slots = 1 + below(builder, 3);
  bool polls = once_in(builder, 2);
  for (unsigned i = times(builder, 64); i; i--) {
    allocate_any(builder, slot(builder, i % slots));
    if (polls) append(builder, HT_OP_POLL, 0, 0, 0, 0);
  }
}

// Fills an array with equal objects, drops every other or every few, collects and allocates into the holes.
static void holes(struct builder *builder) {
  unsigned array = slot(builder, 0), element = slot(builder, 1);
  unsigned width = times(builder, 32), step = 1 + below(builder, 3);
  unsigned type = below(builder, HT_PROGRAM_TYPES), size = ht_generator_size(builder->generator, type);
  allocate(builder, array, TYPE_REFERENCES, width);
  for (unsigned i = 0; i < width; i++) {
    append(builder, HT_OP_ALLOC, element, type, size, 0);
    append(builder, HT_OP_STORE, array, element, i, 0);
  }
  for (unsigned i = below(builder, step); i < width; i += step)
    append(builder, HT_OP_CLEAR_FIELD, array, 0, i, 0);
  append(builder, HT_OP_ROOT_CLEAR, element, 0, 0, 0);
  collect(builder);
  for (unsigned i = 0; i < width; i += step) {
    append(builder, HT_OP_ALLOC, element, type, size, 0);
    append(builder, HT_OP_STORE, array, element, i, 0);
  }
}

// Goes down from an old object and hangs a young one there.
static void walk(struct builder *builder) {
  unsigned from = ht_generator_slot(builder->generator, builder->mutator), at = slot(builder, 1);
  append(builder, HT_OP_LOAD, at, from, below(builder, 2), 0);
  for (unsigned i = times(builder, 8); i > 1; i--) append(builder, HT_OP_LOAD, at, at, below(builder, 2), 0);
  allocate_any(builder, slot(builder, 2));
  append(builder, HT_OP_STORE, at, slot(builder, 2), below(builder, 2), 0);
  append(builder, HT_OP_ROOT_CLEAR, slot(builder, 2), 0, 0, 0);
}

// Takes a reference out of one object and puts it in another, while a collection may be going on: the case
// that barriers exist for.
static void hide(struct builder *builder) {
  unsigned from = slot(builder, 0), to = slot(builder, 1), held = slot(builder, 2);
  if (!once_in(builder, 4)) {
    allocate(builder, from, TYPE_PAIR, 1);
    allocate_any(builder, held);
    append(builder, HT_OP_STORE, from, held, 0, 0);
    append(builder, HT_OP_ROOT_CLEAR, held, 0, 0, 0);
    allocate(builder, to, TYPE_PAIR, 1);
  }
  for (unsigned i = times(builder, 4); i; i--) {
    append(builder, HT_OP_LOAD, held, from, 0, 0);
    append(builder, HT_OP_CLEAR_FIELD, from, 0, 0, 0);
    append(builder, HT_OP_POLL, 0, 0, 0, 0);
    append(builder, HT_OP_STORE, to, held, 0, 0);
    append(builder, HT_OP_ROOT_CLEAR, held, 0, 0, 0);
    append(builder, once_in(builder, 2) ? HT_OP_POLL : HT_OP_NOTHING, 0, 0, 0, 0);
    append(builder, HT_OP_LOAD, held, to, 0, 0);
    unsigned swap = from;
    from = to;
    to = swap;
  }
}

static void weak(struct builder *builder) {
  unsigned object = slot(builder, 0), back = slot(builder, 1), which = below(builder, HT_WEAKS);
  allocate_any(builder, object);
  append(builder, HT_OP_WEAK, which, object, below(builder, 2), 0);
  if (once_in(builder, 4)) append(builder, HT_OP_FINALIZER, object, 0, 0, 0);
  if (!once_in(builder, 4)) append(builder, HT_OP_ROOT_CLEAR, object, 0, 0, 0);
  for (unsigned i = 1 + below(builder, 2); i; i--) collect(builder);
  append(builder, HT_OP_WEAK_LOAD, back, which, 0, 0);
  append(builder, HT_OP_RUN_FINALIZERS, 0, 0, 0, 0);
  append(builder, HT_OP_WEAK_LOAD, back, which, 0, 0);
}

// A table of weak references to objects that are in use, as caches have: all of them are to be found there.
static void cache(struct builder *builder) {
  unsigned entries = times(builder, HT_WEAKS), objects = 1 + below(builder, 4), read = slot(builder, objects);
  for (unsigned i = 0; i < entries; i++) {
    unsigned object = slot(builder, i % objects);
    if (i < objects) allocate_any(builder, object);
    append(builder, HT_OP_WEAK, i, object, below(builder, 2), 0);
  }
  if (once_in(builder, 2)) collect(builder);
  for (unsigned i = 0; i < entries; i++) append(builder, HT_OP_WEAK_LOAD, read, i, 0, 0);
}

// An object dies with a finalizer whose callback runs what stands behind it, or anything else.
static void finalizer(struct builder *builder) {
  unsigned object = slot(builder, 0), other = slot(builder, 1);
  const struct generator *generator = builder->generator;
  unsigned type = linked_type(builder);
  allocate(builder, object, type, 1);
  if (once_in(builder, 2)) {
    allocate_any(builder, other);
    append(builder, HT_OP_STORE, object, other, 0, 0);
    append(builder, HT_OP_ROOT_CLEAR, other, 0, 0, 0);
  }
  size_t from = once_in(builder, 2) ? generator->program->operation_count + 4
                                    : below(builder, (unsigned)generator->length);
  append(builder, HT_OP_FINALIZER, object, below(builder, 6), (unsigned)from, 0);
  append(builder, HT_OP_ROOT_CLEAR, object, 0, 0, 0);
  collect(builder);
  append(builder, HT_OP_RUN_FINALIZERS, 0, 0, 0, 0);
  allocate_any(builder, other);
  append(builder, HT_OP_GLOBAL_STORE, below(builder, HT_GLOBALS), other, 0, 0);
  append(builder, HT_OP_LOAD, other, other, 0, 0);
  collect(builder);
  append(builder, HT_OP_RUN_FINALIZERS, 0, 0, 0, 0);
}

// Hands objects to another mutator, which hangs them somewhere.
static void pass(struct builder *builder) {
  unsigned mutators = builder->generator->program->header.mutators, sender = builder->mutator;
  unsigned receiver = (sender + below(builder, mutators)) % mutators, cell = below(builder, HT_CELLS);
  unsigned object = slot(builder, 0);
  for (unsigned i = times(builder, 8); i; i--) {
    allocate_any(builder, object);
    append(builder, HT_OP_SEND, cell, object, 0, 0);
    append(builder, HT_OP_ROOT_CLEAR, object, 0, 0, 0);
    builder->mutator = receiver;
    append(builder, HT_OP_RECV, slot(builder, 1), cell, 0, 0);
    append(builder, HT_OP_STORE, slot(builder, 2), slot(builder, 1), below(builder, 4), 0);
    builder->mutator = sender;
  }
}

// Calls: frames on frames, each holding something and polling now and then, and back again.
static void frames(struct builder *builder) {
  unsigned depth = times(builder, HT_FRAMES_MAX);
  for (unsigned i = 0; i < depth; i++) {
    append(builder, HT_OP_PUSH, 0, 0, 0, 0);
    unsigned top = ht_generator_slots(builder->generator, builder->mutator) - HT_FRAME_SLOTS;
    allocate_any(builder, top + below(builder, HT_FRAME_SLOTS));
    if (once_in(builder, 2)) append(builder, HT_OP_POLL, 0, 0, 0, 0);
  }
  collect(builder);
  for (unsigned i = 0; i < depth; i++) append(builder, HT_OP_POP, 0, 0, 0, 0);
}

static void global(struct builder *builder) {
  unsigned object = slot(builder, 0), which = below(builder, HT_GLOBALS);
  allocate_any(builder, object);
  append(builder, HT_OP_GLOBAL_STORE, which, object, 0, 0);
  append(builder, HT_OP_ROOT_CLEAR, object, 0, 0, 0);
  collect(builder);
  append(builder, HT_OP_GLOBAL_LOAD, slot(builder, 1), which, 0, 0);
  append(builder, HT_OP_GLOBAL_CLEAR, which, 0, 0, 0);
}

// A mutator ends and another starts it anew.
static void leave(struct builder *builder) {
  unsigned mutators = builder->generator->program->header.mutators, leaver = builder->mutator;
  if (mutators == 1) return;
  append(builder, HT_OP_DETACH, 0, 0, 0, 0);
  builder->mutator = (leaver + 1 + below(builder, mutators - 1)) % mutators;
  append(builder, HT_OP_ATTACH, leaver, 0, 0, 0);
}

static void pinned(struct builder *builder) {
  unsigned object = slot(builder, 0);
  allocate_any(builder, object);
  append(builder, HT_OP_PIN, object, 0, 0, 0);
  collect(builder);
  append(builder, HT_OP_STORE, object, slot(builder, 1), 0, 0);
  append(builder, HT_OP_UNPIN, object, 0, 0, 0);
}

static void resize(struct builder *builder) {
  unsigned object = slot(builder, 0);
  allocate_any(builder, object);
  for (unsigned i = times(builder, 8); i; i--) {
    unsigned size = ht_generator_size(builder->generator, TYPE_WORD);
    append(builder, HT_OP_RESIZE, object, 0, size, once_in(builder, 4) ? LAYOUT_ZEROED : 0);
    if (once_in(builder, 3)) allocate_any(builder, slot(builder, 1));
  }
}

// Copies within an array, forwards and backwards over itself, and between two.
static void copies(struct builder *builder) {
  unsigned array = slot(builder, 0), other = slot(builder, 1), leaf = slot(builder, 2);
  unsigned width = 4 + below(builder, 28);
  allocate(builder, array, TYPE_REFERENCES, width);
  allocate(builder, other, TYPE_REFERENCES, width);
  for (unsigned i = times(builder, 8); i; i--) {
    allocate_any(builder, leaf);
    append(builder, HT_OP_STORE, array, leaf, below(builder, width), 0);
  }
  for (unsigned i = times(builder, 8); i; i--) {
    unsigned to = once_in(builder, 2) ? array : other, to_field = below(builder, width);
    unsigned from_field = below(builder, width), words = below(builder, 16);
    append(builder, HT_OP_COPY, to, array, to_field, from_field | words << RUN_FIELD_BITS);
  }
  unsigned field = below(builder, width);
  append(builder, HT_OP_CLEAR, array, 0, field, below(builder, 16));
}

// Few buffers beside each other that come, grow and shrink: where real programs have most of their bytes.
static void buffers(struct builder *builder) {
  unsigned count = 1 + below(builder, 3);
  for (unsigned i = times(builder, 8); i; i--) {
    unsigned buffer = slot(builder, i % count);
    allocate_large(builder, buffer);
    if (once_in(builder, 3)) append(builder, HT_OP_RESIZE, buffer, 0, large_size(builder), 0);
  }
}

// Memory is refused while objects are made in places that hold others, and then is there again.
static void refusals(struct builder *builder) {
  if (builder->generator->program->header.disabled >> HT_OP_REFUSE & 1) return;
  unsigned slots = 1 + below(builder, 3);
  for (unsigned i = 0; i < slots; i++) allocate_any(builder, slot(builder, i));
  for (unsigned i = times(builder, 8); i; i--) {
    append(builder, HT_OP_REFUSE, 1 + below(builder, 3), 0, 0, 0);
    allocate_large(builder, slot(builder, i % slots));
  }
  append(builder, HT_OP_REFUSE, 0, 0, 0, 0);
}

void ht_generator_structure(struct generator *generator, unsigned mutator) {
  static void (*const structures[])(struct builder *) = {
      list,    tree, wide,   churn, holes, walk,   hide,  weak,   cache,  finalizer, generations,
      buffers, pass, frames, list,  hide,  global, leave, pinned, resize, copies,    refusals,
  };
  struct builder builder = {generator, mutator, ht_generator_slot(generator, mutator)};
  structures[below(&builder, sizeof structures / sizeof *structures)](&builder);
}
