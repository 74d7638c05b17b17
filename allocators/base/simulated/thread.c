// Threads of the simulated world: fibers.
#include "base/thread.h"

#include "base/simulated/world.h"

static void thread_begins(void) {
  fiber_switched();
  struct world *w = &simulated_world;
  unsigned mine = w->current;
  struct fiber *f = &w->fibers[mine];
  f->run(f->argument);
  WORLD_HERE();
  world_step(SIMULATED_END, f, true);
  buffer_flush();
  f->ended = true;
  simulated_touch(f, 1, true);
  w->runnable &= ~(1u << mine);
  w->dead_stacks |= 1u << mine;
  world_let(SIMULATED_JOIN, f, true);
  world_changed();
  world_decide();
  __builtin_unreachable();
}

bool base_thread_start(struct base_thread *thread, void (*run)(void *argument), void *argument) {
  struct world *w = &simulated_world;
  if (!w->running) return false;
  WORLD_HERE();
  simulated_point(SIMULATED_START, thread);
  // Not before: others may have started some meanwhile.
  unsigned number = 1;
  while (number < SIMULATED_FIBERS && w->fibers[number].used) number++;
  if (number == SIMULATED_FIBERS) return false;
  // A system call: what was stored before is visible.
  buffer_flush();
  thread->handle = number;
  thread->run = run;
  thread->argument = argument;
  struct fiber *f = &w->fibers[number];
  *f = (struct fiber){.used = true,
                      .run = run,
                      .argument = argument,
                      .late = f->late,
                      .step = {.kind = SIMULATED_BEGIN, .address = f}};
  f->stack_pointer = fiber_prepare(number, thread_begins);
  w->dead_stacks &= ~(1u << number);
  w->runnable |= 1u << number;
  return true;
}

void base_thread_join(struct base_thread *thread) {
  struct world *w = &simulated_world;
  if (!w->running || thread->handle == 0 || thread->handle >= SIMULATED_FIBERS) __builtin_trap();
  struct fiber *f = &w->fibers[thread->handle];
  if (!f->used) world_leave(SIMULATED_MISUSE, "fiber %u joins one that was joined already", w->current);
  WORLD_HERE();
  world_step(SIMULATED_JOIN, f, f->ended);
  simulated_touch(f, 1, true);
  f->used = false;
}
