// Small programs of who sweeps, for the simulated world: a heap whose cycle has just marked, and threads that
// need what is to be swept.
#ifndef GO_SCHEDULES_SWEEP_PROGRAM_H
#define GO_SCHEDULES_SWEEP_PROGRAM_H

#include <stdbool.h>

enum { SWEEP_THREADS = 3 };

// What a thread does, a letter a step. There are three spans, which have two of three objects alive, none of
// two, and the only one.
//   o  sweeps one span             s  sweeps until nothing is left to begin with, as the sweeper does
//   0 1 2  has this span swept, and counts its objects
//   r  reclaims a page             a b  allocates an object of the first, of the second span's class
//   w  asks a weak reference to an object that is gone; `v`: to one that is not
//   d  if sweeping is said to be done, it is       c  collects
struct sweep_program {
  const char *options; // one, as name=value; NULL: none
  const char *threads[SWEEP_THREADS];
  unsigned swept; // spans that are swept before
  bool thorough;  // a whole cycle behind it, and all that the heap knows to look at
};

void sweep_run(const void *program);

#endif
