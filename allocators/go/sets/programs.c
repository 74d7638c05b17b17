#include "allocators/go/sets/programs.h"

#include "base/thread.h"

#include <string.h>

// What is wrong first counts.
static void is_wrong(struct program_run *run, const char *what) {
  if (!atomic_load_explicit(&run->wrong, memory_order_relaxed))
    atomic_store_explicit(&run->wrong, what, memory_order_relaxed);
}

static uint64_t content_of(const struct program_run *run, const struct program_span *span) {
  return 100 + (uint64_t)(span - run->spans);
}

static void add(struct program_run *run, struct go_span_set *set) {
  unsigned number = atomic_fetch_add_explicit(&run->made, 1, memory_order_relaxed);
  struct program_span *span = &run->spans[number];
  span->content = content_of(run, span);
  span->added = true;
  if (go_span_set_push(set, (struct go_span *)span)) return;
  span->added = false;
  if (!run->program->refused) is_wrong(run, "memory is refused that was not");
}

// False: the set was empty.
static bool take(struct program_run *run, struct go_span_set *set) {
  struct program_span *span = (struct program_span *)go_span_set_pop(set);
  if (!span) return false;
  if (span->content != content_of(run, span)) is_wrong(run, "what was written before is not seen");
  if (span->taken++) is_wrong(run, "a span is taken twice");
  return true;
}

static void do_steps(struct program_run *run, const char *steps) {
  for (; *steps; steps++) {
    bool second = *steps == 'b' || *steps == 'B';
    struct go_span_set *set = &run->sets[second];
    if (*steps == 'a' || *steps == 'b')
      add(run, set);
    else if (!take(run, set) && run->program->never_empty)
      is_wrong(run, "a set that is never empty says that it is");
  }
}

static void thread(void *argument) {
  struct program_thread *t = argument;
  do_steps(t->run, t->steps);
}

static void *reserve(void *context, size_t bytes, size_t alignment) {
  struct program_run *run = context;
  if (++run->requests == run->program->refused) return NULL;
  return base_reserve(base_memory_os(), bytes, alignment);
}

// With the threads ended.
static void check_sets(struct program_run *run) {
  size_t blocks = 0;
  for (unsigned i = 0; i < PROGRAM_SETS; i++) {
    const char *wrong = go_span_set_check(&run->sets[i]);
    if (wrong) is_wrong(run, wrong);
    blocks += go_span_set_blocks(&run->sets[i]);
  }
  if (blocks != go_set_memory_blocks(&run->sets_memory)) is_wrong(run, "a block is lost, or in two places");
}

static void drain(struct program_run *run) {
  for (unsigned i = 0; i < PROGRAM_SETS; i++) {
    while (take(run, &run->sets[i])) {
    }
    if (!go_span_set_is_empty(&run->sets[i])) is_wrong(run, "an empty set says that it is not");
  }
  for (unsigned i = 0; i < run->made; i++)
    if (run->spans[i].taken != run->spans[i].added) is_wrong(run, "a span is lost");
}

void program_run(struct program_run *run, const struct program *program) {
  memset(run, 0, sizeof *run);
  run->program = program;
  run->memory = *base_memory_os();
  run->memory.context = run;
  run->memory.reserve = reserve;
  pages_init(&run->pages, &(struct ht_config){.memory = &run->memory});
  go_set_memory_init(&run->sets_memory, &run->pages);
  for (unsigned i = 0; i < PROGRAM_SETS; i++) go_span_set_init(&run->sets[i], &run->sets_memory);
  do_steps(run, program->before);

  struct base_thread threads[PROGRAM_THREADS];
  for (unsigned i = 0; i < PROGRAM_THREADS && program->threads[i]; i++) {
    run->threads[i] = (struct program_thread){run, program->threads[i]};
    if (!base_thread_start(&threads[i], thread, &run->threads[i])) is_wrong(run, "no thread");
  }
  for (unsigned i = 0; i < PROGRAM_THREADS && program->threads[i]; i++) base_thread_join(&threads[i]);

  check_sets(run);
  if (run->wrong) return; // what is broken may have no end
  drain(run);
  check_sets(run);
  for (unsigned i = 0; i < PROGRAM_SETS; i++) go_span_set_reset(&run->sets[i]);
  check_sets(run);
  if (go_set_memory_blocks(&run->sets_memory)) is_wrong(run, "an empty set keeps a block");
  do_steps(run, "aaabAAAB");
  check_sets(run);
  go_set_memory_finish(&run->sets_memory);
}
