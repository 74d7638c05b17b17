// Watches wait for an object's end. There are two kinds: a weak reference, which the program holds and drops,
// and a finalizer, of which an object has at most one. A watch whose object has ended is due: weak references
// are cleared then, all of an object's before anything is called.
#ifndef COMMON_WATCH_H
#define COMMON_WATCH_H

#include "base/list.h"
#include "allocators/common/records.h"

#include <heaptrial/heap.h>

struct ht_weak {
  struct base_link link;
  struct ht_weak *next; // for a heap that keeps an object's watches together
  ht_ref object;        // of a weak reference: NULL once it was cleared
  bool finalizes;
  union {
    ht_weak_callback *callback; // may be NULL
    ht_finalizer *finalizer;
  };
  void *data;
};

// Calls what a due watch is for; it is due no more. A finalizer's record ends before the call, and its object
// is in a root slot during it.
void watch_run(struct ht_mutator *m, struct records *records, struct ht_weak *watch);

#endif
