/*
 * Bounded children: programs (and functions) that may crash, hang or eat the machine, run so that the caller
 * always gets an answer within a time it chose.
 *
 * A child leads a process group of its own and is ended as a group, by its id, when its wall time is up, when
 * the caller is interrupted, and (by the kernel) when the thread that started it dies: nothing outlives its
 * caller. Its resource use comes from wait4(2).
 *
 * The peak that wait4 reports belongs to the process and survives execve(2): a child forked or vforked from a
 * parent that once held 200 MB reports at least 200 MB. Hence the one idea here: programs are started through
 * a launcher of a few hundred kilobytes, a static program carried inside this library and run from memory. It
 * clones the child with CLONE_PARENT, so the child is ours to wait for but never had our memory. A function
 * (ht_process_run_function) is a plain fork and its peak means nothing.
 *
 * In the child: standard input is /dev/null unless a file is named, signals are at their defaults and none is
 * blocked, core dumps are off, and a program inherits no descriptor but 0, 1 and 2.
 *
 * Threads: a struct ht_process belongs to one thread at a time, and the thread that started it must outlive
 * it. ht_process_interruptible is for the main program, once.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HT_PROCESS_SECOND UINT64_C(1000000000)

enum ht_process_stream_kind {
  HT_PROCESS_INHERIT, /* the caller's own */
  HT_PROCESS_DISCARD, /* /dev/null */
  HT_PROCESS_CAPTURE, /* to memory, up to a number of bytes; the rest is read and dropped */
  HT_PROCESS_FILE,    /* to a file, truncated first */
  HT_PROCESS_APPEND,  /* to a file, at its end */
  HT_PROCESS_JOIN,    /* standard error only: where standard output goes */
};

struct ht_process_stream {
  enum ht_process_stream_kind kind;
  const char *path;     /* for FILE and APPEND */
  size_t capture_bytes; /* for CAPTURE; 0: HT_PROCESS_CAPTURE_BYTES */
};

#define HT_PROCESS_CAPTURE_BYTES ((size_t)1 << 20)

/* Zero is a good value for every field but argv. All that it points to is used only during start. */
struct ht_process_options {
  const char *const *argv;        /* NULL-terminated; argv[0] is looked up in PATH */
  const char *const *environment; /* "NAME=value" ..., NULL-terminated: added to ours, replacing same names */
  const char *preload;            /* put in front of LD_PRELOAD */
  const char *directory;          /* where it runs */
  const char *input_path;         /* standard input */
  struct ht_process_stream out, err;
  bool pinned; /* to one CPU */
  int cpu;
  uint64_t address_space_bytes; /* RLIMIT_AS; 0: none */
  uint64_t wall_ns;             /* bound on wall time; 0: none */
  uint64_t grace_ns; /* SIGTERM this long before SIGKILL, at the bound and at an interrupt; 0: SIGKILL */
};

enum ht_process_outcome {
  HT_PROCESS_EXITED,      /* see exit_code */
  HT_PROCESS_SIGNALED,    /* see signal */
  HT_PROCESS_TIMED_OUT,   /* ended by us at its bound */
  HT_PROCESS_INTERRUPTED, /* ended by us: the caller was told to stop */
  HT_PROCESS_STOPPED,     /* ended by ht_process_stop */
  HT_PROCESS_NOT_STARTED, /* no such program, no memory, ...: see reason and start_errno */
};

struct ht_process_result {
  enum ht_process_outcome outcome;
  int exit_code;    /* when it exited, also after a SIGTERM of ours; else -1 */
  int signal;       /* that ended it, also when it was ours; else 0 */
  int start_errno;  /* of HT_PROCESS_NOT_STARTED */
  char reason[256]; /* one line for people: "ended by signal 11 (Segmentation fault)"; "" after exit code 0 */

  uint64_t wall_ns;                    /* from just before its execve until its end was seen */
  uint64_t user_ns, system_ns;         /* with the children it waited for */
  uint64_t peak_resident_bytes;        /* of the largest process among them */
  uint64_t minor_faults, major_faults; /* page faults */

  char *out, *err; /* what was captured, ended by a 0 that is not counted; NULL if not captured */
  size_t out_size, err_size;
  bool out_cut, err_cut; /* more was written than was kept */
};

/* Frees what was captured and clears the result. */
void ht_process_result_free(struct ht_process_result *result);

/* Starts a program and waits for its end. True if it exited with code 0. `result` is always filled. */
bool ht_process_run(const struct ht_process_options *options, struct ht_process_result *result);

/* Runs a function in a forked child: to try what may crash or hang, such as loading a stranger's library. Its
 * return value (0 to 255) is the exit code; it ends with _exit, so no atexit handler and no stdio flush runs.
 * Output of the child is captured. wall_ns 0: no bound. True if it returned 0. */
bool ht_process_run_function(int (*function)(void *argument), void *argument, uint64_t wall_ns,
                             struct ht_process_result *result);

/* Several at once. A child's bound is kept, and its output read, only while the caller is inside one of
 * these: a child with captured output that is never polled stands still once a pipe is full. */
struct ht_process;

/* NULL: it could not be started, `result` says why. Give it back through poll, wait or wait_any. */
struct ht_process *ht_process_start(const struct ht_process_options *options,
                                    struct ht_process_result *result);
pid_t ht_process_id(const struct ht_process *process);
/* True when it has ended: `result` is filled and the process is freed. False at once otherwise. */
bool ht_process_poll(struct ht_process *process, struct ht_process_result *result);
/* Waits for its end and frees it. */
void ht_process_wait(struct ht_process *process, struct ht_process_result *result);
/* Waits until one of them has ended (NULL entries are passed over): fills `result`, frees that process, sets
 * its entry to NULL and returns its index. -1 when timeout_ns has passed or all are NULL. At most
 * HT_PROCESS_AT_ONCE. */
#define HT_PROCESS_AT_ONCE 256
int ht_process_wait_any(struct ht_process **processes, size_t count, uint64_t timeout_ns,
                        struct ht_process_result *result);
#define HT_PROCESS_FOREVER UINT64_MAX
/* Asks it to end (SIGTERM, then SIGKILL after its grace); its outcome will be HT_PROCESS_STOPPED. */
void ht_process_stop(struct ht_process *process);

/* From now on SIGINT and SIGTERM end nothing by themselves: every wait above ends its children and returns,
 * with the outcome HT_PROCESS_INTERRUPTED, and what is started afterwards is not started but interrupted as
 * well. 0, or -1 with errno. */
int ht_process_interruptible(void);
/* The signal that arrived, or 0. A long loop of the caller's own asks this between its steps. */
int ht_process_interrupted(void);

#endif
