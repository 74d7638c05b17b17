// Runs a workload on its mutators and compares what comes out with what is expected.
#include "bench/workloads/task.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

__attribute__((noinline)) void ht_measured_region(void (*region)(void *argument), void *argument) {
  region(argument);
  // Keeps the call above from becoming a jump: the function has to be seen to end.
  __asm__ volatile("");
}

// One mutator with what it stands on.
struct worker {
  struct crew *crew;
  struct ht_task task;
  pthread_t thread;
  struct ht_carrier *carrier;
  struct ht_frame *frame;
  size_t frame_bytes;
  const char *failure; // NULL: all is well
  bool stopped;        // for another's failure
};

struct crew {
  const struct ht_workload_job *run;
  const struct ht_workload_code *code;
  struct worker *workers;
  ht_ref *shared; // a global for each worker
  // Where mutators meet within the region. A barrier of the system waits for ever for one that failed.
  pthread_mutex_t lock;
  pthread_cond_t met;
  uint64_t waiting, meetings;
  bool broken;
  // Of the heap, before and after the region, for a mutator alone.
  uint64_t cycles_before, cycles_after;
  // Threads begin when `gate` is let go: then it is known whether all could be made, or it is over. After
  // that they wait at the barriers: when they are ready, before and after the region.
  pthread_mutex_t gate;
  pthread_barrier_t ready, start, stop;
  bool over;
};

// From now on nobody waits for anybody.
static void crew_break(struct crew *crew) {
  pthread_mutex_lock(&crew->lock);
  crew->broken = true;
  pthread_cond_broadcast(&crew->met);
  pthread_mutex_unlock(&crew->lock);
}

static void worker_fail(struct worker *w, const char *failure) {
  w->failure = failure;
  crew_break(w->crew);
}

// Frames come straight from the system: a frame of a large ring must not change what the heap on trial, which
// may be this process's malloc, has to do.
static bool worker_open(struct worker *w) {
  const struct ht_workload_job *run = w->crew->run;
  const struct ht_heap_table *table = run->heap->table;
  size_t slots = run->workload->slots(&run->params);
  w->frame_bytes = sizeof *w->frame + slots * sizeof(ht_ref);
  void *memory = mmap(NULL, w->frame_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    worker_fail(w, "no memory for the frame");
    return false;
  }
  w->frame = memory;
  w->frame->count = slots;
  if (!table->carrier_open(run->heap, &w->carrier)) {
    worker_fail(w, "the heap opened no carrier");
    goto unmap;
  }
  if (!table->attach(run->heap, w->carrier, &w->task.mutator)) {
    worker_fail(w, "the heap attached no mutator");
    goto close;
  }
  if (!table->global_root_add(run->heap, &w->crew->shared[w->task.number])) {
    worker_fail(w, "the heap took no global");
    goto detach;
  }
  table->push(w->task.mutator, w->frame);
  w->task.slots = w->frame->slots;
  w->task.carrier = w->carrier;
  return true;
detach:
  table->detach(w->task.mutator);
  w->task.mutator = NULL;
close:
  table->carrier_close(w->carrier);
unmap:
  munmap(w->frame, w->frame_bytes);
  return false;
}

static void worker_close(struct worker *w) {
  const struct ht_workload_job *run = w->crew->run;
  const struct ht_heap_table *table = run->heap->table;
  // What failed may have left something there.
  ht_ref *global = &w->crew->shared[w->task.number];
  table->store(w->task.mutator, NULL, global, NULL);
  table->global_root_remove(run->heap, global);
  table->pop(w->task.mutator);
  table->detach(w->task.mutator);
  table->carrier_close(w->carrier);
  munmap(w->frame, w->frame_bytes);
}

static void worker_do(struct worker *w, bool (*step)(struct ht_task *task)) {
  if (!w->failure && !step(&w->task))
    worker_fail(w, w->stopped ? "another mutator failed" : "the heap had no memory");
}

bool ht_task_meet(struct ht_task *task) {
  struct worker *w = (struct worker *)((char *)task - offsetof(struct worker, task));
  struct crew *crew = w->crew;
  if (crew->run->params.mutators == 1) return true;
  const struct ht_heap_table *table = crew->run->heap->table;
  table->block(task->mutator);
  pthread_mutex_lock(&crew->lock);
  uint64_t meeting = crew->meetings;
  if (++crew->waiting == crew->run->params.mutators) {
    crew->waiting = 0;
    crew->meetings++;
    pthread_cond_broadcast(&crew->met);
  }
  while (!crew->broken && crew->meetings == meeting) pthread_cond_wait(&crew->met, &crew->lock);
  w->stopped = crew->broken;
  pthread_mutex_unlock(&crew->lock);
  table->unblock(task->mutator, w->carrier);
  return !w->stopped;
}

static void region_alone(void *argument) {
  struct worker *w = argument;
  worker_do(w, w->crew->code->body);
}

static uint64_t heap_cycles(struct ht_heap *heap) {
  struct ht_statistics statistics;
  heap->table->statistics(heap, &statistics);
  return statistics.cycles;
}

// The mutator runs on the caller's thread: nothing is in the region but the workload.
static uint64_t run_alone(struct crew *crew) {
  struct worker *w = crew->workers;
  uint64_t entries = 0;
  if (!worker_open(w)) return 0;
  worker_do(w, crew->code->begin);
  if (!w->failure) {
    crew->cycles_before = heap_cycles(crew->run->heap);
    entries = crew->run->around(crew->run->context, region_alone, w);
    crew->cycles_after = heap_cycles(crew->run->heap);
  }
  if (!w->failure) crew->code->end(&w->task);
  worker_close(w);
  return entries;
}

// A mutator that waits must not keep a collector from stopping the world.
static void wait_blocked(struct worker *w, pthread_barrier_t *barrier) {
  const struct ht_heap_table *table = w->crew->run->heap->table;
  bool attached = w->task.mutator != NULL;
  if (attached) table->block(w->task.mutator);
  pthread_barrier_wait(barrier);
  if (attached) table->unblock(w->task.mutator, w->carrier);
}

static void *worker_thread(void *argument) {
  struct worker *w = argument;
  struct crew *crew = w->crew;
  pthread_mutex_lock(&crew->gate);
  bool over = crew->over;
  pthread_mutex_unlock(&crew->gate);
  if (over) return NULL;
  bool open = worker_open(w);
  if (open) worker_do(w, crew->code->begin);
  wait_blocked(w, &crew->ready);
  for (;;) {
    wait_blocked(w, &crew->start);
    if (crew->over) break;
    if (open) worker_do(w, crew->code->body);
    wait_blocked(w, &crew->stop);
  }
  if (open) {
    if (!w->failure) crew->code->end(&w->task);
    worker_close(w);
  }
  return NULL;
}

static void region_together(void *argument) {
  struct crew *crew = argument;
  pthread_barrier_wait(&crew->start);
  pthread_barrier_wait(&crew->stop);
}

static uint64_t run_together(struct crew *crew) {
  unsigned count = (unsigned)crew->run->params.mutators, started = 0;
  uint64_t entries = 0;
  pthread_mutex_init(&crew->gate, NULL);
  pthread_barrier_init(&crew->ready, NULL, count + 1);
  pthread_barrier_init(&crew->start, NULL, count + 1);
  pthread_barrier_init(&crew->stop, NULL, count + 1);
  pthread_mutex_lock(&crew->gate);
  while (started < count &&
         pthread_create(&crew->workers[started].thread, NULL, worker_thread, &crew->workers[started]) == 0)
    started++;
  if (started < count) {
    crew->workers[started].failure = "no thread for a mutator";
    crew->over = true;
  }
  pthread_mutex_unlock(&crew->gate);
  if (!crew->over) {
    // What mutators do to begin is no part of the region, nor of what the heap counts in it.
    pthread_barrier_wait(&crew->ready);
    entries = crew->run->around(crew->run->context, region_together, crew);
    crew->over = true;
    pthread_barrier_wait(&crew->start);
  }
  while (started > 0) pthread_join(crew->workers[--started].thread, NULL);
  pthread_barrier_destroy(&crew->stop);
  pthread_barrier_destroy(&crew->start);
  pthread_barrier_destroy(&crew->ready);
  pthread_mutex_destroy(&crew->gate);
  return entries;
}

static const struct ht_workload_code *find_code(const struct ht_workload_job *run) {
  for (const struct ht_workload_code *const *code = run->set->codes; *code; code++)
    if (strcmp((*code)->workload, run->workload->name) == 0) return *code;
  return NULL;
}

static void say(struct ht_workload_result *result, enum ht_workload_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct ht_workload_result *result, enum ht_workload_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(result->reason, sizeof result->reason, format, arguments);
  va_end(arguments);
  result->status = status;
}

// Does a count of the heap's own show less than `expected` between the two? Not if it does not count.
static bool too_few(uint64_t before, uint64_t after, uint64_t expected) {
  return before != HT_UNKNOWN && after != HT_UNKNOWN && after - before < expected;
}

static void judge(const struct crew *crew, uint64_t entries, const struct ht_statistics *before,
                  struct ht_workload_result *result) {
  const struct ht_workload_job *run = crew->run;
  struct ht_workload_expectation expected;
  struct ht_statistics after;
  for (unsigned i = 0; i < run->params.mutators; i++) {
    const struct worker *w = &crew->workers[i];
    // Who was stopped comes with one who failed.
    if (w->failure && !w->stopped) {
      say(result, HT_WORKLOAD_FAILED, "%s (mutator %u)", w->failure, i);
      return;
    }
    result->checksum += w->task.checksum;
    result->allocations += w->task.allocations;
  }
  run->workload->expect(&run->params, entries, &expected);
  result->operations = expected.operations;
  result->live_bytes = expected.live_bytes;
  run->heap->table->statistics(run->heap, &after);
  if (result->checksum != expected.checksum)
    say(result, HT_WORKLOAD_CHECKSUM, "checksum %#llx, expected %#llx", (unsigned long long)result->checksum,
        (unsigned long long)expected.checksum);
  else if (result->allocations < expected.allocations)
    say(result, HT_WORKLOAD_CHECKSUM, "%llu allocations, expected %llu",
        (unsigned long long)result->allocations, (unsigned long long)expected.allocations);
  else if (too_few(before->allocated_objects, after.allocated_objects, expected.allocations))
    say(result, HT_WORKLOAD_CHECKSUM, "the heap counted %llu allocations, expected %llu",
        (unsigned long long)(after.allocated_objects - before->allocated_objects),
        (unsigned long long)expected.allocations);
  else if (too_few(crew->cycles_before, crew->cycles_after, expected.cycles))
    say(result, HT_WORKLOAD_CHECKSUM, "the heap counted %llu collections, expected %llu",
        (unsigned long long)(crew->cycles_after - crew->cycles_before), (unsigned long long)expected.cycles);
}

// False: the heap lacks what gives the workload its meaning.
static bool has_what_it_needs(const struct ht_workload *workload, const struct ht_heap_table *table,
                              struct ht_workload_result *result) {
  static const struct {
    uint64_t capability;
    const char *words;
  } known[] = {{HT_COLLECTS, "collects"}, {HT_COLLECTS_CYCLES, "collects cycles"}, {HT_RELEASES, "releases"}};
  char needs[64] = "";
  if (!workload->needs || (workload->needs & table->capabilities)) return true;
  for (size_t i = 0, used = 0; i < sizeof known / sizeof *known; i++)
    if (workload->needs & known[i].capability)
      used += (size_t)snprintf(needs + used, sizeof needs - used, "%s%s", used ? " or " : "", known[i].words);
  say(result, HT_WORKLOAD_CANNOT, "%s needs a heap that %s; %s does not", workload->name, needs, table->name);
  return false;
}

void ht_workload_run(const struct ht_workload_job *run, struct ht_workload_result *result) {
  const struct ht_heap_table *table = run->heap->table;
  struct crew crew = {
      .run = run, .code = find_code(run), .lock = PTHREAD_MUTEX_INITIALIZER, .met = PTHREAD_COND_INITIALIZER};
  *result = (struct ht_workload_result){.status = HT_WORKLOAD_OK};
  if (!crew.code) {
    say(result, HT_WORKLOAD_CANNOT, "%s is not written for calls \"%s\"", run->workload->name,
        run->set->calls);
    return;
  }
  if (table->carriers && run->params.mutators > table->carriers) {
    say(result, HT_WORKLOAD_CANNOT, "%s runs at most %u carriers at once", table->name, table->carriers);
    return;
  }
  if (!has_what_it_needs(run->workload, table, result)) return;
  size_t bytes = run->params.mutators * (sizeof *crew.workers + sizeof *crew.shared);
  crew.workers = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (crew.workers == MAP_FAILED) {
    say(result, HT_WORKLOAD_FAILED, "no memory for the mutators");
    return;
  }
  crew.shared = (ht_ref *)(crew.workers + run->params.mutators);
  for (unsigned i = 0; i < run->params.mutators; i++)
    crew.workers[i] = (struct worker){.crew = &crew,
                                      .task = {.params = &run->params,
                                               .number = i,
                                               .shared = crew.shared,
                                               .releases = table->capabilities & HT_RELEASES,
                                               .base = ht_task_base(run->params.seed, i),
                                               .samples = i == 0 ? run->samples : NULL}};
  struct ht_statistics before;
  table->statistics(run->heap, &before);
  uint64_t entries = run->params.mutators == 1 ? run_alone(&crew) : run_together(&crew);
  judge(&crew, entries, &before, result);
  munmap(crew.workers, bytes);
}
