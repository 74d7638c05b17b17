#ifndef PEERS_BOEHM_H
#define PEERS_BOEHM_H

// Private to the heap "boehm". The library has one heap a process, so this has one structure that the
// library's callbacks find through `boehm_current`.
//
// Whatever lies here is malloc'd, where the collector does not look, and holds objects as hidden pointers.
// The library's own lock guards all lists: the collector runs with it held, so it never sees half a change.

#include "allocators/peers/boehm/boehm_inline.h"
#include "allocators/peers/peers.h"

#include "base/list.h"

struct boehm_heap {
  struct ht_heap head;
  struct ht_event_sink sink;
  struct base_list mutators;       // of boehm_mutator
  struct peers_words roots;        // globals and ambiguous words alike
  struct base_list weaks;          // of ht_weak that nobody is called for, or no more
  struct base_list watched;        // of ht_weak whose object's end is to be reported
  struct base_list due;            // of ht_weak found cleared, to be reported
  struct base_list finalizers;     // of finalizer records whose objects the library watches
  struct base_list due_finalizers; // of those to be run
  GC_word watched_cycle;           // the cycle after which `watched` was last looked through
  GC_word first_cycle;
  size_t first_bytes; // allocated before this heap was created
  uint64_t collector_ns;
};

struct boehm_mutator {
  struct ht_mutator head;
  struct base_link link;
};

extern struct boehm_heap *boehm_current;

static inline struct boehm_heap *boehm_of(struct ht_mutator *m) {
  return (struct boehm_heap *)m->heap;
}

// events.c
void boehm_events_start(void);

// weak.c
bool boehm_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                       struct ht_weak **weak);
void boehm_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot);
void boehm_weak_drop(struct ht_mutator *m, struct ht_weak *weak);
size_t boehm_weak_report(struct ht_mutator *m); // calls what is due, returns how many
bool boehm_weak_exists(struct boehm_heap *heap, ht_ref object);
void boehm_weak_move(struct boehm_heap *heap, ht_ref from, ht_ref to); // `to` is a block
void boehm_weak_drop_all(struct boehm_heap *heap);

// finalize.c
bool boehm_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *function, void *data);
bool boehm_finalizer_exists(struct boehm_heap *heap, ht_ref object);
bool boehm_finalizer_move(struct boehm_heap *heap, ht_ref from,
                          ht_ref to);                // `to` is a block; false: no memory
size_t boehm_finalizers_run(struct ht_mutator *m);   // runs what is due, returns how many
void boehm_finalizers_push(struct boehm_heap *heap); // within a cycle: what is due is a root
void boehm_finalizers_drop_all(struct boehm_heap *heap);

#endif
