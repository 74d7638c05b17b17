#ifndef BENCH_NATIVE_NATIVE_H
#define BENCH_NATIVE_NATIVE_H

// What stands beside the heaps in a table and is none: native twins and limits.
//
//   native:go, native:python   a workload as one writes it in that language, on its own runtime
//   native:PATH                any other program that speaks as twins do (README.md)
//   limit:bump, ...            what no heap can be faster than, in C
//
// The one idea: they are started, judged and written down as heaps are. Each takes the command line of a
// bench program, does the same work, is held to the same checksum and count of allocations, and gives the
// same result line; so plans interleave them with heaps and know only another program to start.

#include "plugin/plugin.h"

struct ht_native {
  const char *name;    // "native:go"
  const char *program; // the bench program that runs it: "bench-native"
  const char *help;
  bool limit; // else a twin
};
extern const struct ht_native ht_natives[]; // ends with a name of NULL

// True if this is how a twin or a limit is called, be there such a one or not.
bool ht_native_is(const char *text);

// The bench program for what is called so; NULL: it is none of these.
const char *ht_native_program(const char *text);

// Takes KIND:NAME[:option=value,...] apart, as ht_plugin_choose does with heaps; `name` of the choice is what
// stands in tables, `path` the file of a native:PATH, else empty. False with a message. To be given back with
// ht_plugin_choice_free.
bool ht_native_choose(const char *text, struct ht_plugin_choice *choice, char *message, size_t message_size);

#endif
