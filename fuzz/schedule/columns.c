// A run for a person to read.
#include "fuzz/schedule/schedule.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COLUMN = 20 };

struct simulated_choice ht_columns_choose(void *context, const struct simulated_view *view) {
  const struct ht_columns *c = context;
  return c->choose(c->context, view);
}

// Numbered from 1; 0: no memory for more names.
static size_t number_of(struct ht_columns *c, const void *address) {
  for (size_t i = 0; i < c->count; i++)
    if (c->words[i] == address) return i + 1;
  if (c->count == c->capacity) {
    size_t capacity = c->capacity ? 2 * c->capacity : 32;
    const void **words = realloc(c->words, capacity * sizeof *words);
    if (!words) return 0;
    c->words = words;
    c->capacity = capacity;
  }
  c->words[c->count++] = address;
  return c->count;
}

static void print_object(struct ht_columns *c, unsigned fiber, const struct simulated_step *step) {
  switch (step->kind) {
  case SIMULATED_BEGIN:
    c->fibers[fiber] = step->address;
    fprintf(c->out, " fiber %u", fiber);
    break;
  case SIMULATED_JOIN:
    for (unsigned f = 0; f < SIMULATED_FIBERS; f++)
      if (c->fibers[f] == step->address) fprintf(c->out, " fiber %u", f);
    break;
  case SIMULATED_START:
  case SIMULATED_END:
    break;
  default:
    if (step->address) fprintf(c->out, " word %zu", number_of(c, step->address));
  }
}

void ht_columns_told(void *context, unsigned fiber, const struct simulated_step *step) {
  struct ht_columns *c = context;
  fprintf(c->out, "%6" PRIu64 "  %*s%s", ++c->steps, (int)(fiber * COLUMN), "",
          simulated_kind_name(step->kind));
  print_object(c, fiber, step);
  fputc('\n', c->out);
}

void ht_columns_end(struct ht_columns *c, const struct simulated_end *end) {
  fprintf(c->out, "%s%s%s\n", simulated_outcome_name(end->outcome), end->message[0] ? ": " : "",
          end->message);
  free(c->words);
  c->words = NULL;
  c->count = c->capacity = 0;
}
