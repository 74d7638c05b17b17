// The memory models as they are defined: a memory, and a buffer for each thread. Sequential consistency: a
// store goes to memory. Total store order (x86-TSO): it goes to the end of its thread's buffer, which empties
// from the front at any time; a load looks into its own buffer first; a locked operation and a fence need it
// empty. Partial store order: a buffer empties in any order, but for stores to one word, and past a release.
#include "tests/world/litmus.h"

enum { BUFFER = LITMUS_OPERATIONS };

struct buffered {
  uint8_t word, value;
  bool release;
};

struct state {
  uint8_t next[LITMUS_THREADS], count[LITMUS_THREADS];
  struct buffered buffers[LITMUS_THREADS][BUFFER];
  uint32_t words[LITMUS_WORDS], registers[LITMUS_REGISTERS];
};

litmus_outcome litmus_fold(const uint32_t *registers, const uint32_t *words) {
  litmus_outcome outcome = 0;
  for (unsigned i = 0; i < LITMUS_REGISTERS; i++) outcome = outcome << 4 | registers[i];
  for (unsigned i = 0; i < LITMUS_WORDS; i++) outcome = outcome << 4 | words[i];
  return outcome;
}

bool litmus_has(const struct litmus_outcomes *outcomes, litmus_outcome outcome) {
  for (size_t i = 0; i < outcomes->count; i++)
    if (outcomes->list[i] == outcome) return true;
  return false;
}

void litmus_add(struct litmus_outcomes *outcomes, litmus_outcome outcome) {
  if (!litmus_has(outcomes, outcome) && outcomes->count < LITMUS_OUTCOMES)
    outcomes->list[outcomes->count++] = outcome;
}

static uint32_t look(const struct state *s, unsigned t, unsigned word) {
  for (unsigned i = s->count[t]; i-- > 0;)
    if (s->buffers[t][i].word == word) return s->buffers[t][i].value;
  return s->words[word];
}

// False: not while something is in the buffer.
static bool make(struct state *s, unsigned t, const struct litmus_operation *o, enum litmus_order order) {
  switch (o->code) {
  case LITMUS_STORE:
  case LITMUS_RELEASE:
    if (order == LITMUS_SEQUENTIAL)
      s->words[o->word] = o->value;
    else
      s->buffers[t][s->count[t]++] = (struct buffered){o->word, o->value, o->code == LITMUS_RELEASE};
    break;
  case LITMUS_LOAD:
    s->registers[o->to] = look(s, t, o->word);
    break;
  case LITMUS_FENCE:
    if (s->count[t]) return false;
    break;
  case LITMUS_SWAP:
    if (s->count[t]) return false;
    s->registers[o->to] = s->words[o->word];
    s->words[o->word] = o->value;
    break;
  }
  s->next[t]++;
  return true;
}

static bool may_leave(const struct state *s, unsigned t, unsigned which, enum litmus_order order) {
  if (which == 0) return true;
  if (order == LITMUS_TOTAL_STORE || s->buffers[t][which].release) return false;
  for (unsigned i = 0; i < which; i++)
    if (s->buffers[t][i].word == s->buffers[t][which].word) return false;
  return true;
}

static void go(const struct litmus *test, enum litmus_order order, const struct state *s,
               struct litmus_outcomes *outcomes) {
  bool ended = true;
  for (unsigned t = 0; t < LITMUS_THREADS; t++) {
    const struct litmus_operation *o = &test->threads[t][s->next[t]];
    struct state after = *s;
    if (o->code != LITMUS_END && make(&after, t, o, order)) go(test, order, &after, outcomes);
    ended &= o->code == LITMUS_END && s->count[t] == 0;
    for (unsigned i = 0; i < s->count[t]; i++) {
      if (!may_leave(s, t, i, order)) continue;
      after = *s;
      after.words[s->buffers[t][i].word] = s->buffers[t][i].value;
      after.count[t]--;
      for (unsigned k = i; k < after.count[t]; k++) after.buffers[t][k] = after.buffers[t][k + 1];
      go(test, order, &after, outcomes);
    }
  }
  if (ended) litmus_add(outcomes, litmus_fold(s->registers, s->words));
}

void litmus_model(const struct litmus *test, enum litmus_order order, struct litmus_outcomes *outcomes) {
  outcomes->count = 0;
  go(test, order, &(struct state){0}, outcomes);
}
