// Two processes that take turns, by a word in a file that both have mapped.
#include "bench/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A turn takes less than a millisecond; who does not come within that has died or is at another kind of work.
enum { PATIENCE_SECONDS = 5 };

struct shared {
  uint32_t turn;    // 0 or 1
  uint32_t come[2]; // who is there
  uint32_t gone[2]; // and not any more
};

struct ht_bench_turns {
  struct shared *shared;
  unsigned side;
};

static void wake(uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

// Waits until the word is that. False: it took too long.
static bool wait_for(uint32_t *word, uint32_t value, const uint32_t *gone) {
  const struct timespec patience = {.tv_sec = PATIENCE_SECONDS};
  for (;;) {
    uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (seen == value || __atomic_load_n(gone, __ATOMIC_ACQUIRE)) return true;
    if (syscall(SYS_futex, word, FUTEX_WAIT, seen, &patience, NULL, 0) != 0 && errno == ETIMEDOUT)
      return false;
  }
}

struct ht_bench_turns *ht_bench_turns_open(const char *path, unsigned side) {
  struct ht_bench_turns *turns = malloc(sizeof *turns);
  int file = open(path, O_RDWR | O_CLOEXEC);
  void *shared =
      file < 0 ? MAP_FAILED : mmap(NULL, sizeof *turns->shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (!turns || shared == MAP_FAILED) {
    free(turns);
    return NULL;
  }
  *turns = (struct ht_bench_turns){shared, side};
  __atomic_store_n(&turns->shared->come[side], 1, __ATOMIC_RELEASE);
  wake(&turns->shared->come[side]);
  return turns;
}

void ht_bench_turns_wait(struct ht_bench_turns *turns) {
  struct shared *shared = turns->shared;
  unsigned other = 1 - turns->side;
  if (!wait_for(&shared->come[other], 1, &shared->gone[other]) ||
      !wait_for(&shared->turn, turns->side, &shared->gone[other]))
    __atomic_store_n(&shared->gone[other], 1, __ATOMIC_RELEASE);
}

void ht_bench_turns_pass(struct ht_bench_turns *turns) {
  __atomic_store_n(&turns->shared->turn, 1 - turns->side, __ATOMIC_RELEASE);
  wake(&turns->shared->turn);
}

void ht_bench_turns_close(struct ht_bench_turns *turns) {
  if (!turns) return;
  __atomic_store_n(&turns->shared->gone[turns->side], 1, __ATOMIC_RELEASE);
  __atomic_store_n(&turns->shared->come[turns->side], 1, __ATOMIC_RELEASE);
  wake(&turns->shared->come[turns->side]);
  ht_bench_turns_pass(turns);
  munmap(turns->shared, sizeof *turns->shared);
  free(turns);
}
