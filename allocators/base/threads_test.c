// Threads, mutexes, parkers and the clock: nothing is lost, nobody is woken for nothing, nobody sleeps for
// ever. Under ThreadSanitizer the plain counters below also say that the promised ordering is there.

#include "base/clock.h"
#include "base/mutex.h"
#include "base/park.h"
#include "base/pause.h"
#include "base/thread.h"

#include "base/check.h"

#include <time.h>

enum { THREADS = 4, ROUNDS = 20000, NS_PER_MS = 1000000, HELD_MS = 100 };

struct shared {
  struct base_mutex mutex;
  uint64_t counter;    // guarded by the mutex
  bool held;           // guarded by the mutex: is anybody inside?
  uint64_t try_failed; // guarded by the mutex
};

static void add_under_lock(void *argument) {
  struct shared *shared = argument;
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t failed = 0;
    if (round % 3 == 0)
      while (!base_mutex_trylock(&shared->mutex)) {
        failed++;
        base_yield();
      }
    else
      base_mutex_lock(&shared->mutex);
    CHECK(!shared->held);
    shared->held = true;
    shared->counter++;
    shared->try_failed += failed;
    if (round % 1024 == 0) base_yield(); // so that others find it locked, and sleep
    shared->held = false;
    base_mutex_unlock(&shared->mutex);
  }
}

static void test_mutex(void) {
  struct shared shared = {0};
  struct base_thread threads[THREADS];
  base_mutex_init(&shared.mutex);
  CHECK(base_mutex_trylock(&shared.mutex));
  CHECK(!base_mutex_trylock(&shared.mutex));
  for (int i = 0; i < THREADS; i++) CHECK(base_thread_start(&threads[i], add_under_lock, &shared));
  base_mutex_unlock(&shared.mutex);
  for (int i = 0; i < THREADS; i++) base_thread_join(&threads[i]);
  CHECK(shared.counter == (uint64_t)THREADS * ROUNDS);
  base_mutex_destroy(&shared.mutex);
}

// Who waits for a mutex or a permit sleeps, and none of several sleepers is forgotten.
struct sleepers {
  struct base_mutex mutex;
  struct base_parker arrivals;
  _Atomic unsigned arrived;
};

static uint64_t thread_cpu_ns(void) {
  struct timespec used;
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0);
  return (uint64_t)used.tv_sec * 1000 * NS_PER_MS + (uint64_t)used.tv_nsec;
}

static void sleep_for_mutex(void *argument) {
  struct sleepers *sleepers = argument;
  uint64_t before = thread_cpu_ns();
  atomic_fetch_add(&sleepers->arrived, 1);
  base_unpark(&sleepers->arrivals);
  base_mutex_lock(&sleepers->mutex);
  CHECK(thread_cpu_ns() - before < HELD_MS / 4 * NS_PER_MS);
  base_mutex_unlock(&sleepers->mutex);
}

static void sleep_for_permit(void *argument) {
  uint64_t before = thread_cpu_ns();
  base_park(argument);
  CHECK(thread_cpu_ns() - before < HELD_MS / 4 * NS_PER_MS);
}

static void test_sleepers(void) {
  struct sleepers sleepers = {0};
  struct base_parker idle, wanted;
  struct base_thread threads[THREADS], parked;
  base_parker_init(&idle);
  base_parker_init(&wanted);
  CHECK(base_thread_start(&parked, sleep_for_permit, &wanted));
  base_mutex_lock(&sleepers.mutex);
  for (int i = 0; i < THREADS; i++) CHECK(base_thread_start(&threads[i], sleep_for_mutex, &sleepers));
  while (atomic_load(&sleepers.arrived) < THREADS) base_park(&sleepers.arrivals);
  uint64_t before = thread_cpu_ns();
  CHECK(!base_park_until(&idle, base_clock_ns() + HELD_MS * NS_PER_MS));
  CHECK(thread_cpu_ns() - before < HELD_MS / 4 * NS_PER_MS);
  base_mutex_unlock(&sleepers.mutex);
  base_unpark(&wanted);
  for (int i = 0; i < THREADS; i++) base_thread_join(&threads[i]);
  base_thread_join(&parked);
  base_mutex_destroy(&sleepers.mutex);
}

// A ball goes to and fro: each side writes plainly, unparks the other and parks.
struct side {
  struct base_parker parker;
  struct side *other;
  uint64_t *ball;
  uint64_t parity;
};

static void play(void *argument) {
  struct side *side = argument;
  for (int round = 0; round < ROUNDS; round++) {
    base_park(&side->parker);
    CHECK(*side->ball % 2 == side->parity);
    ++*side->ball;
    base_unpark(&side->other->parker);
  }
}

static void test_park(void) {
  uint64_t ball = 0;
  struct side sides[2];
  struct base_thread threads[2];
  for (int i = 0; i < 2; i++) {
    sides[i] = (struct side){.other = &sides[1 - i], .ball = &ball, .parity = (uint64_t)i};
    base_parker_init(&sides[i].parker);
  }
  for (int i = 0; i < 2; i++) CHECK(base_thread_start(&threads[i], play, &sides[i]));
  base_unpark(&sides[0].parker);
  for (int i = 0; i < 2; i++) base_thread_join(&threads[i]);
  CHECK(ball == 2 * ROUNDS);
}

// Two unparks are one permit, and an unpark before the park is not lost.
static void test_permit(void) {
  struct base_parker parker;
  base_parker_init(&parker);
  base_unpark(&parker);
  base_unpark(&parker);
  base_park(&parker);
  CHECK(!base_park_until(&parker, base_clock_ns())); // the second was not kept
  base_unpark(&parker);
  CHECK(base_park_until(&parker, 0)); // a permit counts even when it is late
}

// Several threads unpark one: the writes of all of them are visible once their permits have become one.
struct gathering {
  struct base_parker parker;
  _Atomic unsigned arrived;
  uint64_t gift[THREADS];
};

struct guest {
  struct gathering *gathering;
  unsigned index;
};

static void arrive(void *argument) {
  struct guest *guest = argument;
  guest->gathering->gift[guest->index] = guest->index + 1;
  atomic_fetch_add_explicit(&guest->gathering->arrived, 1, memory_order_relaxed);
  base_unpark(&guest->gathering->parker);
}

static void test_gathering(void) {
  for (int round = 0; round < 200; round++) {
    struct gathering gathering = {0};
    struct guest guests[THREADS];
    struct base_thread threads[THREADS];
    base_parker_init(&gathering.parker);
    for (unsigned i = 0; i < THREADS; i++) {
      guests[i] = (struct guest){&gathering, i};
      CHECK(base_thread_start(&threads[i], arrive, &guests[i]));
    }
    while (atomic_load_explicit(&gathering.arrived, memory_order_relaxed) < THREADS)
      base_park(&gathering.parker);
    for (unsigned i = 0; i < THREADS; i++) base_thread_join(&threads[i]);
    for (unsigned i = 0; i < THREADS; i++) CHECK(gathering.gift[i] == i + 1);
  }
}

static void wait_until_deadline(void *argument) {
  struct base_parker *parker = argument;
  CHECK(!base_park_until(parker, base_clock_ns() + 20 * NS_PER_MS));
}

static void test_deadline(void) {
  struct base_parker parker;
  struct base_thread thread;
  base_parker_init(&parker);
  uint64_t start = base_clock_ns();
  CHECK(base_thread_start(&thread, wait_until_deadline, &parker));
  base_thread_join(&thread);
  CHECK(base_clock_ns() - start >= 20 * NS_PER_MS);
  // After giving up the parker works as before.
  base_unpark(&parker);
  base_park(&parker);
}

// Deadlines and permits that come at the same moment: every permit is taken exactly once.
struct racing {
  struct base_parker parker, taken;
  uint64_t permits;
};

static void take_with_deadlines(void *argument) {
  struct racing *racing = argument;
  while (racing->permits < ROUNDS / 10) {
    if (!base_park_until(&racing->parker, base_clock_ns() + 2000)) continue;
    racing->permits++;
    base_unpark(&racing->taken);
  }
}

static void test_deadline_race(void) {
  struct racing racing = {0};
  struct base_thread thread;
  base_parker_init(&racing.parker);
  base_parker_init(&racing.taken);
  CHECK(base_thread_start(&thread, take_with_deadlines, &racing));
  for (int round = 0; round < ROUNDS / 10; round++) {
    for (int pause = 0; pause < round % 64; pause++) base_pause();
    base_unpark(&racing.parker);
    base_park(&racing.taken);
  }
  base_thread_join(&thread);
  CHECK(!base_park_until(&racing.parker, 0));
}

static void test_clock(void) {
  uint64_t last = base_clock_ns();
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t now = base_clock_ns();
    CHECK(now >= last);
    last = now;
  }

  // Work moves the thread's clock, sleep does not.
  uint64_t before = base_clock_thread_ns(), start = base_clock_ns();
  while (base_clock_thread_ns() < before + NS_PER_MS) base_pause();
  CHECK(base_clock_ns() - start >= NS_PER_MS / 2);
  struct base_parker parker;
  base_parker_init(&parker);
  before = base_clock_thread_ns();
  base_park_until(&parker, base_clock_ns() + HELD_MS * NS_PER_MS);
  CHECK(base_clock_thread_ns() - before < HELD_MS * NS_PER_MS / 2);
}

int main(void) {
  test_clock();
  test_mutex();
  test_sleepers();
  test_permit();
  test_park();
  test_gathering();
  test_deadline();
  test_deadline_race();
  return 0;
}
