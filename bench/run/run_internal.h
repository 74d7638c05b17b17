#ifndef BENCH_RUN_RUN_INTERNAL_H
#define BENCH_RUN_RUN_INTERNAL_H

// Private to bench/run: how times become percentiles, how pauses become utilisation, who watches memory.

#include "bench/run/run.h"

#include <sys/types.h>

// A high dynamic range histogram (Gil Tene, hdrhistogram.org) of three decimal digits for values of 64 bits:
// the places of a power of two are split into 1024 of equal width, so that every count stands for values that
// differ by less than one in a thousand. Debian 12 has the library for Go and for Java, not the one for C;
// what is needed of it is below.
//
//   place  0 ... 2047   2048 ... 3071   3072 ... 4095   4096 ...
//   width  1            2               4               8
//
// All zero is an empty one. It is large: one that is static costs no memory until it is used.
enum { BENCH_HALF_BITS = 10, BENCH_PLACES = (64 - BENCH_HALF_BITS + 1) << BENCH_HALF_BITS };
struct bench_histogram {
  uint64_t total, largest;
  uint64_t counts[BENCH_PLACES];
};
size_t bench_histogram_place(uint64_t value);
uint64_t bench_histogram_highest(size_t place); // of the values at a place
void bench_histogram_add(struct bench_histogram *histogram, uint64_t value);
// The value that stands at a rank, counted from 1, when all are sorted. `rank` is at most the total.
uint64_t bench_histogram_at(const struct bench_histogram *histogram, uint64_t rank);

// Percentiles by nearest rank, of a total of n:
//
//   adds <name>_p50, _p90, _p99, _p999 ... as far as n goes, and <name>_max, which is exact
//   draws the curve <name>, four points each time that the share of values above is halved
//
// Both stop at the percentile that has 10 values above it: what is said of the rarer ones would be chance.
enum { BENCH_VALUES_ABOVE = 10 };
void bench_histogram_add_measures(const struct bench_histogram *histogram, const char *name,
                                  struct ht_line *line);
void bench_histogram_draw(const struct bench_histogram *histogram, const char *name, struct ht_line *line);

// Minimum mutator utilisation (Cheng and Blelloch, PLDI 2001): of all windows of one length that fit into a
// run, the least share of time that the mutators had. A window that is worst stays as bad while it is moved
// back until it begins with a pause, and one that reaches beyond the run finds no pause there: going along
// the pauses once is enough.
struct bench_pause {
  uint64_t start, end;
};
// Sorts the pauses, cuts them to [start, end], counts time from `start` on and makes one of those that
// overlap. How many are left.
size_t bench_pauses_merge(struct bench_pause *pauses, size_t count, uint64_t start, uint64_t end);
// `pauses` as merge leaves them, of a run that is not shorter than the window, which is not 0.
double bench_utilisation(const struct bench_pause *pauses, size_t count, uint64_t window);
// Adds mmu_1ms, mmu_10ms, mmu_100ms, as far as the run is long enough, and draws "utilisation".
void bench_utilisation_add(const struct bench_pause *pauses, size_t count, uint64_t length,
                           struct ht_line *line);

// Resident memory over time, seen by a second process: this one runs as it would alone. The watcher looks
// each millisecond; when it has no more room it forgets every second look and takes twice the time.
struct bench_watch {
  pid_t watcher;
  int connection;
};
struct bench_look {
  uint64_t wall_ns, resident_bytes;
};
enum { BENCH_LOOKS = 198 };
// It waits until it is told to begin. False with errno: no watcher.
bool bench_watch_open(struct bench_watch *watch);
void bench_watch_begin(const struct bench_watch *watch);
// How many looks it took; 0: it was lost.
size_t bench_watch_end(const struct bench_watch *watch, struct bench_look looks[BENCH_LOOKS]);
void bench_watch_close(const struct bench_watch *watch);
// Adds resident_mean and live_over_resident and draws "resident": the looks between two readings, and these.
void bench_watch_add(const struct bench_look *looks, size_t count, const struct ht_bench_reading *before,
                     const struct ht_bench_reading *after, uint64_t baseline_bytes, uint64_t live_bytes,
                     struct ht_line *line);

#endif
