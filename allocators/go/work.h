// Marking's work: grey objects, and who has them.
//
//   marker --+-- on its way   objects that are being fetched, looked at next (a ring)
//            +-- full, full ... buffers of grey objects, the newest in hand
//            +-- offered      one buffer that others may take
//
// An object is grey once, when its mark is set, and goes to whoever set it. A marker works from its newest
// buffer; whenever it has a whole buffer to spare it offers it, and a marker that has nothing left takes what
// another one offers. A marker is idle when it has nothing and its own offer is gone; when all are, marking
// is over: work comes from work only, and none is left.
//
// If a buffer is refused memory the object stays marked and is not kept: the marker says so (`lost`), and
// when everything else is done all marked objects are looked at again.
//
// (Go's work buffers hold 253 objects and pass through one global list, runtime/mgcwork.go.)
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
#define GO_BUFFER_BYTES 2048
#endif

enum {
  GO_BUFFER_OBJECTS = (GO_BUFFER_BYTES - 2 * sizeof(void *)) / sizeof(uintptr_t),
  GO_AHEAD = 16, // objects that are on their way
};

struct go_buffer {
  struct go_buffer *next; // older ones of its marker, or free ones
  size_t count;
  uintptr_t objects[GO_BUFFER_OBJECTS];
};

struct go_heap;

struct go_marker {
  struct go_heap *heap;
  unsigned map;           // of the marks
  bool shared;            // others mark too
  bool lost;              // an object was not kept
  unsigned first, on_way; // of the ring
  uintptr_t ring[GO_AHEAD];
  struct go_buffer *buffer; // in hand; NULL: none
  uint64_t bytes, objects;  // that it marked
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

// False: no memory, the object is not kept.
bool go_work_put_slow(struct go_work *work, struct go_marker *k, uintptr_t object);

static inline void go_work_put(struct go_work *work, struct go_marker *k, uintptr_t object) {
  struct go_buffer *buffer = k->buffer;
  if (__builtin_expect(buffer && buffer->count < GO_BUFFER_OBJECTS, 1))
    buffer->objects[buffer->count++] = object;
  else if (!go_work_put_slow(work, k, object))
    k->lost = true;
}

// 0: it has nothing, not even what it offered.
uintptr_t go_work_get_slow(struct go_work *work, struct go_marker *k);

static inline uintptr_t go_work_get(struct go_work *work, struct go_marker *k) {
  struct go_buffer *buffer = k->buffer;
  if (__builtin_expect(buffer && buffer->count > 0, 1)) return buffer->objects[--buffer->count];
  return go_work_get_slow(work, k);
}

// Waits until another marker has something to take (true), or all have nothing.
bool go_work_steal(struct go_work *work, struct go_marker *k);

#endif
