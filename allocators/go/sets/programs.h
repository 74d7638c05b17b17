// Small programs on span sets, for the simulated world: what threads do, and what is held against it.
//
// Compiled as a heap is for that world, with blocks of two slots, so that few spans reach every edge.
#ifndef GO_SETS_PROGRAMS_H
#define GO_SETS_PROGRAMS_H

#include "allocators/go/sets/span_set.h"

enum { PROGRAM_THREADS = 4, PROGRAM_SETS = 2, PROGRAM_SPANS = 32 };

// What a thread does, a letter a step: `a` adds a new span to the first set, `A` takes one from it; `b` and
// `B` so with the second set.
struct program {
  const char *name;
  const char *before; // done before the threads start
  const char *threads[PROGRAM_THREADS];
  bool never_empty; // whoever takes finds something, in whichever order
  unsigned refused; // the number of the request for memory that is refused; 0: none
};

// Of one run. Made zero by it.
struct program_run {
  const struct program *program;
  struct ht_memory memory;
  unsigned requests;
  struct pages pages;
  struct go_set_memory sets_memory;
  struct go_span_set sets[PROGRAM_SETS];
  struct program_thread {
    struct program_run *run;
    const char *steps;
  } threads[PROGRAM_THREADS];
  struct program_span {
    uint64_t content; // written before it is added
    bool added;
    unsigned taken;
  } spans[PROGRAM_SPANS];
  _Atomic unsigned made;
  _Atomic(const char *) wrong; // what is not as it has to be; NULL: all is
};

void program_run(struct program_run *run, const struct program *program);

#endif
