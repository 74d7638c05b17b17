// The simulated world: the same headers as the real one, and a run that is a function of what is chosen.
//
// Every thread is a fiber of one operating system's thread. Code that is compiled with -fsanitize=thread
// calls this world at every access to memory, instead of ThreadSanitizer: each atomic operation, lock,
// unlock, park, unpark, pause, start and end of a thread is a point, where a chooser says who goes on. Plain
// accesses are no points. Nothing else decides anything: memory lies at fixed addresses, the clock is
// virtual. So a run with the same choices is the same run, and to try every choice is to try every
// interleaving.
//
// With store buffers, a store is at first seen by its own fiber alone, and becomes visible in a step of its
// own, which is chosen too. A buffer is a log over memory: while its fiber runs, its stores are in place, and
// loads need no help; when another is to run, they are taken back, last first, and put in place again when
// the fiber goes on. Each atomic store is late alone, plain stores between two points together: who sees a
// difference has a race that C does not allow. Locked operations and fences make everything visible.
//
// (Store buffers: Owens, Sarkar, Sewell, "A Better x86 Memory Model: x86-TSO", 2009.)
//
// Whoever pauses lets others go first: at a second pause those that could have gone on at the first one and
// were not chosen since are all that can be. So a run without an end is no chooser's whim.
//
// (Musuvathi, Qadeer, "Fair Stateless Model Checking", 2008.)
//
// One world a process, driven by one thread. x86-64.
#ifndef BASE_SIMULATED_SIMULATION_H
#define BASE_SIMULATED_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  SIMULATED_FIBERS = 32, // at once; the first is who calls simulated_run's body
  SIMULATED_NOBODY = SIMULATED_FIBERS,
  SIMULATED_STACK_BYTES = 256 << 10,
  SIMULATED_TOUCHED_MAX = 64,
};

// What a fiber does next, once it is chosen.
enum simulated_kind {
  SIMULATED_BEGIN,
  SIMULATED_LOAD,
  SIMULATED_STORE,
  SIMULATED_CHANGE, // read, modify, write: a locked operation
  SIMULATED_FENCE,
  SIMULATED_LOCK,
  SIMULATED_TRY_LOCK,
  SIMULATED_UNLOCK,
  SIMULATED_PARK,
  SIMULATED_UNPARK,
  SIMULATED_START,
  SIMULATED_JOIN,
  SIMULATED_PAUSE,
  SIMULATED_VISIBLE,   // a late store becomes visible: a step of a buffer, no fiber's
  SIMULATED_OPERATION, // of a program that tries a heap: one of its operations begins
  SIMULATED_END,
  SIMULATED_KINDS
};

const char *simulated_kind_name(enum simulated_kind kind);

struct simulated_step {
  enum simulated_kind kind;
  const void *address; // NULL: of nothing
  const void *site;    // where in the code; NULL: not known
};

// What can be chosen.
struct simulated_view {
  uint32_t runnable; // the set of fibers that can go on
  uint32_t late;     // those with stores that others do not see yet
  unsigned current;  // who has made the last step
  bool stays;        // `current` can go on, and did not ask to let others go first: another is a preemption
};

// A fiber goes on, or (with `late` n > 0) the n-th of its stores that may become visible does so. Nobody: the
// run is abandoned.
struct simulated_choice {
  uint8_t fiber, late;
};

// Called on the stack of a fiber: what it calls is not compiled for this world.
typedef struct simulated_choice simulated_choose(void *context, const struct simulated_view *view);

// A step was chosen, and is about to be made.
typedef void simulated_told(void *context, unsigned fiber, const struct simulated_step *step);

// Another fiber is about to run.
typedef void simulated_switches(void *context, unsigned from, unsigned to);

struct simulated_options {
  simulated_choose *choose;
  simulated_told *told;         // may be NULL
  simulated_switches *switches; // may be NULL
  void *switching;              // its context
  void *context;
  bool buffers;     // stores are late
  bool per_address; // and may overtake one another, except to the same address or past a release
  bool touches;     // simulated_touched is asked for
  uint64_t most;    // steps; 0: a million
};

enum simulated_outcome {
  SIMULATED_ENDED,      // the body returned, and every fiber had ended
  SIMULATED_DEADLOCK,   // nobody can go on
  SIMULATED_LIVELOCK,   // who can go on waits, in a loop, for a change that nobody makes
  SIMULATED_DEAD_STACK, // memory of a fiber that has ended, or of nobody, was used
  SIMULATED_MISUSE,     // a lock that nobody holds is given back, the body left fibers behind
  SIMULATED_ENDLESS,    // more steps than allowed
  SIMULATED_STOPPED,    // simulated_stop was called
  SIMULATED_ABANDONED,  // by the chooser
};

const char *simulated_outcome_name(enum simulated_outcome outcome);

struct simulated_end {
  enum simulated_outcome outcome;
  uint64_t steps, switches;
  char message[256]; // one line, if not ended: who and what
};

// Runs `body` and every thread that it starts. What base_memory_os reserves in a run is gone after it.
void simulated_run(const struct simulated_options *options, void (*body)(void *argument), void *argument,
                   struct simulated_end *end);

// Within a run: ends it, from any fiber.
void simulated_stop(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

// Within a run, for choosers and for who is told: what a fiber does next, and how many of its late stores may
// become visible now.
struct simulated_step simulated_next(unsigned fiber);
unsigned simulated_late(unsigned fiber);
// Is something true of any word (its address / 8) that the n-th of these, from 1, stores? n is one of them.
typedef bool simulated_word_is(void *context, uintptr_t word);
bool simulated_late_any(unsigned fiber, unsigned n, simulated_word_is *is, void *context);
// The fiber that runs; outside a run nobody.
unsigned simulated_fiber(void);

// What the step before this choice read or wrote, plain accesses included; with `touches` only.
struct simulated_touched {
  bool pauses;  // it waited for any change, or looked at the clock
  bool changes; // it may have ended such a wait
  size_t count; // more than SIMULATED_TOUCHED_MAX: not all are listed, anything may have been
  struct {
    uintptr_t word; // its address / 8
    bool written;
  } words[SIMULATED_TOUCHED_MAX];
};
const struct simulated_touched *simulated_touched(void);

// For code that is not compiled for this world but shares what is: a point, as of an operation on `address`;
// and what a step touches without a point.
void simulated_point(enum simulated_kind kind, const void *address);
void simulated_touch(const void *address, size_t bytes, bool written);

#endif
