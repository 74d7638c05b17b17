#ifndef FUZZ_TARGETS_FLIGHT_H
#define FUZZ_TARGETS_FLIGHT_H

// The flight recorder: a file that a fuzz target keeps mapped and whoever watches it reads.
//
// Before each program the target copies its bytes there, afterwards it counts it. However the process ends (a
// trap, a kill, a handler that hangs in malloc's own lock), the program it was running and how many it had
// run are on record, the same for every engine. One target writes at a time; a restarted one goes on where
// the last one stopped.

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HT_FLIGHT_MAGIC UINT64_C(0x7468676c66746831)

enum { HT_FLIGHT_BYTES = 65536 }; // at least what a target makes of an input

struct ht_flight {
  uint64_t magic;
  _Atomic uint64_t started, finished; // programs; a program is running while they differ
  _Atomic uint64_t operations;        // done by the programs that finished
  // CPU time of the process that writes, as of one of its last programs. What processes took that ended
  // before it is not in there: they were waited for.
  _Atomic uint64_t process_ns;
  uint64_t refused; // the heap could not be made: there is no verdict and nothing will be executed
  uint64_t size;
  uint8_t bytes[HT_FLIGHT_BYTES];
};

// The environment variable that names the file.
#define HT_FLIGHT_VARIABLE "HEAPTRIAL_FLIGHT"

// The target's side: opens what the variable names, or a private page if it names nothing.
struct ht_flight *ht_flight_open(void);
void ht_flight_start(struct ht_flight *flight, const uint8_t *data, size_t size);
void ht_flight_finish(struct ht_flight *flight, uint64_t operations);

// The watcher's side: makes an empty file and maps it. NULL with errno.
struct ht_flight *ht_flight_create(const char *path);
void ht_flight_close(struct ht_flight *flight);

#endif
