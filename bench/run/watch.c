// The process that watches how much memory this one has.
#include "bench/run/run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_INTERVAL_NS = 1000000, NS_PER_SECOND = 1000000000 };

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

// A watcher that runs on the CPU of the watched would stop it at each look.
static void leave_cpu_of_watched(void) {
  cpu_set_t theirs, others;
  if (sched_getaffinity(0, sizeof theirs, &theirs)) return;
  CPU_ZERO(&others);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (!CPU_ISSET(cpu, &theirs)) CPU_SET(cpu, &others);
  // Refused if there is no other: then it shares.
  sched_setaffinity(0, sizeof others, &others);
}

static bool look(int statm, struct bench_look *look) {
  char text[128];
  ssize_t size = pread(statm, text, sizeof text - 1, 0);
  if (size <= 0) return false;
  text[size] = 0;
  char *pages = strchr(text, ' ');
  if (!pages) return false;
  look->wall_ns = now_ns();
  look->resident_bytes = strtoull(pages, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
  return true;
}

// The watcher's life: nothing until it is told to begin, then looks until it is told to end. It calls nothing
// that allocates: malloc is what is on trial, and was forked with its locks as they were.
static void watch(int connection, pid_t watched) {
  struct bench_look looks[BENCH_LOOKS];
  size_t count = 0;
  char path[64], word;
  snprintf(path, sizeof path, "/proc/%d/statm", (int)watched);
  int statm = open(path, O_RDONLY | O_CLOEXEC);
  if (statm < 0 || recv(connection, &word, 1, 0) != 1) return;
  struct pollfd told = {.fd = connection, .events = POLLIN};
  uint64_t interval = FIRST_INTERVAL_NS, next = now_ns();
  struct timespec wait;
  do {
    if (count == BENCH_LOOKS) {
      for (size_t i = 0; i < BENCH_LOOKS / 2; i++) looks[i] = looks[2 * i];
      count = BENCH_LOOKS / 2;
      interval *= 2;
    }
    if (look(statm, &looks[count])) count++;
    uint64_t now = now_ns();
    next += interval;
    if (next < now) next = now;
    wait = (struct timespec){(time_t)((next - now) / NS_PER_SECOND), (long)((next - now) % NS_PER_SECOND)};
  } while (ppoll(&told, 1, &wait, NULL) == 0);
  // Nobody is left to tell if the watched has ended.
  if (recv(connection, &word, 1, 0) == 1) send(connection, looks, count * sizeof *looks, MSG_NOSIGNAL);
}

bool bench_watch_open(struct bench_watch *w) {
  int ends[2];
  pid_t watched = getpid();
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return false;
  w->watcher = fork();
  if (w->watcher == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    leave_cpu_of_watched();
    watch(ends[1], watched);
    _exit(0);
  }
  int error = errno;
  close(ends[1]);
  w->connection = ends[0];
  if (w->watcher > 0) return true;
  close(ends[0]);
  errno = error;
  return false;
}

void bench_watch_begin(const struct bench_watch *w) {
  send(w->connection, "b", 1, MSG_NOSIGNAL);
}

size_t bench_watch_end(const struct bench_watch *w, struct bench_look looks[BENCH_LOOKS]) {
  if (send(w->connection, "e", 1, MSG_NOSIGNAL) != 1) return 0;
  ssize_t size = recv(w->connection, looks, BENCH_LOOKS * sizeof *looks, 0);
  return size < 0 ? 0 : (size_t)size / sizeof *looks;
}

void bench_watch_close(const struct bench_watch *w) {
  close(w->connection);
  while (waitpid(w->watcher, NULL, 0) < 0 && errno == EINTR) {
  }
}

void bench_watch_add(const struct bench_look *looks, size_t count, const struct ht_bench_reading *before,
                     const struct ht_bench_reading *after, uint64_t baseline_bytes, uint64_t live_bytes,
                     struct ht_line *line) {
  double x[BENCH_LOOKS + 2], y[BENCH_LOOKS + 2], area = 0;
  struct bench_look all[BENCH_LOOKS + 2];
  size_t points = 0;
  if (!baseline_bytes || !before->resident_bytes || !after->resident_bytes) return;
  all[points++] = (struct bench_look){before->wall_ns, before->resident_bytes};
  for (size_t i = 0; i < count; i++)
    if (looks[i].wall_ns >= before->wall_ns && looks[i].wall_ns <= after->wall_ns) all[points++] = looks[i];
  all[points++] = (struct bench_look){after->wall_ns, after->resident_bytes};
  for (size_t i = 0; i < points; i++) {
    uint64_t bytes = all[i].resident_bytes;
    x[i] = (double)(all[i].wall_ns - before->wall_ns) / NS_PER_SECOND;
    y[i] = bytes > baseline_bytes ? (double)(bytes - baseline_bytes) : 0;
    if (i > 0) area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
  }
  ht_line_curve(line, "resident", "s", "bytes", x, y, points);
  if (x[points - 1] <= 0 || area <= 0) return;
  double mean = area / x[points - 1];
  ht_line_sample(line, "resident_mean", "bytes", HT_LINE_LOWER, mean);
  ht_line_sample(line, "live_over_resident", "ratio", HT_LINE_HIGHER, (double)live_bytes / mean);
}
