// The operating system's memory, at addresses that are the same in every run.
//
// Address space is taken upwards from a fixed start, and what a run has reserved is taken back after it, so
// that the next one gets it again. What was released in the run is not used again in the same run: nothing
// that is stale can look alive. Memory is accessible from its reservation on, as a system call for each
// change would cost more than a run does: who holds a heap to the rules stands above (memory/metered.h). Only
// what is made inaccessible is so.
#include "base/memory.h"

#include "base/simulated/world.h"

#include <string.h>
#include <sys/mman.h>

#define MEMORY ((char *)0x210000000000)
#define MEMORY_BYTES ((size_t)1 << 40)
// Made accessible at a time.
#define CHUNK_BYTES ((size_t)64 << 20)

enum { PROTECTED_MAX = 256 };

static struct {
  char *next;         // what is reserved next
  char *kept;         // where the run has begun: what is below was there before and stays
  char *accessible;   // up to here
  char *used;         // up to here memory may not be zero
  uint8_t *committed; // of each page below `accessible`: is it?
  size_t protected_count;
  struct {
    char *start;
    size_t bytes;
  } protected[PROTECTED_MAX];
} memory = {.next = MEMORY, .kept = MEMORY, .accessible = MEMORY, .used = MEMORY};

static size_t page_of(const char *address) {
  return (size_t)(address - MEMORY) / HT_PAGE_SIZE;
}

static bool make_accessible(char *end) {
  if (!memory.committed) {
    memory.committed = mmap(NULL, MEMORY_BYTES / HT_PAGE_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory.committed == MAP_FAILED) {
      memory.committed = NULL;
      return false;
    }
  }
  while (memory.accessible < end) {
    void *chunk = mmap(memory.accessible, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (chunk != memory.accessible) return false;
    memory.accessible += CHUNK_BYTES;
  }
  return true;
}

static void *reserve(void *context, size_t bytes, size_t alignment) {
  (void)context;
  if (alignment < HT_PAGE_SIZE) alignment = HT_PAGE_SIZE;
  size_t before = -(uintptr_t)memory.next & (alignment - 1);
  size_t left = (size_t)(MEMORY + MEMORY_BYTES - memory.next);
  if (before > left || bytes > left - before) return NULL;
  char *start = memory.next + before;
  memory.next = start + bytes;
  if (!simulated_world.running) memory.kept = memory.next;
  return start;
}

static void unprotect(const char *start, size_t bytes) {
  for (size_t i = 0; i < memory.protected_count;) {
    char *other = memory.protected[i].start;
    if (other >= start + bytes || start >= other + memory.protected[i].bytes) {
      i++;
      continue;
    }
    mprotect(other, memory.protected[i].bytes, PROT_READ | PROT_WRITE);
    memory.protected[i] = memory.protected[--memory.protected_count];
  }
}

static bool commit(void *context, void *address, size_t bytes) {
  (void)context;
  char *start = address, *end = start + bytes;
  if (!make_accessible(end)) return false;
  unprotect(start, bytes);
  for (; start < end; start += HT_PAGE_SIZE) {
    if (memory.committed[page_of(start)]) continue;
    memory.committed[page_of(start)] = 1;
    if (start < memory.used) memset(start, 0, HT_PAGE_SIZE);
  }
  if (end > memory.used) memory.used = end;
  return true;
}

static void forget(char *start, char *end) {
  unprotect(start, (size_t)(end - start));
  if (end > memory.accessible) end = memory.accessible;
  if (start < end) memset(memory.committed + page_of(start), 0, page_of(end) - page_of(start));
}

static void decommit(void *context, void *address, size_t bytes) {
  (void)context;
  forget(address, (char *)address + bytes);
}

static bool protect_none(void *context, void *address, size_t bytes) {
  (void)context;
  if (memory.protected_count == PROTECTED_MAX) return false;
  if (!make_accessible((char *)address + bytes) || mprotect(address, bytes, PROT_NONE) != 0) return false;
  memory.protected[memory.protected_count].start = address;
  memory.protected[memory.protected_count++].bytes = bytes;
  return true;
}

static void release(void *context, void *address, size_t bytes) {
  (void)context;
  forget(address, (char *)address + bytes);
}

const struct ht_memory *base_memory_os(void) {
  static const struct ht_memory of_this_world = {
      .reserve = reserve,
      .commit = commit,
      .decommit = decommit,
      .protect_none = protect_none,
      .release = release,
  };
  return &of_this_world;
}

void memory_restore(void) {
  forget(memory.kept, memory.next);
  memory.next = memory.kept;
}
