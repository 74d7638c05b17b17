// Small programs in the simulated world: each comes through every schedule up to its bound on preemptions,
// with stores that are late too, larger ones through what PCT draws. What has a planted bug is found, by
// going through schedules and by PCT.
#ifndef GO_SCHEDULES_SCHEDULES_H
#define GO_SCHEDULES_SCHEDULES_H

#include <limits.h>
#include <stddef.h>

enum schedules_order { SCHEDULES_SEQUENTIAL, SCHEDULES_TOTAL, SCHEDULES_PARTIAL, SCHEDULES_ORDERS };
#define SCHEDULES_NONE UINT_MAX

struct schedules_trial {
  const char *name;
  const void *program;
  // All schedules with so many preemptions, by order of stores; SCHEDULES_NONE: that order is not gone
  // through.
  unsigned preemptions[SCHEDULES_ORDERS];
};

struct schedules {
  void (*run)(const void *program); // in that world: makes all anew, says what is wrong (wrong.h)
  const struct schedules_trial *trials, *larger; // each ends with a name of NULL
  unsigned drawn;                                // runs of each larger one that is right
};

// A test's main: [--less] smaller bounds, for builds that are slow; [--finds TRIAL] of a build
// with a planted bug that this one shows.
int schedules_main(const struct schedules *schedules, int argc, char **argv);

#endif
