/* Starting a program: its environment, its standard descriptors, and the launcher that clones it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/launcher/launcher.h"
#include "process/process_internal.h"

static pthread_once_t launcher_once = PTHREAD_ONCE_INIT;
static int launcher = -1, launcher_errno;

/* A memory file, opened again for reading only: what is open for writing cannot be executed. */
static void make_launcher(void) {
  char path[64];
  int file = memfd_create("heaptrial-launcher", MFD_CLOEXEC);
  if (file < 0) goto failed;
  for (const char *next = ht_launcher_begin; next < ht_launcher_end;) {
    ssize_t written = write(file, next, (size_t)(ht_launcher_end - next));
    if (written < 0) goto failed;
    next += written;
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  launcher = open(path, O_RDONLY | O_CLOEXEC);
  if (launcher < 0) goto failed;
  close(file);
  return;
failed:
  launcher_errno = errno;
  if (file >= 0) close(file);
}

void ht_process_refuse(struct ht_process_result *result, int number, const char *format, ...) {
  *result =
      (struct ht_process_result){.outcome = HT_PROCESS_NOT_STARTED, .exit_code = -1, .start_errno = number};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(result->reason, sizeof result->reason, format, arguments);
  va_end(arguments);
}

/* Descriptors below 3 would be overwritten while the child's own are put in place. */
static int clear_of_standard(int file) {
  if (file < 0 || file > STDERR_FILENO) return file;
  int higher = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int number = errno;
  close(file);
  errno = number;
  return higher;
}

int ht_process_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  ends[0] = clear_of_standard(ends[0]);
  ends[1] = clear_of_standard(ends[1]);
  if (ends[0] >= 0 && ends[1] >= 0) return 0;
  int number = errno;
  if (ends[0] >= 0) close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
  errno = number;
  return -1;
}

/* What the child gets as 0, 1 and 2 (-1: ours), and our ends of its pipes (-1: none). */
struct descriptors {
  int child[3];
  int ours[3];
};

static void close_child_ends(struct descriptors *descriptors) {
  for (int i = 0; i < 3; i++) {
    if (descriptors->child[i] > STDERR_FILENO) close(descriptors->child[i]);
    descriptors->child[i] = -1;
  }
}

static void close_our_ends(struct descriptors *descriptors) {
  for (int i = 0; i < 3; i++)
    if (descriptors->ours[i] >= 0) close(descriptors->ours[i]);
}

static bool open_file(struct descriptors *descriptors, int number, const char *path, int flags,
                      struct ht_process_result *result) {
  descriptors->child[number] = clear_of_standard(open(path, flags | O_CLOEXEC, 0666));
  if (descriptors->child[number] >= 0) return true;
  ht_process_refuse(result, errno, "cannot open '%s': %s", path, strerror(errno));
  return false;
}

static bool open_stream(struct descriptors *descriptors, int number, const struct ht_process_stream *stream,
                        struct ht_process_result *result) {
  int ends[2];
  switch (stream->kind) {
  case HT_PROCESS_INHERIT:
    return true;
  case HT_PROCESS_DISCARD:
    return open_file(descriptors, number, "/dev/null", O_WRONLY, result);
  case HT_PROCESS_FILE:
    return open_file(descriptors, number, stream->path, O_WRONLY | O_CREAT | O_TRUNC, result);
  case HT_PROCESS_APPEND:
    return open_file(descriptors, number, stream->path, O_WRONLY | O_CREAT | O_APPEND, result);
  case HT_PROCESS_JOIN:
    descriptors->child[number] =
        descriptors->child[STDOUT_FILENO] < 0
            ? STDOUT_FILENO
            : fcntl(descriptors->child[STDOUT_FILENO], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    break;
  case HT_PROCESS_CAPTURE:
    if (ht_process_pipe(ends) != 0) break;
    descriptors->ours[number] = ends[0];
    descriptors->child[number] = ends[1];
    break;
  }
  if (descriptors->child[number] >= 0) return true;
  ht_process_refuse(result, errno, "no descriptor for the child's output: %s", strerror(errno));
  return false;
}

static bool same_name(const char *a, const char *b) {
  size_t length = strcspn(b, "=");
  return strncmp(a, b, length) == 0 && a[length] == '=';
}

static char *preload_setting(const char *preload, const char *before) {
  char *setting;
  int length = before && *before ? asprintf(&setting, "LD_PRELOAD=%s:%s", preload, before)
                                 : asprintf(&setting, "LD_PRELOAD=%s", preload);
  return length < 0 ? NULL : setting;
}

/* Our environment with the options' settings in it; the array and *preload are the caller's to free. */
static const char **make_environment(const struct ht_process_options *options, char **preload) {
  size_t ours = 0, added = 0;
  while (environ && environ[ours]) ours++;
  while (options->environment && options->environment[added]) added++;
  const char **environment = calloc(ours + added + 2, sizeof *environment);
  if (!environment) return NULL;
  size_t count = 0;
  for (size_t i = 0; i < ours + added; i++) {
    const char *setting = i < ours ? environ[i] : options->environment[i - ours];
    size_t at = 0;
    while (at < count && !same_name(environment[at], setting)) at++;
    environment[at] = setting;
    if (at == count) count++;
  }
  *preload = NULL;
  if (!options->preload) return environment;
  size_t at = 0;
  while (at < count && !same_name(environment[at], "LD_PRELOAD")) at++;
  *preload = preload_setting(options->preload, at < count ? strchr(environment[at], '=') + 1 : NULL);
  if (!*preload) {
    free(environment);
    return NULL;
  }
  environment[at] = *preload;
  return environment;
}

/* The launcher's argument vector; its numbers are printed into `text`. */
#define ARGUMENT_TEXT 32
static const char **make_arguments(const struct ht_process_options *options, int report,
                                   char text[LAUNCHER_ARGUMENT_PROGRAM][ARGUMENT_TEXT]) {
  size_t count = 0;
  while (options->argv[count]) count++;
  const char **arguments = calloc(LAUNCHER_ARGUMENT_PROGRAM + count + 1, sizeof *arguments);
  if (!arguments) return NULL;
  snprintf(text[LAUNCHER_ARGUMENT_REPORT], ARGUMENT_TEXT, "%d", report);
  snprintf(text[LAUNCHER_ARGUMENT_CPU], ARGUMENT_TEXT, "%d", options->pinned ? options->cpu : -1);
  snprintf(text[LAUNCHER_ARGUMENT_ADDRESS_SPACE], ARGUMENT_TEXT, "%llu",
           (unsigned long long)options->address_space_bytes);
  snprintf(text[LAUNCHER_ARGUMENT_PARENT], ARGUMENT_TEXT, "%d", (int)getpid());
  arguments[0] = "heaptrial-launcher";
  for (int i = LAUNCHER_ARGUMENT_REPORT; i < LAUNCHER_ARGUMENT_DIRECTORY; i++) arguments[i] = text[i];
  arguments[LAUNCHER_ARGUMENT_DIRECTORY] = options->directory ? options->directory : "";
  memcpy(arguments + LAUNCHER_ARGUMENT_PROGRAM, options->argv, count * sizeof *arguments);
  return arguments;
}

/* posix_spawn of the launcher: 0 or an errno. */
static int spawn(const struct descriptors *descriptors, int report, const char **arguments,
                 const char **environment, pid_t *id) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (failed) goto out_actions;
  for (int i = 0; i < 3 && !failed; i++)
    if (descriptors->child[i] >= 0)
      failed = posix_spawn_file_actions_adddup2(&actions, descriptors->child[i], i);
  /* Onto itself: that takes the close-on-exec flag off, in the launcher only. */
  if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, report, report);
  if (failed) goto out;
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", launcher);
  failed = posix_spawn(id, path, &actions, &attributes, (char *const *)arguments, (char *const *)environment);
out:
  posix_spawnattr_destroy(&attributes);
out_actions:
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* What the launcher and the child told until both ends of the pipe were closed. */
struct outcome {
  pid_t child;
  uint64_t started_ns;
  struct launcher_report failure; /* number 0: none */
};

static struct outcome read_reports(int report) {
  struct outcome outcome = {0};
  struct launcher_report next;
  ssize_t size;
  while ((size = read(report, &next, sizeof next)) == (ssize_t)sizeof next || (size < 0 && errno == EINTR)) {
    if (size < 0) continue;
    if (next.stage == LAUNCHER_CLONED)
      outcome.child = next.child;
    else if (next.stage == LAUNCHER_EXECUTING)
      outcome.started_ns = next.now_ns;
    else
      outcome.failure = next;
  }
  return outcome;
}

static void reap(pid_t id) {
  while (waitpid(id, NULL, 0) < 0 && errno == EINTR) continue;
}

static void refuse_stage(const struct ht_process_options *options, const struct launcher_report *failure,
                         struct ht_process_result *result) {
  const char *problem = strerror(failure->number);
  switch (failure->stage) {
  case LAUNCHER_EXECUTE:
    ht_process_refuse(result, failure->number, "cannot start '%s': %s", options->argv[0], problem);
    break;
  case LAUNCHER_DIRECTORY:
    ht_process_refuse(result, failure->number, "cannot enter '%s': %s", options->directory, problem);
    break;
  case LAUNCHER_PIN:
    ht_process_refuse(result, failure->number, "cannot pin '%s' to CPU %d: %s", options->argv[0],
                      options->cpu, problem);
    break;
  default:
    ht_process_refuse(result, failure->number, "cannot start '%s': %s (launcher, stage %d)", options->argv[0],
                      problem, (int)failure->stage);
  }
}

/* Runs the launcher; the child's id is in the outcome, 0 if there is none and `result` says why. */
static struct outcome launch(const struct ht_process_options *options, const struct descriptors *descriptors,
                             struct ht_process_result *result) {
  struct outcome outcome = {0};
  char text[LAUNCHER_ARGUMENT_PROGRAM][ARGUMENT_TEXT];
  char *preload = NULL;
  int report[2];
  if (ht_process_pipe(report) != 0) {
    ht_process_refuse(result, errno, "no descriptor for the launcher: %s", strerror(errno));
    return outcome;
  }
  const char **arguments = make_arguments(options, report[1], text);
  const char **environment = make_environment(options, &preload);
  pid_t id = 0;
  int failed = arguments && environment ? spawn(descriptors, report[1], arguments, environment, &id) : ENOMEM;
  free(preload);
  free(environment);
  free(arguments);
  close(report[1]);
  if (failed) {
    ht_process_refuse(result, failed, "cannot start the launcher: %s", strerror(failed));
  } else {
    outcome = read_reports(report[0]);
    reap(id);
    if (outcome.child && (outcome.failure.number || !outcome.started_ns)) reap(outcome.child);
    if (outcome.failure.number)
      refuse_stage(options, &outcome.failure, result);
    else if (!outcome.child || !outcome.started_ns)
      ht_process_refuse(result, ECHILD, "the launcher of '%s' ended without a child", options->argv[0]);
    if (outcome.failure.number || !outcome.started_ns) outcome.child = 0;
  }
  close(report[0]);
  return outcome;
}

struct ht_process *ht_process_start(const struct ht_process_options *options,
                                    struct ht_process_result *result) {
  if (ht_process_refuse_interrupted(result)) return NULL;
  pthread_once(&launcher_once, make_launcher);
  if (launcher < 0) {
    ht_process_refuse(result, launcher_errno, "cannot make the launcher: %s", strerror(launcher_errno));
    return NULL;
  }
  struct ht_process *process = NULL;
  struct descriptors descriptors = {{-1, -1, -1}, {-1, -1, -1}};
  const char *input = options->input_path ? options->input_path : "/dev/null";
  struct outcome outcome = {0};
  if (open_file(&descriptors, STDIN_FILENO, input, O_RDONLY, result) &&
      open_stream(&descriptors, STDOUT_FILENO, &options->out, result) &&
      open_stream(&descriptors, STDERR_FILENO, &options->err, result))
    outcome = launch(options, &descriptors, result);
  close_child_ends(&descriptors);
  if (outcome.child) {
    process = ht_process_adopt(outcome.child, outcome.started_ns, options->wall_ns, options->grace_ns);
    if (!process)
      ht_process_refuse(result, errno, "cannot watch '%s': %s", options->argv[0], strerror(errno));
  }
  if (!process) {
    close_our_ends(&descriptors);
    return NULL;
  }
  ht_process_capture(process, 0, descriptors.ours[STDOUT_FILENO], options->out.capture_bytes);
  ht_process_capture(process, 1, descriptors.ours[STDERR_FILENO], options->err.capture_bytes);
  return process;
}

bool ht_process_run(const struct ht_process_options *options, struct ht_process_result *result) {
  struct ht_process *process = ht_process_start(options, result);
  if (!process) return false;
  ht_process_wait(process, result);
  return result->outcome == HT_PROCESS_EXITED && result->exit_code == 0;
}
