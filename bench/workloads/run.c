// Runs a workload on its mutators and compares what comes out with what is expected.
#include "bench/workloads/task.h"

#include <pthread.h>
#include <stdarg.h>
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
};

struct crew {
  const struct ht_workload_job *run;
  const struct ht_workload_code *code;
  struct worker *workers;
  // Threads begin when `gate` is let go: then it is known whether all could be made, or it is over. After
  // that they wait at the barriers, before and after the region.
  pthread_mutex_t gate;
  pthread_barrier_t start, stop;
  bool over;
};

// Frames come straight from the system: a frame of a large ring must not change what the heap on trial, which
// may be this process's malloc, has to do.
static bool worker_open(struct worker *w) {
  const struct ht_workload_job *run = w->crew->run;
  const struct ht_heap_table *table = run->heap->table;
  size_t slots = run->workload->slots(&run->params);
  w->frame_bytes = sizeof *w->frame + slots * sizeof(ht_ref);
  void *memory = mmap(NULL, w->frame_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    w->failure = "no memory for the frame";
    return false;
  }
  w->frame = memory;
  w->frame->count = slots;
  if (!table->carrier_open(run->heap, &w->carrier)) {
    w->failure = "the heap opened no carrier";
    goto unmap;
  }
  if (!table->attach(run->heap, w->carrier, &w->task.mutator)) {
    w->failure = "the heap attached no mutator";
    goto close;
  }
  table->push(w->task.mutator, w->frame);
  w->task.slots = w->frame->slots;
  return true;
close:
  table->carrier_close(w->carrier);
unmap:
  munmap(w->frame, w->frame_bytes);
  return false;
}

static void worker_close(struct worker *w) {
  const struct ht_heap_table *table = w->crew->run->heap->table;
  table->pop(w->task.mutator);
  table->detach(w->task.mutator);
  table->carrier_close(w->carrier);
  munmap(w->frame, w->frame_bytes);
}

static void worker_do(struct worker *w, bool (*step)(struct ht_task *task)) {
  if (!w->failure && !step(&w->task)) w->failure = "the heap had no memory";
}

static void region_alone(void *argument) {
  struct worker *w = argument;
  worker_do(w, w->crew->code->body);
}

// The mutator runs on the caller's thread: nothing is in the region but the workload.
static uint64_t run_alone(struct crew *crew) {
  struct worker *w = crew->workers;
  uint64_t entries = 0;
  if (!worker_open(w)) return 0;
  worker_do(w, crew->code->begin);
  if (!w->failure) entries = crew->run->around(crew->run->context, region_alone, w);
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
    entries = crew->run->around(crew->run->context, region_together, crew);
    crew->over = true;
    pthread_barrier_wait(&crew->start);
  }
  while (started > 0) pthread_join(crew->workers[--started].thread, NULL);
  pthread_barrier_destroy(&crew->stop);
  pthread_barrier_destroy(&crew->start);
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

static uint64_t heap_allocated(struct ht_heap *heap) {
  struct ht_statistics statistics;
  heap->table->statistics(heap, &statistics);
  return statistics.allocated_objects;
}

static void judge(const struct crew *crew, uint64_t entries, uint64_t heap_before,
                  struct ht_workload_result *result) {
  const struct ht_workload_job *run = crew->run;
  struct ht_workload_expectation expected;
  for (unsigned i = 0; i < run->params.mutators; i++) {
    const struct worker *w = &crew->workers[i];
    if (w->failure) {
      say(result, HT_WORKLOAD_FAILED, "%s (mutator %u)", w->failure, i);
      return;
    }
    result->checksum += w->task.checksum;
    result->allocations += w->task.allocations;
  }
  run->workload->expect(&run->params, entries, &expected);
  result->operations = expected.operations;
  result->live_bytes = expected.live_bytes;
  uint64_t heap_after = heap_allocated(run->heap);
  if (result->checksum != expected.checksum)
    say(result, HT_WORKLOAD_CHECKSUM, "checksum %#llx, expected %#llx", (unsigned long long)result->checksum,
        (unsigned long long)expected.checksum);
  else if (result->allocations < expected.allocations)
    say(result, HT_WORKLOAD_CHECKSUM, "%llu allocations, expected %llu",
        (unsigned long long)result->allocations, (unsigned long long)expected.allocations);
  else if (heap_before != HT_UNKNOWN && heap_after != HT_UNKNOWN &&
           heap_after - heap_before < expected.allocations)
    say(result, HT_WORKLOAD_CHECKSUM, "the heap counted %llu allocations, expected %llu",
        (unsigned long long)(heap_after - heap_before), (unsigned long long)expected.allocations);
}

void ht_workload_run(const struct ht_workload_job *run, struct ht_workload_result *result) {
  const struct ht_heap_table *table = run->heap->table;
  struct crew crew = {.run = run, .code = find_code(run)};
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
  size_t bytes = run->params.mutators * sizeof *crew.workers;
  crew.workers = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (crew.workers == MAP_FAILED) {
    say(result, HT_WORKLOAD_FAILED, "no memory for the mutators");
    return;
  }
  for (unsigned i = 0; i < run->params.mutators; i++)
    crew.workers[i] = (struct worker){.crew = &crew,
                                      .task = {.params = &run->params,
                                               .releases = table->capabilities & HT_RELEASES,
                                               .base = ht_task_base(run->params.seed, i),
                                               .samples = i == 0 ? run->samples : NULL}};
  uint64_t before = heap_allocated(run->heap);
  uint64_t entries = run->params.mutators == 1 ? run_alone(&crew) : run_together(&crew);
  judge(&crew, entries, before, result);
  munmap(crew.workers, bytes);
}
