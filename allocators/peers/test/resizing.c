// Objects that change their size.

#include "peer_test.h"

#include <string.h>

// Resized again and again, up and down, from blocks with an alignment of their own too; with zero for what
// comes new every other time.

static const struct ht_type triple_type = {"triple", 3, 0, NULL};

static void drop(struct ht_mutator *m, ht_ref *slot) {
  ht_ref object = *slot;
  heap_root_set(m, slot, NULL);
  if (can(HT_RELEASES)) heap_release(m, object);
}

static bool are(const unsigned char *bytes, size_t count, unsigned value) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i] != (unsigned char)value) return false;
  return true;
}

void test_resize(void) {
  enum { LARGE = 1 << 17 };
  struct world w = open_world();
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  ht_ref *slot = &frame->slots[0];
  size_t count = 1;
  for (unsigned i = 0; i < 2000; i++) {
    if (i % 5 == 0) {
      if (*slot) drop(w.m, slot);
      CHECK(heap_alloc(w.m, slot, &triple_type, count, i % 2 ? table->maximum_alignment : 0, 0));
      memset(*slot, (int)i, 3 * count);
    }
    size_t wanted = (i * 7919 + i * i * 31) % (i % 50 ? 1000 : LARGE),
           least = wanted < count ? wanted : count;
    CHECK(heap_resize(w.m, slot, &triple_type, count, wanted, i % 2 ? HT_ZEROED : 0) && *slot);
    unsigned char *bytes = *slot;
    CHECK(are(bytes, 3 * least, i));
    CHECK(i % 2 == 0 || are(bytes + 3 * least, 3 * (wanted - least), 0));
    CHECK(wanted == 0 || 3 * wanted % table->natural_alignment ||
          (uintptr_t)bytes % table->natural_alignment == 0);
    CHECK(!can(HT_TELLS_SIZE) || table->usable_size(w.heap, bytes) >= 3 * wanted);
    CHECK(!can(HT_TELLS_OWNER) || table->owns(w.heap, bytes));
    memset(bytes, (int)(i + 1), 3 * wanted);
    count = wanted;
    struct ht_statistics s;
    table->statistics(w.heap, &s);
    CHECK(!can(HT_COUNTS_LIVE) || (s.live_objects == 1 && s.live_bytes == 3 * count));
  }
  CHECK(heap_resize(w.m, slot, &triple_type, count, 100, HT_ZEROED));
  memset(*slot, 1, 300);
  ht_ref before = *slot;
  size_t impossible[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 3, SIZE_MAX / 3 + 1, SIZE_MAX / 3 - 5};
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
    CHECK(!heap_resize(w.m, slot, &triple_type, 100, impossible[i], HT_ZEROED) && *slot == before);
  CHECK(are(*slot, 300, 1));
  drop(w.m, slot);
  heap_pop(w.m);
  close_world(w);
}

// Resized objects with weak references and finalizers, in place and moved: those are of the object still.

enum { OBJECTS = 100 };

struct moved {
  struct ht_weak *weaks[2];
  size_t bytes;
  ht_ref object; // NULL: not resized by the finalizer of another
  unsigned reported, finalized;
};

static struct moved moved[OBJECTS];

static void on_moved_gone(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct moved *e = data;
  (void)m;
  CHECK(weak == e->weaks[1]);
  e->reported++;
}

static void on_moved_final(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct moved *e = data;
  (void)m;
  CHECK(!e->object || *slot == e->object);
  CHECK(are(*slot, e->bytes, (unsigned)(e - moved)));
  e->finalized++;
}

static __attribute__((noinline)) void make_moved(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  ht_ref *slot = &frame->slots[0];
  for (size_t i = 0; i < OBJECTS; i++) {
    struct moved *e = &moved[i];
    size_t old = 40 + i;
    CHECK(heap_alloc(w->m, slot, &byte_type, old, i % 2 ? table->maximum_alignment : 0, 0));
    memset(*slot, (int)i, old);
    // Resized before as well, so that the library knows of what it frees.
    CHECK(heap_resize(w->m, slot, &byte_type, old, 4 * old, 0));
    for (size_t n = 0; n < 2; n++)
      CHECK(table->weak_create(w->m, *slot, n ? on_moved_gone : NULL, e, &e->weaks[n]));
    CHECK(table->finalizer_set(w->m, *slot, on_moved_final, e));
    e->bytes = i % 3 ? 20 * old : old / 2;
    CHECK(heap_resize(w->m, slot, &byte_type, 4 * old, e->bytes, 0));
    CHECK(are(*slot, e->bytes < old ? e->bytes : old, (unsigned)i));
    memset(*slot, (int)i, e->bytes);
    for (size_t n = 0; n < 2; n++) {
      table->weak_load(w->m, e->weaks[n], &frame->slots[1]);
      CHECK(frame->slots[1] == *slot);
    }
    heap_root_set(w->m, &frame->slots[1], NULL);
    // Held from the outside, it is not taken for gone because its old block is.
    if (i % 10 == 0) {
      collect(w->m);
      heap_run_finalizers(w->m);
      CHECK(e->reported == 0 && e->finalized == 0);
      table->weak_load(w->m, e->weaks[0], &frame->slots[1]);
      CHECK(frame->slots[1] == *slot);
      heap_root_set(w->m, &frame->slots[1], NULL);
    }
  }
  heap_pop(w->m);
}

void test_resize_watched(void) {
  struct world w = open_world();
  make_moved(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  size_t gone = 0;
  for (size_t i = 0; i < OBJECTS; i++) {
    struct moved *e = &moved[i];
    table->weak_load(w.m, e->weaks[0], &frame->slots[0]);
    CHECK(e->reported <= 1 && e->finalized == e->reported && (e->reported == 1) == !frame->slots[0]);
    gone += e->finalized;
    for (size_t n = 0; n < 2; n++) table->weak_drop(w.m, e->weaks[n]);
  }
  CHECK(is_enough(gone, OBJECTS));
  heap_pop(w.m);
  close_world(w);
}

// A finalizer that revives an object whose own finalizer is due, and resizes it.

static unsigned resized_due;

static void resize_child(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct moved *e = data;
  struct node *self = *slot;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  heap_root_load(m, &frame->slots[0], self, (ht_ref *)&self->next);
  heap_store(m, self, (ht_ref *)&self->next, NULL);
  CHECK(heap_resize(m, &frame->slots[0], &byte_type, e->bytes, 40 * e->bytes, 0));
  e->bytes *= 40;
  memset(frame->slots[0], (int)(e - moved), e->bytes);
  if (e->finalized == 0) resized_due++, e->object = frame->slots[0];
  heap_pop(m);
  collect(m);
}

static __attribute__((noinline)) void make_parents(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  for (size_t i = 0; i < OBJECTS; i++) {
    struct moved *e = &moved[i];
    struct node *parent = new_node(w->m, &frame->slots[0], i);
    e->bytes = 100;
    CHECK(heap_alloc(w->m, &frame->slots[1], &byte_type, e->bytes, 0, 0));
    memset(frame->slots[1], (int)i, e->bytes);
    set_next(w->m, parent, frame->slots[1]);
    CHECK(table->finalizer_set(w->m, parent, resize_child, e));
    CHECK(table->finalizer_set(w->m, frame->slots[1], on_moved_final, e));
    // From here on the parent alone holds it.
    heap_root_set(w->m, &frame->slots[1], NULL);
  }
  heap_pop(w->m);
}

void test_resize_due(void) {
  struct world w = open_world();
  make_parents(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  size_t gone = 0;
  for (size_t i = 0; i < OBJECTS; i++) {
    CHECK(moved[i].finalized <= 1);
    gone += moved[i].finalized;
  }
  CHECK(is_enough(gone, OBJECTS) && resized_due > 0);
  close_world(w);
}
