#ifndef PYTHON_CYCLE_H
#define PYTHON_CYCLE_H

// Private to the collector: one cycle, handed from step to step, and what is looked at between the steps.

#include "allocators/python/python.h"

struct python_cycle {
  struct python_mutator *mutator;
  unsigned generation;
  struct python_gc_head *young, *old;
  struct python_gc_head unreachable;   // not reached from outside of the young
  struct python_gc_head uncollectable; // of those, with a legacy finalizer or reached by one
  struct python_gc_head final;         // what is still unreachable when finalizers ran
  size_t kept, found;                  // how many were reachable, and how many not
  bool examined, automatic;
  uint64_t callbacks, ended; // the interpreter's, when the cycle began
};

// garbage.c
void python_set_legacy_aside(struct python_cycle *c);
void python_keep_legacy(struct python_cycle *c);
void python_save_garbage(struct python_cycle *c);

// examine_cycle.c, in the order of the steps.
void python_examine_start(struct python_cycle *c);
// The references of the set to each other are subtracted.
void python_examine_counted(struct python_cycle *c, struct python_gc_head *set);
void python_examine_set_aside(struct python_cycle *c);
void python_examine_before_calls(struct python_cycle *c);
void python_examine_after_calls(struct python_cycle *c);
void python_examine_before_clear(struct python_cycle *c);
void python_examine_clear(struct python_cycle *c, struct python_object *o);
void python_examine_cleared(struct python_cycle *c, struct python_object *o);
void python_examine_end(struct python_cycle *c);

#endif
