// What the files of the simulated world share: its state, which is the process's, and who does what.
#ifndef BASE_SIMULATED_WORLD_H
#define BASE_SIMULATED_WORLD_H

#include "base/simulated/simulation.h"

enum { LATE_MAX = 4096 }; // words of one fiber's late stores

// A word, or less, that a fiber has stored late. `old` is what others see while it is not visible; of a fiber
// that does not run, `new` is what it has stored.
struct late_word {
  void *address;
  uint32_t bytes;
  uint32_t group; // stores that become visible together, numbered in the order of the program
  uint32_t floor; // all groups before this one have to be visible first
  uint64_t old, new;
};

struct fiber {
  void *stack_pointer; // while it does not run
  uintptr_t frame;     // and then, if not 0: its stack below is of calls that have returned
  uintptr_t ours;      // its stack below is used by this world
  struct simulated_step step;
  bool used; // begun, and not ended and joined
  bool ended;
  bool offers;                   // let others go first
  bool in_time;                  // parked with a deadline
  uint64_t seen;                 // of the world's changes, when it last waited for one
  uint64_t made, shown, paused;  // steps of the run, when it last made one, one of its stores became visible,
                                 // it came to a pause
  uint32_t able_then, late_then; // who could go on when it came to a pause, and whose stores were late
  uint32_t after, after_late;    // who goes first, as it has waited all the time since then
  uint64_t deadline;
  void (*run)(void *argument);
  void *argument;
  uint32_t group, floor; // of the next late store
  bool plain;            // the last group takes more plain stores
  size_t first, end;     // of its late words
  struct late_word *late;
};

struct world {
  const struct simulated_options *options;
  bool running;
  bool logs;    // plain stores are of interest
  bool touches; // and loads too
  unsigned current;
  uint32_t runnable, late, dead_stacks;
  uint32_t behind;  // those that have to let others go first
  uint32_t waiting; // at a lock, a join, a park or a pause, and not runnable
  uint64_t changes; // of memory, as far as anybody could wait for one
  uint64_t now, steps_left;
  unsigned idle; // deadlines that came since the last change
  void *outside; // the stack pointer of who called simulated_run
  struct simulated_end *end;
  struct simulated_touched touched[2], *touching; // of the last step, and of the one being made
  struct fiber fibers[SIMULATED_FIBERS];
};
extern struct world simulated_world;

// Where nothing else of a process lies, AddressSanitizer's shadow included.
#define FIBER_STACKS ((uintptr_t)0x200000000000)
#define FIBER_STACKS_BYTES ((size_t)SIMULATED_FIBERS * SIMULATED_STACK_BYTES)

// fiber.c: stacks and the switch. `to` gets the processor; what has it now comes back when it is switched to.
bool fiber_stacks_map(void);
void *fiber_prepare(unsigned fiber, void (*entry)(void));
void fiber_switch(void **from, void *to);
void fiber_switch_told(unsigned to); // sanitizers are told; SIMULATED_NOBODY: outside
void fiber_switched(void);

// Where the frame of the caller of this function ends: what lies below belongs to this one, and what it
// calls.
#define WORLD_FRAME() ((uintptr_t)__builtin_frame_address(0) + 2 * sizeof(void *))

// Within a function that instrumented code calls: notes from where, for the step that follows.
#define WORLD_HERE()                                                      \
  (simulated_world.fibers[simulated_world.current].frame = WORLD_FRAME(), \
   simulated_world.fibers[simulated_world.current].step.site = __builtin_return_address(0))

// world.c: lets the chooser say who makes its step next; returns when the caller may make its own.
void world_decide(void);
// Somebody may have waited for this.
void world_changed(void);
// The current fiber pauses: who could go on at its last pause too, and has not been chosen since, goes first.
void world_be_fair(void);
// The step is to be one of these, and can only be made if `can`.
void world_step(enum simulated_kind kind, const void *address, bool can);
// Those that wait in such a step at `address` can go on, or cannot any more.
void world_let(enum simulated_kind kind, const void *address, bool can);
void world_leave(enum simulated_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void world_check_owner(const void *address);
// Is it on the stack of a fiber, or a call, that has ended?
static inline void world_check_stack(const void *address) {
  if (__builtin_expect((uintptr_t)address - FIBER_STACKS < FIBER_STACKS_BYTES, 0)) world_check_owner(address);
}

// buffer.c
bool buffers_map(void);
void buffer_add(void *address, size_t bytes, bool alone, bool release);
void buffer_fence(void);                                    // what is stored later becomes visible later
const void *buffer_address(unsigned fiber, unsigned which); // of the first word
void buffer_make_visible(unsigned fiber, unsigned which);
void buffer_flush(void);           // of the current fiber
void buffer_leave(unsigned fiber); // it does not run any more
void buffer_enter(unsigned fiber);
unsigned buffer_candidates(unsigned fiber);

// memory.c
void memory_restore(void);

// touch.c
void touch(const void *address, size_t bytes, bool written);

#endif
