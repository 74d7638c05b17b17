#include "tests/world/examples/drive.h"

#include <string.h>

static void body(void *argument) {
  const struct drive *drive = argument;
  memset(drive->example->state, 0, drive->example->bytes);
  drive->example->body(drive->variant->fault);
}

bool drive_is_right(const struct drive *drive, const struct simulated_end *end) {
  return end->outcome == SIMULATED_ENDED && !drive->example->wrong();
}

static bool judge(void *argument, const struct simulated_end *end) {
  return drive_is_right(argument, end);
}

struct ht_exploration drive_exploration(const struct drive *drive, unsigned preemptions) {
  return (struct ht_exploration){.body = body,
                                 .judge = judge,
                                 .argument = (void *)(uintptr_t)drive,
                                 .buffers = drive->order != EXAMPLE_SEQUENTIAL,
                                 .per_address = drive->order == EXAMPLE_PARTIAL_STORE,
                                 .preemptions = preemptions,
                                 .reduce = true,
                                 .most_steps = DRIVE_STEPS_MOST};
}

static void run(const struct drive *drive, simulated_choose *choose, void *context, struct ht_trace *trace,
                struct simulated_end *end) {
  const struct ht_exploration exploration = drive_exploration(drive, 0);
  ht_run_chosen(&exploration, choose, context, trace, end);
}

void drive_pct(const struct drive *drive, uint64_t seed, unsigned depth, uint64_t steps,
               struct ht_trace *trace, struct simulated_end *end) {
  struct ht_pct pct;
  ht_pct_begin(&pct, seed, depth, steps);
  run(drive, ht_pct_choose, &pct, trace, end);
}

void drive_bytes(const struct drive *drive, uint64_t seed, struct ht_trace *trace,
                 struct simulated_end *end) {
  uint8_t bytes[DRIVE_INPUT_BYTES];
  struct ht_random random = {seed};
  for (unsigned i = 0; i < DRIVE_INPUT_BYTES; i++) bytes[i] = (uint8_t)ht_random_below(&random, 256);
  struct ht_byte_chooser chooser = {.bytes = bytes, .size = sizeof bytes};
  run(drive, ht_bytes_choose, &chooser, trace, end);
}
