#include "base/thread.h"

#include <pthread.h>

_Static_assert(sizeof(pthread_t) <= sizeof(uint64_t), "a thread's handle holds a pthread_t");

static void *run_thread(void *record) {
  struct base_thread *thread = record;
  thread->run(thread->argument);
  return NULL;
}

bool base_thread_start(struct base_thread *thread, void (*run)(void *argument), void *argument) {
  pthread_t handle;
  thread->run = run;
  thread->argument = argument;
  if (pthread_create(&handle, NULL, run_thread, thread) != 0) return false;
  thread->handle = (uint64_t)handle;
  return true;
}

void base_thread_join(struct base_thread *thread) {
  // The only errors are of a handle that is not a running thread's, which is the caller's corruption.
  if (pthread_join((pthread_t)thread->handle, NULL) != 0) __builtin_trap();
}
