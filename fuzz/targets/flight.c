// The flight recorder's two sides.

#include "fuzz/targets/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { CLOCK_PERIOD = 16 }; // programs between two looks at the clock, a system call

static struct ht_flight *flight_map(int file) {
  int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void *address = mmap(NULL, sizeof(struct ht_flight), PROT_READ | PROT_WRITE, flags, file, 0);
  return address == MAP_FAILED ? NULL : address;
}

struct ht_flight *ht_flight_create(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return NULL;
  struct ht_flight *flight = NULL;
  if (ftruncate(file, sizeof *flight) == 0) flight = flight_map(file);
  int error = errno;
  close(file);
  if (flight != NULL) flight->magic = HT_FLIGHT_MAGIC;
  errno = error;
  return flight;
}

void ht_flight_close(struct ht_flight *flight) {
  if (flight != NULL) munmap(flight, sizeof *flight);
}

struct ht_flight *ht_flight_open(void) {
  const char *path = getenv(HT_FLIGHT_VARIABLE);
  struct ht_flight *flight = NULL;
  if (path != NULL) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    // A file that is shorter than the structure would trap at the first write.
    if (file >= 0 && lseek(file, 0, SEEK_END) >= (off_t)sizeof *flight) flight = flight_map(file);
    if (file >= 0) close(file);
    if (flight != NULL && flight->magic != HT_FLIGHT_MAGIC) {
      ht_flight_close(flight);
      flight = NULL;
    }
  }
  return flight != NULL ? flight : flight_map(-1);
}

void ht_flight_start(struct ht_flight *flight, const uint8_t *data, size_t size) {
  if (size > HT_FLIGHT_BYTES) size = HT_FLIGHT_BYTES;
  flight->size = size;
  if (size != 0) memcpy(flight->bytes, data, size);
  // One writer: no need to pay for a locked increment.
  uint64_t started = atomic_load_explicit(&flight->started, memory_order_relaxed);
  atomic_store_explicit(&flight->started, started + 1, memory_order_release);
}

void ht_flight_finish(struct ht_flight *flight, uint64_t operations) {
  uint64_t done = atomic_load_explicit(&flight->operations, memory_order_relaxed) + operations;
  atomic_store_explicit(&flight->operations, done, memory_order_relaxed);
  if (atomic_load_explicit(&flight->started, memory_order_relaxed) % CLOCK_PERIOD == 0) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    atomic_store_explicit(&flight->process_ns, (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec,
                          memory_order_relaxed);
  }
  atomic_store_explicit(&flight->finished, atomic_load_explicit(&flight->started, memory_order_relaxed),
                        memory_order_release);
}
