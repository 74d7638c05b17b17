/*
 * Between the library and the launcher it carries: the launcher's arguments, and what it writes to its report
 * pipe.
 *
 *   launcher <report descriptor> <cpu or -1> <address space bytes or 0> <parent's process id> <directory or
 * ""> argv ...
 *
 * Reports arrive in any order: the child's id from the launcher, the time of its execve from the child, and a
 * failure if there was one. The pipe's end without a failure means that the program runs.
 */
#ifndef PROCESS_LAUNCHER_H
#define PROCESS_LAUNCHER_H

#include <stdint.h>
#include <sys/types.h>

enum launcher_stage {
  LAUNCHER_CLONED,
  LAUNCHER_EXECUTING,
  /* The rest are failures. */
  LAUNCHER_CLONE,
  LAUNCHER_GROUP,
  LAUNCHER_PIN,
  LAUNCHER_LIMIT,
  LAUNCHER_DIRECTORY,
  LAUNCHER_EXECUTE,
};

struct launcher_report {
  enum launcher_stage stage;
  int number;      /* errno of a failure */
  pid_t child;     /* LAUNCHER_CLONED */
  uint64_t now_ns; /* LAUNCHER_EXECUTING: CLOCK_MONOTONIC */
};

enum {
  LAUNCHER_ARGUMENT_REPORT = 1,
  LAUNCHER_ARGUMENT_CPU,
  LAUNCHER_ARGUMENT_ADDRESS_SPACE,
  LAUNCHER_ARGUMENT_PARENT,
  LAUNCHER_ARGUMENT_DIRECTORY,
  LAUNCHER_ARGUMENT_PROGRAM,
};

#endif
