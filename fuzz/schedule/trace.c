// Traces: kept, written, read, and followed.
#include "fuzz/schedule/schedule_internal.h"

#include <ctype.h>
#include <stdlib.h>

void ht_trace_free(struct ht_trace *trace) {
  free(trace->choices);
  *trace = (struct ht_trace){0};
}

void ht_trace_add(struct ht_trace *trace, struct simulated_choice choice) {
  if (trace->count == trace->capacity) {
    size_t capacity = trace->capacity ? 2 * trace->capacity : 256;
    struct simulated_choice *choices = realloc(trace->choices, capacity * sizeof *choices);
    if (!choices) {
      trace->overflowed = true;
      return;
    }
    trace->choices = choices;
    trace->capacity = capacity;
  }
  trace->choices[trace->count++] = choice;
}

void ht_trace_print(const struct ht_trace *trace, FILE *out) {
  const char *between = "";
  for (size_t i = 0; i < trace->count;) {
    struct simulated_choice choice = trace->choices[i];
    size_t steps = 0;
    while (i < trace->count && trace->choices[i].fiber == choice.fiber &&
           trace->choices[i].late == choice.late)
      i++, steps++;
    fprintf(out, "%s%u%c%zu", between, choice.fiber, choice.late ? 'v' : 'x',
            choice.late ? choice.late : steps);
    if (choice.late && steps > 1) i -= steps - 1; // each is written alone
    between = " ";
  }
  fputc('\n', out);
}

static bool read_number(const char **text, unsigned long most, unsigned long *number) {
  char *end;
  if (!isdigit((unsigned char)**text)) return false;
  *number = strtoul(*text, &end, 10);
  *text = end;
  return *number <= most;
}

bool ht_trace_parse(const char *text, struct ht_trace *trace) {
  enum { STEPS_MAX = 1 << 24 };
  while (isspace((unsigned char)*text)) text++;
  while (*text) {
    unsigned long fiber, number;
    if (!read_number(&text, SIMULATED_FIBERS - 1, &fiber)) return false;
    char kind = *text++;
    if ((kind != 'x' && kind != 'v') || !read_number(&text, kind == 'v' ? UINT8_MAX : STEPS_MAX, &number) ||
        !number)
      return false;
    struct simulated_choice choice = {(uint8_t)fiber, kind == 'v' ? (uint8_t)number : 0};
    for (unsigned long i = 0; i < (kind == 'v' ? 1 : number); i++) ht_trace_add(trace, choice);
    if (*text && !isspace((unsigned char)*text)) return false;
    while (isspace((unsigned char)*text)) text++;
  }
  return !trace->overflowed;
}

static bool can(const struct simulated_view *view, struct simulated_choice choice) {
  if (choice.fiber >= SIMULATED_FIBERS) return false;
  return choice.late ? view->late >> choice.fiber & 1 && choice.late <= simulated_late(choice.fiber)
                     : view->runnable >> choice.fiber & 1;
}

// Late stores become visible first: with nothing chosen, memory is as if there were no buffers.
struct simulated_choice schedule_default(const struct simulated_view *view) {
  if (view->late) return (struct simulated_choice){(uint8_t)__builtin_ctz(view->late), 1};
  if (view->stays) return (struct simulated_choice){(uint8_t)view->current, 0};
  // The next one after who has offered, round and round.
  uint32_t after = view->runnable & ~((2u << view->current) - 1);
  return (struct simulated_choice){(uint8_t)__builtin_ctz(after ? after : view->runnable), 0};
}

struct simulated_choice ht_replay_choose(void *context, const struct simulated_view *view) {
  struct ht_replayer *replayer = context;
  if (replayer->next < replayer->trace->count) {
    struct simulated_choice choice = replayer->trace->choices[replayer->next++];
    if (can(view, choice)) return choice;
    replayer->strayed = true;
  }
  return schedule_default(view);
}
