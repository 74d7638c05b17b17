// Treiber's stack (1986): the head is exchanged when it is still what it was. With the index of a node alone
// it may be the same node again, with another one below it (ABA); a number that grows with each change tells.
#include "tests/world/examples/example.h"

#include <stdatomic.h>

enum { NODES = 2 }; // numbered from 1; 0: none
enum { NO_VERSION = 1 };

static struct {
  unsigned fault;
  _Atomic uint64_t head; // version * 2^32 + node
  _Atomic uint64_t below[NODES + 1];
  uint64_t kept[NODES]; // by the threads
} s;

static uint64_t node_of(uint64_t head) {
  return (uint32_t)head;
}

static uint64_t follow(uint64_t head, uint64_t node) {
  uint64_t version = head >> 32;
  if (s.fault != NO_VERSION) version++;
  return version << 32 | node;
}

static void push(uint64_t node) {
  uint64_t head = atomic_load_explicit(&s.head, memory_order_relaxed);
  do atomic_store_explicit(&s.below[node], node_of(head), memory_order_relaxed);
  while (!atomic_compare_exchange_strong_explicit(&s.head, &head, follow(head, node), memory_order_release,
                                                  memory_order_relaxed));
}

// 0: it was empty.
static uint64_t pop(void) {
  uint64_t head = atomic_load_explicit(&s.head, memory_order_acquire), below;
  do {
    if (!node_of(head)) return 0;
    below = atomic_load_explicit(&s.below[node_of(head)], memory_order_relaxed);
  } while (!atomic_compare_exchange_strong_explicit(&s.head, &head, follow(head, below), memory_order_acquire,
                                                    memory_order_acquire));
  return node_of(head);
}

static void thread(uintptr_t number) {
  if (number == 0) {
    s.kept[0] = pop();
    return;
  }
  uint64_t first = pop();
  s.kept[1] = pop();
  if (first) push(first);
}

static void body(unsigned fault) {
  s.fault = fault;
  atomic_init(&s.below[1], 2);
  atomic_init(&s.head, 1);
  example_threads(2, thread);
}

// Each node is in one place.
static const char *wrong(void) {
  unsigned places[NODES + 1] = {0}, looked = 0;
  for (unsigned i = 0; i < 2; i++) places[s.kept[i]]++;
  for (uint64_t n = node_of(atomic_load(&s.head)); n && looked++ <= NODES; n = atomic_load(&s.below[n]))
    places[n]++;
  for (unsigned n = 1; n <= NODES; n++) {
    if (places[n] == 0) return "a node is lost";
    if (places[n] > 1) return "a node is in two places";
  }
  return NULL;
}

const struct example example_treiber = {
    .name = "Treiber's stack",
    .state = &s,
    .bytes = sizeof s,
    .body = body,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0}, {"no version", NO_VERSION, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2}},
};
