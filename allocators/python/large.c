// Objects beyond what the inlined allocation knows: huge ones, whose size does not fit into their header, and
// those that are aligned to more than every block is. And objects that change their size.

#include "allocators/python/python.h"

struct python_object *python_take_large(struct python_interpreter *i, bool container, size_t bytes,
                                        size_t alignment) {
  bool huge = bytes >= PYTHON_HUGE;
  uint32_t shape = (huge ? PYTHON_HUGE : (uint32_t)bytes) | (container ? 0 : PYTHON_ATOMIC);
  if (alignment > PYTHON_ALIGNMENT) shape |= PYTHON_ALIGNED;
  size_t head = python_head_bytes(shape);
  char *block = shape & PYTHON_ALIGNED ? obmalloc_take_aligned(&i->blocks, head + bytes, head, alignment)
                                       : obmalloc_take(&i->blocks, head + bytes);
  if (!block) return NULL;
  if (huge) *(struct python_huge *)block = (struct python_huge){.bytes = bytes | PYTHON_HUGE_MARK};
  struct python_object *o = (struct python_object *)(block + head) - 1;
  o->shape = shape;
  return o;
}

// The block stays or moves as obmalloc likes. NULL: refused.
static struct python_object *resize_block(struct python_interpreter *i, struct python_object *o,
                                          size_t bytes) {
  size_t head = python_head_bytes(o->shape), old = python_bytes(o);
  bool watched = o->shape & PYTHON_WATCHED;
  char *block = obmalloc_resize(&i->blocks, python_block_of(o), head + old, head + bytes);
  if (!block) return NULL;
  struct python_object *moved = (struct python_object *)(block + head) - 1;
  moved->shape = (moved->shape & ~PYTHON_HUGE) | (uint32_t)bytes;
  if (watched && moved != o) python_rewatch(i, o, moved);
  return moved;
}

// Another kind of block: the object is made anew.
static struct python_object *replace(struct python_interpreter *i, struct python_object *o, size_t bytes) {
  struct python_object *moved = python_take_large(i, false, bytes, 0);
  if (!moved) return NULL;
  size_t old = python_bytes(o);
  moved->shape |= o->shape & ~(PYTHON_HUGE | PYTHON_ALIGNED);
  moved->refcnt = o->refcnt;
  moved->type = o->type;
  memcpy(moved + 1, o + 1, old < bytes ? old : bytes);
  if (o->shape & PYTHON_WATCHED) python_rewatch(i, o, moved);
  i->allocated_objects++;
  i->allocated_bytes += old;
  python_free_block(i, o, old);
  return moved;
}

// The type has no references, so the object is atomic.
bool python_resize(struct ht_mutator *mutator, ht_ref *slot, size_t count, unsigned flags) {
  struct python_interpreter *i = python_mutator_of(mutator)->interpreter;
  struct python_object *o = python_object_of(*slot);
  size_t old = python_bytes(o), bytes = ht_type_bytes(o->type, count);
  if (bytes > PYTHON_LARGEST) return false;
  heap_poll(mutator);
  bool plain = old < PYTHON_HUGE && bytes < PYTHON_HUGE && !(o->shape & PYTHON_ALIGNED);
  struct python_object *moved = plain ? resize_block(i, o, bytes) : replace(i, o, bytes);
  if (!moved) return false;
  i->allocated_bytes += bytes - old;
  if (flags & HT_ZEROED && bytes > old) memset((char *)(moved + 1) + old, 0, bytes - old);
  ht_word_store(slot, python_reference_to(moved));
  return true;
}
