// Marking's work: pages, each the first of a span with grey objects or of a piece of a large one, and who has
// them.
//
//   marker --+-- queue     what was found since its turn began: a buffer in hand, full ones behind it
//            +-- turn      what it looks at now: the same
//            +-- offered   one buffer that others may take
//
// A marker puts what it finds into its queue and works through its turn; when that is done the queue is its
// next turn. So a span waits while all that was found before it is looked at, and more of its objects are
// found. Whenever the buffer in hand is full it is offered, unless one is, and a marker that has nothing left
// takes what another one offers. A marker is idle when it has nothing and its own offer is gone; when all
// are, marking is over: work comes from work only, and none is left.
//
// If a buffer is refused memory a page is not kept: the marker says so (`lost`), and when everything else is
// done all pages are asked whether they are queued.
//
// (Go's work buffers pass through one global list, runtime/mgcwork.go.)
#ifndef GO_WORK_H
#define GO_WORK_H

#include "allocators/common/pages.h"
#include "base/mutex.h"
#include "base/park.h"
#include "base/thread.h"

#include <stdatomic.h>
#include <stdint.h>

// Of a buffer: but for tests.
#ifndef GO_BUFFER_BYTES
#define GO_BUFFER_BYTES 256
#endif

enum {
  GO_BUFFER_PAGES = (GO_BUFFER_BYTES - sizeof(void *)) / sizeof(uintptr_t),
};

struct go_buffer {
  struct go_buffer *next; // older ones of its marker, or free ones
  uintptr_t pages[GO_BUFFER_PAGES];
};

// The buffer in hand: its pages are [first, top), it has room up to `end`. All others are full, or free.
struct go_stack {
  uintptr_t *top, *first, *end; // all NULL: there is none
};

struct go_heap;

struct go_marker {
  struct go_heap *heap;
  unsigned map; // of the marks
  bool shared;  // others mark too
  bool lost;    // a page was not kept
  struct go_stack queue, turn;
  uint64_t bytes, objects; // that it marked
  struct base_thread thread;
  struct base_parker wake;
  bool started;
  _Alignas(64) struct go_buffer *_Atomic offered;
};

struct go_work {
  struct pages *memory;
  struct go_marker *markers; // the first is who stopped the world
  unsigned count;            // how many there are at most
  struct base_mutex lock;    // of free buffers
  struct go_buffer *free;
  void *blocks;
  _Atomic unsigned idle, running, helping; // threads that take part; of these, those that do not wait yet
  _Atomic bool ending;
  struct base_parker done;
};

bool go_work_init(struct go_work *work, struct go_heap *h, struct pages *memory, unsigned markers);
void go_work_finish(struct go_work *work);

// The queue gets room for a page. False: no memory.
bool go_work_make_room(struct go_work *work, struct go_marker *k);

// False: no memory, the page is not kept.
static inline bool go_work_put(struct go_work *work, struct go_marker *k, uintptr_t page) {
  if (k->queue.top == k->queue.end && !go_work_make_room(work, k)) return false;
  *k->queue.top++ = page;
  return true;
}

// The turn, which is over, gets pages. False: there are none, not even what it offered.
bool go_work_refill(struct go_work *work, struct go_marker *k);

// 0: there is none.
static inline uintptr_t go_work_get(struct go_work *work, struct go_marker *k) {
  if (k->turn.top == k->turn.first && !go_work_refill(work, k)) return 0;
  return *--k->turn.top;
}

// Waits until another marker has something to take (true), or all have nothing.
bool go_work_steal(struct go_work *work, struct go_marker *k);

#endif
