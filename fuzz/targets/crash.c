// Says where a target crashed, in builds without a sanitizer that would: the replay driver's own handler.

#include "fuzz/targets/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES_MAX = 24, STACK_BYTES = 65536 };

static char alternate[STACK_BYTES]; // the program's own stack may be what overflowed

static void write_text(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return; // nobody reads: nothing left to do
}

// Only calls that are safe here: backtrace was called once before, so it loads nothing now.
static void on_crash(int number) {
  void *frames[FRAMES_MAX];
  int count = backtrace(frames, FRAMES_MAX);
  char head[] = "CRASH signal 00\n";
  head[13] = (char)('0' + number / 10);
  head[14] = (char)('0' + number % 10);
  write_text(head);
  // Frame 0 is this function, frame 1 the kernel's return from it.
  for (int i = 2; i < count; i++) {
    char mark[] = "#00 ";
    mark[1] = (char)('0' + (i - 2) / 10);
    mark[2] = (char)('0' + (i - 2) % 10);
    write_text(i - 2 < 10 ? (char[]){'#', mark[2], ' ', 0} : mark);
    backtrace_symbols_fd(&frames[i], 1, STDERR_FILENO);
  }
  raise(number); // SA_RESETHAND: now it ends the process
}

void ht_crash_report(void) {
  void *frame;
  backtrace(&frame, 1);
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    struct sigaction present;
    // A sanitizer has its own, and it says more; so may a heap that traps accesses on purpose.
    if (sigaction(signals[i], NULL, &present) == 0 && present.sa_handler == SIG_DFL)
      sigaction(signals[i], &action, NULL);
  }
}
