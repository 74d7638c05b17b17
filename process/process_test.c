/* Children that end well, badly, late or never; each answer must come in time and say what happened. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/process.h"

#define MEBI ((uint64_t)1 << 20)
#define MILLISECOND (HT_PROCESS_SECOND / 1000)

static int failures;
static struct ht_process_result result;

#define CHECK(condition)                                                                                  \
  do {                                                                                                    \
    if (!(condition)) {                                                                                   \
      fprintf(stderr, "%s:%d: %s [outcome %d, exit %d, signal %d, %s]\n", __FILE__, __LINE__, #condition, \
              (int)result.outcome, result.exit_code, result.signal, result.reason);                       \
      failures++;                                                                                         \
    }                                                                                                     \
  } while (0)

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * HT_PROCESS_SECOND + (uint64_t)time.tv_nsec;
}

/* True once it has ended; a zombie that its new parent has yet to notice has ended. */
static bool gone(pid_t id) {
  char path[64], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
  for (int i = 0; i < 200; i++) {
    FILE *file = fopen(path, "r");
    if (!file) return true;
    bool zombie = fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && (state == 'Z' || state == 'X');
    fclose(file);
    if (zombie) return true;
    usleep(10000);
  }
  return false;
}

static struct ht_process_options shell(const char *const argv[4]) {
  return (struct ht_process_options){.argv = argv,
                                     .out = {.kind = HT_PROCESS_CAPTURE},
                                     .err = {.kind = HT_PROCESS_CAPTURE},
                                     .wall_ns = 20 * HT_PROCESS_SECOND};
}

#define SHELL(script) shell((const char *const[4]){"sh", "-c", script, NULL})

static void exits(void) {
  struct ht_process_options options = SHELL("echo out; echo err >&2; cat; exit 3");
  CHECK(!ht_process_run(&options, &result));
  CHECK(result.outcome == HT_PROCESS_EXITED && result.exit_code == 3 && result.signal == 0);
  CHECK(strcmp(result.out, "out\n") == 0 && strcmp(result.err, "err\n") == 0 && result.out_size == 4);
  CHECK(strcmp(result.reason, "exit code 3") == 0);
  ht_process_result_free(&result);

  options = SHELL("echo a; echo b >&2");
  options.err.kind = HT_PROCESS_JOIN;
  CHECK(ht_process_run(&options, &result) && strcmp(result.out, "a\nb\n") == 0 && !result.err);
  CHECK(*result.reason == '\0');
  ht_process_result_free(&result);

  /* More than a pipe holds, and more than is kept: the child must not stand still. */
  options = SHELL("head -c 3000000 /dev/zero | tr '\\0' x");
  options.out.capture_bytes = 1000;
  CHECK(ht_process_run(&options, &result) && result.out_size == 1000 && result.out_cut && !result.err_cut);
  CHECK(strspn(result.out, "x") == 1000);
  ht_process_result_free(&result);

  options = SHELL("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
  CHECK(ht_process_run(&options, &result) && result.user_ns > MILLISECOND && result.wall_ns > MILLISECOND);
  CHECK(result.user_ns + result.system_ns < result.wall_ns + 20 * MILLISECOND && result.minor_faults > 0);
  ht_process_result_free(&result);
}

static void surroundings(void) {
  setenv("HEAPTRIAL_TEST_A", "ours", 1);
  setenv("HEAPTRIAL_TEST_B", "ours", 1);
  struct ht_process_options options =
      SHELL("echo $HEAPTRIAL_TEST_A $HEAPTRIAL_TEST_B $HEAPTRIAL_TEST_C; pwd; ulimit -v; ulimit -c");
  options.environment = (const char *const[]){"HEAPTRIAL_TEST_B=theirs", "HEAPTRIAL_TEST_C=new=er", NULL};
  options.directory = "/usr";
  options.address_space_bytes = 512 * MEBI;
  CHECK(ht_process_run(&options, &result));
  CHECK(strcmp(result.out, "ours theirs new=er\n/usr\n524288\n0\n") == 0);
  ht_process_result_free(&result);

  options = SHELL("echo $LD_PRELOAD");
  options.environment = (const char *const[]){"LD_PRELOAD=libm.so.6", NULL};
  options.preload = "libdl.so.2";
  CHECK(ht_process_run(&options, &result) && strcmp(result.out, "libdl.so.2:libm.so.6\n") == 0);
  ht_process_result_free(&result);

  options = SHELL("grep Cpus_allowed_list /proc/self/status; ls /proc/self/fd | wc -l");
  options.pinned = true;
  CHECK(ht_process_run(&options, &result));
  /* 0, 1, 2 and the one with which ls reads the directory: nothing of ours. */
  CHECK(strcmp(result.out, "Cpus_allowed_list:\t0\n4\n") == 0);
  ht_process_result_free(&result);

  char path[] = "/tmp/process-test-XXXXXX";
  int file = mkstemp(path);
  options = SHELL("echo one");
  options.out = (struct ht_process_stream){.kind = HT_PROCESS_FILE, .path = path};
  CHECK(file >= 0 && ht_process_run(&options, &result) && !result.out);
  ht_process_result_free(&result);
  options.out.kind = HT_PROCESS_APPEND;
  CHECK(ht_process_run(&options, &result));
  ht_process_result_free(&result);
  options = SHELL("cat");
  options.input_path = path;
  CHECK(ht_process_run(&options, &result) && strcmp(result.out, "one\none\n") == 0);
  ht_process_result_free(&result);
  close(file);
  unlink(path);
}

static void refused(struct ht_process_options options, int number, const char *words) {
  CHECK(!ht_process_run(&options, &result) && result.outcome == HT_PROCESS_NOT_STARTED);
  CHECK(result.start_errno == number && strstr(result.reason, words));
  ht_process_result_free(&result);
}

static void refusals(void) {
  struct ht_process_options options = {.argv = (const char *const[]){"no-such-program", NULL}};
  refused(options, ENOENT, "cannot start 'no-such-program': No such file");
  options.argv = (const char *const[]){"/etc/passwd", NULL};
  refused(options, EACCES, "cannot start '/etc/passwd'");
  options = SHELL("true");
  options.directory = "/nowhere";
  refused(options, ENOENT, "cannot enter '/nowhere'");
  options = SHELL("true");
  options.input_path = "/nowhere";
  refused(options, ENOENT, "cannot open '/nowhere'");
  options = SHELL("true");
  options.pinned = true;
  options.cpu = 1000;
  refused(options, EINVAL, "CPU 1000");
}

static void crashes_and_hangs(void) {
  struct ht_process_options options = SHELL("kill -SEGV $$");
  CHECK(!ht_process_run(&options, &result) && result.outcome == HT_PROCESS_SIGNALED);
  CHECK(result.signal == SIGSEGV && result.exit_code == -1 && strstr(result.reason, "signal 11 (Segm"));
  ht_process_result_free(&result);

  /* A hang with a grandchild that holds the pipe open. */
  options = SHELL("sleep 1000 & echo $!; sleep 1000");
  options.wall_ns = 200 * MILLISECOND;
  uint64_t start = now();
  CHECK(!ht_process_run(&options, &result) && result.outcome == HT_PROCESS_TIMED_OUT);
  CHECK(result.signal == SIGKILL && now() - start < 5 * HT_PROCESS_SECOND);
  CHECK(result.wall_ns >= 200 * MILLISECOND && strstr(result.reason, "bound of 0.2 s"));
  pid_t grandchild = (pid_t)atoi(result.out);
  CHECK(grandchild > 1 && gone(grandchild));
  ht_process_result_free(&result);

  /* The same left behind by a child that ended well. */
  options = SHELL("sleep 1000 & echo $!");
  start = now();
  CHECK(ht_process_run(&options, &result) && now() - start < 5 * HT_PROCESS_SECOND);
  grandchild = (pid_t)atoi(result.out);
  CHECK(grandchild > 1 && gone(grandchild));
  ht_process_result_free(&result);

  options = SHELL("trap 'echo last words; exit 7' TERM; while :; do sleep 0.01; done");
  options.wall_ns = 300 * MILLISECOND;
  options.grace_ns = 10 * HT_PROCESS_SECOND;
  CHECK(!ht_process_run(&options, &result) && result.outcome == HT_PROCESS_TIMED_OUT);
  CHECK(result.exit_code == 7 && strcmp(result.out, "last words\n") == 0);
  ht_process_result_free(&result);

  options = SHELL("trap '' TERM; while :; do sleep 0.01; done");
  options.wall_ns = 300 * MILLISECOND;
  options.grace_ns = 200 * MILLISECOND;
  CHECK(!ht_process_run(&options, &result) && result.outcome == HT_PROCESS_TIMED_OUT);
  CHECK(result.signal == SIGKILL && result.wall_ns >= 500 * MILLISECOND);
  ht_process_result_free(&result);
}

static void several(void) {
  struct ht_process *processes[4] = {NULL};
  static const char *const scripts[] = {"sleep 0.3; exit 1", "exit 2", "sleep 0.15; exit 3"};
  for (int i = 0; i < 3; i++) {
    struct ht_process_options options = SHELL(scripts[i]);
    processes[i] = ht_process_start(&options, &result);
    CHECK(processes[i] && ht_process_id(processes[i]) > 1);
  }
  static const int order[] = {1, 2, 0};
  for (int i = 0; i < 3; i++) {
    int ended = ht_process_wait_any(processes, 4, 10 * HT_PROCESS_SECOND, &result);
    CHECK(ended == order[i] && result.exit_code == ended + 1 && !processes[order[i]]);
    ht_process_result_free(&result);
  }
  CHECK(ht_process_wait_any(processes, 4, HT_PROCESS_FOREVER, &result) == -1);

  struct ht_process_options options = SHELL("sleep 1000");
  struct ht_process *process = ht_process_start(&options, &result);
  CHECK(process && !ht_process_poll(process, &result));
  CHECK(ht_process_wait_any(&process, 1, 20 * MILLISECOND, &result) == -1 && process);
  ht_process_stop(process);
  ht_process_wait(process, &result);
  CHECK(result.outcome == HT_PROCESS_STOPPED && result.signal == SIGKILL);
  ht_process_result_free(&result);
}

/* The parent's size must not show in the child's peak, neither what it holds nor what it once held. */
static void peak(void) {
  size_t size = 200 * MEBI;
  char *large = malloc(size);
  if (!large) exit(77);
  memset(large, 1, size);
  struct ht_process_options options = {.argv = (const char *const[]){"true", NULL}};
  CHECK(ht_process_run(&options, &result) && result.peak_resident_bytes > 0);
  CHECK(result.peak_resident_bytes < 20 * MEBI);
  free(large);
  CHECK(ht_process_run(&options, &result) && result.peak_resident_bytes < 20 * MEBI);
  options.argv = (const char *const[]){"head", "-c", "1", "/dev/zero", NULL};
  options.out.kind = HT_PROCESS_DISCARD;
  CHECK(ht_process_run(&options, &result) && result.peak_resident_bytes < 20 * MEBI);
  /* And what the child itself takes does show. */
  options = SHELL("head -c 60000000 /dev/zero | tail -c 50000000 | wc -c");
  CHECK(ht_process_run(&options, &result) && result.peak_resident_bytes > 40 * MEBI);
  ht_process_result_free(&result);
}

static int answer(void *argument) {
  fprintf(stderr, "says %d\n", *(int *)argument);
  return *(int *)argument;
}
static int crash(void *argument) {
  (void)argument;
  abort();
}
static int hang(void *argument) {
  while (!argument) pause();
  return 0;
}

static void functions(void) {
  printf("a buffered line must come once\n");
  CHECK(ht_process_run_function(answer, &(int){0}, HT_PROCESS_SECOND, &result));
  CHECK(strcmp(result.err, "says 0\n") == 0 && strcmp(result.out, "") == 0);
  ht_process_result_free(&result);
  CHECK(!ht_process_run_function(answer, &(int){42}, 0, &result) && result.exit_code == 42);
  ht_process_result_free(&result);
  CHECK(!ht_process_run_function(crash, NULL, 5 * HT_PROCESS_SECOND, &result) && result.signal == SIGABRT);
  ht_process_result_free(&result);
  CHECK(!ht_process_run_function(hang, NULL, 100 * MILLISECOND, &result));
  CHECK(result.outcome == HT_PROCESS_TIMED_OUT);
  ht_process_result_free(&result);
}

/* Runs in a process of its own, because an interrupt is for good. Ctrl-C comes in the middle of a wait over
 * two children, one of which has to be killed. */
static int interrupted_parent(void *argument) {
  int signal_number = *(int *)argument;
  if (ht_process_interruptible() != 0 || ht_process_interrupted() != 0) return 1;
  struct ht_process_options options = SHELL("sleep 1000");
  struct ht_process *processes[2];
  processes[0] = ht_process_start(&options, &result);
  options = SHELL("trap '' TERM; while :; do sleep 0.01; done");
  options.grace_ns = 100 * MILLISECOND;
  processes[1] = ht_process_start(&options, &result);
  if (!processes[0] || !processes[1]) return 2;
  pid_t ids[2] = {ht_process_id(processes[0]), ht_process_id(processes[1])};
  if (fork() == 0) {
    usleep(100000);
    kill(getppid(), signal_number);
    _exit(0);
  }
  for (int i = 0; i < 2; i++) {
    if (ht_process_wait_any(processes, 2, 10 * HT_PROCESS_SECOND, &result) < 0) return 3;
    if (result.outcome != HT_PROCESS_INTERRUPTED || !strstr(result.reason, "interrupted by signal")) return 4;
    ht_process_result_free(&result);
  }
  if (ht_process_interrupted() != signal_number) return 5;
  if (!gone(ids[0]) || !gone(ids[1])) return 6;
  options = SHELL("true");
  if (ht_process_run(&options, &result) || result.outcome != HT_PROCESS_INTERRUPTED) return 7;
  if (ht_process_run_function(answer, &(int){0}, 0, &result) || result.outcome != HT_PROCESS_INTERRUPTED)
    return 8;
  return 0;
}

/* Whoever is killed outright leaves no children behind either. */
static int killed_parent(void *argument) {
  struct ht_process_options options = SHELL("sleep 1000");
  struct ht_process *process = ht_process_start(&options, &result);
  (void)argument;
  printf("%d\n", process ? (int)ht_process_id(process) : 0);
  fflush(stdout);
  raise(SIGKILL);
  return 1;
}

static void interrupts(void) {
  static const int signals[] = {SIGINT, SIGTERM};
  for (int i = 0; i < 2; i++) {
    int number = signals[i];
    uint64_t start = now();
    CHECK(ht_process_run_function(interrupted_parent, &number, 15 * HT_PROCESS_SECOND, &result));
    CHECK(now() - start < 5 * HT_PROCESS_SECOND);
    ht_process_result_free(&result);
  }
  CHECK(!ht_process_run_function(killed_parent, NULL, 10 * HT_PROCESS_SECOND, &result));
  pid_t child = (pid_t)atoi(result.out);
  CHECK(child > 1 && gone(child));
  ht_process_result_free(&result);
}

int main(void) {
  exits();
  surroundings();
  refusals();
  crashes_and_hangs();
  several();
  peak();
  functions();
  interrupts();
  return failures != 0;
}
