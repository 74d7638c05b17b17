// A run for a person to read.
#include "fuzz/schedule/schedule.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COLUMN = 20 };

struct printer {
  struct ht_replayer replayer;
  FILE *out;
  uint64_t steps;
  const void **words; // in the order in which they came
  size_t count, capacity;
  const void *fibers[SIMULATED_FIBERS]; // what names a fiber in steps
};

static struct simulated_choice choose(void *context, const struct simulated_view *view) {
  struct printer *p = context;
  return ht_replay_choose(&p->replayer, view);
}

// Numbered from 1; 0: no memory for more names.
static size_t number_of(struct printer *p, const void *address) {
  for (size_t i = 0; i < p->count; i++)
    if (p->words[i] == address) return i + 1;
  if (p->count == p->capacity) {
    size_t capacity = p->capacity ? 2 * p->capacity : 32;
    const void **words = realloc(p->words, capacity * sizeof *words);
    if (!words) return 0;
    p->words = words;
    p->capacity = capacity;
  }
  p->words[p->count++] = address;
  return p->count;
}

static void print_object(struct printer *p, unsigned fiber, const struct simulated_step *step) {
  switch (step->kind) {
  case SIMULATED_BEGIN:
    p->fibers[fiber] = step->address;
    fprintf(p->out, " fiber %u", fiber);
    break;
  case SIMULATED_JOIN:
    for (unsigned f = 0; f < SIMULATED_FIBERS; f++)
      if (p->fibers[f] == step->address) fprintf(p->out, " fiber %u", f);
    break;
  case SIMULATED_START:
  case SIMULATED_OPERATION:
  case SIMULATED_END:
    break;
  default:
    if (step->address) fprintf(p->out, " word %zu", number_of(p, step->address));
  }
}

static void told(void *context, unsigned fiber, const struct simulated_step *step) {
  struct printer *p = context;
  fprintf(p->out, "%6" PRIu64 "  %*s%s", ++p->steps, (int)(fiber * COLUMN), "",
          simulated_kind_name(step->kind));
  print_object(p, fiber, step);
  fputc('\n', p->out);
}

void ht_print_columns(const struct ht_exploration *e, const struct ht_trace *trace, FILE *out,
                      struct simulated_end *end) {
  struct printer p = {.replayer = {.trace = trace}, .out = out};
  struct simulated_options options = {.choose = choose,
                                      .told = told,
                                      .switches = e->switches,
                                      .switching = e->argument,
                                      .context = &p,
                                      .buffers = e->buffers,
                                      .per_address = e->per_address,
                                      .most = e->most_steps};
  simulated_run(&options, e->body, e->argument, end);
  fprintf(out, "%s%s%s\n", simulated_outcome_name(end->outcome), end->message[0] ? ": " : "", end->message);
  free(p.words);
}
