// The malloc heap with one thing wrong. FAULT says which; the table of the sound heap is called sound_heap
// here and copied when the library is loaded.
#include <heaptrial/heap.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct ht_heap_table sound_heap;

// Under the name that heaps export; the header declares that name as a constant.
extern struct ht_heap_table exported __asm__("heaptrial_heap");
struct ht_heap_table exported;

enum {
  CRASH_AT_LOAD = 1,
  HANG_AT_LOAD,
  WRONG_VERSION,
  WRONG_SIZE,
  NO_ALLOC,
  CLAIMS_WEAK,
  UNKNOWN_BIT,
  WILD_NAME,
  CRASH_IN_ALLOC,
  HANG_IN_ALLOC,
  EXIT_IN_ALLOC,
  SCRIBBLE,
  SLOW,
};

enum {
  TRIGGER_LEAST = 1000, // bytes of an allocation that sets the fault off
  TRIGGER_MOST = 4000,
};

static bool triggers(const struct ht_type *type, size_t count) {
  size_t bytes = ht_type_bytes(type, count);
  return bytes >= TRIGGER_LEAST && bytes <= TRIGGER_MOST;
}

static bool faulty_alloc(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type, size_t count,
                         size_t alignment, unsigned flags) {
  static char *latest; // an object that may be alive
  if (triggers(type, count)) {
    if (FAULT == CRASH_IN_ALLOC) raise(SIGSEGV);
    if (FAULT == EXIT_IN_ALLOC) _exit(0);
    while (FAULT == HANG_IN_ALLOC) pause();
    if (FAULT == SCRIBBLE && latest) *latest ^= 1;
  }
  if (FAULT == SLOW) usleep(1000);
  if (!sound_heap.alloc(mutator, slot, type, count, alignment, flags)) return false;
  if (ht_type_bytes(type, count) > 0) latest = *slot;
  return true;
}

static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  enum ht_status status = sound_heap.create(config, heap);
  if (status == HT_OK) (*heap)->table = &exported;
  return status;
}

__attribute__((constructor)) static void fill(void) {
  exported = sound_heap;
  exported.name = "faulty";
  exported.create = create;
  exported.alloc = faulty_alloc;
  if (FAULT == CRASH_AT_LOAD) raise(SIGSEGV);
  while (FAULT == HANG_AT_LOAD) pause();
  if (FAULT == WRONG_VERSION) exported.version = HT_INTERFACE_VERSION + 1;
  if (FAULT == WRONG_SIZE) exported.size -= sizeof(void *);
  if (FAULT == NO_ALLOC) exported.alloc = NULL;
  if (FAULT == CLAIMS_WEAK) exported.capabilities |= HT_WEAK;
  if (FAULT == UNKNOWN_BIT) exported.capabilities |= UINT64_C(1) << 63;
  if (FAULT == WILD_NAME) exported.name = (const char *)16;
}
