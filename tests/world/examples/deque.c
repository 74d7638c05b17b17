// Chase and Lev's deque (2005), as Lê, Pop, Cohen and Zappa Nardelli have it in C11 (2013): its owner pushes
// and takes at the bottom, thieves steal from the top. Only for the last item they meet. The owner has to be
// seen to take before it looks at the top, and an item has to be seen before the bottom that counts it.
#include "tests/world/examples/example.h"

#include <stdatomic.h>

enum { ITEMS = 2, ROOM = 4, THIEVES = 1, NONE = 0 };
enum { NO_FENCE = 1, NO_RELEASE };
enum { OWNER };

static struct {
  unsigned fault;
  _Atomic uint64_t top, bottom; // counted on from ROOM, so that bottom - 1 is none below zero
  _Atomic uint64_t items[ROOM];
  _Atomic uint64_t taken[ITEMS + 1];
} s;

static void push(uint64_t item) {
  uint64_t bottom = atomic_load_explicit(&s.bottom, memory_order_relaxed);
  atomic_store_explicit(&s.items[bottom % ROOM], item, memory_order_relaxed);
  if (s.fault != NO_RELEASE) atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&s.bottom, bottom + 1, memory_order_relaxed);
}

static uint64_t take(void) {
  uint64_t bottom = atomic_load_explicit(&s.bottom, memory_order_relaxed) - 1;
  atomic_store_explicit(&s.bottom, bottom, memory_order_relaxed);
  if (s.fault != NO_FENCE) atomic_thread_fence(memory_order_seq_cst);
  uint64_t top = atomic_load_explicit(&s.top, memory_order_relaxed), item = NONE;
  if (top <= bottom) {
    item = atomic_load_explicit(&s.items[bottom % ROOM], memory_order_relaxed);
    if (top < bottom) return item;
    if (!atomic_compare_exchange_strong_explicit(&s.top, &top, top + 1, memory_order_seq_cst,
                                                 memory_order_relaxed))
      item = NONE;
  }
  atomic_store_explicit(&s.bottom, bottom + 1, memory_order_relaxed);
  return item;
}

static uint64_t steal(void) {
  uint64_t top = atomic_load_explicit(&s.top, memory_order_acquire);
  atomic_thread_fence(memory_order_seq_cst);
  uint64_t bottom = atomic_load_explicit(&s.bottom, memory_order_acquire);
  if (top >= bottom) return NONE;
  uint64_t item = atomic_load_explicit(&s.items[top % ROOM], memory_order_relaxed);
  return atomic_compare_exchange_strong_explicit(&s.top, &top, top + 1, memory_order_seq_cst,
                                                 memory_order_relaxed)
             ? item
             : NONE;
}

static void thread(uintptr_t number) {
  uint64_t got[ITEMS];
  for (unsigned i = 0; number == OWNER && i < ITEMS; i++) push(i + 1);
  for (unsigned i = 0; i < ITEMS; i++) got[i] = number == OWNER ? take() : steal();
  for (unsigned i = 0; i < ITEMS; i++) atomic_fetch_add_explicit(&s.taken[got[i]], 1, memory_order_relaxed);
}

static void body(unsigned fault) {
  s.fault = fault;
  atomic_init(&s.top, ROOM);
  atomic_init(&s.bottom, ROOM);
  example_threads(1 + THIEVES, thread);
  // What the owner did not get, as it met a thief.
  for (unsigned i = 0; i < ITEMS; i++) atomic_fetch_add_explicit(&s.taken[take()], 1, memory_order_relaxed);
}

static const char *wrong(void) {
  for (unsigned i = 1; i <= ITEMS; i++) {
    uint64_t times = atomic_load(&s.taken[i]);
    if (times != 1) return times ? "an item was taken twice" : "an item was not taken";
  }
  return NULL;
}

const struct example example_deque = {
    .name = "Chase-Lev deque",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"no fence in take", NO_FENCE, EXAMPLE_TOTAL_STORE, SIMULATED_ENDED, 3},
                 {"no release in push", NO_RELEASE, EXAMPLE_PARTIAL_STORE, SIMULATED_ENDED, 3}},
};
