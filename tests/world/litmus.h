// Litmus tests: a few threads with a few loads and stores each, and the outcomes that a memory model allows.
//
// The same test is run twice: by threads of the simulated world (litmus_run.c, compiled as a heap is for that
// world), and by a model written down from the definition (litmus_model.c), which knows nothing of the world.
// Both enumerate every way, and have to end with the same set of outcomes.
#ifndef TESTS_WORLD_LITMUS_H
#define TESTS_WORLD_LITMUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LITMUS_THREADS = 4,
  LITMUS_OPERATIONS = 4,
  LITMUS_WORDS = 3,
  LITMUS_REGISTERS = 4,
  LITMUS_OUTCOMES = 4096
};

enum litmus_code {
  LITMUS_END,
  LITMUS_STORE,   // word = value
  LITMUS_RELEASE, // the same, after all that was stored before
  LITMUS_LOAD,    // register = word
  LITMUS_FENCE,
  LITMUS_SWAP, // register = word, word = value, locked
};

struct litmus_operation {
  uint8_t code, word, value, to; // to: a register of the test, of all threads
};

struct litmus {
  const char *name;
  struct litmus_operation threads[LITMUS_THREADS][LITMUS_OPERATIONS + 1];
};

// Registers, and words as they are at the end: 4 bits each.
typedef uint32_t litmus_outcome;
litmus_outcome litmus_fold(const uint32_t *registers, const uint32_t *words);

struct litmus_outcomes {
  size_t count;
  litmus_outcome list[LITMUS_OUTCOMES];
};
void litmus_add(struct litmus_outcomes *outcomes, litmus_outcome outcome);
bool litmus_has(const struct litmus_outcomes *outcomes, litmus_outcome outcome);

enum litmus_order { LITMUS_SEQUENTIAL, LITMUS_TOTAL_STORE, LITMUS_PARTIAL_STORE };

// What the model allows.
void litmus_model(const struct litmus *test, enum litmus_order order, struct litmus_outcomes *outcomes);

// One run in the simulated world, from its body; the outcome is complete when it has returned.
void litmus_run(const struct litmus *test);
litmus_outcome litmus_outcome_of_run(void);

#endif
