// Carriers that are threads. The run is still one thread of control: it goes from thread to thread like a
// baton. Who handed it on waits until it comes back, and meanwhile does what is handed to it in turn. Carrier
// 0 is the thread that called ht_runner_run.
#include "fuzz/runner/runner_internal.h"

#include <sched.h>

// What is handed over; lives on the stack of who waits for it.
struct run_job {
  run_task *task;
  unsigned argument;
  unsigned from; // the carrier that waits
  bool done;
  bool broken; // the task left through run_broken
};

static void perform(struct ht_runner *r, struct run_job *job) {
  jmp_buf here, *before = r->broken;
  r->broken = &here;
  if (setjmp(here))
    job->broken = true;
  else
    job->task(r, job->argument);
  r->broken = before;
  r->on = job->from;
  job->done = true;
  base_unpark(&r->threads[job->from].wake);
}

// Does what is handed to a carrier's thread until `mine`, handed on by it, is done; NULL: until the thread is
// to end.
static void serve(struct ht_runner *r, unsigned carrier, const struct run_job *mine) {
  struct run_thread *thread = &r->threads[carrier];
  // Nothing is looked at but after a wake-up, which is what orders it: each job and each end comes with one.
  do {
    base_park(&thread->wake);
    struct run_job *job = thread->job;
    thread->job = NULL;
    if (job) perform(r, job);
  } while (mine ? !mine->done : !thread->ending);
}

static void run_thread(void *argument) {
  struct run_thread *thread = argument;
  run_is_here(thread->runner);
  serve(thread->runner, (unsigned)(thread - thread->runner->threads), NULL);
}

static bool is_started(struct ht_runner *r, unsigned carrier) {
  struct run_thread *thread = &r->threads[carrier];
  if (thread->runner) return true;
  base_parker_init(&thread->wake);
  thread->runner = r;
  if (base_thread_start(&thread->thread, run_thread, thread)) return true;
  thread->runner = NULL;
  return false;
}

unsigned run_threads(struct ht_runner *r, unsigned wanted) {
  unsigned carrier = 1;
  while (carrier < wanted && is_started(r, carrier)) carrier++;
  return carrier;
}

static void pin(struct ht_runner *r, unsigned cpu) {
  (void)r;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

// One wakes another some hundred times a run. On one CPU that takes 2 us, from one to another ten times as
// long; so for the length of a run all are where the caller is. Where that is not allowed, it is only slower.
void run_gather(struct ht_runner *r) {
  int cpu = sched_getcpu();
  if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof r->anywhere, &r->anywhere) != 0) return;
  pin(r, (unsigned)cpu);
  for (unsigned c = 1; c < r->carrier_count; c++) {
    if (r->threads[c].cpu == (unsigned)cpu + 1) continue;
    run_hand_over(r, c, pin, (unsigned)cpu);
    r->threads[c].cpu = (unsigned)cpu + 1;
  }
  r->gathered = true;
}

void run_scatter(struct ht_runner *r) {
  if (r->gathered) sched_setaffinity(0, sizeof r->anywhere, &r->anywhere);
  r->gathered = false;
}

void run_threads_end(struct ht_runner *r) {
  for (unsigned i = 1; i < HT_CARRIERS_MAX; i++) {
    if (!r->threads[i].runner) continue;
    r->threads[i].ending = true;
    base_unpark(&r->threads[i].wake);
    base_thread_join(&r->threads[i].thread);
  }
}

void run_hand_over(struct ht_runner *r, unsigned carrier, run_task *task, unsigned argument) {
  struct run_job job = {.task = task, .argument = argument, .from = r->on};
  r->on = carrier;
  r->threads[carrier].job = &job;
  base_unpark(&r->threads[carrier].wake);
  serve(r, job.from, &job);
  if (job.broken) longjmp(*r->broken, 1);
}
