// Threads: start one, wait for its end. The caller owns the record and keeps it in place from start to join;
// every started thread is joined.
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct base_thread {
  uint64_t handle; // private to the world that runs the thread
  void (*run)(void *argument);
  void *argument;
};

// Starts a thread that calls run(argument). What the caller wrote before is visible to it. false: the
// system refused a thread; there is nothing to join.
bool base_thread_start(struct base_thread *thread, void (*run)(void *argument), void *argument);

// Returns after `run` has returned; what the thread wrote is visible to the caller.
void base_thread_join(struct base_thread *thread);

#endif
