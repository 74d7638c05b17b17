#ifndef PYTHON_INTERPRETER_H
#define PYTHON_INTERPRETER_H

// Private: the life of interpreters and mutators.

#include "allocators/python/python.h"

// An interpreter of the heap, in its list. NULL: no memory.
struct python_interpreter *python_interpreter_add(struct python_heap *h);
// Gives back all that it has.
void python_interpreter_remove(struct python_heap *h, struct python_interpreter *i);

#endif
