// A run: who can go on, who is chosen, and how it ends.
#include "base/simulated/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct world simulated_world;

// Deadlines that come one after the other, and nothing changes: whoever waits in a loop waits for ever.
enum { IDLE_MAX = 1000 };
enum { STEPS_MOST = 1000000 };

const char *simulated_kind_name(enum simulated_kind kind) {
  static const char *const names[SIMULATED_KINDS] = {
      "begin", "load",   "store", "change", "fence", "lock",    "try lock",  "unlock",
      "park",  "unpark", "start", "join",   "pause", "visible", "operation", "end"};
  return names[kind];
}

const char *simulated_outcome_name(enum simulated_outcome outcome) {
  static const char *const names[] = {"ended",  "deadlock", "livelock", "dead stack",
                                      "misuse", "endless",  "stopped",  "abandoned"};
  return names[outcome];
}

static inline struct fiber *current(void) {
  return &simulated_world.fibers[simulated_world.current];
}

unsigned simulated_fiber(void) {
  return simulated_world.running ? simulated_world.current : SIMULATED_NOBODY;
}

struct simulated_step simulated_next(unsigned fiber) {
  return simulated_world.fibers[fiber].step;
}

static void switch_out(void) {
  struct world *w = &simulated_world;
  void *mine;
  fiber_switch_told(SIMULATED_NOBODY);
  w->running = false;
  fiber_switch(&mine, w->outside);
  __builtin_unreachable();
}

static void leave(enum simulated_outcome outcome, const char *format, va_list arguments) {
  struct world *w = &simulated_world;
  w->end->outcome = outcome;
  vsnprintf(w->end->message, sizeof w->end->message, format, arguments);
  switch_out();
}

void world_leave(enum simulated_outcome outcome, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  leave(outcome, format, arguments);
  __builtin_unreachable();
}

void simulated_stop(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  leave(SIMULATED_STOPPED, format, arguments);
  __builtin_unreachable();
}

void world_check_owner(const void *address) {
  struct world *w = &simulated_world;
  unsigned owner = (unsigned)(((uintptr_t)address - FIBER_STACKS) / SIMULATED_STACK_BYTES);
  if (!w->running || owner == w->current) return;
  bool ended = w->dead_stacks >> owner & 1;
  if (!ended && (uintptr_t)address >= w->fibers[owner].frame) return;
  // In another schedule it may be in time.
  simulated_touch(address, sizeof(uint64_t), true);
  world_leave(SIMULATED_DEAD_STACK, "fiber %u uses the stack of %sfiber %u, which has %s", w->current,
              ended ? "" : "a call of ", owner, ended ? "ended" : "returned");
}

// Those at a pause wait for a change, and so do those whose time came and changed nothing.
void world_changed(void) {
  struct world *w = &simulated_world;
  w->changes++;
  w->idle = 0;
  w->touching->changes = true;
  for (uint32_t left = w->waiting; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if (w->fibers[f].step.kind != SIMULATED_PAUSE && !w->fibers[f].in_time) continue;
    w->waiting &= ~(1u << f);
    w->runnable |= 1u << f;
  }
}

void world_let(enum simulated_kind kind, const void *address, bool can) {
  struct world *w = &simulated_world;
  // Who has just made this step does not wait for it any more.
  uint32_t those = can ? w->waiting : w->runnable & ~(1u << w->current);
  for (; those; those &= those - 1) {
    unsigned f = (unsigned)__builtin_ctz(those);
    const struct fiber *fiber = &w->fibers[f];
    // Who waits with a deadline can always go on.
    if (fiber->step.kind != kind || fiber->step.address != address || (!can && fiber->in_time)) continue;
    w->waiting ^= 1u << f;
    w->runnable ^= 1u << f;
  }
}

static void say_who_waits(char *text, size_t size) {
  struct world *w = &simulated_world;
  size_t used = 0;
  for (unsigned f = 0; f < SIMULATED_FIBERS && used < size; f++)
    if (w->waiting >> f & 1)
      used += (size_t)snprintf(text + used, size - used, "%sfiber %u waits at %s", used ? ", " : "", f,
                               simulated_kind_name(w->fibers[f].step.kind));
}

// Nobody can go on. The earliest deadline comes, if there is one.
static void let_time_pass(void) {
  struct world *w = &simulated_world;
  unsigned first = SIMULATED_NOBODY;
  bool pauses = false;
  for (uint32_t left = w->waiting; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    const struct fiber *fiber = &w->fibers[f];
    pauses |= fiber->step.kind == SIMULATED_PAUSE || fiber->in_time;
    if (fiber->in_time && (first == SIMULATED_NOBODY || fiber->deadline < w->fibers[first].deadline))
      first = f;
  }
  if (first == SIMULATED_NOBODY || w->idle++ == IDLE_MAX) {
    char who[200] = "";
    say_who_waits(who, sizeof who);
    world_leave(pauses ? SIMULATED_LIVELOCK : SIMULATED_DEADLOCK, "%s", who);
  }
  w->waiting &= ~(1u << first);
  w->runnable |= 1u << first;
}

void world_be_fair(void) {
  struct world *w = &simulated_world;
  struct fiber *f = current();
  f->after = f->after_late = 0;
  for (uint32_t left = f->able_then & w->runnable & ~(1u << w->current); left; left &= left - 1) {
    unsigned other = (unsigned)__builtin_ctz(left);
    if (w->fibers[other].made <= f->paused) f->after |= 1u << other;
  }
  for (uint32_t left = f->late_then & w->late; left; left &= left - 1) {
    unsigned other = (unsigned)__builtin_ctz(left);
    if (w->fibers[other].shown <= f->paused) f->after_late |= 1u << other;
  }
  if (f->after | f->after_late) w->behind |= 1u << w->current;
  f->able_then = w->runnable;
  f->late_then = w->late;
  f->paused = w->end->steps;
}

// Of those that can go on, the ones that need not let others go first. Not empty if those are not: who has
// paused last is in front of nobody.
static uint32_t may_run(void) {
  struct world *w = &simulated_world;
  uint32_t may = w->runnable;
  for (uint32_t left = w->behind & may; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    if ((w->fibers[f].after & w->runnable) | (w->fibers[f].after_late & w->late)) may &= ~(1u << f);
  }
  return may;
}

// Those behind need not wait for this one any more.
static __attribute__((noinline)) void let_behind(uint32_t made, uint32_t shown) {
  struct world *w = &simulated_world;
  w->behind &= ~made;
  for (uint32_t left = w->behind; left; left &= left - 1) {
    unsigned f = (unsigned)__builtin_ctz(left);
    struct fiber *fiber = &w->fibers[f];
    // It may be able to go on by this: the order matters.
    if ((fiber->after & made) | (fiber->after_late & shown)) w->touching->changes = true;
    fiber->after &= ~made;
    fiber->after_late &= ~shown;
    if (!(fiber->after | fiber->after_late)) w->behind &= ~(1u << f);
  }
}

static void make_step(const struct simulated_step *step, unsigned fiber) {
  struct world *w = &simulated_world;
  w->end->steps++;
  if (w->options->told) w->options->told(w->options->context, fiber, step);
}

static void go_on(unsigned fiber) {
  struct world *w = &simulated_world;
  if (fiber == w->current) return;
  struct fiber *from = current(), *to = &w->fibers[fiber];
  w->end->switches++;
  if (w->options->switches) w->options->switches(w->options->switching, w->current, fiber);
  if (from->end > from->first) buffer_leave(w->current);
  fiber_switch_told(fiber);
  w->current = fiber;
  if (to->end > to->first) buffer_enter(fiber);
  fiber_switch(&from->stack_pointer, to->stack_pointer);
  fiber_switched();
}

static struct simulated_choice choose(void) {
  struct world *w = &simulated_world;
  struct simulated_view view = {.runnable = w->runnable, .late = w->late, .current = w->current};
  if (__builtin_expect(w->behind != 0, 0)) view.runnable = may_run();
  view.stays = view.runnable >> w->current & 1 && !current()->offers;
  struct simulated_choice choice = w->options->choose(w->options->context, &view);
  if (choice.fiber == SIMULATED_NOBODY) world_leave(SIMULATED_ABANDONED, "abandoned");
  bool possible =
      choice.fiber < SIMULATED_FIBERS &&
      (choice.late ? choice.late <= buffer_candidates(choice.fiber) : view.runnable >> choice.fiber & 1);
  if (!possible)
    world_leave(SIMULATED_MISUSE, "the chooser chose fiber %u, store %u", choice.fiber, choice.late);
  return choice;
}

void world_decide(void) {
  struct world *w = &simulated_world;
  current()->ours = WORLD_FRAME();
  for (;;) {
    if (__builtin_expect(!w->runnable && !w->late, 0)) {
      let_time_pass();
      continue;
    }
    if (__builtin_expect(w->steps_left-- == 0, 0))
      world_leave(SIMULATED_ENDLESS, "no end within %llu steps", (unsigned long long)w->end->steps);
    struct simulated_choice choice = choose();
    if (w->touches) {
      w->touching = w->touching == w->touched ? w->touched + 1 : w->touched;
      w->touching->count = 0;
      w->touching->pauses = w->touching->changes = false;
    }
    if (choice.late) {
      const void *address = buffer_address(choice.fiber, choice.late - 1u);
      make_step(&(struct simulated_step){SIMULATED_VISIBLE, address, NULL}, choice.fiber);
      w->fibers[choice.fiber].shown = w->end->steps;
      if (__builtin_expect(w->behind != 0, 0)) let_behind(0, 1u << choice.fiber);
      buffer_make_visible(choice.fiber, choice.late - 1u);
      continue;
    }
    make_step(&w->fibers[choice.fiber].step, choice.fiber);
    w->fibers[choice.fiber].made = w->end->steps;
    if (__builtin_expect(w->behind != 0, 0)) let_behind(1u << choice.fiber, 0);
    go_on(choice.fiber);
    current()->offers = false;
    current()->frame = 0;
    return;
  }
}

void world_step(enum simulated_kind kind, const void *address, bool can) {
  struct world *w = &simulated_world;
  struct fiber *f = current();
  f->step.kind = kind;
  f->step.address = address;
  if (!can) {
    w->runnable &= ~(1u << w->current);
    w->waiting |= 1u << w->current;
  }
  world_decide();
}

void simulated_point(enum simulated_kind kind, const void *address) {
  struct world *w = &simulated_world;
  if (!w->running) return;
  world_check_stack(address);
  world_step(kind, address, true);
  if (w->touches && address) touch(address, sizeof(uint64_t), kind != SIMULATED_LOAD);
}

static void body_begins(void) {
  fiber_switched();
  struct world *w = &simulated_world;
  struct fiber *f = current();
  f->run(f->argument);
  buffer_flush();
  for (unsigned i = 1; i < SIMULATED_FIBERS; i++)
    if (w->fibers[i].used) world_leave(SIMULATED_MISUSE, "the run ended, and fiber %u was not joined", i);
  w->end->outcome = SIMULATED_ENDED;
  switch_out();
}

static void begin(const struct simulated_options *options, struct simulated_end *end) {
  struct world *w = &simulated_world;
  for (unsigned i = 0; i < SIMULATED_FIBERS; i++) {
    struct late_word *late = w->fibers[i].late;
    w->fibers[i] = (struct fiber){.late = late};
  }
  w->options = options;
  w->logs = options->buffers || options->touches;
  w->touches = options->touches;
  w->touching = w->touched;
  w->touched[0] = (struct simulated_touched){0};
  w->current = 0;
  w->runnable = 1;
  w->late = w->waiting = w->behind = w->dead_stacks = 0;
  w->changes = w->now = w->idle = 0;
  w->steps_left = options->most ? options->most : STEPS_MOST;
  w->end = end;
}

// Once a process.
static bool make_world(void) {
  static bool made;
  return made || (made = fiber_stacks_map() && buffers_map());
}

void simulated_run(const struct simulated_options *options, void (*body)(void *argument), void *argument,
                   struct simulated_end *end) {
  struct world *w = &simulated_world;
  *end = (struct simulated_end){0};
  if (w->running || !make_world()) __builtin_trap();
  begin(options, end);
  struct fiber *first = &w->fibers[0];
  first->used = true;
  first->run = body;
  first->argument = argument;
  first->stack_pointer = fiber_prepare(0, body_begins);
  fiber_switch_told(0);
  w->running = true;
  fiber_switch(&w->outside, first->stack_pointer);
  fiber_switched();
  memory_restore();
}
