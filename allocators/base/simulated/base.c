// Locks, parking, pauses and time of the simulated world, behind the headers of base. Each is a step, made
// when its fiber is chosen; who cannot make it yet is not offered to the chooser.
#include "base/clock.h"
#include "base/mutex.h"
#include "base/park.h"
#include "base/pause.h"

#include "base/simulated/world.h"

enum { FREE = 0 };                       // else a mutex holds its fiber's number, plus one
enum { OUTSIDE = SIMULATED_FIBERS + 1 }; // who holds it outside a run
enum { NO_PERMIT = 0, PERMIT = 1 };
// Of the clock, at each look: no two looks are the same moment.
enum { TICK_NS = 100 };

static uint32_t me(void) {
  return simulated_world.running ? simulated_world.current + 1 : OUTSIDE;
}

static uint32_t get(const _Atomic uint32_t *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

static void set(_Atomic uint32_t *word, uint32_t value) {
  if (simulated_world.running) buffer_flush();
  if (simulated_world.touches) touch(word, sizeof *word, true);
  atomic_store_explicit(word, value, memory_order_relaxed);
  if (simulated_world.running) world_changed();
}

static void step(enum simulated_kind kind, const void *address, bool can) {
  if (!simulated_world.running) {
    if (!can) __builtin_trap(); // waits for nobody
    return;
  }
  world_check_stack(address);
  world_step(kind, address, can);
  // While it waited the memory may have gone.
  world_check_stack(address);
}

void base_mutex_init(struct base_mutex *mutex) {
  atomic_init(&mutex->state, FREE);
}

static void misuse(const char *what) {
  if (!simulated_world.running) __builtin_trap();
  world_leave(SIMULATED_MISUSE, "fiber %u %s", simulated_world.current, what);
}

void base_mutex_destroy(struct base_mutex *mutex) {
  if (get(&mutex->state) != FREE) misuse("destroys a mutex that somebody holds");
}

void base_mutex_lock(struct base_mutex *mutex) {
  WORLD_HERE();
  step(SIMULATED_LOCK, mutex, get(&mutex->state) == FREE);
  set(&mutex->state, me());
  if (simulated_world.running) world_let(SIMULATED_LOCK, mutex, false);
}

bool base_mutex_trylock(struct base_mutex *mutex) {
  WORLD_HERE();
  step(SIMULATED_TRY_LOCK, mutex, true);
  if (get(&mutex->state) != FREE) {
    if (simulated_world.touches) touch(mutex, sizeof *mutex, false);
    return false;
  }
  set(&mutex->state, me());
  if (simulated_world.running) world_let(SIMULATED_LOCK, mutex, false);
  return true;
}

void base_mutex_unlock(struct base_mutex *mutex) {
  WORLD_HERE();
  step(SIMULATED_UNLOCK, mutex, true);
  if (get(&mutex->state) == FREE) misuse("gives back a mutex that nobody holds");
  set(&mutex->state, FREE);
  if (simulated_world.running) world_let(SIMULATED_LOCK, mutex, true);
}

void base_parker_init(struct base_parker *parker) {
  atomic_init(&parker->permit, NO_PERMIT);
}

void base_park(struct base_parker *parker) {
  WORLD_HERE();
  step(SIMULATED_PARK, parker, get(&parker->permit) == PERMIT);
  set(&parker->permit, NO_PERMIT);
}

// The deadline may come at any time, but comes again only after something has changed: a loop around it would
// never end.
bool base_park_until(struct base_parker *parker, uint64_t deadline) {
  struct world *w = &simulated_world;
  bool can = get(&parker->permit) == PERMIT;
  WORLD_HERE();
  if (w->running) {
    struct fiber *f = &w->fibers[w->current];
    f->in_time = true;
    f->deadline = deadline;
    w->touching->pauses = true;
    can |= f->seen != w->changes;
  }
  step(SIMULATED_PARK, parker, can);
  if (w->running) {
    w->touching->pauses = true;
    w->fibers[w->current].in_time = false;
    w->fibers[w->current].seen = w->changes;
  }
  if (w->touches) touch(parker, sizeof *parker, false);
  if (get(&parker->permit) == PERMIT) {
    set(&parker->permit, NO_PERMIT);
    return true;
  }
  if (w->now < deadline) w->now = deadline;
  return false;
}

void base_unpark(struct base_parker *parker) {
  WORLD_HERE();
  step(SIMULATED_UNPARK, parker, true);
  set(&parker->permit, PERMIT);
  if (simulated_world.running) world_let(SIMULATED_PARK, parker, true);
}

// Whoever pauses looks for a change: it goes on when there was one since its last look, and lets others go
// first even then.
void base_pause(void) {
  struct world *w = &simulated_world;
  if (!w->running) return;
  WORLD_HERE();
  struct fiber *f = &w->fibers[w->current];
  bool can = f->seen != w->changes;
  f->seen = w->changes;
  f->offers = true;
  world_be_fair();
  step(SIMULATED_PAUSE, NULL, can);
  w->touching->pauses = true;
}

void base_yield(void) {
  base_pause();
}

uint64_t base_clock_ns(void) {
  if (simulated_world.running) simulated_world.touching->pauses = simulated_world.touching->changes = true;
  return simulated_world.now += TICK_NS;
}

uint64_t base_clock_thread_ns(void) {
  return base_clock_ns();
}
