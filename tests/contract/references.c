// Clauses about references: frames, fields, globals, cells, mutators that pass a carrier on.

#include "tests/contract/contract.h"

#include "base/pause.h"
#include "base/thread.h"

// The `id`-th pair, whose data words say so.
static void make_pair(struct trial *t, struct ht_mutator *m, ht_ref *slot, uint64_t id) {
  CHECK(trial_alloc(t, m, slot, &pair_type, 1, 0, 0));
  struct pair *pair = *slot;
  pair->id = id;
  pair->check = ~id;
}

static bool is_pair(ht_ref object, uint64_t id) {
  const struct pair *pair = object;
  return pair && pair->id == id && pair->check == ~id;
}

// A list as long as recursion cannot be, then dropped at once.
static void deep_list(void) {
  enum { LENGTH = 300000 };
  struct trial t;
  HT_FRAME(frame, 2);
  trial_open_calm(&t);
  heap_push(t.m, frame);
  for (uint64_t i = 0; i < LENGTH; i++) {
    make_pair(&t, t.m, &frame->slots[1], i);
    struct pair *pair = frame->slots[1];
    heap_store(t.m, pair, &pair->left, frame->slots[0]);
    heap_root_set(t.m, &frame->slots[0], pair);
  }
  heap_root_set(t.m, &frame->slots[1], NULL);
  heap_collect(t.m, true);
  struct pair *pair = frame->slots[0];
  for (uint64_t i = LENGTH; i-- > 0;) {
    CHECK(is_pair(pair, i));
    pair = heap_load(t.m, pair, &pair->left);
  }
  CHECK(!pair);
  heap_root_set(t.m, &frame->slots[0], NULL);
  trial_collect(&t);
  if (can(HT_COLLECTS | HT_WALKS) && heaptrial_heap.collections && !can(HT_CONSERVATIVE))
    CHECK(trial_count(&t) == 0);
  heap_pop(t.m);
  trial_close(&t);
}

static void frames(void) {
  struct trial t;
  HT_FRAME(outer, 2);
  trial_open(&t);
  heap_push(t.m, outer);
  CHECK(t.m->frames == outer);
  make_pair(&t, t.m, &outer->slots[0], 1);
  {
    HT_FRAME(inner, 3);
    heap_push(t.m, inner);
    CHECK(t.m->frames == inner && inner->previous == outer);
    make_pair(&t, t.m, &inner->slots[0], 2);
    heap_root_set(t.m, &inner->slots[1], outer->slots[0]);
    heap_root_set(t.m, &outer->slots[1], inner->slots[0]);
    heap_collect(t.m, true);
    CHECK(inner->slots[1] == outer->slots[0] && inner->slots[0] == outer->slots[1]);
    trial_check(&t);
    heap_pop(t.m);
  }
  CHECK(t.m->frames == outer);
  heap_collect(t.m, true);
  heap_poll(t.m);
  CHECK(is_pair(outer->slots[0], 1) && is_pair(outer->slots[1], 2));
  heap_root_set(t.m, &outer->slots[0], outer->slots[0]);
  heap_root_set(t.m, &outer->slots[1], outer->slots[0]);
  trial_collect(&t);
  CHECK(is_pair(outer->slots[0], 1) && outer->slots[1] == outer->slots[0]);
  heap_pop(t.m);
  CHECK(!t.m->frames);
  trial_close(&t);
}

// A row of links, each to a pair of its own, and what the row is after a copy or a clear inside it.
enum { ROW = 70 };

static void check_row(struct trial *t, const struct ht_frame *frame, const uint64_t *expected) {
  heap_collect(t->m, false);
  for (size_t i = 0; i < ROW; i++) {
    ht_ref *fields = frame->slots[0];
    ht_ref object = heap_load(t->m, fields, &fields[i]);
    CHECK(expected[i] ? is_pair(object, expected[i]) : !object);
  }
}

static void fields(void) {
  struct trial t;
  HT_FRAME(frame, 2);
  uint64_t expected[ROW] = {0};
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(trial_alloc(&t, t.m, &frame->slots[0], &link_type, ROW, 0, 0));
  for (size_t i = 0; i < ROW; i++) {
    make_pair(&t, t.m, &frame->slots[1], i + 1);
    ht_ref *row = frame->slots[0];
    heap_store(t.m, row, &row[i], frame->slots[1]);
    expected[i] = i + 1;
  }
  heap_root_set(t.m, &frame->slots[1], NULL);
  check_row(&t, frame, expected);

  static const struct {
    size_t to, from, words;
  } runs[] = {{0, 1, 9}, {11, 10, 20}, {40, 3, 5}, {0, 0, ROW}, {1, 0, ROW - 1}, {0, 30, 40}, {5, 6, 0}};
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    ht_ref *row = frame->slots[0];
    heap_copy(t.m, row, &row[runs[i].to], row, &row[runs[i].from], runs[i].words);
    memmove(&expected[runs[i].to], &expected[runs[i].from], runs[i].words * sizeof *expected);
    check_row(&t, frame, expected);
  }
  ht_ref *row = frame->slots[0];
  heap_clear(t.m, row, &row[20], 30);
  memset(&expected[20], 0, 30 * sizeof *expected);
  check_row(&t, frame, expected);

  heap_root_load(t.m, &frame->slots[1], frame->slots[0], (ht_ref *)frame->slots[0] + 2);
  CHECK(is_pair(frame->slots[1], expected[2]));
  row = frame->slots[0];
  heap_clear(t.m, row, row, ROW);
  trial_collect(&t);
  CHECK(is_pair(frame->slots[1], expected[2]));
  heap_root_load(t.m, &frame->slots[1], frame->slots[0], frame->slots[0]);
  CHECK(!frame->slots[1]);
  heap_pop(t.m);
  trial_close(&t);
}

// copy and clear over words of which some are references and some are not, from one object to another.
static void mixed_words(void) {
  struct trial t;
  HT_FRAME(frame, 3);
  trial_open(&t);
  heap_push(t.m, frame);
  for (int i = 0; i < 2; i++) CHECK(trial_alloc(&t, t.m, &frame->slots[i], &pair_type, 40, 0, HT_ZEROED));
  for (uint64_t i = 0; i < 40; i++) {
    make_pair(&t, t.m, &frame->slots[2], 100 + i);
    struct pair *pair = (struct pair *)frame->slots[0] + i;
    pair->id = i;
    pair->check = ~i;
    heap_store(t.m, frame->slots[0], i % 2 ? &pair->left : &pair->right, frame->slots[2]);
  }
  heap_root_set(t.m, &frame->slots[2], NULL);
  struct pair *from = frame->slots[0], *to = frame->slots[1];
  heap_copy(t.m, to, (ht_ref *)&to[3], from, (ht_ref *)&from[1], 30 * sizeof *from / HT_WORD);
  heap_clear(t.m, from, (ht_ref *)&from[10], 5 * sizeof *from / HT_WORD);
  heap_collect(t.m, true);
  for (uint64_t i = 0; i < 40; i++) {
    struct pair *pair = (struct pair *)frame->slots[0] + i;
    bool gone = i >= 10 && i < 15;
    CHECK(gone ? !pair->id && !pair->check && !pair->left && !pair->right : is_pair(pair, i));
    if (!gone) CHECK(is_pair(i % 2 ? pair->left : pair->right, 100 + i));
    if (!gone) CHECK(!(i % 2 ? pair->right : pair->left));
    pair = (struct pair *)frame->slots[1] + i;
    if (i < 3 || i >= 33) {
      CHECK(!pair->id && !pair->check && !pair->left && !pair->right);
      continue;
    }
    CHECK(is_pair(pair, i - 2));
    CHECK(is_pair(i % 2 ? pair->left : pair->right, 98 + i));
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void globals(void) {
  static ht_ref words[50];
  struct trial t;
  HT_FRAME(frame, 1);
  trial_open(&t);
  heap_push(t.m, frame);
  for (size_t i = 0; i < 50; i++) CHECK(heap_global_root_add(t.heap, &words[i]));
  for (size_t i = 0; i < 50; i++) {
    make_pair(&t, t.m, &frame->slots[0], i);
    heap_store(t.m, NULL, &words[i], frame->slots[0]);
  }
  heap_root_set(t.m, &frame->slots[0], NULL);
  trial_collect(&t);
  for (size_t i = 0; i < 50; i++) {
    CHECK(is_pair(heap_load(t.m, NULL, &words[i]), i));
    heap_root_load(t.m, &frame->slots[0], NULL, &words[i]);
    CHECK(is_pair(frame->slots[0], i));
  }
  for (size_t i = 0; i < 50; i += 2) {
    heap_store(t.m, NULL, &words[i], NULL);
    heap_global_root_remove(t.heap, &words[i]);
  }
  trial_collect(&t);
  CHECK(is_pair(frame->slots[0], 49));
  for (size_t i = 1; i < 50; i += 2) {
    CHECK(is_pair(words[i], i));
    heap_clear(t.m, NULL, &words[i], 1);
    heap_global_root_remove(t.heap, &words[i]);
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void cells(void) {
  static ht_ref cell;
  struct trial t;
  HT_FRAME(frame, 2);
  trial_open(&t);
  heap_push(t.m, frame);
  CHECK(heap_global_root_add(t.heap, &cell));
  make_pair(&t, t.m, &frame->slots[1], 7);
  CHECK(!heap_recv(t.m, &cell, &frame->slots[1]));
  CHECK(is_pair(frame->slots[1], 7));
  for (uint64_t i = 0; i < 20; i++) {
    make_pair(&t, t.m, &frame->slots[0], i);
    CHECK(heap_send(t.m, &cell, frame->slots[0]));
    CHECK(!heap_send(t.m, &cell, frame->slots[1]));
    heap_root_set(t.m, &frame->slots[0], NULL);
    heap_collect(t.m, true);
    CHECK(heap_recv(t.m, &cell, &frame->slots[1]));
    CHECK(!cell);
    heap_collect(t.m, true);
    CHECK(is_pair(frame->slots[1], i));
  }
  heap_global_root_remove(t.heap, &cell);
  heap_pop(t.m);
  trial_close(&t);
}

// Many mutators take turns on the carriers; what one holds in its frame stays while others allocate.
static void turns(void) {
  enum { MUTATORS = 40 };
  struct trial t;
  struct ht_mutator *mutators[MUTATORS];
  struct ht_frame *frames_of[MUTATORS];
  struct ht_carrier *carriers[2];
  trial_open(&t);
  carriers[0] = carriers[1] = t.carrier;
  if (!can(HT_THREAD_BOUND)) CHECK(heaptrial_heap.carrier_open(t.heap, &carriers[1]));
  heap_block(t.m);
  for (size_t i = 0; i < MUTATORS; i++) {
    frames_of[i] = calloc(1, sizeof(struct ht_frame) + sizeof(ht_ref));
    CHECK(frames_of[i]);
    frames_of[i]->count = 1;
    CHECK(heap_attach(t.heap, carriers[i % 2], &mutators[i]));
    heap_push(mutators[i], frames_of[i]);
    make_pair(&t, mutators[i], &frames_of[i]->slots[0], i);
    heap_block(mutators[i]);
  }
  for (size_t round = 0; round < 3; round++)
    for (size_t i = 0; i < MUTATORS; i++) {
      struct ht_mutator *m = mutators[i];
      HT_FRAME(frame, 1);
      heap_unblock(m, carriers[(i + round) % 2]);
      CHECK(is_pair(frames_of[i]->slots[0], i));
      heap_push(m, frame);
      make_pair(&t, m, &frame->slots[0], 1000 + i);
      if (i % 10 == 0) heap_collect(m, true);
      CHECK(is_pair(frame->slots[0], 1000 + i));
      heap_pop(m);
      if (round < 2)
        heap_block(m);
      else {
        heap_pop(m);
        heap_detach(m);
        free(frames_of[i]);
      }
    }
  heap_unblock(t.m, t.carrier);
  if (carriers[1] != t.carrier) heaptrial_heap.carrier_close(carriers[1]);
  trial_close(&t);
}

// Two carriers at once, each on a thread: one sends pairs, the other receives and keeps the last ones.
enum { SENT = 20000 };
struct side {
  struct trial *t;
  ht_ref *cell;
  struct base_thread thread;
};

static struct ht_mutator *enter(struct side *side, struct ht_carrier **carrier) {
  struct ht_mutator *m;
  CHECK(heaptrial_heap.carrier_open(side->t->heap, carrier));
  CHECK(heap_attach(side->t->heap, *carrier, &m));
  return m;
}

static void send_side(void *argument) {
  struct side *side = argument;
  struct ht_carrier *carrier;
  struct ht_mutator *m = enter(side, &carrier);
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  for (uint64_t i = 0; i < SENT; i++) {
    CHECK(heap_alloc(m, &frame->slots[0], &pair_type, 1, 0, 0));
    struct pair *pair = frame->slots[0];
    pair->id = i;
    pair->check = ~i;
    while (!heap_send(m, side->cell, frame->slots[0])) {
      heap_poll(m);
      base_yield();
    }
  }
  heap_pop(m);
  heap_detach(m);
  heaptrial_heap.carrier_close(carrier);
}

static void receive_side(void *argument) {
  enum { KEPT = 16 };
  struct side *side = argument;
  struct ht_carrier *carrier;
  struct ht_mutator *m = enter(side, &carrier);
  HT_FRAME(frame, KEPT);
  heap_push(m, frame);
  for (uint64_t i = 0; i < SENT; i++) {
    ht_ref *slot = &frame->slots[i % KEPT];
    ht_ref old = *slot;
    if (old) CHECK(is_pair(old, i - KEPT));
    heap_root_set(m, slot, NULL);
    if (old) heap_release(m, old);
    while (!heap_recv(m, side->cell, slot)) {
      heap_poll(m);
      base_yield();
    }
    CHECK(is_pair(*slot, i));
  }
  for (size_t i = 0; i < KEPT; i++) {
    ht_ref old = frame->slots[i];
    heap_root_set(m, &frame->slots[i], NULL);
    heap_release(m, old);
  }
  heap_pop(m);
  heap_detach(m);
  heaptrial_heap.carrier_close(carrier);
}

static void threads(void) {
  static ht_ref cell;
  struct trial t;
  trial_open(&t);
  CHECK(heap_global_root_add(t.heap, &cell));
  heap_block(t.m);
  struct side sides[2] = {{.t = &t, .cell = &cell}, {.t = &t, .cell = &cell}};
  if (heaptrial_heap.carriers != 1) {
    CHECK(base_thread_start(&sides[0].thread, send_side, &sides[0]));
    CHECK(base_thread_start(&sides[1].thread, receive_side, &sides[1]));
    base_thread_join(&sides[0].thread);
    base_thread_join(&sides[1].thread);
  }
  heap_unblock(t.m, t.carrier);
  heap_global_root_remove(t.heap, &cell);
  trial_close(&t);
}

const struct clause reference_clauses[] = {
    {"frames", 0, frames},
    {"deep_list", 0, deep_list},
    {"fields", 0, fields},
    {"mixed_words", 0, mixed_words},
    {"globals", 0, globals},
    {"cells", 0, cells},
    {"turns", 0, turns},
    {"threads", 0, threads},
    {0},
};
