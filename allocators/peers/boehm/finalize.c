// Finalizers. Of the library's orders this takes "no order": every unreachable object with a finalizer is
// queued in the cycle that finds it, and everything that queued objects reach is kept until they have run, so
// that each finalizer sees its object whole. The library's topological order would never finalize a ring.
//
// The library would run its queue until it is empty, with what the finalizers themselves add to it.
// run_finalizers moves the queue to a list of its own, which the collector takes for roots, and runs what is
// there.

#include "allocators/peers/boehm/boehm.h"

#include <gc/gc_mark.h>

#include <stdlib.h>

struct finalizer {
  struct base_link link;
  void *base;    // the block
  ht_ref object; // what was asked for, within it
  ht_finalizer *function;
  void *data;
};

static struct finalizer *finalizer_of(struct base_link *link) {
  return base_container_of(link, struct finalizer, link);
}

static void forget(struct finalizer *f) {
  GC_alloc_lock();
  base_link_remove(&f->link);
  GC_alloc_unlock();
  free(f);
}

static void GC_CALLBACK queue(void *base, void *data) {
  (void)base;
  struct finalizer *f = data;
  GC_alloc_lock();
  base_link_remove(&f->link);
  base_list_push_last(&boehm_current->due_finalizers, &f->link);
  GC_alloc_unlock();
}

bool boehm_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *function, void *data) {
  struct boehm_heap *heap = boehm_of(m);
  void *base = GC_base(object);
  GC_finalization_proc old_function;
  void *old = NULL;
  if (!function) {
    GC_register_finalizer_no_order(base, NULL, NULL, &old_function, &old);
    if (old) forget(old);
    return true;
  }
  struct finalizer *f = malloc(sizeof *f);
  if (!f) return false;
  *f = (struct finalizer){.base = base, .object = object, .function = function, .data = data};
  GC_alloc_lock();
  base_list_push_last(&heap->finalizers, &f->link);
  GC_alloc_unlock();
  // Without memory the library leaves the old finalizer's place as it was, which is its only way to say so.
  old = f;
  GC_register_finalizer_no_order(base, queue, f, &old_function, &old);
  bool registered = old != f;
  if (old) forget(old);
  return registered;
}

// The object's finalizer in the list, or NULL. With the lock held.
static struct finalizer *find(struct base_list *list, ht_ref object) {
  base_list_each(link, list) {
    if (finalizer_of(link)->object == object) return finalizer_of(link);
  }
  return NULL;
}

bool boehm_finalizer_exists(struct boehm_heap *heap, ht_ref object) {
  GC_alloc_lock();
  bool exists = find(&heap->finalizers, object) || find(&heap->due_finalizers, object);
  GC_alloc_unlock();
  return exists;
}

bool boehm_finalizer_move(struct boehm_heap *heap, ht_ref from, ht_ref to) {
  GC_alloc_lock();
  struct finalizer *f = find(&heap->finalizers, from);
  // What another's finalizer revived still has its own to come, of which the library knows no more.
  struct finalizer *due = find(&heap->due_finalizers, from);
  GC_alloc_unlock();
  if (f) {
    GC_finalization_proc old_function;
    void *old = f;
    GC_register_finalizer_no_order(to, queue, f, &old_function, &old);
    if (old == f) return false;
    GC_register_finalizer_no_order(f->base, NULL, NULL, NULL, NULL);
  }
  GC_alloc_lock();
  if (f) f->base = f->object = to;
  if (due) due->base = due->object = to;
  GC_alloc_unlock();
  return true;
}

size_t boehm_finalizers_run(struct ht_mutator *m) {
  struct boehm_heap *heap = boehm_of(m);
  size_t due = 0, count = 0;
  GC_invoke_finalizers();
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  GC_alloc_lock();
  base_list_each(link, &heap->due_finalizers) due++;
  for (struct base_link *link; count < due && (link = base_list_pop_first(&heap->due_finalizers)); count++) {
    struct finalizer *f = finalizer_of(link);
    heap_root_set(m, &frame->slots[0], f->object);
    GC_alloc_unlock();
    f->function(m, &frame->slots[0], f->data);
    free(f);
    GC_alloc_lock();
  }
  GC_alloc_unlock();
  heap_pop(m);
  return count;
}

void boehm_finalizers_push(struct boehm_heap *heap) {
  base_list_each(link, &heap->due_finalizers) {
    ht_ref *object = &finalizer_of(link)->object;
    GC_push_all_eager(object, object + 1);
  }
}

void boehm_finalizers_drop_all(struct boehm_heap *heap) {
  GC_invoke_finalizers();
  base_list_each_removable(link, &heap->due_finalizers) forget(finalizer_of(link));
  base_list_each_removable(link, &heap->finalizers) {
    struct finalizer *f = finalizer_of(link);
    GC_register_finalizer_no_order(f->base, NULL, NULL, NULL, NULL);
    forget(f);
  }
}
