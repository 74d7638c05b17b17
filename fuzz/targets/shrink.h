#ifndef FUZZ_TARGETS_SHRINK_H
#define FUZZ_TARGETS_SHRINK_H

// Shrinking by the target itself: the process that has the heap loaded forks a child for every attempt, which
// costs a fraction of a millisecond, and takes an attempt to fail in the same way if its *key* is the same.
//
// The key of a failure is what triage sorts by: "GEN-3 store" for a broken invariant and the operation after
// which it was seen, "signal 11" for a trap, "AddressSanitizer heap-buffer-overflow" for a sanitizer's
// report, "hang".

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HT_KEY_BYTES = 128 };

// What a target wrote on standard error, and how it ended (a wait status), to a key; "" if it did not fail.
// `hung`: it was ended because it took too long.
void ht_failure_key(const char *text, int wait_status, bool hung, char key[HT_KEY_BYTES]);

// Writes the smallest program found to `path` and its key to standard output. 0 done, 1 it does not fail, 2
// the file cannot be written, 3 no child could be made.
int ht_target_shrink(const uint8_t *data, size_t size, const char *path);

#endif
