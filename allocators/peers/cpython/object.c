// The two Python types of the heap's objects, and what Python does with an object of theirs: traverse, clear,
// finalize, deallocate.

#include "allocators/peers/cpython/cpython.h"

static struct cpython_object *self_of(PyObject *self) {
  return (struct cpython_object *)self;
}

static size_t bytes_of(struct cpython_object *o) {
  return (size_t)o->head.ob_size;
}

struct cpython_finalizer {
  ht_finalizer *function;
  void *data;
};

// Calls `visit` for every reference of `o` until it answers anything but 0, which is the answer then.
static inline __attribute__((always_inline)) int
each_reference(struct cpython_object *o, int (*visit)(ht_ref *field, visitproc python, void *argument),
               visitproc python, void *argument) {
  const struct ht_type *type = o->type;
  char *element = cpython_reference_to(&o->head.ob_base), *end = element + bytes_of(o);
  size_t map_words = (type->size / HT_WORD + 63) / 64;
  for (; element < end; element += type->size)
    for (size_t i = 0; i < map_words; i++)
      for (uint64_t bits = type->reference_map[i]; bits; bits &= bits - 1) {
        int answer = visit((ht_ref *)element + 64 * i + __builtin_ctzll(bits), python, argument);
        if (answer) return answer;
      }
  return 0;
}

static inline int visit_reference(ht_ref *field, visitproc visit, void *arg) {
  if (*field) Py_VISIT(cpython_python_of(*field));
  return 0;
}

static inline int clear_reference(ht_ref *field, visitproc visit, void *arg) {
  (void)visit, (void)arg;
  cpython_replace(cpython_running, field, NULL);
  return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
  return each_reference(self_of(self), visit_reference, visit, arg);
}

static int clear(PyObject *self) {
  return each_reference(self_of(self), clear_reference, NULL, NULL);
}

static void finalize(PyObject *self) {
  struct cpython_object *o = self_of(self);
  if (!o->finalizer || cpython_current->quiet) return;
  struct cpython_finalizer f = *o->finalizer;
  PyMem_Free(o->finalizer);
  o->finalizer = NULL;
  struct ht_mutator *m = cpython_running;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  heap_root_set(m, &frame->slots[0], cpython_reference_to(self));
  f.function(m, &frame->slots[0], f.data);
  heap_pop(m);
  cpython_running = m; // the callback may have worked for another
}

// Weak references first, then the finalizer, in the order of CPython's generators, then those that the
// finalizer made. False: revived.
static bool end_of_life(PyObject *self) {
  struct cpython_object *o = self_of(self);
  if (o->weaks) PyObject_ClearWeakRefs(self);
  if (!o->finalizer) return true;
  if (o->type->references) PyObject_GC_Track(self);
  if (PyObject_CallFinalizerFromDealloc(self) < 0) return false;
  if (o->type->references) PyObject_GC_UnTrack(self);
  if (o->weaks) PyObject_ClearWeakRefs(self);
  PyMem_Free(o->finalizer); // not run: quiet, or the collector took the object for garbage before
  return true;
}

static void count_end(struct cpython_object *o) {
  cpython_current->live_objects--;
  cpython_current->live_bytes -= bytes_of(o);
}

static void dealloc(PyObject *self) {
  if (!end_of_life(self)) return;
  count_end(self_of(self));
  PyObject_Free(self);
}

static void dealloc_container(PyObject *self) {
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, dealloc_container);
  if (end_of_life(self)) {
    clear(self);
    count_end(self_of(self));
    PyObject_GC_Del(self);
  }
  Py_TRASHCAN_END
}

static PyTypeObject plain_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "heaptrial.object",
    .tp_basicsize = sizeof(struct cpython_object),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_weaklistoffset = offsetof(struct cpython_object, weaks),
    .tp_dealloc = dealloc,
    .tp_finalize = finalize,
};

static PyTypeObject container_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "heaptrial.container",
    .tp_basicsize = sizeof(struct cpython_object),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_weaklistoffset = offsetof(struct cpython_object, weaks),
    .tp_dealloc = dealloc_container,
    .tp_finalize = finalize,
    .tp_traverse = traverse,
    .tp_clear = clear,
};

bool cpython_types_ready(void) {
  return PyType_Ready(&plain_type) == 0 && PyType_Ready(&container_type) == 0;
}

// CPython adds the header and the collector's, and rounds up, without looking for overflow.
static bool is_possible(size_t bytes) {
  return bytes <= PY_SSIZE_T_MAX - 2 * sizeof(struct cpython_object);
}

static ht_ref begin_life(struct cpython_object *o, const struct ht_type *type, bool zeroed) {
  if (!o) {
    PyErr_Clear();
    return NULL;
  }
  o->type = type;
  o->finalizer = NULL;
  o->weaks = NULL;
  ht_ref reference = cpython_reference_to(&o->head.ob_base);
  if (zeroed) memset(reference, 0, bytes_of(o));
  cpython_current->live_objects++;
  cpython_current->live_bytes += bytes_of(o);
  cpython_current->allocated_objects++;
  cpython_current->allocated_bytes += bytes_of(o);
  return reference;
}

ht_ref cpython_new(const struct ht_type *type, size_t bytes, unsigned flags) {
  if (!is_possible(bytes)) return NULL;
  return begin_life(PyObject_NewVar(struct cpython_object, &plain_type, (Py_ssize_t)bytes), type,
                    flags & HT_ZEROED);
}

ht_ref cpython_new_container(const struct ht_type *type, size_t bytes) {
  if (!is_possible(bytes)) return NULL;
  struct cpython_object *o = PyObject_GC_NewVar(struct cpython_object, &container_type, (Py_ssize_t)bytes);
  ht_ref reference = begin_life(o, type, true);
  if (reference) PyObject_GC_Track(o);
  return reference;
}

bool cpython_resize(struct ht_mutator *m, ht_ref *slot, size_t count, unsigned flags) {
  (void)m;
  struct cpython_object *o = cpython_object_of(*slot);
  size_t old = bytes_of(o), bytes = ht_type_bytes(o->type, count);
  if (!is_possible(bytes)) return false;
  o = PyObject_Realloc(o, sizeof *o + bytes);
  if (!o) return false;
  // Python resizes only what nothing weak refers to; here the references are told where it went.
  for (PyWeakReference *weak = (PyWeakReference *)o->weaks; weak; weak = weak->wr_next)
    weak->wr_object = &o->head.ob_base;
  Py_SET_SIZE(&o->head, (Py_ssize_t)bytes);
  *slot = cpython_reference_to(&o->head.ob_base);
  if (bytes > old && (flags & HT_ZEROED)) memset((char *)*slot + old, 0, bytes - old);
  cpython_current->live_bytes += bytes - old;
  return true;
}

bool cpython_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *function, void *data) {
  (void)m;
  struct cpython_object *o = cpython_object_of(object);
  if (!function) {
    PyMem_Free(o->finalizer);
    o->finalizer = NULL;
    return true;
  }
  // Python finalizes a container once; what was revived from the collector's hands cannot end like that
  // again.
  if (o->type->references && PyObject_GC_IsFinalized(&o->head.ob_base)) return false;
  if (!o->finalizer) o->finalizer = PyMem_Malloc(sizeof *o->finalizer);
  if (!o->finalizer) return false;
  *o->finalizer = (struct cpython_finalizer){function, data};
  return true;
}

static bool is_reference(ht_ref object, const ht_ref *field) {
  return !object || ht_type_is_reference_field(cpython_object_of(object)->type, object, field);
}

// As a list's slice is assigned: new values are counted, all words written, and only then the old values
// dropped, for that may call anybody. What does not fit into memory is done in pieces.
void cpython_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, const ht_ref *from_field, size_t words) {
  enum { ENOUGH = 64 };
  ht_ref few[ENOUGH], *old = few;
  size_t piece = words < ENOUGH ? words : ENOUGH;
  if (words > ENOUGH) {
    old = PyMem_Malloc(words * sizeof *old);
    if (old)
      piece = words;
    else
      old = few;
  }
  // Runs that overlap are taken from the end that is not yet written.
  bool backwards = from_field && !ht_words_go_up(to_field, from_field, words);
  // An old value's end may drop the object that is still being written.
  cpython_keep(to);
  for (size_t done = 0, part; done < words; done += part) {
    part = words - done < piece ? words - done : piece;
    size_t first = backwards ? words - done - part : done;
    size_t dropped = 0;
    for (size_t n = 0; n < part; n++) {
      size_t i = backwards ? first + part - 1 - n : first + n;
      ht_ref value = from_field ? from_field[i] : NULL;
      if (is_reference(to, &to_field[i])) {
        cpython_keep(value);
        old[dropped++] = to_field[i];
      }
      to_field[i] = value;
    }
    for (size_t i = 0; i < dropped; i++) cpython_drop(m, old[i]);
  }
  if (old != few) PyMem_Free(old);
  cpython_drop(m, to);
}
