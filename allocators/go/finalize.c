// Weak references, finalizers and pins, as the program has them.

#include "allocators/go/finalize.h"

#include "allocators/go/examine.h"

// The span that an object's specials belong to, swept; NULL for an object of size 0, which never ends.
static struct go_span *swept_span(struct go_heap *h, uintptr_t object) {
  struct go_span *span = go_span_of(h, object);
  if (span) go_sweep_ensure(h, span);
  return span;
}

bool go_weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                    struct ht_weak **weak) {
  struct go_heap *h = go_heap_of(m);
  struct go_span *span = swept_span(h, (uintptr_t)object);
  base_mutex_lock(&h->lists);
  struct ht_weak *made = records_take(&h->small.records);
  if (made && span) {
    size_t offset = (uintptr_t)object - span->base;
    struct go_special **at = go_special_at(span, offset, GO_SPECIAL_WEAK);
    made->special = at ? *at : go_special_add(h, span, offset, GO_SPECIAL_WEAK);
    if (made->special) {
      base_list_push_last(&made->special->weaks, &made->link);
    } else {
      records_give(&h->small.records, made);
      made = NULL;
    }
  }
  if (made) {
    made->object = (uintptr_t)object;
    made->callback = callback;
    made->data = data;
    *weak = made;
  }
  base_mutex_unlock(&h->lists);
  return made != NULL;
}

// An object that was not marked is gone, also before its span is swept: what the sweep would clear is not
// given any more.
void go_weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  struct go_heap *h = go_heap_of(m);
  base_mutex_lock(&h->lists);
  uintptr_t object = weak->object;
  base_mutex_unlock(&h->lists);
  if (object) {
    // No span is there if the sweep has just freed it, as if the object were of size 0: what is said now
    // counts.
    swept_span(h, object);
    base_mutex_lock(&h->lists);
    object = weak->object;
    base_mutex_unlock(&h->lists);
  }
  *slot = (ht_ref)object;
}

void go_weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  struct go_heap *h = go_heap_of(m);
  base_mutex_lock(&h->lists);
  uintptr_t object = weak->object;
  base_mutex_unlock(&h->lists);
  struct go_span *span = object ? swept_span(h, object) : NULL;
  base_mutex_lock(&h->lists);
  if (weak->special) {
    base_link_remove(&weak->link);
    if (base_list_is_empty(&weak->special->weaks))
      go_special_remove(h, span, go_special_at(span, weak->special->offset, GO_SPECIAL_WEAK));
  }
  if (base_link_is_listed(&weak->due.link)) {
    base_link_remove(&weak->due.link);
    h->due_count--;
  }
  records_give(&h->small.records, weak);
  base_mutex_unlock(&h->lists);
}

bool go_finalizer_set(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer, void *data) {
  struct go_heap *h = go_heap_of(m);
  struct go_span *span = swept_span(h, (uintptr_t)object);
  if (!span) return true;
  size_t offset = (uintptr_t)object - span->base;
  base_mutex_lock(&h->lists);
  struct go_special **at = go_special_at(span, offset, GO_SPECIAL_FINALIZER), *special = at ? *at : NULL;
  if (!finalizer) {
    if (at) go_special_remove(h, span, at);
  } else {
    if (!special) special = go_special_add(h, span, offset, GO_SPECIAL_FINALIZER);
    if (special) {
      special->finalizer = finalizer;
      special->data = data;
    }
  }
  base_mutex_unlock(&h->lists);
  return special || !finalizer;
}

static void run_finalizer(struct go_heap *h, struct ht_mutator *m, struct go_special *special) {
  ht_finalizer *finalizer = special->finalizer;
  void *data = special->data;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  frame->slots[0] = (ht_ref)special->object;
  base_mutex_lock(&h->lists);
  go_examine_finalizer(h, special->object);
  records_give(&h->small.records, special);
  base_mutex_unlock(&h->lists);
  finalizer(m, &frame->slots[0], data);
  heap_pop(m);
}

size_t go_run_finalizers(struct go_mutator *mutator) {
  struct ht_mutator *m = &mutator->head;
  struct go_heap *h = go_heap_of(m);
  size_t ran = 0, count;
  heap_poll(m);
  base_mutex_lock(&h->lists);
  count = h->due_count;
  base_mutex_unlock(&h->lists);
  for (; ran < count; ran++) {
    base_mutex_lock(&h->lists);
    struct base_link *link = base_list_pop_first(&h->due);
    if (link) h->due_count--;
    base_mutex_unlock(&h->lists);
    if (!link) break;
    struct go_due *due = base_container_of(link, struct go_due, link);
    // What is due is held: no cycle comes before it is in its slot.
    if (due->finalizes)
      run_finalizer(h, m, base_container_of(due, struct go_special, due));
    else {
      struct ht_weak *weak = base_container_of(due, struct ht_weak, due);
      weak->callback(m, weak, weak->data);
    }
  }
  return ran;
}

bool go_pin(struct ht_mutator *m, ht_ref object) {
  struct go_heap *h = go_heap_of(m);
  struct go_span *span = swept_span(h, (uintptr_t)object);
  if (!span) return true;
  size_t offset = (uintptr_t)object - span->base;
  base_mutex_lock(&h->lists);
  struct go_special **at = go_special_at(span, offset, GO_SPECIAL_PIN);
  struct go_special *special = at ? *at : go_special_add(h, span, offset, GO_SPECIAL_PIN);
  if (special) special->pins++;
  base_mutex_unlock(&h->lists);
  return special != NULL;
}

void go_unpin(struct ht_mutator *m, ht_ref object) {
  struct go_heap *h = go_heap_of(m);
  struct go_span *span = swept_span(h, (uintptr_t)object);
  if (!span) return;
  base_mutex_lock(&h->lists);
  struct go_special **at = go_special_at(span, (uintptr_t)object - span->base, GO_SPECIAL_PIN);
  if (at && --(*at)->pins == 0) go_special_remove(h, span, at);
  base_mutex_unlock(&h->lists);
}
