// Python's cycle collector: the module gc, since the C interface has only the full collection, and the
// callbacks by which it tells of its cycles.

#include "allocators/peers/cpython/cpython.h"

#include <time.h>

enum {
  OLDEST = 2, // the generation whose collection is a full one
  NS_PER_S = 1000000000,
  LATER_THRESHOLDS = 10, // CPython's, of generations 1 and 2
};

static PyObject *module;

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void emit(enum ht_event_kind kind, uint64_t start, uint64_t end, uint64_t value, const char *label) {
  struct ht_event_sink *sink = &cpython_current->sink;
  struct ht_event event = {.kind = kind, .start = start, .end = end, .value = value, .label = label};
  if (sink->event) sink->event(sink->context, &event);
}

// gc calls this with "start" or "stop" and a dictionary. The mutator stands still between the two.
static PyObject *on_cycle(PyObject *self, PyObject *arguments) {
  static uint64_t start, start_cpu, start_bytes;
  (void)self;
  const char *phase;
  PyObject *info;
  if (!PyArg_ParseTuple(arguments, "sO", &phase, &info)) return NULL;
  if (!cpython_current) Py_RETURN_NONE;
  if (strcmp(phase, "start") == 0) {
    start = nanoseconds(CLOCK_MONOTONIC);
    start_cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    start_bytes = cpython_current->live_bytes;
    Py_RETURN_NONE;
  }
  PyObject *generation = PyDict_GetItemString(info, "generation");
  const char *label = generation && PyLong_AsLong(generation) == OLDEST ? "full" : "young";
  uint64_t end = nanoseconds(CLOCK_MONOTONIC), bytes = cpython_current->live_bytes;
  cpython_current->cycles++;
  cpython_current->collector_ns += nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start_cpu;
  emit(HT_EVENT_PAUSE, start, end, 0, label);
  // Finalizers may have allocated more than was reclaimed.
  emit(HT_EVENT_CYCLE, start, end, bytes < start_bytes ? start_bytes - bytes : 0, label);
  Py_RETURN_NONE;
}

// False: a Python exception says why.
bool cpython_collector_ready(void) {
  static PyMethodDef definition = {"on_cycle", on_cycle, METH_VARARGS, NULL};
  module = PyImport_ImportModule("gc");
  PyObject *callbacks = module ? PyObject_GetAttrString(module, "callbacks") : NULL;
  PyObject *function = PyCFunction_New(&definition, NULL);
  bool added = callbacks && function && PyList_Append(callbacks, function) == 0;
  Py_XDECREF(function);
  Py_XDECREF(callbacks);
  // The interpreter's own objects go where no cycle looks, so that the heap's alone are collected.
  PyObject *frozen = added ? PyObject_CallMethod(module, "freeze", NULL) : NULL;
  Py_XDECREF(frozen);
  return frozen != NULL;
}

void cpython_collector_threshold(size_t threshold) {
  PyObject *done =
      PyObject_CallMethod(module, "set_threshold", "nii", threshold, LATER_THRESHOLDS, LATER_THRESHOLDS);
  Py_XDECREF(done);
  PyErr_Clear();
}

void cpython_collect(struct ht_mutator *m, bool full) {
  cpython_running = m;
  if (full) {
    PyGC_Collect();
    return;
  }
  PyObject *found = PyObject_CallMethod(module, "collect", "i", 0);
  Py_XDECREF(found);
  PyErr_Clear();
}
