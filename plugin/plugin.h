#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

// Heaps by name: from what stands behind `--heap` to a table of functions that can be called.
//
// A heap is a shared library that exports `heaptrial_heap`. A *named* heap is such a library from the build,
// with settings and, for the malloc libraries, a second library that has to be preloaded; anything with a
// slash in it is the path of a stranger's heap. The one idea: a library is a stranger until it has proved
// itself. It is first loaded, and everything its table points at is read, in a forked child with a bound on
// its time, so that a library that crashes or hangs costs an error message and not the caller.
//
//   text                      library                         preload                 settings
//   semispace                 <heaps>/libheaptrial-semispace.so
//   jemalloc                  <heaps>/libheaptrial-malloc.so  libjemalloc.so.2        provider=libjemalloc
//   malloc:provider=          <heaps>/libheaptrial-malloc.so                          provider=libc.so
//   provider=
//   ./libmyheap.so:grow=2     ./libmyheap.so                                          grow=2
//
// A preload works only from the start of a process: whoever wants the heap of a choice with a preload to run
// starts a process with LD_PRELOAD and makes the same choice there. The setting `provider` makes the heap
// refuse to run where the preload did not take effect.
//
// Threads: none of this may be called from two threads at once. Messages are one line without a newline.

#include <heaptrial/heap.h>

enum { HT_PLUGIN_SETTINGS = 16 };

// What --heap named. The strings are good until it is freed.
struct ht_plugin_choice {
  char *text;          // as it was given: gives the same choice again in another process
  char *name;          // for tables and messages: "jemalloc"; of a path, the file's name without lib and .so
  const char *heap;    // for result lines: the library's name, "malloc"
  const char *variant; // and what else stands behind it, "jemalloc"; "" without a preload
  char *path;          // of the library
  const char *preload; // for LD_PRELOAD; NULL: none
  size_t setting_count;
  struct ht_setting settings[HT_PLUGIN_SETTINGS]; // later ones win
};

// Takes `NAME[:option=value,...]` or `PATH[:option=value,...]` apart. False with a message if no heap of that
// name is built here, the file does not exist, or the settings cannot be read. Loads nothing.
bool ht_plugin_choose(const char *text, struct ht_plugin_choice *choice, char *message, size_t message_size);
// Adds the settings of `option=value,...` to a choice. False with a message.
bool ht_plugin_choice_set(struct ht_plugin_choice *choice, const char *text, char *message,
                          size_t message_size);
void ht_plugin_choice_free(struct ht_plugin_choice *choice);

enum ht_plugin_status {
  HT_PLUGIN_LOADED,
  HT_PLUGIN_MISSING,      // no such file, or not readable
  HT_PLUGIN_NO_LIBRARY,   // the dynamic linker cannot load it
  HT_PLUGIN_NO_HEAP,      // does not export heaptrial_heap
  HT_PLUGIN_VERSION,      // built with headers of another version of the interface, or another table size
  HT_PLUGIN_INCONSISTENT, // a function is missing, or a capability bit has no function behind it
  HT_PLUGIN_CRASHES,      // ended by a signal while it was loaded
  HT_PLUGIN_HANGS,        // not loaded within the bound
  HT_PLUGIN_UNTRIED,      // nobody knows: no child could be made, or the caller was interrupted
};

// How long a library may take to load.
#define HT_PLUGIN_LOAD_SECONDS 10u
// Instead of a number of seconds: no child, the library is loaded here at once. For a process that is itself
// the bounded child of somebody, and for one under valgrind, which cannot watch a child of its own.
#define HT_PLUGIN_NO_TRIAL (~0u)

// Loads the library of a choice; it stays loaded for the life of the process. `seconds` bounds the trial in
// the child; 0: HT_PLUGIN_LOAD_SECONDS. *table is set only with HT_PLUGIN_LOADED, message with everything
// else.
enum ht_plugin_status ht_plugin_load(const struct ht_plugin_choice *choice, unsigned seconds,
                                     const struct ht_heap_table **table, char *message, size_t message_size);

// Reads what a table says and compares the bits with the functions. What ht_plugin_load calls in its child;
// it crashes if the table points nowhere.
enum ht_plugin_status ht_plugin_check(const struct ht_heap_table *table, char *message, size_t message_size);

// The names of all heaps that are built here: the table of named heaps first, then whatever else stands in
// the heaps' folder, sorted. An array that ends with NULL, freed with ht_plugin_names_free. NULL: no memory.
char **ht_plugin_names(void);
void ht_plugin_names_free(char **names);

// Capability bits by name: "collects", "moves", ...
struct ht_plugin_capability {
  uint64_t bit;
  const char *name;
};
extern const struct ht_plugin_capability ht_plugin_capabilities[]; // ends with a name of NULL

#endif
