// Small programs of markers that find the same objects and their neighbours, for the simulated world: a cycle
// over a few objects, all of which roots reach. The heap marks them another way and compares.
#ifndef GO_SCHEDULES_MARK_PROGRAM_H
#define GO_SCHEDULES_MARK_PROGRAM_H

#include <stdbool.h>

enum { MARK_OBJECTS = 32 };

struct mark_program {
  const char *option; // how many markers, as name=value
  bool swept;         // a second cycle that waits for the sweep, and the heap's own check
  // A letter says in which span an object lies: those of small letters hold references, to the objects of the
  // numbers behind it. Roots are to the first ones: as many as the marker that finds them offers, and one
  // that it keeps.
  const char *objects[MARK_OBJECTS];
};

void mark_run(const void *program);

#endif
