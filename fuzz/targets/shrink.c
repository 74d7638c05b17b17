// Shrinks a failing program with a forked child an attempt.

#include "fuzz/targets/shrink.h"
#include "fuzz/program/program.h"
#include "fuzz/targets/target.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  ATTEMPTS_MAX = 4000,
  // A program takes less than a millisecond. What takes the first bound hangs; then a shorter one is enough
  // to see it hang again, as whoever asked for the shrinking replays the outcome with patience.
  FIRST_MILLISECONDS = 3000,
  AGAIN_MILLISECONDS = 300,
  SHRINK_SECONDS = 30,
  HANG_SECONDS = 8, // instead, where each attempt that fails takes its whole bound
  OUTPUT_MAX = 65536,
};

struct shrinker {
  int output; // what a child writes on standard error: a file in memory
  char key[HT_KEY_BYTES];
  time_t end;
  int bound; // milliseconds of an attempt
  bool no_child;
  uint8_t bytes[HT_PROGRAM_BYTES_MAX];
};

static _Noreturn void attempt(int output, const uint8_t *bytes, size_t size) {
  dup2(output, STDERR_FILENO);
  LLVMFuzzerTestOneInput(bytes, size);
  _exit(0);
}

// Waits for a child's end, or ends it: from outside, as a child that hangs may have blocked every signal.
static bool wait_for(pid_t child, int milliseconds, int *status, bool *hung) {
  int handle = pidfd_open(child, 0);
  struct pollfd end = {.fd = handle, .events = POLLIN};
  *hung = handle >= 0 && poll(&end, 1, milliseconds) == 0;
  if (*hung || handle < 0) kill(child, SIGKILL);
  if (handle >= 0) close(handle);
  return waitpid(child, status, 0) == child && handle >= 0;
}

static bool run_attempt(struct shrinker *shrinker, const uint8_t *bytes, size_t size,
                        char key[HT_KEY_BYTES]) {
  static char text[OUTPUT_MAX + 1];
  int status;
  bool hung;
  key[0] = 0;
  if (ftruncate(shrinker->output, 0) != 0 || lseek(shrinker->output, 0, SEEK_SET) != 0) return false;
  pid_t child = fork();
  if (child == 0) attempt(shrinker->output, bytes, size);
  if (child < 0 || !wait_for(child, shrinker->bound, &status, &hung)) return false;
  ssize_t length = pread(shrinker->output, text, OUTPUT_MAX, 0);
  text[length < 0 ? 0 : length] = 0;
  ht_failure_key(text, status, hung, key);
  return true;
}

static bool fails_alike(void *context, const struct ht_program *program) {
  struct shrinker *shrinker = context;
  char key[HT_KEY_BYTES];
  if (shrinker->no_child || time(NULL) > shrinker->end) return false;
  size_t size = ht_program_encode(program, shrinker->bytes, sizeof shrinker->bytes);
  if (!run_attempt(shrinker, shrinker->bytes, size, key)) shrinker->no_child = true;
  return strcmp(key, shrinker->key) == 0;
}

static int write_program(const struct ht_program *program, const char *path, uint8_t *bytes) {
  size_t size = ht_program_encode(program, bytes, HT_PROGRAM_BYTES_MAX);
  FILE *file = fopen(path, "wb");
  bool written = file != NULL && fwrite(bytes, 1, size, file) == size;
  if (file != NULL && fclose(file) != 0) written = false;
  if (!written) fprintf(stderr, "%s: cannot be written\n", path);
  return written ? 0 : HT_TARGET_USAGE;
}

int ht_target_shrink(const uint8_t *data, size_t size, const char *path) {
  static struct shrinker shrinker;
  static struct ht_program program;
  shrinker.end = time(NULL) + SHRINK_SECONDS;
  shrinker.bound = FIRST_MILLISECONDS;
  shrinker.output = memfd_create("output", MFD_CLOEXEC);
  if (shrinker.output < 0 || !run_attempt(&shrinker, data, size, shrinker.key)) {
    fprintf(stderr, "cannot make a child to try a program in\n");
    return HT_TARGET_NO_VERDICT;
  }
  if (shrinker.key[0] == 0) {
    fprintf(stderr, "this program does not fail here: there is nothing to shrink\n");
    return 1;
  }
  shrinker.bound = AGAIN_MILLISECONDS;
  if (strcmp(shrinker.key, "hang") == 0) shrinker.end = time(NULL) + HANG_SECONDS;
  ht_program_decode(data, size, &program);
  // Shrinking hands back what still fails; a program that fails only in its raw form stays as it is.
  if (fails_alike(&shrinker, &program)) ht_program_shrink(&program, fails_alike, &shrinker, ATTEMPTS_MAX);
  close(shrinker.output);
  if (shrinker.no_child) return HT_TARGET_NO_VERDICT;
  printf("%s\n", shrinker.key);
  return write_program(&program, path, shrinker.bytes);
}
