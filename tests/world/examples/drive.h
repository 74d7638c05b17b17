// Runs examples in the simulated world: what the tests of this folder share.
#ifndef TESTS_WORLD_EXAMPLES_DRIVE_H
#define TESTS_WORLD_EXAMPLES_DRIVE_H

#include "fuzz/schedule/schedule.h"
#include "tests/world/examples/example.h"

enum {
  DRIVE_STEPS_MOST = 2000, // of a run; they are fair, so more are a livelock
  DRIVE_INPUT_BYTES = 48,  // of a random input
};

struct drive {
  const struct example *example;
  const struct example_variant *variant;
  enum example_order order;
};

// Of all runs; `judge` has the struct drive as its argument, as `body` has.
struct ht_exploration drive_exploration(const struct drive *drive, unsigned preemptions);
// Has the last run come to its end, with all as it has to be?
bool drive_is_right(const struct drive *drive, const struct simulated_end *end);

// The `seed`-th run of its kind: by PCT, `steps` being how long a run is; by random bytes.
void drive_pct(const struct drive *drive, uint64_t seed, unsigned depth, uint64_t steps,
               struct ht_trace *trace, struct simulated_end *end);
void drive_bytes(const struct drive *drive, uint64_t seed, struct ht_trace *trace, struct simulated_end *end);

#endif
