// Directed tests of a peer, through its table: peer_test <test> [<setting>=<value>]. What every heap must do
// is tried elsewhere; these try what each library promises and the code around it could lose.

#include <heaptrial/through_table.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                                       \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      fprintf(stderr, "peer_test: %s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                                 \
    }                                                                                          \
  } while (0)

static const struct ht_heap_table *const table = &heaptrial_heap;

struct node {
  struct node *next, *other;
  uintptr_t number;
};
static const uint64_t node_map = 3;
static const struct ht_type node_type = {"node", sizeof(struct node), 2, &node_map};
static const struct ht_type byte_type = {"byte", 1, 0, NULL};

static bool can(uint64_t capability) {
  return (table->capabilities & capability) == capability;
}

struct world {
  struct ht_heap *heap;
  struct ht_carrier *carrier;
  struct ht_mutator *m;
};

static struct ht_setting setting;

static struct world open_world(void) {
  struct world w;
  char message[256] = "no message";
  struct ht_config config = {.settings = &setting,
                             .setting_count = setting.name != NULL,
                             .message = message,
                             .message_size = sizeof message};
  enum ht_status status = table->create(&config, &w.heap);
  if (status != HT_OK) {
    fprintf(stderr, "peer_test: status %d: %s\n", status, message);
    exit(status == HT_UNAVAILABLE ? 3 : 1);
  }
  CHECK(table->carrier_open(w.heap, &w.carrier));
  CHECK(heap_attach(w.heap, w.carrier, &w.m));
  return w;
}

static void close_world(struct world w) {
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  table->destroy(w.heap);
}

static struct node *new_node(struct ht_mutator *m, ht_ref *slot, uintptr_t number) {
  CHECK(heap_alloc(m, slot, &node_type, 1, 0, 0));
  struct node *node = *slot;
  CHECK(!node->next && !node->other);
  node->number = number;
  return node;
}

static void set_next(struct ht_mutator *m, struct node *from, struct node *to) {
  heap_store(m, from, (ht_ref *)&from->next, to);
}

// Overwrites what calls that are over left on the stack, which a conservative collector takes for roots.
static __attribute__((noinline)) void scrub_stack(void) {
  char bytes[1 << 14];
  memset(bytes, 0, sizeof bytes);
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

static void collect(struct ht_mutator *m) {
  scrub_stack();
  heap_collect(m, true);
}

// A conservative collector may keep some of what nothing reaches.
static bool is_enough(size_t gone, size_t of) {
  return can(HT_CONSERVATIVE) ? 10 * gone >= 9 * of : gone == of;
}

// Rings of three that nothing reaches.

enum { RINGS = 100, RING = 3 };

// The program's own data, which no heap was told of, and which so keeps nothing.
static ht_ref forgotten[RINGS];

static __attribute__((noinline)) void make_rings(struct world *w, struct ht_weak **weaks) {
  HT_FRAME(frame, RING);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < RING; n++) new_node(w->m, &frame->slots[n], i);
    for (size_t n = 0; n < RING; n++) set_next(w->m, frame->slots[n], frame->slots[(n + 1) % RING]);
    CHECK(table->weak_create(w->m, frame->slots[0], NULL, NULL, &weaks[i]));
    *(volatile ht_ref *)&forgotten[i] = frame->slots[0];
  }
  heap_pop(w->m);
}

static void test_ring(void) {
  struct world w = open_world();
  static struct ht_weak *weaks[RINGS];
  make_rings(&w, weaks);
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  collect(w.m);
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    table->weak_load(w.m, weaks[i], &frame->slots[0]);
    gone += frame->slots[0] == NULL;
    table->weak_drop(w.m, weaks[i]);
  }
  CHECK(is_enough(gone, RINGS));
  heap_pop(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || (s.live_objects == 0 && s.live_bytes == 0));
  close_world(w);
}

// Objects that each have a weak reference with a callback and a finalizer, in rings and by themselves.

struct ending {
  struct ht_weak *weak;
  unsigned reported, finalized;
};

static struct ending endings[RINGS * RING];

static void on_gone(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct ending *e = data;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  table->weak_load(m, weak, &frame->slots[0]);
  CHECK(e->weak == weak && !frame->slots[0]);
  heap_pop(m);
  e->reported++;
}

static void on_final(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct ending *e = data;
  struct node *self = *slot;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  table->weak_load(m, e->weak, &frame->slots[0]);
  CHECK(!frame->slots[0]);
  // What it reaches is whole, though that has been finalized or will be in this cycle.
  CHECK(&endings[self->number] == e);
  bool in_ring = self->number / RING % 2;
  CHECK(in_ring == !!self->next);
  if (in_ring) CHECK(self->next->number / RING == self->number / RING && self->next->next->next == self);
  heap_pop(m);
  e->finalized++;
}

static __attribute__((noinline)) void make_ending_rings(struct world *w) {
  HT_FRAME(frame, RING);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < RING; n++) {
      struct ending *e = &endings[i * RING + n];
      ht_ref object = new_node(w->m, &frame->slots[n], i * RING + n);
      CHECK(table->weak_create(w->m, object, on_gone, e, &e->weak));
      // The second replaces the first, which would fail.
      CHECK(table->finalizer_set(w->m, object, on_final, &endings[(i * RING + n + 1) % (RINGS * RING)]));
      CHECK(table->finalizer_set(w->m, object, on_final, e));
    }
    for (size_t n = 0; i % 2 && n < RING; n++) set_next(w->m, frame->slots[n], frame->slots[(n + 1) % RING]);
  }
  heap_pop(w->m);
}

static void test_endings(void) {
  struct world w = open_world();
  make_ending_rings(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  size_t gone = 0;
  for (size_t i = 0; i < RINGS * RING; i++) {
    CHECK(endings[i].reported == endings[i].finalized && endings[i].finalized <= 1);
    gone += endings[i].finalized;
    table->weak_drop(w.m, endings[i].weak);
  }
  CHECK(is_enough(gone, RINGS * RING));
  close_world(w);
}

// Pairs whose weak references' callbacks drop both references, when the other is due as well.

struct pair {
  struct ht_weak *weaks[2];
  unsigned reported;
};

static struct pair pairs[RINGS];

static void on_gone_drop(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  struct pair *p = data;
  CHECK(weak == p->weaks[0] || weak == p->weaks[1]);
  CHECK(p->reported++ == 0);
  for (size_t i = 0; i < 2; i++) table->weak_drop(m, p->weaks[i]);
}

static __attribute__((noinline)) void make_pairs(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    for (size_t n = 0; n < 2; n++) {
      new_node(w->m, &frame->slots[n], i);
      CHECK(table->weak_create(w->m, frame->slots[n], on_gone_drop, &pairs[i], &pairs[i].weaks[n]));
    }
    set_next(w->m, frame->slots[0], frame->slots[1]);
    set_next(w->m, frame->slots[1], frame->slots[0]);
  }
  heap_pop(w->m);
}

static void test_drops(void) {
  struct world w = open_world();
  make_pairs(&w);
  collect(w.m);
  heap_run_finalizers(w.m);
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    gone += pairs[i].reported;
    for (size_t n = 0; !pairs[i].reported && n < 2; n++) table->weak_drop(w.m, pairs[i].weaks[n]);
  }
  CHECK(is_enough(gone, RINGS));
  close_world(w);
}

// A list longer than any stack is deep, which ends at once.

static void test_chain(void) {
  enum { LENGTH = 300000 };
  struct world w = open_world();
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (uintptr_t i = 0; i < LENGTH; i++) {
    struct node *node = new_node(w.m, &frame->slots[1], i);
    set_next(w.m, node, frame->slots[0]);
    heap_root_set(w.m, &frame->slots[0], node);
  }
  heap_root_set(w.m, &frame->slots[1], NULL);
  collect(w.m);
  uintptr_t count = LENGTH;
  for (struct node *node = frame->slots[0]; node; node = node->next) CHECK(node->number == --count);
  CHECK(count == 0);
  heap_pop(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || s.live_objects == 0);
  close_world(w);
}

// Objects that their finalizers store in a global: whole, finalized once, gone at last.

static ht_ref revived;
static unsigned revivals;

static void revive(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)data;
  struct node *self = *slot;
  heap_store(m, self, (ht_ref *)&self->other, revived);
  heap_store(m, NULL, &revived, self);
  revivals++;
}

static __attribute__((noinline)) void make_revivable(struct world *w) {
  HT_FRAME(frame, 2);
  heap_push(w->m, frame);
  for (size_t i = 0; i < RINGS; i++) {
    struct node *a = new_node(w->m, &frame->slots[0], i);
    set_next(w->m, a, new_node(w->m, &frame->slots[1], i));
    set_next(w->m, frame->slots[1], a);
    CHECK(table->finalizer_set(w->m, a, revive, NULL));
  }
  heap_pop(w->m);
}

static __attribute__((noinline)) size_t count_revived(void) {
  size_t count = 0;
  for (struct node *a = revived; a; a = a->other, count++)
    CHECK(a->next && a->next->number == a->number && a->next->next == a);
  return count;
}

static void test_resurrection(void) {
  struct world w = open_world();
  CHECK(table->global_root_add(w.heap, &revived));
  make_revivable(&w);
  collect(w.m);
  heap_run_finalizers(w.m);
  size_t count = revivals;
  CHECK(is_enough(count, RINGS));
  collect(w.m);
  CHECK(count_revived() == count);
  heap_store(w.m, NULL, &revived, NULL);
  collect(w.m);
  heap_run_finalizers(w.m);
  CHECK(revivals <= RINGS && !revived == (revivals == count));
  if (!can(HT_CONSERVATIVE)) {
    struct ht_statistics s;
    table->statistics(w.heap, &s);
    CHECK(s.live_objects == 0);
  }
  heap_store(w.m, NULL, &revived, NULL);
  table->global_root_remove(w.heap, &revived);
  close_world(w);
}

// What keeps an object: a frame outside every stack, of a mutator that is blocked; a global; a cell; where
// the heap can, an ambiguous word and a reference to the inside.

static ht_ref global, cell;
static uintptr_t ambiguous;

static __attribute__((noinline)) void make_kept(struct world *w, struct ht_mutator *other,
                                                struct ht_frame *far, struct ht_weak **weaks) {
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (size_t i = 0; i < 5; i++) {
    new_node(w->m, &frame->slots[0], i);
    CHECK(table->weak_create(w->m, frame->slots[0], NULL, NULL, &weaks[i]));
    switch (i) {
    case 0:
      CHECK(heap_send(w->m, &cell, frame->slots[0]));
      heap_block(w->m);
      heap_unblock(other, w->carrier);
      CHECK(heap_recv(other, &cell, &far->slots[1]));
      heap_block(other);
      heap_unblock(w->m, w->carrier);
      break;
    case 1:
      heap_store(w->m, NULL, &global, frame->slots[0]);
      break;
    case 2:
      CHECK(heap_send(w->m, &cell, frame->slots[0]));
      CHECK(!heap_send(w->m, &cell, frame->slots[0]));
      break;
    case 3:
      if (can(HT_AMBIGUOUS_ROOTS)) ambiguous = (uintptr_t)frame->slots[0];
      break;
    case 4:
      if (can(HT_INTERIOR)) heap_store(w->m, global, &((ht_ref *)global)[1], (ht_ref *)frame->slots[0] + 1);
      break;
    }
  }
  heap_pop(w->m);
}

static unsigned kept(struct world *w, struct ht_weak **weaks) {
  unsigned set = 0;
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (unsigned i = 0; i < 5; i++) {
    table->weak_load(w->m, weaks[i], &frame->slots[0]);
    if (!frame->slots[0]) continue;
    CHECK(((struct node *)frame->slots[0])->number == i);
    set |= 1u << i;
  }
  heap_pop(w->m);
  return set;
}

static void test_roots(void) {
  struct world w = open_world();
  struct ht_weak *weaks[5];
  struct ht_mutator *other;
  // Memory the collector has no reason to look at.
  struct ht_frame *far = calloc(1, sizeof *far + 2 * sizeof *far->slots);
  CHECK(far);
  far->count = 2;
  heap_block(w.m);
  CHECK(heap_attach(w.heap, w.carrier, &other));
  heap_push(other, far);
  heap_block(other);
  heap_unblock(w.m, w.carrier);
  CHECK(table->global_root_add(w.heap, &global) && table->global_root_add(w.heap, &cell));
  if (can(HT_AMBIGUOUS_ROOTS)) CHECK(table->ambiguous_root_add(w.heap, &ambiguous));
  unsigned expected = 7 | (can(HT_AMBIGUOUS_ROOTS) ? 8 : 0) | (can(HT_INTERIOR) ? 16 : 0);
  make_kept(&w, other, far, weaks);
  collect(w.m);
  CHECK((kept(&w, weaks) & expected) == expected);
  heap_block(w.m);
  heap_unblock(other, w.carrier);
  CHECK(heap_recv(other, &cell, &far->slots[0]) && ((struct node *)far->slots[0])->number == 2);
  CHECK(!heap_recv(other, &cell, &far->slots[0]));
  heap_pop(other);
  heap_detach(other);
  heap_unblock(w.m, w.carrier);
  heap_store(w.m, NULL, &global, NULL);
  ambiguous = 0;
  table->global_root_remove(w.heap, &global);
  table->global_root_remove(w.heap, &cell);
  if (can(HT_AMBIGUOUS_ROOTS)) table->ambiguous_root_remove(w.heap, &ambiguous);
  free(far);
  collect(w.m);
  // The five lie beside each other in memory and on the stack: a conservative collector may see one by
  // chance.
  unsigned left = kept(&w, weaks);
  CHECK(can(HT_CONSERVATIVE) ? __builtin_popcount(left) <= 2 : left == 0);
  for (size_t i = 0; i < 5; i++) table->weak_drop(w.m, weaks[i]);
  close_world(w);
}

// Heap after heap in one process, each left as it stands: no callback of one reaches the next.

static unsigned strays;

static void stray_gone(struct ht_mutator *m, struct ht_weak *weak, void *data) {
  (void)m, (void)weak, (void)data;
  strays++;
}

static void stray_final(struct ht_mutator *m, ht_ref *slot, void *data) {
  (void)m, (void)slot, (void)data;
  strays++;
}

static void test_recreate(void) {
  enum { HEAPS = 300 };
  static ht_ref left;
  struct timespec start, end;
  close_world(open_world());
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (unsigned i = 0; i < HEAPS; i++) {
    struct world w = open_world();
    HT_FRAME(frame, 2);
    heap_push(w.m, frame);
    left = NULL;
    CHECK(table->global_root_add(w.heap, &left));
    for (uintptr_t n = 0; n < 20; n++) {
      struct node *a = new_node(w.m, &frame->slots[0], n);
      set_next(w.m, a, a);
      if (can(HT_FINALIZERS)) CHECK(table->finalizer_set(w.m, a, stray_final, NULL));
      struct ht_weak *weak;
      if (can(HT_WEAK)) CHECK(table->weak_create(w.m, a, stray_gone, NULL, &weak));
    }
    heap_store(w.m, NULL, &left, frame->slots[0]);
    heap_pop(w.m);
    close_world(w);
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  struct world w = open_world();
  collect(w.m);
  heap_run_finalizers(w.m);
  CHECK(strays == 0);
  close_world(w);
  printf("%.1f us a heap\n",
         ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / 1e3 / HEAPS);
}

// Alignment as claimed, usable sizes, zeroes, blocks that do not overlap, sizes that no heap gives.

static void test_sizes(void) {
  enum { SIZES = 400, LARGE = 24 };
  struct world w = open_world();
  HT_FRAME(frame, SIZES + LARGE);
  heap_push(w.m, frame);
  static size_t sizes[SIZES + LARGE];
  for (size_t i = 0; i < SIZES + LARGE; i++) sizes[i] = i < SIZES ? i : (size_t)1 << (i - SIZES);
  for (size_t pass = 0; pass < 3; pass++)
    for (size_t i = 0; i < SIZES + LARGE; i++) {
      ht_ref *slot = &frame->slots[i];
      size_t alignment = pass == 2 ? table->maximum_alignment >> i % 13 : 0;
      if (can(HT_RELEASES) && *slot) {
        ht_ref old = *slot;
        heap_root_set(w.m, slot, NULL);
        heap_release(w.m, old);
      }
      CHECK(heap_alloc(w.m, slot, &byte_type, sizes[i], alignment, pass ? HT_ZEROED : 0) && *slot);
      uintptr_t address = (uintptr_t)*slot;
      CHECK(alignment == 0 || address % alignment == 0);
      CHECK(sizes[i] < table->minimum_alignment || address % table->minimum_alignment == 0);
      CHECK(sizes[i] == 0 || sizes[i] % table->natural_alignment || address % table->natural_alignment == 0);
      CHECK(!can(HT_TELLS_SIZE) || table->usable_size(w.heap, *slot) >= sizes[i]);
      CHECK(!can(HT_TELLS_OWNER) || table->owns(w.heap, *slot));
      for (size_t byte = 0; pass && byte < sizes[i]; byte++) CHECK(((char *)*slot)[byte] == 0);
      memset(*slot, (int)(i + pass), sizes[i]);
    }
  for (size_t i = 0; i < SIZES + LARGE; i++)
    for (size_t byte = 0; byte < sizes[i]; byte++)
      CHECK(((unsigned char *)frame->slots[i])[byte] == (unsigned char)(i + 2));
  ht_ref before = frame->slots[7];
  size_t impossible[] = {SIZE_MAX,     SIZE_MAX - 8,     SIZE_MAX - 64,
                         SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 40};
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
    CHECK(!heap_alloc(w.m, &frame->slots[7], &byte_type, impossible[i], 0, 0));
    CHECK(!heap_alloc(w.m, &frame->slots[7], &byte_type, impossible[i], table->maximum_alignment, 0));
    CHECK(!heap_alloc(w.m, &frame->slots[7], &node_type, impossible[i], 0, 0));
    CHECK(frame->slots[7] == before);
  }
  CHECK(!can(HT_TELLS_OWNER) || (!table->owns(w.heap, frame) && !table->owns(w.heap, &node_type)));
  for (size_t i = 0; can(HT_RELEASES) && i < SIZES + LARGE; i++) heap_release(w.m, frame->slots[i]);
  heap_pop(w.m);
  close_world(w);
}

// Copies between runs that overlap, to and from, over more words than a buffer has.

static void test_copy(void) {
  enum { NODES = 100, WORDS = sizeof(struct node) / HT_WORD };
  struct world w = open_world();
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (int shift = -3; shift <= 3; shift++) {
    CHECK(heap_alloc(w.m, &frame->slots[0], &node_type, NODES, 0, HT_ZEROED));
    struct node *nodes = frame->slots[0];
    for (uintptr_t i = 0; i < NODES; i++) {
      set_next(w.m, &nodes[i], NULL);
      heap_store(w.m, nodes, (ht_ref *)&nodes[i].next, new_node(w.m, &frame->slots[1], i));
      nodes[i].number = i;
    }
    size_t from = shift < 0 ? 3 : 0;
    heap_copy(w.m, nodes, (ht_ref *)&nodes[from + shift], nodes, (ht_ref *)&nodes[from], (NODES - 3) * WORDS);
    // What was dropped too often is overwritten now.
    for (size_t i = 0; i < 2 * NODES; i++) new_node(w.m, &frame->slots[1], NODES);
    for (size_t i = 0; i < NODES; i++) {
      bool moved = i >= from + shift && i < from + shift + NODES - 3;
      uintptr_t expected = moved ? i - shift : i;
      CHECK(nodes[i].number == expected && nodes[i].next->number == expected && !nodes[i].other);
    }
    heap_clear(w.m, nodes, (ht_ref *)nodes, NODES * WORDS);
    for (size_t i = 0; i < NODES; i++) CHECK(!nodes[i].next && !nodes[i].number);
  }
  heap_pop(w.m);
  collect(w.m);
  struct ht_statistics s;
  table->statistics(w.heap, &s);
  CHECK(!can(HT_COUNTS_LIVE) || s.live_objects == 0);
  close_world(w);
}

static void test_refusals(void) {
  char message[256] = "";
  struct ht_setting unknown = {"no-such-option", "1"};
  struct ht_config config = {
      .settings = &unknown, .setting_count = 1, .message = message, .message_size = sizeof message};
  struct ht_heap *second;
  CHECK(table->create(&config, &second) == HT_BAD_OPTION && strstr(message, unknown.name));
  for (const struct ht_option *option = table->options; option->name; option++) {
    struct ht_setting initial = {option->name, option->initial};
    config.settings = &initial;
    CHECK(table->create(&config, &second) == HT_OK);
    table->destroy(second);
  }
  config.setting_count = 0;
  struct world w = open_world();
  enum ht_status status = table->create(&config, &second);
  CHECK(can(HT_SINGLETON) ? status == HT_UNAVAILABLE : status == HT_OK);
  if (status == HT_OK) table->destroy(second);
  CHECK(table->provider() && *table->provider());
  close_world(w);
}

// Threads that build lists while others collect; each checks its own. The heap is made by a thread that ends.

enum { THREADS = 4, LIST = 2000 };

static struct ht_heap *shared;

static void *make_heap(void *argument) {
  (void)argument;
  struct ht_config config = {0};
  CHECK(table->create(&config, &shared) == HT_OK);
  return NULL;
}

static void *build_lists(void *argument) {
  struct world w = {.heap = shared};
  CHECK(table->carrier_open(w.heap, &w.carrier) && heap_attach(w.heap, w.carrier, &w.m));
  HT_FRAME(frame, 2);
  heap_push(w.m, frame);
  for (unsigned round = 0; round < 10; round++) {
    heap_root_set(w.m, &frame->slots[0], NULL);
    for (uintptr_t i = 0; i < LIST; i++) {
      struct node *node = new_node(w.m, &frame->slots[1], i ^ (uintptr_t)argument);
      set_next(w.m, node, frame->slots[0]);
      heap_root_set(w.m, &frame->slots[0], node);
    }
    heap_root_set(w.m, &frame->slots[1], NULL);
    heap_collect(w.m, true);
    struct node *node = frame->slots[0];
    for (uintptr_t i = LIST; i-- > 0; node = node->next)
      CHECK(node && node->number == (i ^ (uintptr_t)argument));
  }
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  return NULL;
}

static void test_threads(void) {
  pthread_t threads[THREADS];
  size_t count = table->carriers && table->carriers < THREADS ? table->carriers : THREADS;
  CHECK(pthread_create(&threads[0], NULL, make_heap, NULL) == 0);
  CHECK(pthread_join(threads[0], NULL) == 0);
  for (unsigned round = 0; round < 3; round++) {
    for (size_t i = 0; i < count; i++)
      CHECK(pthread_create(&threads[i], NULL, build_lists, (void *)(i << 20)) == 0);
    for (size_t i = 0; i < count; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  }
  table->destroy(shared);
}

// Carriers on two threads, and two on one, open at once; one mutator runs at a time.

static void *run_beside(void *argument) {
  struct world w = {.heap = argument};
  CHECK(table->carrier_open(w.heap, &w.carrier) && heap_attach(w.heap, w.carrier, &w.m));
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  new_node(w.m, &frame->slots[0], 1);
  heap_collect(w.m, true);
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(w.carrier);
  return NULL;
}

static void test_carriers(void) {
  struct world w = open_world();
  struct ht_carrier *second;
  pthread_t thread;
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  new_node(w.m, &frame->slots[0], 7);
  // While the mutator runs, and while it is blocked.
  CHECK(table->carrier_open(w.heap, &second));
  heap_collect(w.m, true);
  heap_block(w.m);
  CHECK(pthread_create(&thread, NULL, run_beside, w.heap) == 0 && pthread_join(thread, NULL) == 0);
  heap_unblock(w.m, second);
  CHECK(((struct node *)frame->slots[0])->number == 7);
  table->carrier_close(w.carrier);
  heap_collect(w.m, true);
  CHECK(((struct node *)frame->slots[0])->number == 7);
  heap_pop(w.m);
  heap_detach(w.m);
  table->carrier_close(second);
  table->destroy(w.heap);
}

// A finalizer that makes the next: each run_finalizers ends.

static void finalize_on(struct ht_mutator *m, ht_ref *slot, void *data) {
  unsigned *calls = data;
  struct node *self = *slot;
  // Those due together survive the cycle that one of them starts.
  CHECK(self->next == self);
  ++*calls;
  HT_FRAME(frame, 1);
  heap_push(m, frame);
  for (uintptr_t i = 0; i < 10; i++) {
    struct node *node = new_node(m, &frame->slots[0], i);
    set_next(m, node, node);
    CHECK(table->finalizer_set(m, frame->slots[0], finalize_on, data));
  }
  heap_pop(m);
  collect(m);
}

static __attribute__((noinline)) void make_endless(struct world *w, unsigned *calls) {
  HT_FRAME(frame, 1);
  heap_push(w->m, frame);
  for (uintptr_t i = 0; i < 10; i++) {
    struct node *node = new_node(w->m, &frame->slots[0], i);
    set_next(w->m, node, node);
    CHECK(table->finalizer_set(w->m, frame->slots[0], finalize_on, calls));
    if (i % 2) CHECK(table->finalizer_set(w->m, frame->slots[0], NULL, NULL));
  }
  heap_pop(w->m);
}

static void test_endless(void) {
  struct world w = open_world();
  unsigned calls = 0;
  make_endless(&w, &calls);
  collect(w.m);
  size_t first = heap_run_finalizers(w.m);
  CHECK(first == calls && first <= 5);
  CHECK(heap_run_finalizers(w.m) > 5);
  close_world(w);
}

// A limit that is told in time and undone with the heap.

static void test_limit(void) {
  enum { BLOCK = 1 << 16, MANY = 4096, LIMIT = 16 << 20 };
  struct world w = open_world();
  HT_FRAME(frame, MANY);
  heap_push(w.m, frame);
  CHECK(table->memory_limit(w.heap, LIMIT));
  size_t count = 0;
  while (count < MANY && heap_alloc(w.m, &frame->slots[count], &byte_type, BLOCK, 0, 0)) count++;
  CHECK(count > LIMIT / BLOCK / 2 && count <= LIMIT / BLOCK);
  CHECK(!table->memory_limit(w.heap, BLOCK));
  heap_pop(w.m);
  close_world(w);
  w = open_world();
  heap_push(w.m, frame);
  for (count = 0; count < MANY / 8; count++)
    CHECK(heap_alloc(w.m, &frame->slots[count], &byte_type, BLOCK, 0, 0));
  heap_pop(w.m);
  close_world(w);
}

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

static void test_resize(void) {
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

struct moved {
  struct ht_weak *weaks[2];
  size_t bytes;
  ht_ref object; // NULL: not resized by the finalizer of another
  unsigned reported, finalized;
};

static struct moved moved[RINGS];

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
  for (size_t i = 0; i < RINGS; i++) {
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

static void test_resize_watched(void) {
  struct world w = open_world();
  make_moved(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  HT_FRAME(frame, 1);
  heap_push(w.m, frame);
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    struct moved *e = &moved[i];
    table->weak_load(w.m, e->weaks[0], &frame->slots[0]);
    CHECK(e->reported <= 1 && e->finalized == e->reported && (e->reported == 1) == !frame->slots[0]);
    gone += e->finalized;
    for (size_t n = 0; n < 2; n++) table->weak_drop(w.m, e->weaks[n]);
  }
  CHECK(is_enough(gone, RINGS));
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
  for (size_t i = 0; i < RINGS; i++) {
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

static void test_resize_due(void) {
  struct world w = open_world();
  make_parents(&w);
  for (unsigned i = 0; i < 2; i++) {
    collect(w.m);
    heap_run_finalizers(w.m);
  }
  size_t gone = 0;
  for (size_t i = 0; i < RINGS; i++) {
    CHECK(moved[i].finalized <= 1);
    gone += moved[i].finalized;
  }
  CHECK(is_enough(gone, RINGS) && resized_due > 0);
  close_world(w);
}

// Cycles and their pauses are told, in order.

static struct {
  unsigned cycles, pauses;
  uint64_t last_end;
} heard;

static void hear(void *context, const struct ht_event *event) {
  (void)context;
  CHECK(event->start <= event->end && event->label);
  CHECK(event->end >= heard.last_end);
  heard.last_end = event->end;
  heard.cycles += event->kind == HT_EVENT_CYCLE;
  heard.pauses += event->kind == HT_EVENT_PAUSE;
}

static void test_events(void) {
  struct ht_config config = {.sink = {.event = hear}};
  struct world w;
  struct ht_statistics s;
  CHECK(table->create(&config, &w.heap) == HT_OK && table->carrier_open(w.heap, &w.carrier));
  CHECK(heap_attach(w.heap, w.carrier, &w.m));
  for (unsigned i = 1; i <= 5; i++) {
    heap_collect(w.m, true);
    table->statistics(w.heap, &s);
    CHECK(heard.cycles == i && heard.pauses >= i && s.cycles == i && s.collector_ns > 0);
  }
  close_world(w);
}

static const struct {
  const char *name;
  void (*test)(void);
} tests[] = {
    {"ring", test_ring},
    {"endings", test_endings},
    {"drops", test_drops},
    {"carriers", test_carriers},
    {"endless", test_endless},
    {"chain", test_chain},
    {"resurrection", test_resurrection},
    {"roots", test_roots},
    {"recreate", test_recreate},
    {"sizes", test_sizes},
    {"copy", test_copy},
    {"refusals", test_refusals},
    {"threads", test_threads},
    {"limit", test_limit},
    {"resize", test_resize},
    {"resize_watched", test_resize_watched},
    {"resize_due", test_resize_due},
    {"events", test_events},
};

int main(int argc, char **argv) {
  if (argc == 3) {
    setting.name = strtok(argv[2], "=");
    setting.value = strtok(NULL, "");
  }
  for (size_t i = 0; argc > 1 && i < sizeof tests / sizeof *tests; i++)
    if (strcmp(tests[i].name, argv[1]) == 0) {
      tests[i].test();
      return 0;
    }
  fputs("usage: peer_test <test> [<setting>=<value>]\n", stderr);
  return 2;
}
