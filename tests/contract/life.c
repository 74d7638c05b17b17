// Clauses about the end of objects: what is reclaimed, weak references, finalizers, pins.

#include "tests/contract/contract.h"

// Whether an unreachable object must be gone after a collection, or only may be.
static bool is_exact(void) {
  return heaptrial_heap.collections && !can(HT_CONSERVATIVE);
}

static uint64_t live_objects(struct trial *t) {
  struct ht_statistics statistics;
  heaptrial_heap.statistics(t->heap, &statistics);
  return statistics.live_objects;
}

static void garbage(void) {
  struct trial t;
  HT_FRAME(frame, 3);
  trial_open(&t);
  heap_push(t.m, frame);
  for (int i = 0; i < 500; i++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[i == 250], &pair_type, 1 + i % 40, 0, 0));
    CHECK(trial_alloc(&t, t.m, &frame->slots[2], &pair_type, 1, 0, 0));
    struct pair *pair = frame->slots[2];
    heap_store(t.m, pair, &pair->left, frame->slots[i == 250]);
    heap_store(t.m, pair, &pair->right, can(HT_COLLECTS_CYCLES) ? (ht_ref)pair : NULL);
    if (can(HT_COLLECTS_CYCLES))
      heap_store(t.m, frame->slots[i == 250], (ht_ref *)frame->slots[i == 250] + 1, pair);
  }
  heap_clear(t.m, frame->slots[1], (ht_ref *)frame->slots[1] + 1, 1);
  heap_root_set(t.m, &frame->slots[0], NULL);
  heap_root_set(t.m, &frame->slots[2], NULL);
  trial_collect(&t);
  if (can(HT_WALKS) && is_exact()) CHECK(trial_count(&t) == 1);
  if (can(HT_COUNTS_LIVE) && is_exact()) CHECK(live_objects(&t) == 1);
  heap_pop(t.m);
  trial_collect(&t);
  if (can(HT_WALKS) && is_exact()) CHECK(trial_count(&t) == 0);
  if (can(HT_COUNTS_LIVE) && is_exact()) CHECK(live_objects(&t) == 0);
  trial_close(&t);
}

struct heard {
  int calls;
  struct ht_weak *expected;
  bool drops;            // the callback drops its reference
  struct ht_weak *other; // ... or this one
};

static void hear_weak(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct heard *heard = data;
  HT_FRAME(frame, 1);
  CHECK(weak == heard->expected);
  heard->calls++;
  heap_push(m, frame);
  heap_weak_load(m, weak, &frame->slots[0]);
  CHECK(!frame->slots[0]);
  heap_pop(m);
  if (heard->drops) heap_weak_drop(m, weak);
  if (heard->other) heap_weak_drop(m, heard->other);
}

// All kinds on one object: with and without callback, dropped before, from its own callback, from another's.
static void weak_references(void) {
  enum { PLAIN, SILENT, DROPPED, DROPS_ITSELF, DROPS_OTHER, OTHER, KINDS };
  struct trial t;
  struct heard heard[KINDS] = {{0}};
  struct ht_weak *weak[KINDS];
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(trial_alloc(&t, t.m, &frame->slots[0], &pair_type, 1, 0, 0));
  ((struct pair *)frame->slots[0])->id = 77;
  for (size_t i = 0; i < KINDS; i++) {
    CHECK(heap_weak_create(t.m, frame->slots[0], i == SILENT ? NULL : hear_weak, &heard[i], &weak[i]));
    heard[i].expected = weak[i];
  }
  heard[DROPS_ITSELF].drops = true;
  heap_weak_drop(t.m, weak[DROPPED]);
  trial_collect(&t);
  for (size_t i = 0; i < KINDS; i++) {
    CHECK(heard[i].calls == 0);
    if (i == DROPPED) continue;
    heap_weak_load(t.m, weak[i], &frame->slots[1]);
    CHECK(frame->slots[1] == frame->slots[0] && ((struct pair *)frame->slots[1])->id == 77);
  }
  heap_root_set(t.m, &frame->slots[1], NULL);
  trial_drop(&t, &frame->slots[0]);
  trial_collect(&t);
  for (size_t i = 0; i < KINDS; i++) {
    bool must = i != SILENT && i != DROPPED && is_exact();
    CHECK(heard[i].calls <= (i != SILENT && i != DROPPED));
    if (must) CHECK(heard[i].calls == 1);
  }
  for (int again = 0; again < 2; again++) {
    for (size_t i = PLAIN; i <= SILENT; i++) {
      heap_weak_load(t.m, weak[i], &frame->slots[1]);
      if (is_exact()) CHECK(!frame->slots[1]);
    }
    heap_root_set(t.m, &frame->slots[1], NULL);
    trial_collect(&t);
  }
  for (size_t i = 0; i < KINDS; i++) {
    CHECK(heard[i].calls <= 1);
    if (i != DROPPED && !(i == DROPS_ITSELF && heard[i].calls)) heap_weak_drop(t.m, weak[i]);
  }
  heap_pop(t.m);
  trial_close(&t);
}

// Of two references to one object, whichever is called first drops the other: exactly one is called.
static void weak_dropped_by_another(void) {
  struct trial t;
  struct heard heard[2] = {{0}};
  struct ht_weak *weak[2];
  HT_FRAME(frame, 1);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(trial_alloc(&t, t.m, &frame->slots[0], &bytes_type, 100, 0, 0));
  for (int i = 0; i < 2; i++) CHECK(heap_weak_create(t.m, frame->slots[0], hear_weak, &heard[i], &weak[i]));
  for (int i = 0; i < 2; i++) heard[i].expected = weak[i], heard[i].other = weak[!i];
  trial_drop(&t, &frame->slots[0]);
  trial_collect(&t);
  trial_collect(&t);
  CHECK(heard[0].calls + heard[1].calls <= 1);
  if (is_exact()) CHECK(heard[0].calls + heard[1].calls == 1);
  heap_pop(t.m);
  trial_close(&t);
}

static ht_ref revived;
struct finalized {
  int calls;
  bool revives;
  struct ht_weak *weak;
};

static void finalize(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct finalized *finalized = data;
  const struct pair *pair = *slot;
  HT_FRAME(frame, 1);
  CHECK(pair && pair->id == 5 && pair->check == 6);
  const struct pair *behind = heap_load(m, *slot, &pair->left);
  CHECK(behind && behind->id == 8 && behind->check == 9);
  heap_push(m, frame);
  if (finalized->weak) {
    heap_weak_load(m, finalized->weak, &frame->slots[0]);
    CHECK(!frame->slots[0]);
  }
  CHECK(heap_alloc(m, &frame->slots[0], &pair_type, 3, 0, 0));
  heap_poll(m);
  heap_pop(m);
  finalized->calls++;
  CHECK(((struct pair *)*slot)->id == 5);
  if (finalized->revives) heap_store(m, NULL, &revived, *slot);
}

static void make_finalized(struct trial *t, ht_ref *slot, ht_ref *behind) {
  CHECK(trial_alloc(t, t->m, slot, &pair_type, 1, 0, 0));
  CHECK(trial_alloc(t, t->m, behind, &pair_type, 1, 0, 0));
  struct pair *pair = *slot, *other = *behind;
  pair->id = 5, pair->check = 6, other->id = 8, other->check = 9;
  heap_store(t->m, pair, &pair->left, other);
  heap_root_set(t->m, behind, NULL);
}

// A list of objects that all have a finalizer, as long as recursion cannot be.
static void count_finalizer(struct ht_mutator *m, ht_ref *slot, void *data) {
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  heap_root_set(m, &frame->slots[0], *slot);
  heap_pop(m);
  ++*(size_t *)data;
}

static void deep_finalizers(void) {
  enum { LENGTH = 100000 };
  struct trial t;
  size_t calls = 0;
  HT_FRAME(frame, 2);
  trial_open_calm(&t);
  heap_push(t.m, frame);
  for (size_t i = 0; i < LENGTH; i++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[1], &link_type, 1, 0, 0));
    CHECK(heap_finalizer_set(t.m, frame->slots[1], count_finalizer, &calls));
    heap_store(t.m, frame->slots[1], frame->slots[1], frame->slots[0]);
    heap_root_set(t.m, &frame->slots[0], frame->slots[1]);
  }
  CHECK(calls == 0);
  heap_pop(t.m);
  if (can(HT_IMMEDIATE)) CHECK(calls == LENGTH);
  trial_collect(&t);
  CHECK(calls <= LENGTH);
  trial_close(&t);
}

static void finalizers(void) {
  struct trial t;
  struct finalized never = {0}, once = {0}, reviving = {.revives = true};
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(heap_global_root_add(t.heap, &revived));
  make_finalized(&t, &frame->slots[0], &frame->slots[1]);
  CHECK(heap_finalizer_set(t.m, frame->slots[0], finalize, &never));
  CHECK(heap_finalizer_set(t.m, frame->slots[0], finalize, &once));
  if (can(HT_WEAK)) CHECK(heap_weak_create(t.m, frame->slots[0], NULL, NULL, &once.weak));
  trial_collect(&t);
  CHECK(once.calls == 0);
  heap_root_set(t.m, &frame->slots[0], NULL);
  trial_collect(&t);
  trial_collect(&t);
  CHECK(never.calls == 0 && once.calls <= 1);
  if (is_exact()) CHECK(once.calls == 1);
  if (is_exact() && can(HT_WALKS)) CHECK(trial_count(&t) == 0);

  make_finalized(&t, &frame->slots[0], &frame->slots[1]);
  CHECK(heap_finalizer_set(t.m, frame->slots[0], finalize, &never));
  CHECK(heap_finalizer_set(t.m, frame->slots[0], NULL, NULL));
  heap_root_set(t.m, &frame->slots[0], NULL);
  trial_collect(&t);
  CHECK(never.calls == 0);

  make_finalized(&t, &frame->slots[0], &frame->slots[1]);
  CHECK(heap_finalizer_set(t.m, frame->slots[0], finalize, &reviving));
  heap_root_set(t.m, &frame->slots[0], NULL);
  trial_collect(&t);
  trial_collect(&t);
  CHECK(reviving.calls <= 1);
  if (is_exact()) CHECK(reviving.calls == 1 && revived);
  if (revived) {
    struct pair *pair = revived;
    CHECK(pair->id == 5 && ((struct pair *)heap_load(t.m, pair, &pair->left))->id == 8);
    heap_store(t.m, NULL, &revived, NULL);
    trial_collect(&t);
    CHECK(reviving.calls == 1);
    if (is_exact() && can(HT_WALKS)) CHECK(trial_count(&t) == 0);
  }
  heap_global_root_remove(t.heap, &revived);
  heap_pop(t.m);
  trial_close(&t);
}

// What a finalizer leaves behind must not show in a weak reference that comes after it.
static void weak_after_finalizer(void) {
  struct trial t;
  struct finalized once = {0};
  struct heard heard = {0};
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  for (int i = 1; i <= 3; i++) {
    make_finalized(&t, &frame->slots[0], &frame->slots[1]);
    CHECK(heap_finalizer_set(t.m, frame->slots[0], finalize, &once));
    heap_root_set(t.m, &frame->slots[0], NULL);
    trial_collect(&t);
    CHECK(trial_alloc(&t, t.m, &frame->slots[0], &pair_type, 1, 0, 0));
    CHECK(heap_weak_create(t.m, frame->slots[0], hear_weak, &heard, &heard.expected));
    trial_drop(&t, &frame->slots[0]);
    trial_collect(&t);
    CHECK(once.calls <= i && heard.calls <= i);
    if (is_exact()) CHECK(once.calls == i && heard.calls == i);
    heap_weak_drop(t.m, heard.expected);
  }
  heap_pop(t.m);
  trial_close(&t);
}

// An immediate callback that writes to the very place whose change it comes from: its write is the later one.
static struct {
  ht_ref *slot, *field;
  struct ht_frame *frame;
} in_hand;

static void overwrite(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  ht_ref other = in_hand.frame->slots[1];
  ++*(int *)data;
  if (in_hand.slot) heap_root_set(m, in_hand.slot, other);
  if (in_hand.field) heap_store(m, in_hand.frame->slots[2], in_hand.field, other);
  heap_weak_drop(m, weak);
}

static void watch(struct trial *t, ht_ref object, int *calls) {
  struct ht_weak *weak;
  CHECK(heap_weak_create(t->m, object, overwrite, calls, &weak));
}

static void immediate(void) {
  struct trial t;
  HT_FRAME(frame, 5);
  int calls = 0;
  trial_open(&t);
  heap_push(t.m, frame);
  ht_ref *slot = &frame->slots[0];
  in_hand.frame = frame;
  CHECK(trial_alloc(&t, t.m, &frame->slots[1], &bytes_type, 8, 0, 0));
  CHECK(trial_alloc(&t, t.m, &frame->slots[2], &link_type, 10, 0, 0));
  ht_ref other = frame->slots[1], *fields = frame->slots[2];

  in_hand.slot = slot;
  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  watch(&t, *slot, &calls);
  heap_root_set(t.m, slot, NULL);
  CHECK(calls == 1 && *slot == other);

  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  watch(&t, *slot, &calls);
  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  CHECK(calls == 2 && *slot == other);

  in_hand.slot = NULL;
  in_hand.field = &fields[3];
  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  watch(&t, *slot, &calls);
  heap_store(t.m, fields, &fields[3], *slot);
  heap_root_set(t.m, slot, NULL);
  CHECK(calls == 2);
  heap_store(t.m, fields, &fields[3], NULL);
  CHECK(calls == 3 && fields[3] == other);

  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  watch(&t, *slot, &calls);
  heap_store(t.m, fields, &fields[3], *slot);
  heap_store(t.m, fields, &fields[4], *slot);
  heap_root_set(t.m, slot, NULL);
  heap_clear(t.m, fields, fields, 10);
  CHECK(calls == 4 && fields[3] == other && !fields[4]);

  // The object whose fields are written ends within the write.
  in_hand.field = NULL;
  in_hand.slot = &frame->slots[2];
  CHECK(trial_alloc(&t, t.m, slot, &bytes_type, 8, 0, 0));
  watch(&t, *slot, &calls);
  heap_store(t.m, fields, &fields[0], *slot);
  heap_root_set(t.m, slot, NULL);
  heap_copy(t.m, fields, &fields[0], fields, &fields[1], 9);
  CHECK(calls == 5 && frame->slots[2] == other);
  trial_collect(&t);
  if (can(HT_WALKS)) CHECK(trial_count(&t) == 1);
  heap_pop(t.m);
  trial_close(&t);
}

static void pins(void) {
  struct trial t;
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  for (int i = 0; i < 200; i++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[0], &bytes_type, 8 + i, 0, 0));
    stamp(frame->slots[0], 8 + i, i);
    ht_ref pinned = frame->slots[0];
    CHECK(heap_pin(t.m, pinned));
    CHECK(heap_pin(t.m, pinned));
    heap_unpin(t.m, pinned);
    for (int k = 0; k < 3; k++) CHECK(trial_alloc(&t, t.m, &frame->slots[1], &bytes_type, 40, 0, 0));
    heap_collect(t.m, true);
    CHECK(frame->slots[0] == pinned && is_stamped(pinned, 8 + i, i));
    heap_unpin(t.m, pinned);
  }
  heap_pop(t.m);
  trial_close(&t);
}

const struct clause life_clauses[] = {
    {"garbage", 0, garbage},
    {"weak_references", HT_WEAK, weak_references},
    {"weak_dropped_by_another", HT_WEAK, weak_dropped_by_another},
    {"finalizers", HT_FINALIZERS, finalizers},
    {"deep_finalizers", HT_FINALIZERS, deep_finalizers},
    {"weak_after_finalizer", HT_FINALIZERS | HT_WEAK, weak_after_finalizer},
    {"immediate", HT_IMMEDIATE | HT_WEAK, immediate},
    {"pins", HT_PINS, pins},
    {0},
};
