// Weak references: disappearing links, hidden words that the collector sets to 0 when it finds the object
// unreachable, before it queues finalizers. The library calls nobody then, so run_finalizers looks through
// the references somebody wants to be called for, after each cycle once.

#include "allocators/peers/boehm/boehm.h"

#include <stdlib.h>

struct ht_weak {
  struct base_link link;
  GC_hidden_pointer object; // 0: gone
  ht_weak_callback *callback;
  void *data;
};

static struct ht_weak *weak_of(struct base_link *link) {
  return base_container_of(link, struct ht_weak, link);
}

bool boehm_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                       struct ht_weak **weak) {
  struct boehm_heap *heap = boehm_of(m);
  struct ht_weak *w = malloc(sizeof *w);
  if (!w) return false;
  *w = (struct ht_weak){.object = GC_HIDE_POINTER(object), .callback = callback, .data = data};
  if (GC_general_register_disappearing_link((void **)&w->object, GC_base(object)) != GC_SUCCESS) {
    free(w);
    return false;
  }
  GC_alloc_lock();
  base_list_push_last(callback ? &heap->watched : &heap->weaks, &w->link);
  GC_alloc_unlock();
  *weak = w;
  return true;
}

void boehm_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  (void)m;
  // With the lock held no cycle can decide on the object between the look and the write.
  GC_alloc_lock();
  *slot = weak->object ? GC_REVEAL_POINTER(weak->object) : NULL;
  GC_alloc_unlock();
}

static void forget(struct ht_weak *weak) {
  GC_unregister_disappearing_link((void **)&weak->object);
  GC_alloc_lock();
  base_link_remove(&weak->link);
  GC_alloc_unlock();
  free(weak);
}

void boehm_weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  (void)m;
  forget(weak);
}

// A reference to the object, or NULL. With the lock held.
static struct ht_weak *find(struct boehm_heap *heap, ht_ref object) {
  struct base_list *lists[] = {&heap->weaks, &heap->watched};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) base_list_each(link, lists[i]) {
      if (weak_of(link)->object == GC_HIDE_POINTER(object)) return weak_of(link);
    }
  return NULL;
}

bool boehm_weak_exists(struct boehm_heap *heap, ht_ref object) {
  GC_alloc_lock();
  bool exists = find(heap, object) != NULL;
  GC_alloc_unlock();
  return exists;
}

void boehm_weak_move(struct boehm_heap *heap, ht_ref from, ht_ref to) {
  struct ht_weak *weak;
  do {
    GC_alloc_lock();
    weak = find(heap, from);
    if (weak) weak->object = GC_HIDE_POINTER(to);
    GC_alloc_unlock();
    // For a link it knows the library only changes the object, which needs no memory.
    if (weak) GC_general_register_disappearing_link((void **)&weak->object, to);
  } while (weak);
}

size_t boehm_weak_report(struct ht_mutator *m) {
  struct boehm_heap *heap = boehm_of(m);
  size_t due = 0, count = 0;
  GC_alloc_lock();
  if (heap->watched_cycle != GC_get_gc_no()) {
    heap->watched_cycle = GC_get_gc_no();
    base_list_each_removable(link, &heap->watched) {
      if (weak_of(link)->object) continue;
      base_link_remove(link);
      base_list_push_last(&heap->due, link);
    }
  }
  // One at a time: a callback may drop any of those still due, itself too.
  base_list_each(link, &heap->due) due++;
  for (struct base_link *link; count < due && (link = base_list_pop_first(&heap->due)); count++) {
    struct ht_weak *weak = weak_of(link);
    base_list_push_last(&heap->weaks, link);
    GC_alloc_unlock();
    weak->callback(m, weak, weak->data);
    GC_alloc_lock();
  }
  GC_alloc_unlock();
  return count;
}

void boehm_weak_drop_all(struct boehm_heap *heap) {
  struct base_list *lists[] = {&heap->weaks, &heap->watched, &heap->due};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    base_list_each_removable(link, lists[i]) forget(weak_of(link));
}
