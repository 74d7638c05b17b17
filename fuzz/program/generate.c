#include "fuzz/program/generator.h"

static const uint8_t usual_weights[HT_OPERATION_CODES] = {
    [HT_OP_ALLOC] = 24,       [HT_OP_ALLOC_HUGE] = 1,   [HT_OP_LOAD] = 12,
    [HT_OP_STORE] = 20,       [HT_OP_CLEAR_FIELD] = 5,  [HT_OP_COPY] = 4,
    [HT_OP_CLEAR] = 2,        [HT_OP_ROOT_SET] = 6,     [HT_OP_ROOT_CLEAR] = 6,
    [HT_OP_PUSH] = 2,         [HT_OP_POP] = 2,          [HT_OP_RELEASE] = 4,
    [HT_OP_GLOBAL_STORE] = 3, [HT_OP_GLOBAL_LOAD] = 3,  [HT_OP_GLOBAL_CLEAR] = 1,
    [HT_OP_SEND] = 2,         [HT_OP_RECV] = 2,         [HT_OP_ATTACH] = 1,
    [HT_OP_DETACH] = 1,       [HT_OP_BLOCK] = 1,        [HT_OP_POLL] = 4,
    [HT_OP_COLLECT] = 1,      [HT_OP_WEAK] = 2,         [HT_OP_WEAK_LOAD] = 3,
    [HT_OP_WEAK_DROP] = 1,    [HT_OP_FINALIZER] = 2,    [HT_OP_RUN_FINALIZERS] = 1,
    [HT_OP_PIN] = 1,          [HT_OP_UNPIN] = 1,        [HT_OP_RESIZE] = 3,
    [HT_OP_REFUSE] = 1,       [HT_OP_FREE_INVALID] = 1, [HT_OP_CHECK] = 1,
};

unsigned ht_generator_slots(const struct generator *generator, unsigned mutator) {
  return generator->frames[mutator] * (unsigned)HT_FRAME_SLOTS;
}

unsigned ht_generator_slot(struct generator *generator, unsigned mutator) {
  unsigned slots = ht_generator_slots(generator, mutator);
  bool hot = !ht_random_once_in(&generator->random, 4);
  return ht_random_below(&generator->random,
                         hot && generator->hot_slots < slots ? generator->hot_slots : slots);
}

static bool has_references(enum slot_content content) {
  return content == SLOT_UNKNOWN ||
         (content >= SLOT_TYPE_0 && ht_program_types[content - SLOT_TYPE_0].references != 0);
}

static bool is_full(enum slot_content content) {
  return content != SLOT_EMPTY;
}

static unsigned slot_where(struct generator *generator, unsigned mutator, bool (*wanted)(enum slot_content)) {
  enum { TRIES = 4 };
  unsigned slot = 0;
  for (unsigned i = 0; i < TRIES; i++) {
    slot = ht_generator_slot(generator, mutator);
    if (wanted((enum slot_content)generator->slots[mutator][slot])) break;
  }
  return slot;
}

uint16_t ht_generator_size(struct generator *generator, unsigned type) {
  struct ht_random *random = &generator->random;
  unsigned limit = generator->program->header.size_limit;
  enum { SMALL_LOG = 8, WORD_LOG = 3, EMPTY_ONCE_IN = 32 };
  if (ht_random_once_in(random, EMPTY_ONCE_IN)) return 0;
  switch (generator->size_law) {
  case SIZE_SMALL:
    limit = limit < SMALL_LOG ? limit : SMALL_LOG;
    break;
  case SIZE_ELEMENTS:
    return ht_code_of_size(ht_program_types[type].size * ht_random_between(random, 1, 4));
  case SIZE_HOT:
    return generator->hot_sizes[ht_random_below(random, HOT_SIZES)];
  case SIZE_EDGES: {
    static const int edges[] = {-8, -1, 0, 1, 8};
    int size = 1 << ht_random_between(random, WORD_LOG, limit);
    size += edges[ht_random_below(random, sizeof edges / sizeof *edges)];
    return ht_code_of_size((size_t)size);
  }
  case SIZE_LOGARITHMIC:
  case SIZE_LAWS:
    break;
  }
  return (uint16_t)ht_random_between(random, WORD_LOG << SIZE_FRACTION_BITS,
                                     ht_code_of_size((size_t)1 << limit));
}

// What the operation leaves in the slots of its mutator.
static void note(struct generator *generator, const struct ht_operation *operation) {
  uint8_t *slots = generator->slots[operation->mutator];
  uint8_t *frames = &generator->frames[operation->mutator];
  unsigned a = operation->a % GENERATOR_SLOTS, b = operation->b % GENERATOR_SLOTS;
  switch ((enum ht_operation_code)operation->code) {
  case HT_OP_ALLOC:
    slots[a] = (uint8_t)(SLOT_TYPE_0 + operation->b);
    break;
  case HT_OP_LOAD:
  case HT_OP_GLOBAL_LOAD:
  case HT_OP_RECV:
  case HT_OP_WEAK_LOAD:
    slots[a] = SLOT_UNKNOWN;
    break;
  case HT_OP_ROOT_SET:
    slots[a] = slots[b];
    break;
  case HT_OP_ALLOC_HUGE:
  case HT_OP_ROOT_CLEAR:
  case HT_OP_RELEASE:
    slots[a] = SLOT_EMPTY;
    break;
  case HT_OP_PUSH:
    *frames = (uint8_t)(*frames + (*frames < HT_FRAMES_MAX));
    break;
  case HT_OP_POP:
    if (*frames > 1) {
      --*frames;
      for (unsigned i = 0; i < HT_FRAME_SLOTS; i++) slots[*frames * HT_FRAME_SLOTS + i] = SLOT_EMPTY;
    }
    break;
  case HT_OP_DETACH:
    *frames = 1;
    for (unsigned i = 0; i < GENERATOR_SLOTS; i++) slots[i] = SLOT_EMPTY;
    break;
  default:
    break;
  }
}

void ht_generator_append(struct generator *generator, struct ht_operation operation) {
  struct ht_program *program = generator->program;
  if (program->operation_count == generator->length || program->header.disabled >> operation.code & 1) return;
  program->operations[program->operation_count++] = operation;
  note(generator, &operation);
}

// How an operation uses its slots: fills one, needs an object there, or one with references.
enum slot_use { UNUSED, FILLS, NEEDS, NEEDS_REFERENCES };

static const struct {
  uint8_t a, b;
} slot_uses[HT_OPERATION_CODES] = {
    [HT_OP_ALLOC] = {FILLS, UNUSED},
    [HT_OP_ALLOC_HUGE] = {FILLS, UNUSED},
    [HT_OP_LOAD] = {FILLS, NEEDS_REFERENCES},
    [HT_OP_STORE] = {NEEDS_REFERENCES, NEEDS},
    [HT_OP_CLEAR_FIELD] = {NEEDS_REFERENCES, UNUSED},
    [HT_OP_COPY] = {NEEDS_REFERENCES, NEEDS_REFERENCES},
    [HT_OP_CLEAR] = {NEEDS_REFERENCES, UNUSED},
    [HT_OP_ROOT_SET] = {FILLS, NEEDS},
    [HT_OP_ROOT_CLEAR] = {FILLS, UNUSED},
    [HT_OP_RELEASE] = {NEEDS, UNUSED},
    [HT_OP_GLOBAL_STORE] = {UNUSED, NEEDS},
    [HT_OP_GLOBAL_LOAD] = {FILLS, UNUSED},
    [HT_OP_SEND] = {UNUSED, NEEDS},
    [HT_OP_RECV] = {FILLS, UNUSED},
    [HT_OP_WEAK] = {UNUSED, NEEDS},
    [HT_OP_WEAK_LOAD] = {FILLS, UNUSED},
    [HT_OP_FINALIZER] = {NEEDS, UNUSED},
    [HT_OP_PIN] = {NEEDS, UNUSED},
    [HT_OP_UNPIN] = {NEEDS, UNUSED},
    [HT_OP_RESIZE] = {NEEDS, UNUSED},
    [HT_OP_FREE_INVALID] = {NEEDS, UNUSED},
};

// Picks a slot for that use, if possible another than `taken`. One that lacks what the operation needs is
// mostly given an object first.
static uint8_t slot_for(struct generator *generator, unsigned mutator, enum slot_use use, unsigned taken) {
  struct ht_random *random = &generator->random;
  if (use == FILLS) return (uint8_t)ht_generator_slot(generator, mutator);
  bool (*wanted)(enum slot_content) = use == NEEDS ? is_full : has_references;
  unsigned slot = slot_where(generator, mutator, wanted);
  if (slot == taken && !ht_random_once_in(random, 8))
    slot = (slot + 1) % ht_generator_slots(generator, mutator);
  if (!wanted((enum slot_content)generator->slots[mutator][slot]) && !ht_random_once_in(random, 8)) {
    static const uint8_t with_references[] = {TYPE_PAIR, TYPE_REFERENCES, TYPE_MIXED, TYPE_WIDE, TYPE_NODE};
    unsigned type = use == NEEDS ? ht_random_below(random, HT_PROGRAM_TYPES)
                                 : with_references[ht_random_below(random, sizeof with_references)];
    ht_generator_append(generator, (struct ht_operation){.code = HT_OP_ALLOC,
                                                         .mutator = (uint8_t)mutator,
                                                         .a = (uint8_t)slot,
                                                         .b = (uint8_t)type,
                                                         .c = ht_generator_size(generator, type)});
  }
  return (uint8_t)slot;
}

static void append_single(struct generator *generator, unsigned mutator) {
  unsigned at = ht_random_below(&generator->random, generator->weight_sum);
  enum ht_operation_code code = HT_OP_NOTHING;
  while (at >= generator->weights[code]) at -= generator->weights[code++];
  struct ht_operation operation =
      ht_draw_operation(&generator->random, code, mutator, &generator->program->header, generator->length);
  unsigned taken = GENERATOR_SLOTS; // none
  if (slot_uses[code].b != UNUSED)
    taken = operation.b = slot_for(generator, mutator, (enum slot_use)slot_uses[code].b, taken);
  if (slot_uses[code].a != UNUSED)
    operation.a = slot_for(generator, mutator, (enum slot_use)slot_uses[code].a, taken);
  if (code == HT_OP_ALLOC || code == HT_OP_RESIZE)
    operation.c = ht_generator_size(generator, code == HT_OP_ALLOC ? operation.b : 0);
  ht_generator_append(generator, operation);
}

static void draw_weights(struct generator *generator) {
  for (enum ht_operation_code code = 0; code < HT_OPERATION_CODES; code++) {
    bool off = generator->program->header.disabled >> code & 1;
    unsigned weight = off ? 0 : usual_weights[code];
    if (ht_random_once_in(&generator->random, 8)) weight *= 8;
    generator->weights[code] = weight;
    generator->weight_sum += weight;
  }
}

static void draw_schedule(struct generator *generator) {
  struct ht_program *program = generator->program;
  struct ht_random *random = &generator->random;
  unsigned mutators = program->header.mutators;
  if (mutators == 1 || generator->length < 4 || ht_random_once_in(random, 2)) return;
  size_t longest = generator->length < HT_SCHEDULE_MAX ? generator->length : HT_SCHEDULE_MAX;
  size_t length = ht_random_between(random, 1, (uint32_t)longest / (1u << ht_random_below(random, 4)));
  // Either any mutator at any time, or one for long with few changes: some bugs want the one, some the other.
  bool any = ht_random_once_in(random, 2);
  uint8_t choice = ht_draw_choice(random, mutators);
  for (size_t i = 0; i < length; i++) {
    if (any || ht_random_once_in(random, 8)) choice = ht_draw_choice(random, mutators);
    program->schedule[i] = choice;
  }
  program->header.schedule_length = (uint16_t)length;
}

void ht_program_generate(struct ht_program *program, size_t operations, uint64_t seed) {
  struct generator generator = {
      .program = program,
      .random = {seed},
      .length = operations < HT_OPERATIONS_MAX ? operations : HT_OPERATIONS_MAX,
  };
  struct ht_random *random = &generator.random;
  ht_draw_header(random, &program->header);
  program->operation_count = 0;
  draw_weights(&generator);
  generator.size_law =
      ht_random_once_in(random, 2) ? SIZE_LOGARITHMIC : (enum size_law)ht_random_below(random, SIZE_LAWS);
  unsigned largest = ht_code_of_size((size_t)1 << program->header.size_limit);
  for (unsigned i = 0; i < HOT_SIZES; i++)
    generator.hot_sizes[i] = (uint16_t)ht_random_between(random, 3 << SIZE_FRACTION_BITS, largest);
  generator.hot_slots = ht_random_between(random, 2, HT_FRAME_SLOTS);
  for (unsigned i = 0; i < HT_MUTATORS_MAX; i++) generator.frames[i] = 1;

  while (program->operation_count < generator.length) {
    unsigned mutator = ht_random_below(random, program->header.mutators);
    if (ht_random_once_in(random, 8))
      ht_generator_structure(&generator, mutator);
    else
      append_single(&generator, mutator);
  }
  draw_schedule(&generator);
  ht_program_canonicalise(program);
}
