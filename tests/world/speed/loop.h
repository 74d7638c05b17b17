// What is run to see what the simulated world costs.
#ifndef TESTS_WORLD_SPEED_LOOP_H
#define TESTS_WORLD_SPEED_LOOP_H

#include <stdint.h>

enum {
  LOOP_WORDS = 256,
  LOOP_LOADS = 2 * LOOP_WORDS, // of a pass, plain ones; each also stores LOOP_WORDS
};

// Passes over two arrays, with one locked operation each. The same source, compiled as a heap is for the real
// world and as it is for the simulated one.
uint64_t loop_plain(uint64_t passes);
uint64_t loop_instrumented(uint64_t passes);

// Threads that make nothing but steps: each `times` loads, and stores that are late with buffers.
void loop_steps(unsigned threads, uint64_t times);

// Nothing; and some memory, as a heap takes it.
void loop_nothing(void);
void loop_memory(void);

#endif
