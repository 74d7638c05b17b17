// The operating system's memory keeps what heaptrial/memory.h promises.

#include "base/memory.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

enum { PAGES_LOOKED_AT = 64 };

// Does touching the byte end the process? Asked in a child.
static bool traps(const volatile char *address) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    (void)*address;
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

static bool is_zero(const char *start, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (start[i]) return false;
  return true;
}

static void test_states(const struct ht_memory *memory) {
  const size_t bytes = 8 * HT_PAGE_SIZE;
  char *start = base_reserve(memory, bytes, 0);
  CHECK(start && (uintptr_t)start % HT_PAGE_SIZE == 0);
  CHECK(traps(start) && traps(start + bytes - 1));

  CHECK(base_commit(memory, start + HT_PAGE_SIZE, 2 * HT_PAGE_SIZE));
  CHECK(traps(start) && traps(start + 3 * HT_PAGE_SIZE));
  CHECK(is_zero(start + HT_PAGE_SIZE, 2 * HT_PAGE_SIZE));
  memset(start + HT_PAGE_SIZE, 0x5a, 2 * HT_PAGE_SIZE);

  // A commit over a committed page keeps its content.
  CHECK(base_commit(memory, start, bytes));
  CHECK(start[HT_PAGE_SIZE] == 0x5a && start[3 * HT_PAGE_SIZE - 1] == 0x5a);
  CHECK(is_zero(start, HT_PAGE_SIZE) && is_zero(start + 3 * HT_PAGE_SIZE, bytes - 3 * HT_PAGE_SIZE));

  CHECK(base_protect_none(memory, start, 2 * HT_PAGE_SIZE));
  CHECK(traps(start + HT_PAGE_SIZE) && !traps(start + 2 * HT_PAGE_SIZE));
  CHECK(base_commit(memory, start, 2 * HT_PAGE_SIZE));
  CHECK(start[HT_PAGE_SIZE] == 0x5a);

  base_decommit(memory, start, bytes);
  CHECK(base_commit(memory, start, bytes));
  memset(start, 1, bytes);
  base_release(memory, start, bytes);
  unsigned char resident[8];
  CHECK(mincore(start, bytes, resident) != 0); // nothing is mapped there
}

static void test_alignment(const struct ht_memory *memory) {
  for (size_t alignment = 1; alignment <= (size_t)1 << 30; alignment *= 2) {
    const size_t bytes = 3 * HT_PAGE_SIZE;
    char *start = base_map(memory, bytes, alignment);
    CHECK(start && (uintptr_t)start % alignment == 0);
    memset(start, 1, bytes);
    base_release(memory, start, bytes);
  }
}

// How many pages of the range have memory behind them.
static size_t resident_pages(void *start, size_t pages) {
  unsigned char resident[PAGES_LOOKED_AT];
  size_t count = 0;
  CHECK(pages <= PAGES_LOOKED_AT && mincore(start, pages * HT_PAGE_SIZE, resident) == 0);
  for (size_t page = 0; page < pages; page++) count += resident[page] & 1;
  return count;
}

static void test_memory_goes_back(const struct ht_memory *memory) {
  const size_t pages = PAGES_LOOKED_AT;
  char *start = base_map(memory, pages * HT_PAGE_SIZE, 0);
  CHECK(start && resident_pages(start, pages) == 0);
  memset(start, 1, pages * HT_PAGE_SIZE);
  CHECK(resident_pages(start, pages) == pages);
  base_decommit(memory, start, pages * HT_PAGE_SIZE);
  CHECK(resident_pages(start, pages) == 0);
  base_release(memory, start, pages * HT_PAGE_SIZE);
}

// The writable memory that RLIMIT_DATA counts. Sanitizers map terabytes of it, so a limit has to start from
// here.
static size_t data_bytes(void) {
  char line[256];
  size_t kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  CHECK(file);
  while (fgets(line, sizeof(line), file) && sscanf(line, "VmData: %zu", &kilobytes) != 1) continue;
  fclose(file);
  CHECK(kilobytes);
  return kilobytes * 1024;
}

// In a child, because the limit stays.
static void test_refusal(const struct ht_memory *memory) {
  CHECK(!base_reserve(memory, SIZE_MAX - HT_PAGE_SIZE + 1, 0));
  CHECK(!base_reserve(memory, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1));
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const size_t left = (size_t)64 << 20, limit = data_bytes() + left;
    char *start = base_reserve(memory, 2 * left, 0);
    CHECK(start);
    CHECK(setrlimit(RLIMIT_DATA, &(struct rlimit){limit, limit}) == 0);
    CHECK(!base_commit(memory, start, 2 * left));
    CHECK(base_commit(memory, start, HT_PAGE_SIZE));
    start[0] = 1;
    CHECK(!base_map(memory, 2 * left, 0));
    exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// base_map takes nothing when its commit is refused.
struct refusing {
  struct ht_memory memory;
  unsigned reserved, released;
};

static void *refusing_reserve(void *context, size_t bytes, size_t alignment) {
  ((struct refusing *)context)->reserved++;
  return base_reserve(base_memory_os(), bytes, alignment);
}

static bool refusing_commit(void *context, void *address, size_t bytes) {
  (void)context, (void)address, (void)bytes;
  return false;
}

static void refusing_release(void *context, void *address, size_t bytes) {
  ((struct refusing *)context)->released++;
  base_release(base_memory_os(), address, bytes);
}

static void test_map_unwinds(void) {
  struct refusing refusing = {
      .memory = {.reserve = refusing_reserve, .commit = refusing_commit, .release = refusing_release}};
  refusing.memory.context = &refusing;
  CHECK(!base_map(&refusing.memory, HT_PAGE_SIZE, 0));
  CHECK(refusing.reserved == 1 && refusing.released == 1);
}

int main(void) {
  const struct ht_memory *memory = base_memory_os();
  test_states(memory);
  test_alignment(memory);
  test_memory_goes_back(memory);
  test_refusal(memory);
  test_map_unwinds();
  CHECK(base_page_round(1) == HT_PAGE_SIZE && base_page_round(HT_PAGE_SIZE) == HT_PAGE_SIZE);
  return 0;
}
