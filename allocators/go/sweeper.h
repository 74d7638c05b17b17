#ifndef GO_SWEEPER_H
#define GO_SWEEPER_H

#include "allocators/go/go.h"

struct go_sweeper {
  struct base_thread thread;
  bool started;            // with the first cycle; if the system gives no thread, mutators sweep alone
  struct base_parker wake; // there is something to sweep, or it is to end
  _Atomic bool ending;
  struct go_mutator mutator; // in no list: it has no frames
  struct ht_carrier carrier;
};

#endif
