#ifndef PEERS_CPYTHON_INLINE_H
#define PEERS_CPYTHON_INLINE_H

// The heap "cpython": CPython's own objects, reference counts and cycle collector, from libpython.
//
// An object is a Python object of one of two types, one that takes part in cycle collection and one that does
// not. A reference is the address of what follows its header:
//
//   PyGC_Head (16)   cpython_object (48)                                     reference
//   only if it has   +--------+--------+--------+------+-----------+-------+  v
//   references       | refcnt | type   | size   | type | finalizer | weaks | payload...
//                    +--------+--------+--------+------+-----------+-------+
//
// Slots, globals and fields count. Everything that drops a count may end objects, and with them call
// finalizers and weak callbacks, at once: whatever is written is written before the old value is dropped.
//
// There are only objects here. Blocks of PyObject_Malloc by themselves, which Python code never sees, are not
// on offer. A mutator that runs has the interpreter's lock, so one runs at a time.

#include <Python.h>

#include <heaptrial/optional.h>
#include <heaptrial/words.h>

enum { CPYTHON_ALIGNMENT = 16 };

struct cpython_finalizer;

struct cpython_object {
  PyVarObject head; // its size is the payload's, in bytes
  const struct ht_type *type;
  struct cpython_finalizer *finalizer; // NULL: none, or it ran
  PyObject *weaks;
};

_Static_assert(sizeof(struct cpython_object) % CPYTHON_ALIGNMENT == 0,
               "the payload keeps malloc's alignment");

// The mutator whose operation callbacks belong to: CPython calls them without saying for whom.
extern struct ht_mutator *cpython_running;

// The new object's reference, counted once; NULL: no memory.
ht_ref cpython_new(const struct ht_type *type, size_t bytes, unsigned flags);
ht_ref cpython_new_container(const struct ht_type *type, size_t bytes);
bool cpython_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags);
// `from_field` NULL: clears.
void cpython_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, const ht_ref *from_field, size_t words);
void cpython_collect(struct ht_mutator *m, bool full);
bool cpython_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator);
void cpython_detach(struct ht_mutator *m);
// The interpreter's lock: a mutator that runs has it.
void cpython_lock(struct ht_carrier *carrier);
void cpython_unlock(void);

static inline struct cpython_object *cpython_object_of(ht_ref reference) {
  return (struct cpython_object *)((char *)reference - sizeof(struct cpython_object));
}

static inline PyObject *cpython_python_of(ht_ref reference) {
  return &cpython_object_of(reference)->head.ob_base;
}

static inline ht_ref cpython_reference_to(PyObject *object) {
  return (char *)object + sizeof(struct cpython_object);
}

static inline void cpython_keep(ht_ref reference) {
  if (reference) Py_INCREF(cpython_python_of(reference));
}

static inline void cpython_drop(struct ht_mutator *m, ht_ref reference) {
  if (!reference) return;
  cpython_running = m;
  Py_DECREF(cpython_python_of(reference));
}

// Py_XSETREF: `value` comes with its count.
static inline void cpython_replace(struct ht_mutator *m, ht_ref *word, ht_ref value) {
  ht_ref old = *word;
  *word = value;
  cpython_drop(m, old);
}

static inline bool heap_attach(struct ht_heap *heap, struct ht_carrier *carrier,
                               struct ht_mutator **mutator) {
  return cpython_attach(heap, carrier, mutator);
}

static inline void heap_detach(struct ht_mutator *m) {
  cpython_detach(m);
}

static inline void heap_block(struct ht_mutator *m) {
  (void)m;
  cpython_unlock();
}

static inline void heap_unblock(struct ht_mutator *m, struct ht_carrier *carrier) {
  (void)m;
  cpython_lock(carrier);
}

static inline void heap_poll(struct ht_mutator *m) {
  (void)m;
}

static inline void heap_push(struct ht_mutator *m, struct ht_frame *frame) {
  ht_frames_push(m, frame);
}

// The frame is out of sight before its slots are dropped, as CPython's own frames are: what a slot's end
// calls may push frames.
static inline void heap_pop(struct ht_mutator *m) {
  struct ht_frame *frame = m->frames;
  ht_frames_pop(m);
  for (size_t i = 0; i < frame->count; i++) cpython_replace(m, &frame->slots[i], NULL);
}

static inline void heap_root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  cpython_keep(object);
  cpython_replace(m, slot, object);
}

static inline void heap_root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  (void)object;
  heap_root_set(m, slot, *field);
}

static inline bool heap_alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                              size_t alignment, unsigned flags) {
  (void)alignment; // none is greater than every object's
  size_t bytes = ht_type_bytes(type, count);
  cpython_running = m;
  ht_ref object = type->references ? cpython_new_container(type, bytes) : cpython_new(type, bytes, flags);
  if (!object) return false;
  cpython_replace(m, slot, object);
  return true;
}

static inline void heap_release(struct ht_mutator *m, ht_ref object) {
  (void)m, (void)object;
}

static inline bool heap_resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                               size_t old_count, size_t count, unsigned flags) {
  (void)type, (void)old_count; // the header has them
  return cpython_resize(m, slot, count, flags);
}

static inline ht_ref heap_load(struct ht_mutator *m, ht_ref object, const ht_ref *field) {
  (void)m, (void)object;
  return *field;
}

static inline void heap_store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  (void)object;
  cpython_keep(value);
  cpython_replace(m, field, value);
}

static inline void heap_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, ht_ref from,
                             const ht_ref *from_field, size_t words) {
  (void)from;
  cpython_copy(m, to, to_field, from_field, words);
}

static inline void heap_clear(struct ht_mutator *m, ht_ref object, ht_ref *field, size_t words) {
  cpython_copy(m, object, field, NULL, words);
}

static inline bool heap_send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  (void)m;
  if (*cell) return false;
  cpython_keep(object);
  *cell = object;
  return true;
}

// The cell's count moves to the slot.
static inline bool heap_recv(struct ht_mutator *m, ht_ref *cell, ht_ref *slot) {
  ht_ref object = *cell;
  if (!object) return false;
  *cell = NULL;
  cpython_replace(m, slot, object);
  return true;
}

static inline void heap_collect(struct ht_mutator *m, bool full) {
  cpython_collect(m, full);
}

static inline size_t heap_run_finalizers(struct ht_mutator *m) {
  (void)m; // all have run
  return 0;
}

#endif
