// Weak references: Python's own, which call a Python callable when their object ends. The callable's type is
// here; it and the caller own a struct ht_weak together, because the cycle collector may hold on to the
// callable of a reference that an earlier callback of the same cycle dropped.

#include "allocators/peers/cpython/cpython.h"

#include <stdlib.h>

struct ht_weak {
  struct base_link link;
  PyObject *reference; // Python's weak reference
  ht_weak_callback *callback;
  void *data;
  bool dropped;        // by the caller
  bool callable_ended; // with a callback: the callable is gone
};

struct callable {
  PyObject head;
  struct ht_weak *weak;
};

static PyObject *call(PyObject *self, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  struct ht_weak *weak = ((struct callable *)self)->weak;
  struct ht_mutator *m = cpython_running;
  if (!weak->dropped) weak->callback(m, weak, weak->data);
  cpython_running = m;
  Py_RETURN_NONE;
}

static void dealloc(PyObject *self) {
  struct ht_weak *weak = ((struct callable *)self)->weak;
  weak->callable_ended = true;
  if (weak->dropped) free(weak);
  PyObject_Free(self);
}

static PyTypeObject callable_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "heaptrial.weak_callback",
    .tp_basicsize = sizeof(struct callable),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_call = call,
    .tp_dealloc = dealloc,
};

bool cpython_weak_types_ready(void) {
  return PyType_Ready(&callable_type) == 0;
}

bool cpython_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                         struct ht_weak **weak) {
  (void)m;
  PyObject *callable = NULL;
  struct ht_weak *w = malloc(sizeof *w);
  if (!w) return false;
  *w = (struct ht_weak){.callback = callback, .data = data};
  if (callback) {
    callable = _PyObject_New(&callable_type);
    if (!callable) goto no_callable;
    ((struct callable *)callable)->weak = w;
  }
  // A weak reference is a container, and any new container may start a cycle; this is no safepoint.
  int was_enabled = PyGC_Disable();
  w->reference = PyWeakref_NewRef(cpython_python_of(object), callable);
  if (was_enabled) PyGC_Enable();
  if (!w->reference) goto no_reference;
  Py_XDECREF(callable); // the reference has it
  base_list_push_last(&cpython_current->weaks, &w->link);
  *weak = w;
  return true;

no_reference:
  Py_XDECREF(callable);
no_callable:
  PyErr_Clear();
  free(w);
  return false;
}

void cpython_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  PyObject *object = PyWeakref_GetObject(weak->reference);
  heap_root_set(m, slot, object == Py_None ? NULL : cpython_reference_to(object));
}

void cpython_weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  (void)m;
  // The callable, as long as there is one, frees the structure.
  bool is_last = !weak->callback || weak->callable_ended;
  base_link_remove(&weak->link);
  weak->dropped = true;
  Py_DECREF(weak->reference);
  if (is_last) free(weak);
}

void cpython_weak_drop_all(struct cpython_heap *heap) {
  base_list_each_removable(link, &heap->weaks)
      cpython_weak_drop(NULL, base_container_of(link, struct ht_weak, link));
}
