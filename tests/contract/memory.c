// Clauses about memory: options, refusal, what is held and what is given back.

#include "tests/contract/contract.h"

// A value that is none, or of something that is not here.
static bool is_refused(enum ht_status status) {
  return status == HT_BAD_OPTION || status == HT_UNAVAILABLE;
}

static void options(void) {
  struct trial t;
  char message[200] = "";
  const struct ht_setting unknown = {"no_such_option", "1"};
  trial_prepare(&t);
  CHECK(trial_create(&t, &unknown, 1, message, sizeof message) == HT_BAD_OPTION);
  CHECK(strstr(message, "no_such_option"));
  for (const struct ht_option *option = heaptrial_heap.options; option && option->name; option++) {
    const struct ht_setting initial = {option->name, option->initial},
                            wrong = {option->name, "no such value"};
    CHECK(option->values && option->help);
    message[0] = 0;
    CHECK(is_refused(trial_create(&t, &wrong, 1, message, sizeof message)));
    CHECK(message[0]);
    CHECK(is_refused(trial_create(&t, &wrong, 1, NULL, 0)));
    CHECK(trial_create(&t, &initial, 1, message, sizeof message) == HT_OK);
    heaptrial_heap.destroy(t.heap);
  }
  trial_finish(&t);
}

// A scenario in which every step may be refused memory. What a refused step had to leave alone is looked at,
// and the step is done again: the second time it must succeed.
enum { KEPT = 24, ROUNDS = 6 };

struct scenario {
  struct trial t;
  struct ht_frame *frame;
  size_t bytes[KEPT]; // SIZE_MAX: nothing there yet
};

static void look(struct scenario *s) {
  for (size_t i = 0; i < KEPT; i++) {
    if (s->bytes[i] == SIZE_MAX)
      CHECK(!s->frame->slots[i]);
    else
      CHECK(s->frame->slots[i] && is_stamped(s->frame->slots[i], s->bytes[i], i));
  }
  const struct pair *pair = s->frame->slots[KEPT];
  for (uint64_t id = pair ? pair->id + 1 : 0; id-- > 0; pair = heap_load(s->t.m, (ht_ref)pair, &pair->left))
    CHECK(pair && pair->id == id);
  CHECK(!pair);
  trial_check(&s->t);
}

#define STEP(s, condition)                                 \
  do {                                                     \
    if (!(condition)) {                                    \
      CHECK(ht_metered_read((s)->t.metered).refused == 1); \
      look(s);                                             \
      CHECK(condition);                                    \
    }                                                      \
  } while (0)

static int ended;
static void count_end(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  (void)m, (void)weak, (void)data;
  ended++;
}

static void fill(struct scenario *s) {
  struct trial *t = &s->t;
  struct ht_frame *frame = s->frame;
  for (size_t round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < KEPT; i++) {
      size_t bytes = (i * 7919 + round * 104729) % (i % 6 ? 700 : 60000);
      if (round % 2 && can(HT_RESIZES)) {
        size_t least = bytes < s->bytes[i] ? bytes : s->bytes[i];
        STEP(s, heap_resize(t->m, &frame->slots[i], &bytes_type, s->bytes[i], bytes, 0));
        CHECK(is_stamped(frame->slots[i], least, i));
      } else {
        size_t alignment = i % 5 ? 0 : at_most(128);
        STEP(s, heap_alloc(t->m, &frame->slots[i], &bytes_type, bytes, alignment, 0));
      }
      stamp(frame->slots[i], bytes, i);
      s->bytes[i] = bytes;
      STEP(s, heap_alloc(t->m, &frame->slots[KEPT + 1], &pair_type, 1, 0, 0));
      struct pair *pair = frame->slots[KEPT + 1], *before = frame->slots[KEPT];
      pair->id = before ? before->id + 1 : 0;
      heap_store(t->m, pair, &pair->left, before);
      heap_root_set(t->m, &frame->slots[KEPT], pair);
      heap_root_set(t->m, &frame->slots[KEPT + 1], NULL);
    }
}

// Another mutator comes on the carrier, and leaves it. Who is blocked looks at nothing.
static bool attach_beside(struct trial *t, struct ht_mutator **other) {
  heap_block(t->m);
  bool attached = heap_attach(t->heap, t->carrier, other);
  if (attached) heap_block(*other);
  heap_unblock(t->m, t->carrier);
  return attached;
}

static void play(struct scenario *s) {
  static ht_ref globals[80];
  enum { WEAK = 80, MUTATORS = 150 };
  struct trial *t = &s->t;
  struct ht_weak *weak[WEAK];
  struct ht_mutator *others[MUTATORS];
  fill(s);
  ended = 0;
  if (can(HT_WEAK)) {
    for (size_t i = 0; i < WEAK; i++)
      STEP(s, heap_weak_create(t->m, s->frame->slots[KEPT], count_end, NULL, &weak[i]));
    for (size_t i = 0; i < WEAK; i++) {
      heap_weak_load(t->m, weak[i], &s->frame->slots[KEPT + 1]);
      CHECK(s->frame->slots[KEPT + 1] == s->frame->slots[KEPT]);
      heap_weak_drop(t->m, weak[i]);
    }
  }
  for (size_t i = 0; i < 80; i++) STEP(s, heap_global_root_add(t->heap, &globals[i]));
  for (size_t i = 0; i < 80; i++) heap_store(t->m, NULL, &globals[i], s->frame->slots[i % KEPT]);
  heap_poll(t->m);
  heap_collect(t->m, true);
  look(s);
  for (size_t i = 0; i < 80; i++) {
    CHECK(globals[i] == s->frame->slots[i % KEPT]);
    heap_store(t->m, NULL, &globals[i], NULL);
    heap_global_root_remove(t->heap, &globals[i]);
  }
  for (size_t i = 0; i < MUTATORS; i++) STEP(s, attach_beside(t, &others[i]));
  heap_block(t->m);
  for (size_t i = 0; i < MUTATORS; i++) {
    heap_unblock(others[i], t->carrier);
    heap_detach(others[i]);
  }
  heap_unblock(t->m, t->carrier);
  fill(s);
  heap_collect(t->m, true);
  look(s);
  CHECK(ended == 0);
}

// Refuses the n-th request, for every small n and for larger ones at growing distances, until a run needs
// fewer.
static void refusal(void) {
  for (uint64_t n = 1;; n += 1 + n / 16) {
    struct scenario s;
    struct trial *t = &s.t;
    HT_FRAME(frame, KEPT + 2);
    trial_prepare(t);
    s.frame = frame;
    for (size_t i = 0; i < KEPT; i++) s.bytes[i] = SIZE_MAX;
    ht_metered_refuse(t->metered, n, 0);
    enum ht_status status = trial_create(t, NULL, 0, NULL, 0);
    if (status != HT_OK) {
      CHECK(status == HT_NO_MEMORY);
      CHECK(ht_metered_read(t->metered).refused == 1);
      CHECK(ht_metered_read(t->metered).reserved == 0);
      CHECK(trial_create(t, NULL, 0, NULL, 0) == HT_OK);
    }
    if (!heaptrial_heap.carrier_open(t->heap, &t->carrier)) {
      CHECK(ht_metered_read(t->metered).refused == 1);
      CHECK(heaptrial_heap.carrier_open(t->heap, &t->carrier));
    }
    if (!heap_attach(t->heap, t->carrier, &t->m)) {
      CHECK(ht_metered_read(t->metered).refused == 1);
      CHECK(heap_attach(t->heap, t->carrier, &t->m));
    }
    heap_push(t->m, frame);
    play(&s);
    heap_pop(t->m);
    bool refused = ht_metered_read(t->metered).refused != 0;
    trial_close(t);
    if (!refused) {
      CHECK(n > 3);
      return;
    }
  }
}

// Refused for good, the heap still says no and stays whole, and goes on afterwards.
static void refused_for_long(void) {
  struct scenario s;
  struct trial *t = &s.t;
  HT_FRAME(frame, KEPT + 2);
  trial_open(t);
  s.frame = frame;
  for (size_t i = 0; i < KEPT; i++) s.bytes[i] = SIZE_MAX;
  heap_push(t->m, frame);
  fill(&s);
  ht_metered_refuse(t->metered, 1, 1);
  size_t made = 0;
  // What is made is held: a heap that counts references would use one place over and over.
  HT_FRAME(chain, 2);
  heap_push(t->m, chain);
  while (heap_alloc(t->m, &chain->slots[1], &pair_type, 50, 0, 0)) {
    CHECK(++made < 1000000);
    heap_store(t->m, chain->slots[1], &((struct pair *)chain->slots[1])->left, chain->slots[0]);
    heap_root_set(t->m, &chain->slots[0], chain->slots[1]);
  }
  heap_pop(t->m);
  CHECK(!heap_alloc(t->m, &frame->slots[KEPT + 1], &pair_type, 3000000, 0, 0));
  heap_poll(t->m);
  heap_collect(t->m, true);
  look(&s);
  ht_metered_refuse(t->metered, 0, 0);
  fill(&s);
  heap_collect(t->m, true);
  look(&s);
  heap_pop(t->m);
  trial_close(t);
}

static void statistics(void) {
  struct trial t;
  struct ht_statistics now;
  HT_FRAME(frame, 300);
  trial_open(&t);
  heap_push(t.m, frame);
  uint64_t bytes = 0, objects = 0;
  for (size_t i = 0; i < 900; i++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[i % 300], &bytes_type, i, 0, 0));
    bytes += i;
    objects++;
  }
  trial_collect(&t);
  heaptrial_heap.statistics(t.heap, &now);
  uint64_t live = 0;
  for (size_t i = 600; i < 900; i++) live += i;
  if (can(HT_COUNTS_LIVE) && can(HT_COLLECTS)) CHECK(now.live_objects == 300 && now.live_bytes == live);
  if (now.allocated_objects != HT_UNKNOWN) CHECK(now.allocated_objects >= objects);
  if (now.allocated_bytes != HT_UNKNOWN) CHECK(now.allocated_bytes >= bytes);
  if (t.metered) CHECK(now.committed_bytes == ht_metered_read(t.metered).committed);
  if (t.metered && heaptrial_heap.space_percent)
    CHECK(now.committed_bytes <= heaptrial_heap.space_fixed + 300 * heaptrial_heap.space_object +
                                     live * heaptrial_heap.space_percent / 100);
  heap_pop(t.m);
  // Mutators leave nothing behind either.
  struct ht_mutator *mutators[2000];
  heap_block(t.m);
  for (size_t i = 0; i < 2000; i++) {
    CHECK(heap_attach(t.heap, t.carrier, &mutators[i]));
    heap_block(mutators[i]);
  }
  for (size_t i = 0; i < 2000; i++) {
    heap_unblock(mutators[i], t.carrier);
    heap_detach(mutators[i]);
  }
  heap_unblock(t.m, t.carrier);
  trial_collect(&t);
  heaptrial_heap.statistics(t.heap, &now);
  if (can(HT_COUNTS_LIVE) && can(HT_COLLECTS)) CHECK(now.live_objects == 0 && now.live_bytes == 0);
  if (heaptrial_heap.space_empty) CHECK(now.committed_bytes <= heaptrial_heap.space_empty);
  if (can(HT_COLLECTS)) CHECK(t.cycles >= 2);
  trial_close(&t);
}

// Two new heaps given the same calls give the same addresses, as seen from their first memory.
static void run_for_addresses(ptrdiff_t *offsets, size_t count) {
  struct trial t;
  HT_FRAME(frame, 40);
  trial_open(&t);
  heap_push(t.m, frame);
  for (size_t i = 0; i < count; i++) {
    CHECK(trial_alloc(&t, t.m, &frame->slots[i * 7 % 40], &bytes_type, i * 37 % 1500, i % 9 ? 0 : at_most(64),
                      0));
    offsets[i] = (const char *)frame->slots[i * 7 % 40] - t.row.start;
  }
  heap_pop(t.m);
  trial_close(&t);
}

static void repeatable(void) {
  enum { COUNT = 400 };
  static ptrdiff_t once[COUNT], again[COUNT];
  run_for_addresses(once, COUNT);
  run_for_addresses(again, COUNT);
  for (size_t i = 0; i < COUNT; i++) CHECK(once[i] == again[i]);
}

const struct clause memory_clauses[] = {
    {"options", 0, options},
    {"refusal", HT_MEMORY_HOOK, refusal},
    {"refused_for_long", HT_MEMORY_HOOK, refused_for_long},
    {"statistics", 0, statistics},
    {"repeatable", HT_REPEATABLE | HT_MEMORY_HOOK, repeatable},
    {0},
};
