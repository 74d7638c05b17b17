// Interpreters and mutators: who stands on what.

#include "allocators/python/interpreter.h"

union record {
  struct ht_weak watch;
  struct python_garbage garbage;
};

#define INTERPRETER_BYTES (base_page_round(sizeof(struct python_interpreter)))

struct python_interpreter *python_interpreter_add(struct python_heap *h) {
  struct pages *pages = &h->rooted.small.pages;
  struct python_interpreter *i = pages_map(pages, INTERPRETER_BYTES, 0);
  if (!i) return NULL;
  if (!obmalloc_init(&i->blocks, pages, &h->examination, &h->blocks)) {
    pages_release(pages, i, INTERPRETER_BYTES, INTERPRETER_BYTES);
    return NULL;
  }
  i->heap = h;
  // With guards no block is plainly a pool's.
  if (!h->blocks.guards) i->short_most = h->blocks.wide ? PYTHON_SHORT_MOST : PYTHON_SHORT_FAITHFUL;
  for (unsigned g = 0; g < PYTHON_GENERATIONS; g++) {
    gc_list_init(&i->generations[g].head);
    i->generations[g].threshold = h->thresholds[g];
  }
  if (h->thresholds[0] == 0) i->generations[0].threshold = SIZE_MAX; // never by itself
  gc_list_init(&i->permanent);
  records_init(&i->records, pages, sizeof(union record));
  base_list_init(&i->garbage);
  i->until_immortal = h->immortal_every;
  i->examined = h->examination.examiner.examined != NULL;
  i->notices_new = i->examined || i->until_immortal;
  python_lock_init(&i->lock);
  base_list_push_last(&h->interpreters, &i->link);
  return i;
}

void python_interpreter_remove(struct python_heap *h, struct python_interpreter *i) {
  struct pages *pages = &h->rooted.small.pages;
  base_link_remove(&i->link);
  python_watches_finish(i);
  records_finish(&i->records);
  obmalloc_finish(&i->blocks);
  pages_release(pages, i, INTERPRETER_BYTES, INTERPRETER_BYTES);
}

// All have one, or each its own: one that was left, with what is in it, or a new one.
static struct python_interpreter *interpreter_for(struct python_heap *h) {
  if (h->locked) return python_interpreter_of(base_list_first(&h->interpreters));
  struct base_link *idle = base_list_pop_first(&h->idle);
  return idle ? base_container_of(idle, struct python_interpreter, idle) : python_interpreter_add(h);
}

bool python_attach(struct ht_heap *heap, struct ht_mutator **mutator) {
  struct python_heap *h = (struct python_heap *)heap;
  base_mutex_lock(&h->lists);
  struct python_interpreter *i = interpreter_for(h);
  bool attached = i && rooted_attach(heap, NULL, mutator);
  if (attached) {
    struct python_mutator *m = python_mutator_of(*mutator);
    m->interpreter = i;
    base_list_init(&m->due);
    base_list_init(&m->finalizers);
  } else if (i && !h->locked) {
    base_list_push_first(&h->idle, &i->idle);
  }
  base_mutex_unlock(&h->lists);
  if (attached && h->locked) python_lock_take(&i->lock);
  return attached;
}

void python_detach(struct ht_mutator *mutator) {
  struct python_mutator *m = python_mutator_of(mutator);
  struct python_heap *h = python_heap_of(m);
  if (h->locked) python_lock_give(&m->interpreter->lock);
  base_mutex_lock(&h->lists);
  if (!h->locked) base_list_push_first(&h->idle, &m->interpreter->idle);
  rooted_detach(mutator);
  base_mutex_unlock(&h->lists);
}
