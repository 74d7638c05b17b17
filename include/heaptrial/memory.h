// Where a heap's memory comes from.
//
// A heap never asks the operating system for memory itself: whoever creates the heap hands it a `struct
// ht_memory`. That one seam lets a harness count what a heap takes, refuse a request to see what the heap
// does then, and put the same heap on simulated memory. All that a heap takes goes through it, its own
// tables included.
//
// A page of address space is in one of three states:
//
//                  commit                       protect_none
//      reserved ------------> committed <---------------------> protected
//         ^  <------------     |                   commit           |
//         |      decommit                                           |
//         +------------------------- decommit ----------------------+
//
//  - reserved: the address is the caller's, nothing stands behind it; touching it is an error and may trap;
//  - committed: readable and writable;
//  - protected: the memory and its content are kept; touching it traps.
//
// Units: bytes; every address and every size handed in is a multiple of HT_PAGE_SIZE, no size is 0.
// A range handed to commit, decommit or protect_none lies within one range that `reserve` returned; its pages
// may be in different states (commit leaves a committed page as it is, decommit a reserved one).
//
// Content: a page committed for the first time since its `reserve` reads zero. A page committed again after
// `decommit` reads anything: zero, what it held, or dirt. A page committed again after `protect_none` holds
// what it held.
//
// Threads: every function may be called from any thread at any time, except that calls on the same pages, and
// `release` with anything else on its range, are ordered by the caller.
//
// Refusal: `reserve` returns NULL, `commit` and `protect_none` return false, and nothing has changed: each
// page is in the state it was in. A refusal is an ordinary answer, it may come at any call and the next call
// may succeed. `decommit` and `release` never fail.
#ifndef HEAPTRIAL_MEMORY_H
#define HEAPTRIAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

// The unit of every size and address below: the smallest page of x86-64 (and of AArch64 Linux as distributed
// by Debian).
#define HT_PAGE_SIZE ((size_t)4096)

struct ht_memory {
  // Handed back as the first argument of every function.
  void *context;

  // Address space of `bytes` that nothing else uses, at a multiple of `alignment`: a power of two; any
  // alignment of a page or less, 0 too, means a page. The pages are reserved. NULL: refused.
  void *(*reserve)(void *context, size_t bytes, size_t alignment);

  // Makes the pages committed. false: refused.
  bool (*commit)(void *context, void *address, size_t bytes);

  // Makes the pages reserved: their content is gone and the memory goes back, the addresses stay the
  // caller's.
  void (*decommit)(void *context, void *address, size_t bytes);

  // Makes committed pages protected; a reserved page in the range stays reserved. false: refused.
  bool (*protect_none)(void *context, void *address, size_t bytes);

  // Gives back a whole range: `address` is what `reserve` returned, `bytes` what it was asked for.
  void (*release)(void *context, void *address, size_t bytes);
};

#endif
