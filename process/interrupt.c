/* SIGINT and SIGTERM become a descriptor that every wait listens to. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "process/process_internal.h"

static volatile sig_atomic_t arrived;
static int wake = -1;

static void on_signal(int number) {
  int saved = errno;
  arrived = number;
  /* A wait that is about to sleep must not miss it: a flag alone would lose that race. */
  if (write(wake, &(uint64_t){1}, sizeof(uint64_t)) < 0) errno = 0;
  errno = saved;
}

int ht_process_interruptible(void) {
  if (wake < 0) wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) return -1;
  /* A second signal ends the program: whoever insists shall not have to wait for us. */
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGINT, &action, NULL) != 0) return -1;
  return sigaction(SIGTERM, &action, NULL);
}

int ht_process_interrupted(void) {
  return arrived;
}

int ht_process_interrupt_descriptor(void) {
  return wake;
}

bool ht_process_refuse_interrupted(struct ht_process_result *result) {
  if (!arrived) return false;
  ht_process_refuse(result, EINTR, "interrupted by signal %d (%s)", (int)arrived, strsignal(arrived));
  result->outcome = HT_PROCESS_INTERRUPTED;
  return true;
}
