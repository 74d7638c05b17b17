/* A function of ours in a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/process_internal.h"

static void run_in_child(int (*function)(void *argument), void *argument, int out, int err, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input >= 0) dup2(input, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  _exit(function(argument) & 0xff);
}

bool ht_process_run_function(int (*function)(void *argument), void *argument, uint64_t wall_ns,
                             struct ht_process_result *result) {
  if (ht_process_refuse_interrupted(result)) return false;
  int out[2] = {-1, -1}, err[2] = {-1, -1};
  struct ht_process *process = NULL;
  if (ht_process_pipe(out) != 0 || ht_process_pipe(err) != 0) {
    ht_process_refuse(result, errno, "no descriptor for the child's output: %s", strerror(errno));
    goto out;
  }
  /* What stands in our buffers would be written twice. */
  fflush(NULL);
  pid_t parent = getpid();
  uint64_t started = ht_process_now();
  pid_t child = fork();
  if (child == 0) run_in_child(function, argument, out[1], err[1], parent);
  if (child < 0) {
    ht_process_refuse(result, errno, "cannot fork: %s", strerror(errno));
    goto out;
  }
  /* The child does the same: whoever comes first, the group is there before anybody ends it. */
  setpgid(child, child);
  process = ht_process_adopt(child, started, wall_ns, 0);
  if (!process) {
    ht_process_refuse(result, errno, "cannot watch a child: %s", strerror(errno));
    goto out;
  }
  ht_process_capture(process, 0, out[0], 0);
  ht_process_capture(process, 1, err[0], 0);
  out[0] = err[0] = -1;
out:
  for (int i = 0; i < 2; i++) {
    if (out[i] >= 0) close(out[i]);
    if (err[i] >= 0) close(err[i]);
  }
  if (!process) return false;
  ht_process_wait(process, result);
  return result->outcome == HT_PROCESS_EXITED && result->exit_code == 0;
}
