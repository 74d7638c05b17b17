#ifndef FUZZ_TARGETS_TARGET_H
#define FUZZ_TARGETS_TARGET_H

// Fuzz targets: one file a target, each with the one function that every engine calls.
//
// The one idea: a target knows no engine and an engine knows no target. program.c, text.c define
// LLVMFuzzerTestOneInput; what calls it is libFuzzer, AFL++'s driver, or one of our own two drivers: replay.c
// (files, one by one; and the shrinker) and blind.c (random programs without feedback, the baseline that an
// engine has to beat). Which heap a program target tries is decided when it is linked: heap_linked.c takes
// the one that is linked in, heap_plugin.c loads the library that HEAPTRIAL_HEAP names.
//
// The environment, so that it is the same under every engine:
//   HEAPTRIAL_HEAP      the heap, by name or path (the plugin variant only)
//   HEAPTRIAL_SETTINGS  the heap's options, k=v,k=v
//   HEAPTRIAL_ONLY      the invariants that are checked, GEN-3,PY-28; all without it
//   HEAPTRIAL_EVERY     1: compare everything after each operation
//   HEAPTRIAL_MUTATOR   bytes: libFuzzer's own mutations instead of the structure-aware ones; none: the
//   corpus
//                       as it is
//   HEAPTRIAL_FLIGHT    the flight recorder's file
//
// A finding is one line on standard error and abort(); a heap that cannot be made here is exit code 3.

#include <heaptrial/heap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t capacity, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity); // libFuzzer's

// The heap on trial and the settings that its name brings, `count` of them, which live as long as the
// process. Ends the process with code 3 and a message if there is no heap.
const struct ht_heap_table *ht_target_heap(const struct ht_setting **settings, size_t *count);

// Exit codes of a target and of the drivers here; the first three as libFuzzer has them.
enum {
  HT_TARGET_CRASHED = 77,
  HT_TARGET_TIMED_OUT = 70,
  HT_TARGET_USAGE = 2,
  HT_TARGET_NO_VERDICT = 3,
};

// Tells coverage how much of the oracle's work a program caused, in powers of two: what guides an engine
// where the heap itself is not instrumented. `evaluations`: HT_INVARIANTS counts that only grow. What a heap
// looks after itself tells coverage by the heap's own code, where that is instrumented.
void ht_target_feedback(const uint64_t *evaluations);

#endif
