// Memory that counts and refuses: a `struct ht_memory` that stands between a heap and the memory below it.
//
// It keeps one byte of state a page, so its counts are exact (a page committed twice counts once) and a heap
// that breaks the rules of heaptrial/memory.h is found out. It refuses what it is told to refuse. And it can
// keep what a heap gives back for the next one: a fuzz target creates a heap some ten thousand times a
// second, and mapping memory each time would cost more than the run.
//
// What the pool changes: a range given back stays accessible below until it is handed out again, and so do
// its decommitted pages, with their old content. The rules of heaptrial/memory.h hold, first commits read
// zero; but a heap that touches memory it has given back is not trapped, unless it had made it inaccessible.
//
// Threads: the memory may be used from any thread, the functions here too; reset and destroy only while no
// heap uses it.
#ifndef MEMORY_METERED_H
#define MEMORY_METERED_H

#include <heaptrial/memory.h>

#include <stdint.h>

struct ht_metered;

struct ht_metered_options {
  // Bytes of address space, and so at most of memory, kept for the next heap. 0: what is given back goes back
  // below at once. Otherwise the memory below must be private anonymous pages of this process, as the
  // operating system's is.
  size_t pool_bytes;
  // Pages committed again after a decommit come filled with HT_METERED_DIRT, which the rules allow.
  bool dirty;
};

enum { HT_METERED_DIRT = 0xdb };

// All since the last reset. The first group is what a heap asked for, refused requests included.
struct ht_metered_counts {
  uint64_t reserves, commits, decommits, protects, releases;
  uint64_t requests; // those that may be refused: reserves and commits
  uint64_t refused;  // by order or by the memory below
  uint64_t misuses;  // calls that break the rules; they had no effect and were answered as refused
  // Bytes. Committed memory includes protected memory: it is held all the same.
  size_t reserved, committed;
  size_t reserved_peak, committed_peak;
};

// Over `below`, which outlives it. options may be NULL: no pool, no dirt. NULL: no memory for its own tables.
struct ht_metered *ht_metered_create(const struct ht_memory *below, const struct ht_metered_options *options);

// Gives everything back below, what a heap has forgotten too.
void ht_metered_destroy(struct ht_metered *metered);

// What to hand to a heap; lives as long as `metered`.
const struct ht_memory *ht_metered_memory(const struct ht_metered *metered);

// Refuses the `first`-th request from now on (1: the next one), and then each `every`-th after it. first 0:
// none is refused any more; every 0: just the first.
void ht_metered_refuse(struct ht_metered *metered, uint64_t first, uint64_t every);

struct ht_metered_counts ht_metered_read(struct ht_metered *metered);

// Says what the first misuse since the last reset was, in one line; NULL: there was none. Good until reset.
const char *ht_metered_misuse(struct ht_metered *metered);

// Is every byte of [address, address + bytes) committed and accessible by the heap's own calls? bytes > 0.
bool ht_metered_holds(struct ht_metered *metered, const void *address, size_t bytes);

// Between two heaps: takes back what the last one has not released and returns how many bytes of address
// space that was; all counts are 0, nothing is refused. With nothing to take back it costs nanoseconds.
size_t ht_metered_reset(struct ht_metered *metered);

#endif
