#ifndef PEERS_CPYTHON_H
#define PEERS_CPYTHON_H

// Private to the heap "cpython". The interpreter, once started, stays for the life of the process; a heap is
// what was allocated between create and destroy.

#include "allocators/peers/cpython/cpython_inline.h"
#include "allocators/peers/peers.h"

#include "base/list.h"

struct cpython_heap {
  struct ht_heap head;
  struct ht_event_sink sink;
  struct peers_words globals;
  struct base_list weaks; // of ht_weak not dropped
  bool quiet;             // being destroyed: nobody is called back any more
  uint64_t live_objects, live_bytes, allocated_objects, allocated_bytes; // as asked for
  uint64_t cycles, collector_ns;
};

extern struct cpython_heap *cpython_current;

// object.c
bool cpython_types_ready(void);
bool cpython_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data);

// weak.c
bool cpython_weak_types_ready(void);
bool cpython_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                         struct ht_weak **weak);
void cpython_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot);
void cpython_weak_drop(struct ht_mutator *m, struct ht_weak *weak);
void cpython_weak_drop_all(struct cpython_heap *heap);

// collector.c: Python's module gc. All need the interpreter's lock.
bool cpython_collector_ready(void);
void cpython_collector_threshold(size_t threshold);

#endif
