/* Starts a program as a child of the launcher's own parent, so that the child has never shared memory with
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/launcher/launcher.h"

static int report_to;

static void report(struct launcher_report text) {
  /* Without a parent that reads there is nobody to tell. */
  if (write(report_to, &text, sizeof text) != (ssize_t)sizeof text) _exit(EXIT_FAILURE);
}

static void fail(enum launcher_stage stage) {
  report((struct launcher_report){.stage = stage, .number = errno});
  _exit(EXIT_FAILURE);
}

static void report_start(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  report((struct launcher_report){.stage = LAUNCHER_EXECUTING,
                                  .now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec});
}

static void become(char **arguments) {
  if (setpgid(0, 0) != 0) fail(LAUNCHER_GROUP);
  /* The signal comes when the thread that started us ends; if it ended already, nobody waits for us. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != atoi(arguments[LAUNCHER_ARGUMENT_PARENT])) _exit(EXIT_FAILURE);

  int cpu = atoi(arguments[LAUNCHER_ARGUMENT_CPU]);
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail(LAUNCHER_PIN);
  }
  if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0) fail(LAUNCHER_LIMIT);
  rlim_t bytes = strtoull(arguments[LAUNCHER_ARGUMENT_ADDRESS_SPACE], NULL, 10);
  if (bytes && setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) != 0) fail(LAUNCHER_LIMIT);
  const char *directory = arguments[LAUNCHER_ARGUMENT_DIRECTORY];
  if (*directory && chdir(directory) != 0) fail(LAUNCHER_DIRECTORY);
  /* What our parent was given by its own (a job server, a log) is not the program's. */
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  report_start();
  execvp(arguments[LAUNCHER_ARGUMENT_PROGRAM], arguments + LAUNCHER_ARGUMENT_PROGRAM);
  fail(LAUNCHER_EXECUTE);
}

int main(int count, char **arguments) {
  if (count <= LAUNCHER_ARGUMENT_PROGRAM) return EXIT_FAILURE;
  report_to = atoi(arguments[LAUNCHER_ARGUMENT_REPORT]);
  fcntl(report_to, F_SETFD, FD_CLOEXEC);
  /* Neither glibc's fork nor vfork can do this: the child's parent shall be our parent, and its memory a copy
   * of our few pages. There is one thread here, so nothing of the C library is left in a half-way state. */
  long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child < 0) fail(LAUNCHER_CLONE);
  if (child == 0) become(arguments);
  report((struct launcher_report){.stage = LAUNCHER_CLONED, .child = (pid_t)child});
  return EXIT_SUCCESS;
}
