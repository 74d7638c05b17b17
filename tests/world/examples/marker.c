// A concurrent tri-colour marker with Go's hybrid write barrier, over a graph of a few cells: one cycle of
// collection beside mutators that load, store and drop references.
//
// White: not marked. Grey: marked, and in the queue; or in a barrier's buffer, to be marked. Black: marked
// and looked at. A mutator's stack is grey until it is scanned, then black, and is not scanned again. While
// marking is on, a store shades what it overwrites (deletion half), and what it stores if the own stack is
// grey (insertion half), and only then stores; no safepoint divides it. What is shaded goes into the
// mutator's buffer.
//
// A mutator holds its lock but at its safepoints, which lie between operations: whoever has the lock may look
// at its stack and its buffer. The world is stopped when the collector has all locks; a ragged barrier takes
// one after the other. The cycle:
//
//   stop: marking on, all stacks are grey, the root is shaded; start
//   for each mutator: scan its stack; look at one cell of the queue
//   drain the queue
//   until a round finds nothing: for each mutator: empty its buffer; drain the queue
//   stop: marking off; start
//
// What is right is seen from the graph alone, as it was when the world was stopped: all that is reachable in
// the end is marked, and nothing is that was not reachable in the beginning.
#include "tests/world/examples/example.h"

#include "allocators/base/mutex.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum { CELLS = 4, MUTATORS_MAX = 3, REGISTERS = 2, BUFFER = 2, OPERATIONS_MAX = 4 };
enum { NIL = 0, ROOT = 1 }; // cells are numbered from 1
enum { NO_DELETION = 1, NO_INSERTION, STORE_FIRST, SAFEPOINT_BETWEEN, NO_ROUND, ONE_ROUND };

enum code { END, LOAD, STORE, CLEAR, DROP };
struct operation {
  uint8_t code; // of registers: load: to = [at]; store: [at] = to; clear: [at] = nil; drop: to = nil
  uint8_t to, at;
};

struct program {
  unsigned mutators;
  uint64_t stacks[MUTATORS_MAX][REGISTERS]; // in the beginning
  struct operation operations[MUTATORS_MAX][OPERATIONS_MAX + 1];
};

struct mutator {
  struct base_mutex mutex;
  uint64_t stack[REGISTERS];
  bool grey; // the stack
  unsigned buffered;
  uint64_t buffer[BUFFER];
};

// What the judge looks at.
struct snapshot {
  uint64_t fields[CELLS + 1], marked[CELLS + 1], stacks[MUTATORS_MAX][REGISTERS];
};

static struct {
  unsigned fault;
  const struct program *program;
  _Atomic uint64_t marking;
  _Atomic uint64_t fields[CELLS + 1]; // a cell is one reference
  _Atomic uint64_t marked[CELLS + 1];
  struct mutator mutators[MUTATORS_MAX];
  struct base_mutex queue_mutex;
  unsigned queued;
  uint64_t queue[CELLS];
  struct snapshot before, after;
} s;

static void shade(uint64_t cell) {
  if (cell == NIL || atomic_exchange_explicit(&s.marked[cell], 1, memory_order_acq_rel)) return;
  base_mutex_lock(&s.queue_mutex);
  s.queue[s.queued++] = cell;
  base_mutex_unlock(&s.queue_mutex);
}

// True: there was something.
static bool empty_buffer(struct mutator *m) {
  unsigned count = m->buffered;
  m->buffered = 0;
  for (unsigned i = 0; i < count; i++) shade(m->buffer[i]);
  return count > 0;
}

static void shade_later(struct mutator *m, uint64_t cell) {
  if (cell == NIL) return;
  if (m->buffered == BUFFER) empty_buffer(m);
  m->buffer[m->buffered++] = cell;
}

// The mutator: each operation in its lock.

static void safepoint(struct mutator *m) {
  base_mutex_unlock(&m->mutex);
  base_mutex_lock(&m->mutex);
}

static void store(struct mutator *m, uint64_t cell, uint64_t value) {
  _Atomic uint64_t *field = &s.fields[cell];
  bool marking = atomic_load_explicit(&s.marking, memory_order_acquire);
  if (s.fault == SAFEPOINT_BETWEEN) safepoint(m);
  if (s.fault == STORE_FIRST) atomic_store_explicit(field, value, memory_order_release);
  if (marking) {
    if (s.fault != NO_DELETION) shade_later(m, atomic_load_explicit(field, memory_order_relaxed));
    if (s.fault != NO_INSERTION && m->grey) shade_later(m, value);
  }
  if (s.fault != STORE_FIRST) atomic_store_explicit(field, value, memory_order_release);
}

static void operate(struct mutator *m, const struct operation *o) {
  uint64_t *to = &m->stack[o->to], at = m->stack[o->at];
  if (o->code == DROP) *to = NIL;
  if (at == NIL) return;
  if (o->code == LOAD) *to = atomic_load_explicit(&s.fields[at], memory_order_acquire);
  if (o->code == STORE) store(m, at, *to);
  if (o->code == CLEAR) store(m, at, NIL);
}

static void mutate(unsigned number) {
  struct mutator *m = &s.mutators[number];
  for (const struct operation *o = s.program->operations[number]; o->code != END; o++) {
    base_mutex_lock(&m->mutex);
    operate(m, o);
    base_mutex_unlock(&m->mutex);
  }
}

// The collector.

static void stop(void) {
  for (unsigned i = 0; i < s.program->mutators; i++) base_mutex_lock(&s.mutators[i].mutex);
}

static void start(void) {
  for (unsigned i = 0; i < s.program->mutators; i++) base_mutex_unlock(&s.mutators[i].mutex);
}

// The world is stopped.
static void look(struct snapshot *snapshot) {
  memcpy(snapshot->fields, (const void *)s.fields, sizeof snapshot->fields);
  memcpy(snapshot->marked, (const void *)s.marked, sizeof snapshot->marked);
  for (unsigned i = 0; i < s.program->mutators; i++)
    memcpy(snapshot->stacks[i], s.mutators[i].stack, sizeof snapshot->stacks[i]);
}

// False: the queue is empty.
static bool look_at_one(void) {
  base_mutex_lock(&s.queue_mutex);
  uint64_t cell = s.queued ? s.queue[--s.queued] : NIL;
  base_mutex_unlock(&s.queue_mutex);
  if (cell == NIL) return false;
  shade(atomic_load_explicit(&s.fields[cell], memory_order_acquire));
  return true;
}

static bool drain(void) {
  bool some = false;
  while (look_at_one()) some = true;
  return some;
}

static void scan_stacks(void) {
  for (unsigned i = 0; i < s.program->mutators; i++) {
    struct mutator *m = &s.mutators[i];
    base_mutex_lock(&m->mutex);
    for (unsigned r = 0; r < REGISTERS; r++) shade(m->stack[r]);
    m->grey = false;
    base_mutex_unlock(&m->mutex);
    look_at_one();
  }
}

// The ragged barrier. True: somebody had something.
static bool empty_buffers(void) {
  bool some = false;
  for (unsigned i = 0; i < s.program->mutators; i++) {
    struct mutator *m = &s.mutators[i];
    base_mutex_lock(&m->mutex);
    some |= empty_buffer(m);
    base_mutex_unlock(&m->mutex);
  }
  return some | drain();
}

static void collect(void) {
  stop();
  look(&s.before);
  for (unsigned i = 0; i < s.program->mutators; i++) s.mutators[i].grey = true;
  atomic_store_explicit(&s.marking, 1, memory_order_release);
  shade(ROOT);
  start();
  scan_stacks();
  drain();
  if (s.fault != NO_ROUND)
    while (empty_buffers() && s.fault != ONE_ROUND) continue;
  stop();
  atomic_store_explicit(&s.marking, 0, memory_order_release);
  look(&s.after);
  for (unsigned i = 0; i < s.program->mutators; i++) s.mutators[i].buffered = 0;
  start();
}

static void thread(uintptr_t number) {
  if (number < s.program->mutators)
    mutate((unsigned)number);
  else
    collect();
}

static void run(unsigned fault, const struct program *program) {
  s.fault = fault;
  s.program = program;
  // ROOT -> 2 -> 3, and 4 is held by one stack alone.
  atomic_init(&s.fields[ROOT], 2);
  atomic_init(&s.fields[2], 3);
  for (unsigned i = 0; i < program->mutators; i++)
    memcpy(s.mutators[i].stack, program->stacks[i], sizeof program->stacks[i]);
  example_threads(program->mutators + 1, thread);
}

// The judge.

static void reach(const struct snapshot *snapshot, uint64_t from, bool *reached) {
  for (; from != NIL && !reached[from]; from = snapshot->fields[from]) reached[from] = true;
}

static void reach_all(const struct snapshot *snapshot, bool *reached) {
  reach(snapshot, ROOT, reached);
  for (unsigned i = 0; i < s.program->mutators; i++)
    for (unsigned r = 0; r < REGISTERS; r++) reach(snapshot, snapshot->stacks[i][r], reached);
}

static const char *wrong(void) {
  bool before[CELLS + 1] = {false}, after[CELLS + 1] = {false};
  reach_all(&s.before, before);
  reach_all(&s.after, after);
  for (unsigned cell = 1; cell <= CELLS; cell++) {
    if (after[cell] && !s.after.marked[cell]) return "a cell that is reachable is not marked";
    if (s.after.marked[cell] && !before[cell]) return "a cell that was not reachable is marked";
  }
  return NULL;
}

// One takes 3 out from below 2, and holds it alone; the other one puts 4 where 2 was, and lets go of it.
static const struct program two = {
    .mutators = 2,
    .stacks = {{ROOT, NIL}, {ROOT, 4}},
    .operations = {{{LOAD, 1, 0}, {LOAD, 0, 1}, {CLEAR, 0, 1}}, {{STORE, 1, 0}, {DROP, 1, 0}}},
};

// Twelve operations.
static const struct program three = {
    .mutators = 3,
    .stacks = {{ROOT, NIL}, {ROOT, 4}, {ROOT, NIL}},
    .operations = {{{LOAD, 1, 0}, {LOAD, 0, 1}, {CLEAR, 0, 1}, {DROP, 1, 0}},
                   {{STORE, 1, 0}, {DROP, 1, 0}, {LOAD, 1, 0}, {CLEAR, 0, 1}},
                   {{LOAD, 1, 0}, {LOAD, 1, 1}, {STORE, 1, 0}, {DROP, 1, 0}}},
};

static void body_two(unsigned fault) {
  run(fault, &two);
}

static void body_three(unsigned fault) {
  run(fault, &three);
}

const struct example example_marker = {
    .name = "marker",
    .state = &s,
    .bytes = sizeof s,
    .body = body_two,
    .wrong = wrong,
    .preemptions = {EXAMPLE_ANY, EXAMPLE_ANY, EXAMPLE_ANY},
    .variants = {{"correct", 0, 0, 0, 0},
                 {"no deletion half", NO_DELETION, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2},
                 {"no insertion half", NO_INSERTION, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2},
                 {"barrier after the store", STORE_FIRST, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2},
                 {"safepoint in the barrier", SAFEPOINT_BETWEEN, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 3},
                 {"no ragged barrier", NO_ROUND, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 2},
                 {"one ragged barrier", ONE_ROUND, EXAMPLE_SEQUENTIAL, SIMULATED_ENDED, 4}},
};

const struct example example_marker_of_three = {
    .name = "marker, three mutators",
    .state = &s,
    .bytes = sizeof s,
    .body = body_three,
    .wrong = wrong,
    .preemptions = {1, 1, 1},
    .variants = {{"correct", 0, 0, 0, 0}},
};
