/* Waiting: one poll(2) over the children, their output and the caller's interrupt, and what follows from
 * each. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/process_internal.h"

#define READ_BYTES 65536
/* After a child's end its pipe holds at most this (F_SETPIPE_SZ without privilege); more comes from a
 * stranger who left the group and kept the pipe, and is not waited for. */
#define PIPE_BYTES_MAX ((size_t)1 << 20)

/* Descriptors a process adds to the poll: its pidfd and two pipes. */
#define DESCRIPTORS_EACH 3

uint64_t ht_process_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * HT_PROCESS_SECOND + (uint64_t)now.tv_nsec;
}

struct ht_process *ht_process_adopt(pid_t id, uint64_t started_ns, uint64_t wall_ns, uint64_t grace_ns) {
  struct ht_process *process = calloc(1, sizeof *process);
  int descriptor = process ? pidfd_open(id, 0) : -1;
  if (descriptor < 0) {
    int number = errno;
    free(process);
    kill(-id, SIGKILL);
    while (waitpid(id, NULL, 0) < 0 && errno == EINTR) continue;
    errno = number;
    return NULL;
  }
  *process = (struct ht_process){.id = id,
                                 .descriptor = descriptor,
                                 .started_ns = started_ns,
                                 .deadline_ns = wall_ns ? started_ns + wall_ns : HT_PROCESS_FOREVER,
                                 .grace_ns = grace_ns,
                                 .wall_ns = wall_ns,
                                 .stop = HT_PROCESS_EXITED,
                                 .kill_ns = HT_PROCESS_FOREVER,
                                 .captures = {{.pipe = -1}, {.pipe = -1}}};
  return process;
}

void ht_process_capture(struct ht_process *process, int stream, int pipe, size_t limit) {
  if (pipe < 0) return;
  fcntl(pipe, F_SETFL, O_NONBLOCK);
  process->captures[stream] =
      (struct capture){.pipe = pipe, .limit = limit ? limit : HT_PROCESS_CAPTURE_BYTES, .wanted = true};
}

pid_t ht_process_id(const struct ht_process *process) {
  return process->id;
}

static void keep(struct capture *capture, const char *bytes, size_t size) {
  if (size > capture->limit - capture->size) {
    size = capture->limit - capture->size;
    capture->cut = true;
  }
  if (capture->size + size >= capture->room) {
    size_t room = 2 * (capture->size + size) + 1;
    char *grown = realloc(capture->bytes, room);
    if (!grown) {
      capture->cut = true;
      return;
    }
    capture->bytes = grown;
    capture->room = room;
  }
  memcpy(capture->bytes + capture->size, bytes, size);
  capture->size += size;
  capture->bytes[capture->size] = '\0';
}

/* Reads what is there; at the end of the pipe, or with an error, closes it. */
static void drain(struct capture *capture) {
  static const size_t most = PIPE_BYTES_MAX;
  char bytes[READ_BYTES];
  for (size_t total = 0; capture->pipe >= 0 && total < most;) {
    ssize_t size = read(capture->pipe, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      close(capture->pipe);
      capture->pipe = -1;
      return;
    }
    keep(capture, bytes, (size_t)size);
    total += (size_t)size;
  }
}

/* The child has not been waited for, so the group's number is still its own. */
static void begin_stop(struct ht_process *process, enum ht_process_outcome why) {
  if (process->stop != HT_PROCESS_EXITED) return;
  process->stop = why;
  if (process->grace_ns) {
    process->kill_ns = ht_process_now() + process->grace_ns;
    kill(-process->id, SIGTERM);
  } else {
    kill(-process->id, SIGKILL);
  }
}

void ht_process_stop(struct ht_process *process) {
  begin_stop(process, HT_PROCESS_STOPPED);
}

static void keep_bounds(struct ht_process *process, uint64_t now) {
  if (ht_process_interrupted()) begin_stop(process, HT_PROCESS_INTERRUPTED);
  if (now >= process->deadline_ns) begin_stop(process, HT_PROCESS_TIMED_OUT);
  if (now >= process->kill_ns) {
    process->kill_ns = HT_PROCESS_FOREVER;
    kill(-process->id, SIGKILL);
  }
}

static uint64_t next_event(const struct ht_process *process) {
  return process->stop == HT_PROCESS_EXITED ? process->deadline_ns : process->kill_ns;
}

static void explain(const struct ht_process *process, struct ht_process_result *result) {
  char *text = result->reason;
  size_t room = sizeof result->reason;
  switch (result->outcome) {
  case HT_PROCESS_TIMED_OUT:
    snprintf(text, room, "ended by us: its bound of %.4g s was up",
             (double)process->wall_ns / (double)HT_PROCESS_SECOND);
    break;
  case HT_PROCESS_INTERRUPTED:
    snprintf(text, room, "interrupted by signal %d (%s)", ht_process_interrupted(),
             strsignal(ht_process_interrupted()));
    break;
  case HT_PROCESS_STOPPED:
    snprintf(text, room, "stopped by us");
    break;
  case HT_PROCESS_SIGNALED:
    snprintf(text, room, "ended by signal %d (%s)", result->signal, strsignal(result->signal));
    break;
  default:
    if (result->exit_code != 0) snprintf(text, room, "exit code %d", result->exit_code);
  }
}

static uint64_t nanoseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * HT_PROCESS_SECOND + (uint64_t)time.tv_usec * 1000;
}

/* A capture nothing was written to is an empty string; only without memory is it NULL. */
static char *take(struct capture *capture) {
  if (capture->pipe >= 0) close(capture->pipe);
  if (capture->wanted && !capture->bytes) return strdup("");
  return capture->bytes;
}

static void finish(struct ht_process *process, struct ht_process_result *result) {
  uint64_t ended = ht_process_now();
  /* Grandchildren first, while the number of the group cannot be anybody else's. */
  kill(-process->id, SIGKILL);
  for (int i = 0; i < 2; i++) drain(&process->captures[i]);
  int status = 0;
  struct rusage usage = {0};
  while (wait4(process->id, &status, 0, &usage) < 0 && errno == EINTR) continue;
  struct capture *out = &process->captures[0], *err = &process->captures[1];
  *result = (struct ht_process_result){
      .outcome = process->stop,
      .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
      .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
      .wall_ns = ended - process->started_ns,
      .user_ns = nanoseconds(usage.ru_utime),
      .system_ns = nanoseconds(usage.ru_stime),
      .peak_resident_bytes = (uint64_t)usage.ru_maxrss * 1024,
      .minor_faults = (uint64_t)usage.ru_minflt,
      .major_faults = (uint64_t)usage.ru_majflt,
      .out = take(out),
      .err = take(err),
      .out_size = out->size,
      .err_size = err->size,
      .out_cut = out->cut,
      .err_cut = err->cut,
  };
  if (process->stop == HT_PROCESS_EXITED && result->signal) result->outcome = HT_PROCESS_SIGNALED;
  explain(process, result);
  close(process->descriptor);
  free(process);
}

/* Sleeps until something is ready or `until` has come. True: `descriptors` say what is. */
static bool sleep_until(struct pollfd *descriptors, size_t count, uint64_t until) {
  uint64_t now = ht_process_now();
  uint64_t rest = until > now ? until - now : 0;
  struct timespec limit = {(time_t)(rest / HT_PROCESS_SECOND), (long)(rest % HT_PROCESS_SECOND)};
  return ppoll(descriptors, count, until == HT_PROCESS_FOREVER ? NULL : &limit, NULL) > 0;
}

/* Lists what to listen to: DESCRIPTORS_EACH a process, then the interrupt. */
static size_t list(struct ht_process **processes, size_t count, struct pollfd *descriptors) {
  for (size_t i = 0; i < count; i++) {
    const struct ht_process *process = processes[i];
    struct pollfd *mine = &descriptors[DESCRIPTORS_EACH * i];
    mine[0] = (struct pollfd){.fd = process ? process->descriptor : -1, .events = POLLIN};
    for (int k = 0; k < 2; k++)
      mine[1 + k] = (struct pollfd){.fd = process ? process->captures[k].pipe : -1, .events = POLLIN};
  }
  /* Once it was heard it stays readable: listening on would spin. */
  descriptors[DESCRIPTORS_EACH * count] = (struct pollfd){
      .fd = ht_process_interrupted() ? -1 : ht_process_interrupt_descriptor(), .events = POLLIN};
  return DESCRIPTORS_EACH * count + 1;
}

int ht_process_wait_any(struct ht_process **processes, size_t count, uint64_t timeout_ns,
                        struct ht_process_result *result) {
  assert(count <= HT_PROCESS_AT_ONCE);
  size_t alive = 0;
  for (size_t i = 0; i < count; i++) alive += processes[i] != NULL;
  if (alive == 0) return -1;
  /* On the stack: children must keep their bounds even when memory is gone. */
  struct pollfd descriptors[DESCRIPTORS_EACH * HT_PROCESS_AT_ONCE + 1];
  uint64_t start = ht_process_now();
  uint64_t until = timeout_ns < HT_PROCESS_FOREVER - start ? start + timeout_ns : HT_PROCESS_FOREVER;
  int ended = -1;
  for (bool last = false; ended < 0;) {
    size_t listed = list(processes, count, descriptors);
    uint64_t next = until;
    for (size_t i = 0; i < count; i++)
      if (processes[i] && next_event(processes[i]) < next) next = next_event(processes[i]);
    bool ready = sleep_until(descriptors, listed, next);
    uint64_t now = ht_process_now();
    for (size_t i = 0; i < count; i++) {
      if (!processes[i]) continue;
      const struct pollfd *mine = &descriptors[DESCRIPTORS_EACH * i];
      for (int k = 0; k < 2; k++)
        if (ready && mine[1 + k].revents) drain(&processes[i]->captures[k]);
      /* An end of its own comes before a bound that was reached in the same moment. */
      if (ready && mine[0].revents && ended < 0)
        ended = (int)i;
      else
        keep_bounds(processes[i], now);
    }
    if (ended < 0 && last) break;
    /* A look after the time is up, so that a child just ended is not missed. */
    last = now >= until;
  }
  if (ended < 0) return -1;
  finish(processes[ended], result);
  processes[ended] = NULL;
  return ended;
}

bool ht_process_poll(struct ht_process *process, struct ht_process_result *result) {
  return ht_process_wait_any(&process, 1, 0, result) == 0;
}

void ht_process_wait(struct ht_process *process, struct ht_process_result *result) {
  while (ht_process_wait_any(&process, 1, HT_PROCESS_FOREVER, result) != 0) continue;
}

void ht_process_result_free(struct ht_process_result *result) {
  free(result->out);
  free(result->err);
  *result = (struct ht_process_result){0};
}
