#include "fuzz/program/program_internal.h"

#include <string.h>

// Delta debugging (Zeller and Hildebrandt, TSE 2002), over operations, schedule, header and operands in turn
// until nothing changes any more. Every step makes a candidate out of the best program so far and asks.

struct shrinker {
  struct ht_program *best;
  struct ht_program candidate;
  ht_program_predicate *fails;
  void *context;
  size_t attempts, used;
};

static void copy_program(struct ht_program *to, const struct ht_program *from) {
  to->header = from->header;
  to->operation_count = from->operation_count;
  memcpy(to->operations, from->operations, from->operation_count * sizeof *from->operations);
  memcpy(to->schedule, from->schedule, from->header.schedule_length);
}

static bool same_program(const struct ht_program *one, const struct ht_program *other) {
  uint8_t headers[2][HT_HEADER_BYTES];
  ht_header_encode(&one->header, headers[0]);
  ht_header_encode(&other->header, headers[1]);
  return memcmp(headers[0], headers[1], HT_HEADER_BYTES) == 0 &&
         one->operation_count == other->operation_count &&
         memcmp(one->operations, other->operations, one->operation_count * sizeof *one->operations) == 0 &&
         memcmp(one->schedule, other->schedule, one->header.schedule_length) == 0;
}

static struct ht_program *candidate(struct shrinker *shrinker) {
  copy_program(&shrinker->candidate, shrinker->best);
  return &shrinker->candidate;
}

// Keeps the candidate if it fails still. One that is no different is not asked about.
static bool keep(struct shrinker *shrinker) {
  ht_program_canonicalise(&shrinker->candidate);
  if (shrinker->used == shrinker->attempts || same_program(&shrinker->candidate, shrinker->best))
    return false;
  shrinker->used++;
  if (!shrinker->fails(shrinker->context, &shrinker->candidate)) return false;
  copy_program(shrinker->best, &shrinker->candidate);
  return true;
}

// From the end, as what comes last depends on what was before it.
static bool remove_ranges(struct shrinker *shrinker) {
  bool changed = false;
  for (size_t range = shrinker->best->operation_count; range; range /= 2)
    for (size_t end = shrinker->best->operation_count; end;) {
      size_t at = end > range ? end - range : 0;
      ht_program_remove(candidate(shrinker), at, end - at);
      changed |= keep(shrinker);
      end = at;
    }
  return changed;
}

// Two operations that only make sense together, such as push and pop. Quadratic, so only when few are left.
static bool remove_pairs(struct shrinker *shrinker) {
  enum { FEW = 24 };
  bool changed = false;
  if (shrinker->best->operation_count > FEW) return false;
  for (size_t second = shrinker->best->operation_count; second-- > 1;)
    for (size_t first = second; first-- > 0;) {
      ht_program_remove(candidate(shrinker), second, 1);
      ht_program_remove(&shrinker->candidate, first, 1);
      if (keep(shrinker)) {
        changed = true;
        if (second > shrinker->best->operation_count) second = shrinker->best->operation_count;
        break;
      }
    }
  return changed;
}

static void remove_choices(struct ht_program *program, size_t at, size_t count) {
  size_t length = program->header.schedule_length - count;
  memmove(program->schedule + at, program->schedule + at + count, length - at);
  program->header.schedule_length = (uint16_t)length;
}

static bool shrink_schedule(struct shrinker *shrinker) {
  bool changed = false;
  for (size_t range = shrinker->best->header.schedule_length; range; range /= 2)
    for (size_t end = shrinker->best->header.schedule_length; end;) {
      size_t at = end > range ? end - range : 0;
      remove_choices(candidate(shrinker), at, end - at);
      changed |= keep(shrinker);
      end = at;
    }
  for (size_t i = 0; i < shrinker->best->header.schedule_length; i++) {
    candidate(shrinker)->schedule[i] = 0;
    changed |= keep(shrinker);
  }
  return changed;
}

static bool shrink_switching(struct shrinker *shrinker) {
  candidate(shrinker)->header.switch_period = shrinker->best->header.mutators == 1 ? 1 : UINT8_MAX;
  return keep(shrinker);
}

// All operations of one mutator to a smaller one, then one operation at a time; then without the mutators
// that have none left.
static bool shrink_mutators(struct shrinker *shrinker) {
  bool changed = false;
  for (unsigned from = shrinker->best->header.mutators; from-- > 1;)
    for (unsigned to = 0; to < from; to++) {
      struct ht_program *program = candidate(shrinker);
      for (size_t i = 0; i < program->operation_count; i++)
        if (program->operations[i].mutator == from) program->operations[i].mutator = (uint8_t)to;
      if (keep(shrinker)) {
        changed = true;
        break;
      }
    }
  for (size_t i = 0; i < shrinker->best->operation_count; i++) {
    candidate(shrinker)->operations[i].mutator = 0;
    changed |= keep(shrinker);
  }
  unsigned last = 0;
  for (size_t i = 0; i < shrinker->best->operation_count; i++)
    if (shrinker->best->operations[i].mutator > last) last = shrinker->best->operations[i].mutator;
  for (unsigned mutators = last + 1; mutators < shrinker->best->header.mutators; mutators++) {
    candidate(shrinker)->header.mutators = (uint8_t)mutators;
    changed |= keep(shrinker);
  }
  return changed;
}

static bool shrink_header(struct shrinker *shrinker) {
  candidate(shrinker)->header.disabled = 0;
  bool changed = keep(shrinker);
  candidate(shrinker)->header.refuse = 0;
  changed |= keep(shrinker);
  candidate(shrinker)->header.zeal = 0;
  changed |= keep(shrinker);
  candidate(shrinker)->header.collect_period = 0;
  changed |= keep(shrinker);
  candidate(shrinker)->header.carriers = 1;
  changed |= keep(shrinker);

  // The smallest limit that leaves every size as it is.
  enum { OPERAND_C = 2 };
  const struct ht_program *best = shrinker->best;
  uint8_t limit = HT_SIZE_LOG_MIN;
  for (size_t i = 0; i < best->operation_count; i++)
    while (ht_operand_kind(&best->operations[i], OPERAND_C) == OPERAND_SIZE &&
           ht_size_of_code(best->operations[i].c) > (size_t)1 << limit)
      limit++;
  candidate(shrinker)->header.size_limit = limit;
  return keep(shrinker) || changed;
}

enum { SIMPLER_MAX = 6 };

// Values simpler than `value`, the simplest first.
static unsigned simpler(enum operand_kind kind, unsigned value, unsigned values[SIMPLER_MAX]) {
  enum { ALIGNMENT_MASK = 15, FIELD_MASK = (1 << RUN_FIELD_BITS) - 1 };
  unsigned count = 0;
  size_t size = ht_size_of_code((uint16_t)value);
  values[count++] = 0;
  switch (kind) {
  case OPERAND_SIZE:
    values[count++] = ht_code_of_size(HT_WORD);
    values[count++] = ht_code_of_size(size / 2);
    values[count++] = ht_code_of_size(size - size / 4);
    values[count++] = ht_code_of_size(size - size % HT_WORD);
    values[count++] = ht_code_of_size(size ? size - 1 : 0);
    break;
  case OPERAND_LAYOUT:
    values[count++] = value & ALIGNMENT_MASK;
    values[count++] = value & ~(unsigned)ALIGNMENT_MASK;
    values[count++] = value & ALIGNMENT_MASK ? value - 1 : value;
    break;
  case OPERAND_RUN:
    values[count++] = value & FIELD_MASK;
    values[count++] = value & ~(unsigned)FIELD_MASK;
    values[count++] = value & FIELD_MASK ? value - 1 : value;
    values[count++] = value > FIELD_MASK ? value - (1 << RUN_FIELD_BITS) : value;
    break;
  default:
    values[count++] = value / 2;
    values[count++] = value - value / 4;
    values[count++] = value ? value - 1 : 0;
  }
  return count;
}

static bool shrink_operands(struct shrinker *shrinker) {
  bool changed = false;
  for (size_t i = 0; i < shrinker->best->operation_count; i++)
    for (unsigned operand = 0; operand < OPERANDS; operand++) {
      enum operand_kind kind = ht_operand_kind(&shrinker->best->operations[i], operand);
      bool again = kind != OPERAND_NONE;
      while (again) {
        unsigned values[SIMPLER_MAX], before = ht_operand(&shrinker->best->operations[i], operand);
        unsigned count = simpler(kind, before, values);
        again = false;
        for (unsigned v = 0; v < count && !again; v++) {
          if (values[v] >= before) continue;
          ht_operand_set(&candidate(shrinker)->operations[i], operand, values[v]);
          again = keep(shrinker);
        }
        changed |= again;
      }
    }
  return changed;
}

size_t ht_program_shrink(struct ht_program *program, ht_program_predicate *fails, void *context,
                         size_t attempts) {
  static bool (*const passes[])(struct shrinker *) = {
      remove_ranges,    shrink_mutators, shrink_header,   remove_pairs,
      shrink_switching, shrink_schedule, shrink_operands,
  };
  struct shrinker shrinker = {.best = program, .fails = fails, .context = context, .attempts = attempts};
  if (attempts == 0) return 0;
  ht_program_canonicalise(program);
  shrinker.used++;
  if (!fails(context, program)) return shrinker.used;
  bool changed = true;
  while (changed && shrinker.used < shrinker.attempts) {
    changed = false;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) changed |= passes[i](&shrinker);
  }
  return shrinker.used;
}
