#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Address space without access is charged to nobody; it is the commit that the system counts and may refuse.
static void *os_reserve(void *context, size_t bytes, size_t alignment) {
  (void)context;
  if (sysconf(_SC_PAGESIZE) > (long)HT_PAGE_SIZE) return NULL;
  size_t extra = alignment > HT_PAGE_SIZE ? alignment - HT_PAGE_SIZE : 0;
  if (bytes > SIZE_MAX - extra) return NULL;
  char *start = mmap(NULL, bytes + extra, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;

  // Asked for enough to hold an aligned range; what lies before and behind it goes back. Where the kernel has
  // merged the mapping with its neighbours and is out of mappings, a piece without access stays behind.
  size_t before = extra ? (size_t)(-(uintptr_t)start & (alignment - 1)) : 0;
  if (before) munmap(start, before);
  if (extra - before) munmap(start + before + bytes, extra - before);
  return start + before;
}

static bool os_commit(void *context, void *address, size_t bytes) {
  (void)context;
  return mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

// The pages stay accessible and would read zero: a second system call to trap on a heap's mistake is not
// worth its price here.
static void os_decommit(void *context, void *address, size_t bytes) {
  (void)context;
  madvise(address, bytes, MADV_DONTNEED);
}

static bool os_protect_none(void *context, void *address, size_t bytes) {
  (void)context;
  return mprotect(address, bytes, PROT_NONE) == 0;
}

static void os_release(void *context, void *address, size_t bytes) {
  (void)context;
  if (munmap(address, bytes) != 0) __builtin_trap();
}

const struct ht_memory *base_memory_os(void) {
  static const struct ht_memory memory = {
      .reserve = os_reserve,
      .commit = os_commit,
      .decommit = os_decommit,
      .protect_none = os_protect_none,
      .release = os_release,
  };
  return &memory;
}
