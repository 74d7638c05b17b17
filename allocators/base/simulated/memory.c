// The operating system's memory, at addresses that are the same in every run.
//
// Address space is taken upwards from a fixed start, and what a run has reserved is taken back after it, so
// that the next one gets it again. What was released in the run is not used again in the same run: nothing
// that is stale can look alive.
#include "base/memory.h"

#include "base/simulated/world.h"

#include <sys/mman.h>

#define MEMORY ((char *)0x210000000000)
#define MEMORY_BYTES ((size_t)1 << 40)

static char *next = MEMORY;
// Where a run has begun; what is below was there before and stays.
static char *kept = MEMORY;

bool memory_map(void) {
  kept = next;
  return true;
}

static void *reserve(void *context, size_t bytes, size_t alignment) {
  (void)context;
  if (alignment < HT_PAGE_SIZE) alignment = HT_PAGE_SIZE;
  size_t before = -(uintptr_t)next & (alignment - 1);
  size_t left = (size_t)(MEMORY + MEMORY_BYTES - next);
  if (before > left || bytes > left - before) return NULL;
  char *start = next + before;
  if (mmap(start, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
           0) != start)
    return NULL;
  next = start + bytes;
  if (!simulated_world.running) kept = next;
  return start;
}

static bool commit(void *context, void *address, size_t bytes) {
  (void)context;
  return mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

static void decommit(void *context, void *address, size_t bytes) {
  (void)context;
  madvise(address, bytes, MADV_DONTNEED);
}

static bool protect_none(void *context, void *address, size_t bytes) {
  (void)context;
  return mprotect(address, bytes, PROT_NONE) == 0;
}

static void release(void *context, void *address, size_t bytes) {
  (void)context;
  if (munmap(address, bytes) != 0) __builtin_trap();
}

const struct ht_memory *base_memory_os(void) {
  static const struct ht_memory memory = {
      .reserve = reserve,
      .commit = commit,
      .decommit = decommit,
      .protect_none = protect_none,
      .release = release,
  };
  return &memory;
}

void memory_restore(void) {
  if (next == kept) return;
  munmap(kept, (size_t)(next - kept));
  next = kept;
}
