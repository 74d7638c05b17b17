#ifndef FUZZ_ORACLE_SHADOW_H
#define FUZZ_ORACLE_SHADOW_H

// The shadow heap: what must be alive, where, and with which contents.
//
// The oracle owns the object graph. Every object of a run has a number; slots, globals, cells and fields are
// shadowed by the number they must hold, so that what is reachable is known without asking the heap. Where an
// object lies is remembered with the epoch in which it was seen: a heap that moves objects starts a new epoch
// at each safepoint, and the first sight in an epoch binds the object to its address again, by its contents.
//
//     shadow:   roots --> number --> object { address, bytes, pattern, fields: numbers }
//                           |            |                               |
//     heap:     slots --> reference --> bytes that carry the pattern,  reference words
//
// Nothing here calls the heap. Addresses are kept inverted, and all tables in pages of their own, so that no
// conservative scan takes them for references.

#include "fuzz/oracle/stamp.h"
#include "fuzz/program/program.h"

enum {
  SHADOW_OBJECTS_MAX = 8192,
  SHADOW_FIELDS_MAX = 1 << 18,
  SHADOW_TRACKED =
      128, // reference words of one object that may be written: the first and the last half of these
  SHADOW_WEAKS_MAX = 2048, // weak references of a run
  SHADOW_CALLS_MAX = 8192, // finalizers of a run
  SHADOW_SLOTS_MAX = HT_FRAMES_MAX * HT_FRAME_SLOTS,
};

// Number of an object; 0 stands for NULL.
typedef uint32_t shadow_number;

enum shadow_state {
  SHADOW_FRESH,    // the heap made it; nobody has looked at it yet
  SHADOW_ALIVE,    // stamped
  SHADOW_RECLAIMED // released, or found replaced by another object while nothing reached it
};

enum shadow_finalizer { SHADOW_NO_FINALIZER, SHADOW_ARMED, SHADOW_RAN };

struct shadow_object {
  uintptr_t hidden; // the address, inverted
  size_t bytes, count;
  uint64_t pattern;
  uint32_t epoch;    // in which it was seen there
  uint32_t held;     // slots, globals, cells and fields of objects not reclaimed that hold it
  uint32_t fields;   // its tracked fields start there in the pool
  uint32_t mark;     // number of the last trace that reached it
  uint32_t incoming; // scratch of shadow_cyclic
  uint32_t judged;   // number of the last trace made for callbacks that reached it
  uint16_t tracked;  // how many fields are tracked
  uint16_t filled;   // how many of those are not NULL; most objects refer to little of what they could
  uint8_t type;      // of ht_program_types
  uint8_t state;     // enum shadow_state
  uint8_t finalizer; // enum shadow_finalizer
  uint8_t pins;
  uint8_t alignment; // logarithm of what its address must be a multiple of
  uint8_t carrier;   // that made it
  bool zeroed;       // was asked for
  bool lost;         // a trace did not reach it, and no weak reference gave it back
  bool lost_once; // nothing reached it when some callback ran: a weak reference to it may be clear for good
  bool due;       // likewise, since its finalizer was set: that may run though something revived it since
  uint16_t weaks; // weak references to it that were not dropped
  uint32_t call;  // its armed finalizer
};

struct shadow_mutator {
  uint32_t frames; // 0: not attached
  shadow_number slots[SHADOW_SLOTS_MAX];
};

struct shadow_weak {
  shadow_number object;
  bool callback, called, cleared, dropped;
};

struct shadow {
  struct stamp_shape shapes[HT_PROGRAM_TYPES];
  struct shadow_mutator mutators[HT_MUTATORS_MAX];
  shadow_number globals[HT_GLOBALS], cells[HT_CELLS];
  shadow_number count; // objects are 1..count
  uint32_t field_count;
  uint32_t weak_count; // weak references are 0..weak_count-1
  uint32_t epoch;
  uint32_t trace;
  size_t reached_bytes; // of the last trace
  uint32_t reached_count;

  // Non-moving heaps: objects not reclaimed, by address. Both arrays have `range_count` elements, sorted by
  // start.
  uint32_t range_count;
  uintptr_t range_starts[SHADOW_OBJECTS_MAX];
  shadow_number range_objects[SHADOW_OBJECTS_MAX];

  shadow_number work[SHADOW_OBJECTS_MAX]; // objects of the last trace, in the order they were reached
  struct shadow_object objects[SHADOW_OBJECTS_MAX + 1];
  struct shadow_weak weaks[SHADOW_WEAKS_MAX];
  shadow_number fields[SHADOW_FIELDS_MAX];
};

// NULL: no memory.
struct shadow *shadow_create(void);
void shadow_destroy(struct shadow *shadow);
// Forgets everything, for the next run.
void shadow_reset(struct shadow *shadow);

static inline ht_ref shadow_address(const struct shadow_object *object) {
  return (ht_ref)~object->hidden;
}

// A new object, held by nothing; 0 if there is no room for one more.
shadow_number shadow_add(struct shadow *shadow, unsigned type, size_t count);

// The word of field k of an object: its k-th tracked reference word.
static inline ht_ref *shadow_field(const struct shadow *shadow, const struct shadow_object *object,
                                   ht_ref address, uint32_t k) {
  const struct stamp_shape *shape = &shadow->shapes[object->type];
  size_t references = shape->type->references;
  size_t nth = k;
  if (k >= SHADOW_TRACKED / 2) nth = references * object->count - (object->tracked - k);
  size_t word = references == 1 ? nth * shape->words + shape->references[0]
                                : nth / references * shape->words + shape->references[nth % references];
  return (ht_ref *)address + word;
}

// Changes tracked field k of an object, and returns what it was.
static inline shadow_number shadow_field_set(struct shadow *shadow, struct shadow_object *object, uint32_t k,
                                             shadow_number number) {
  shadow_number *field = &shadow->fields[object->fields + k], old = *field;
  *field = number;
  object->filled = (uint16_t)(object->filled + (number != 0) - (old != 0));
  return old;
}

// Marks everything that slots, globals and cells reach with a new trace number, which it returns; the objects
// are in `work`, reached_count of them. With `pending`, also what objects with an armed finalizer reach.
uint32_t shadow_trace(struct shadow *shadow, bool pending);

// Goes on with the current trace from one object.
void shadow_trace_from(struct shadow *shadow, shadow_number number);

// How many objects that the last trace did not reach only a collector of cycles could reclaim.
uint32_t shadow_cyclic(struct shadow *shadow);

// Enters an object at its address. Returns the number of another object there that overlaps it, without
// entering it, or 0.
shadow_number shadow_range_add(struct shadow *shadow, shadow_number number);
void shadow_range_remove(struct shadow *shadow, shadow_number number);

#endif
