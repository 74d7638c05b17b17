#ifndef BENCH_NATIVE_TWIN_TWIN_H
#define BENCH_NATIVE_TWIN_TWIN_H

// bench-native: starts a twin, judges what it says and writes its line. Private to bench/native/twin.
//
// A twin is a program in another language. It is called with the name of a workload and then name=number for
// each of its parameters and the seed; it runs the workload once, puts its own clocks around the region, and
// says on standard output what it measured, a word and a value a line. The one idea: a twin measures and
// knows nothing of formats, statuses or what is expected; those exist once, here.

#include "bench/run/run.h"

// How a twin is started.
struct twin {
  const char *name;            // "go"
  const char *command[6];      // ends with NULL; its files have to be there
  const char *missing;         // what to do if they are not
  const char *const *settings; // the environment variables its runtime listens to; ends with NULL
};
extern const struct twin twins[]; // ends with a name of NULL
const struct twin *twin_find(const char *name);

// What a twin said. Zero is a good start.
struct twin_report {
  char runtime[64]; // "go1.19.8"
  uint64_t checksum, allocations;
  struct ht_bench_reading region; // what passed: the times, faults and switches
  struct ht_bench_reading space;  // resident before there was anything, and the peak; 0: not told
  struct ht_bench_events events;  // its cycles and pauses
  struct ht_workload_samples samples;
};

// Reads what was said into the report. False with a message if it is not what a twin says: a word that is
// none, a value that is no number, something missing. Room for events and samples has to be there.
bool twin_report_read(char *text, struct twin_report *report, char *message, size_t message_size);

// Runs the twin that arguments->heap names.
int twin_measure(const struct ht_bench_arguments *arguments, const struct ht_heap_table *table,
                 struct ht_line *line);

#endif
