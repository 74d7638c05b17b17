#ifndef PYTHON_INLINE_H
#define PYTHON_INLINE_H

// The heap "python": CPython's memory management, written anew: arenas, pools and blocks (obmalloc/),
// reference counts (dealloc.c), weak references and finalizers (watches.c), and the collector of cycles
// (cycle.c).
//
// Slots, globals, cells and fields count. Whatever drops a count may end objects, and with them call
// finalizers and weak callbacks, at once: whatever is written is written before the old value is dropped.
//
//   heap --+-- mutators, globals           interpreter --+-- lock        (lock.h)
//          +-- interpreters                              +-- blocks      (obmalloc/obmalloc.h)
//                                                        +-- generations (cycle.c)
//                                                        +-- watches     (watches.h)
//
// Two modes of threads. "lock": one interpreter for all, and a mutator that runs holds the lock, CPython's
// way. "interpreters": one for each mutator, no lock, and mutators exchange nothing, as interpreters of one
// process do since CPython 3.12.
//
// (CPython 3.12; what differs and why is in README.md.)

#include "allocators/common/examination.h"
#include "allocators/common/rooted.h"
#include "allocators/python/gc_list.h"
#include "allocators/python/lock.h"
#include "allocators/python/obmalloc/obmalloc.h"
#include "allocators/python/watches.h"

#include <heaptrial/optional.h>
#include <heaptrial/words.h>

#include <string.h>

enum {
  PYTHON_GENERATIONS = 3,
  PYTHON_OLDEST = PYTHON_GENERATIONS - 1,
  // Deallocations nest so deep; deeper ones wait. (CPython's Py_TRASHCAN.)
  PYTHON_TRASH_NESTING = 50,
};

_Static_assert(PYTHON_SHORT_MOST + sizeof(struct python_gc_head) + sizeof(struct python_object) <=
                   OBMALLOC_THRESHOLD,
               "the blocks of short containers are pools'");

// No address space has more; sums with it do not wrap.
#define PYTHON_LARGEST ((size_t)1 << 47)

struct python_heap;

struct python_generation {
  struct python_gc_head head;
  // Of the youngest: containers made less those ended since its last cycle, never below 0. Of others: cycles
  // of the next younger one.
  size_t count, threshold;
};

// What a cycle's looks have to remember between them (examine.c).
struct python_expectation {
  size_t counts[PYTHON_GENERATIONS];
  size_t pending, total;
  bool running, may_call; // may_call: the cycle that runs has come to where it calls back
};

struct python_interpreter {
  struct python_heap *heap;
  struct obmalloc blocks;
  struct python_generation generations[PYTHON_GENERATIONS];
  struct python_lock lock; // if the heap's mutators share the interpreter
  bool examined;           // somebody examines: every step is told
  bool notices_new;        // and what is new, or some of that is to be immortal
  bool collecting;
  uint32_t short_most; // PYTHON_SHORT_MOST, or 0 with guards: a short container's block is out of a pool
  // What is counted together does not lie together: a compiler would count with vectors, in more steps.
  uint64_t allocated_objects, ended_objects, allocated_bytes, ended_bytes;

  // The oldest generation: objects since its last cycle, and then.
  size_t long_lived_pending, long_lived_total;
  struct python_gc_head permanent; // immortal containers: no cycle looks at them
  struct python_watches watches;
  struct records records;   // watches, garbage
  struct base_list garbage; // uncollectable, of struct python_garbage
  size_t until_immortal;    // every so many objects one is; 0: none
  size_t immortals;
  uint64_t cycles, collector_ns, callbacks;
  struct python_expectation expected;
  struct base_link link; // in the heap's list
  struct base_link idle; // nobody's
};

// An object that waits as uncollectable, held.
struct python_garbage {
  struct base_link link;
  struct python_object *object;
};

enum python_rule { PYTHON_FAITHFUL, PYTHON_GROWING };

struct python_heap {
  struct rooted_heap rooted;
  struct base_mutex lists; // guards mutators, globals, carriers and interpreters
  struct examination examination;
  struct base_list interpreters, idle;
  struct obmalloc_options blocks;
  size_t thresholds[PYTHON_GENERATIONS];
  enum python_rule rule;
  bool locked; // the mode
  bool legacy_finalizers, save_all;
  size_t immortal_every;
};

// An object that is held by nobody but by who works on it: its finalizer runs.
struct python_guard {
  struct python_guard *previous;
  struct python_object *object;
};

struct python_mutator {
  struct rooted_mutator rooted;
  struct python_interpreter *interpreter;
  struct python_guard *guards;
  unsigned nesting;            // of deallocations; PYTHON_TRASH_NESTING and more: they wait
  unsigned depth;              // the same, counted by who examines
  unsigned owed;               // deallocations that wait, counted likewise
  bool waiting;                // something is in the lists that follow, or was
  bool calling;                // callbacks of weak references
  struct python_object *later; // containers that wait, linked through their prev
  struct base_list due;        // weak references that are clear and whose callbacks wait
  struct base_list finalizers; // finalizers of atomic objects that wait
};

// dealloc.c. The count of `o` has come to 0.
void python_dealloc(struct python_mutator *m, struct python_object *o);
// The same, unless it is immortal; else the count is lowered.
void python_drop_last(struct python_mutator *m, struct python_object *o);
// What waits is deallocated, and called.
void python_empty_trash(struct python_mutator *m);

// large.c
struct python_object *python_take_large(struct python_interpreter *i, bool container, size_t bytes,
                                        size_t alignment);
bool python_resize(struct ht_mutator *mutator, ht_ref *slot, size_t count, unsigned flags);

// cycle.c. The youngest generation is full.
void python_collect_due(struct python_mutator *m);
// An untracked container comes to refer to a container.
void python_track_again(struct python_mutator *m, struct python_gc_head *gc);
// The bytes that were reclaimed.
size_t python_collect_generation(struct python_mutator *m, unsigned generation);

// examine.c. A new object is examined, and made immortal if it is its turn.
void python_notice_new(struct python_mutator *m, struct python_object *o);

// interpreter.c
bool python_attach(struct ht_heap *heap, struct ht_mutator **mutator);
void python_detach(struct ht_mutator *mutator);

static inline struct python_mutator *python_mutator_of(struct ht_mutator *m) {
  return (struct python_mutator *)m;
}

static inline struct python_heap *python_heap_of(struct python_mutator *m) {
  return (struct python_heap *)m->rooted.head.heap;
}

static inline void python_hold(struct python_object *o) {
  uint32_t refcnt = o->refcnt + 1;
  if (__builtin_expect(refcnt == 0, 0)) return; // immortal
  o->refcnt = refcnt;
}

static inline void python_free_block(struct python_interpreter *i, struct python_object *o, size_t bytes) {
  size_t head = python_head_bytes(o->shape);
  i->ended_objects++;
  i->ended_bytes += bytes;
  if (__builtin_expect(o->shape & PYTHON_ALIGNED, 0))
    obmalloc_give_outline(&i->blocks, python_block_of(o));
  else
    obmalloc_give(&i->blocks, (char *)(o + 1) - head, head + bytes);
}

static inline void python_drop(struct python_mutator *m, struct python_object *o) {
  // As a number with sign an immortal count is negative: what most drops have to know is one comparison.
  int32_t refcnt = (int32_t)o->refcnt;
  if (__builtin_expect(refcnt > 1, 1))
    o->refcnt = (uint32_t)refcnt - 1;
  else
    python_drop_last(m, o);
}

// An untracked container that comes to refer to a container may be in a cycle from now on.
static inline void python_track_if(struct python_mutator *m, ht_ref object, ht_ref value) {
  if (!object) return;
  struct python_gc_head *gc = python_gc_of(python_object_of(object));
  if (__builtin_expect(gc->next == 0, 0) && !python_is_atomic(python_object_of(value)))
    python_track_again(m, gc);
}

static inline void python_write(struct python_mutator *m, ht_ref *word, ht_ref value) {
  ht_ref old = *word;
  ht_word_store(word, value);
  if (old) python_drop(m, python_object_of(old));
}

// Between the two nothing ends and nothing is called: several words are changed as one.
static inline void python_defer(struct python_mutator *m) {
  m->nesting += PYTHON_TRASH_NESTING;
}
static inline void python_settle(struct python_mutator *m) {
  m->nesting -= PYTHON_TRASH_NESTING;
  if (__builtin_expect(m->waiting && m->nesting == 0, 0)) python_empty_trash(m);
}

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  (void)carrier;
  return python_attach(heap, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  python_detach(m);
}

static inline void heap_block(struct ht_mutator *mutator) {
  struct python_mutator *m = python_mutator_of(mutator);
  if (python_heap_of(m)->locked) python_lock_give(&m->interpreter->lock);
}

static inline void heap_unblock(struct ht_mutator *mutator, struct ht_carrier *carrier) {
  (void)carrier;
  struct python_mutator *m = python_mutator_of(mutator);
  if (python_heap_of(m)->locked) python_lock_take(&m->interpreter->lock);
}

static inline void heap_poll(struct ht_mutator *m) {
  python_lock_offer(&python_mutator_of(m)->interpreter->lock);
}

static inline void heap_push(struct ht_mutator *m, struct ht_frame *frame) {
  ht_frames_push(m, frame);
}

static inline void heap_pop(struct ht_mutator *mutator) {
  struct python_mutator *m = python_mutator_of(mutator);
  struct ht_frame *frame = mutator->frames;
  ht_frames_pop(mutator);
  python_defer(m);
  for (size_t i = 0; i < frame->count; i++) python_write(m, &frame->slots[i], NULL);
  python_settle(m);
}

static inline void heap_root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  if (object) python_hold(python_object_of(object));
  python_write(python_mutator_of(m), slot, object);
}

static inline void heap_root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  (void)object;
  heap_root_set(m, slot, ht_word_load(field));
}

static inline bool heap_alloc(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type,
                              size_t count, size_t alignment, unsigned flags) {
  struct python_mutator *m = python_mutator_of(mutator);
  struct python_interpreter *i = m->interpreter;
  const bool container = type->references != 0;
  size_t bytes = ht_type_bytes(type, count);
  struct python_object *o;
  if (__builtin_expect(bytes > PYTHON_LARGEST, 0)) return false;
  heap_poll(mutator);
  if (__builtin_expect(bytes < PYTHON_HUGE && alignment <= PYTHON_ALIGNMENT, 1)) {
    uint32_t shape = (uint32_t)bytes | (container ? 0 : PYTHON_ATOMIC);
    size_t head = python_head_bytes(shape);
    char *block = obmalloc_take(&i->blocks, head + bytes);
    if (!block) return false;
    o = (struct python_object *)(block + head) - 1;
    o->shape = shape;
  } else {
    o = python_take_large(i, container, bytes, alignment);
    if (!o) return false;
  }
  o->refcnt = 1;
  o->type = type;
  if (container || flags & HT_ZEROED) memset(o + 1, 0, bytes);
  if (container) {
    i->generations[0].count++;
    python_gc_of(o)->prev = 0;
    gc_list_append(&i->generations[0].head, python_gc_of(o));
  }
  i->allocated_objects++;
  i->allocated_bytes += bytes;
  if (__builtin_expect(i->notices_new, 0)) python_notice_new(m, o);
  python_write(m, slot, o + 1);
  // What a cycle calls finds the slot as it will stay.
  if (container && __builtin_expect(i->generations[0].count > i->generations[0].threshold, 0))
    python_collect_due(m);
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)type, (void)old_count; // the header has them
  return python_resize(m, slot, count, flags);
}

static inline ht_ref heap_load(struct ht_mutator *m, ht_ref object, const ht_ref *field) {
  (void)m, (void)object;
  return ht_word_load(field);
}

static inline void heap_store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  if (value) {
    python_hold(python_object_of(value));
    python_track_if(python_mutator_of(m), object, value);
  }
  python_write(python_mutator_of(m), field, value);
}

// Is `field` of `object`, or of no object, a reference?
static inline bool python_is_reference(ht_ref object, const ht_ref *field) {
  return !object || ht_type_is_reference_field(python_object_of(object)->type, object, field);
}

// A word of a run, between python_defer and python_settle.
static inline void python_move_word(struct python_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  if (!python_is_reference(object, field)) {
    ht_word_store(field, value);
    return;
  }
  if (value) {
    python_hold(python_object_of(value));
    python_track_if(m, object, value);
  }
  python_write(m, field, value);
}

static inline void heap_copy(struct ht_mutator *mutator, ht_ref to, ht_ref *to_field, ht_ref from,
                             const ht_ref *from_field, size_t words) {
  (void)from;
  struct python_mutator *m = python_mutator_of(mutator);
  bool up = ht_words_go_up(to_field, from_field, words);
  python_defer(m);
  for (size_t done = 0; done < words; done++) {
    size_t i = up ? done : words - 1 - done;
    python_move_word(m, to, &to_field[i], ht_word_load(&from_field[i]));
  }
  python_settle(m);
}

static inline void heap_clear(struct ht_mutator *mutator, ht_ref object, ht_ref *field, size_t words) {
  struct python_mutator *m = python_mutator_of(mutator);
  python_defer(m);
  for (size_t i = 0; i < words; i++) python_move_word(m, object, &field[i], NULL);
  python_settle(m);
}

// Who finds a cell full or empty waits for another, who may wait for the lock.
static inline bool heap_send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  if (!ht_cell_send(cell, object)) {
    python_lock_hand_over(&python_mutator_of(m)->interpreter->lock);
    return false;
  }
  python_hold(python_object_of(object));
  return true;
}

// The count goes with the reference.
static inline bool heap_recv(struct ht_mutator *m, ht_ref *cell, ht_ref *slot) {
  ht_ref object = ht_cell_take(cell);
  if (object)
    python_write(python_mutator_of(m), slot, object);
  else
    python_lock_hand_over(&python_mutator_of(m)->interpreter->lock);
  return object != NULL;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  python_collect_generation(python_mutator_of(m), full ? PYTHON_OLDEST : 0);
}

// Callbacks never wait.
static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m;
  return 0;
}

#endif
