/* Shared by the sources of process/ and by nobody else. */
#ifndef PROCESS_PROCESS_INTERNAL_H
#define PROCESS_PROCESS_INTERNAL_H

#include "process/process.h"

/* Output on its way into memory. */
struct capture {
  int pipe; /* our end, not blocking; -1: nothing to read (any more) */
  char *bytes;
  size_t size, room, limit;
  bool wanted, cut;
};

struct ht_process {
  pid_t id;
  int descriptor; /* a pidfd: readable once the child has ended */
  uint64_t started_ns, deadline_ns, grace_ns, wall_ns;
  enum ht_process_outcome stop; /* why we ended it; HT_PROCESS_EXITED: we did not */
  uint64_t kill_ns;             /* when SIGTERM was not enough; HT_PROCESS_FOREVER: not waiting for that */
  struct capture captures[2];   /* standard output, standard error */
};

uint64_t ht_process_now(void);

/* Takes charge of a child that leads its own group. NULL: no memory or no descriptors; then it was ended. */
struct ht_process *ht_process_adopt(pid_t id, uint64_t started_ns, uint64_t wall_ns, uint64_t grace_ns);

/* A pipe whose ends stay clear of 0, 1 and 2 and close on execve. 0, or -1 with errno. */
int ht_process_pipe(int ends[2]);
/* Hands our end of a pipe to the process. */
void ht_process_capture(struct ht_process *process, int stream, int pipe, size_t limit);

/* Fills in that it could not be started; takes errno from `number`. */
void ht_process_refuse(struct ht_process_result *result, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True, with the result filled, if the caller was told to stop. */
bool ht_process_refuse_interrupted(struct ht_process_result *result);

/* Becomes readable when a signal has arrived; -1 if nobody asked for that. */
int ht_process_interrupt_descriptor(void);

/* The launcher's program file. */
extern const char ht_launcher_begin[], ht_launcher_end[];

#endif
