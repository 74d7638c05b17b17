// Small programs of markers that share work, for the simulated world: a tree whose nodes are numbers, each of
// which has to come to some marker once.
#ifndef GO_SCHEDULES_WORK_PROGRAM_H
#define GO_SCHEDULES_WORK_PROGRAM_H

enum { WORK_MARKERS = 3, WORK_NODES = 64 };

struct work_program {
  unsigned markers;
  unsigned children; // of a node; the first one has all if it is 0
  unsigned nodes;
};

void work_run(const void *program);

#endif
