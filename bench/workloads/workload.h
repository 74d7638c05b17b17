#ifndef BENCH_WORKLOADS_WORKLOAD_H
#define BENCH_WORKLOADS_WORKLOAD_H

// Workloads: what a heap is timed at, each written once against the heap_ functions.
//
// The same source is compiled against a heap's inline header ("direct": calls fold away, types are
// constants), against the table ("table": any heap, also one that was loaded), and for some there is one by
// hand on malloc
// ("hand"), to see what the heap interface itself costs. A set is all workloads compiled one way.
//
// The one idea: a run is believed only if it proves its work. What a workload writes is a function of its
// parameters alone, so its checksum is known before it runs, without any heap; ht_workload_run compares, and
// a run that differs has no times. What proves it lies outside the measured region.
//
//   begin: fill    | measured region, entered once or more | end: read all back, let go
//   ---------------+----------------------------------------+--------------------------
//     each mutator | body   body   body ...                 | checksum

#include <heaptrial/heap.h>

// The parameters of a run. Each workload uses some of them and ignores the others.
struct ht_workload_params {
  uint64_t seed;
  uint64_t size;       // bytes of an object
  uint64_t live;       // objects that a mutator holds at once
  uint64_t references; // 1: objects hold references
  uint64_t length;     // objects in a ring of garbage
  uint64_t depth;      // of trees
  uint64_t escape;     // of a hundred short-lived objects so many reach the heap
  uint64_t tasks;      // that share the carriers, over all mutators
  // Full collections of what lives, each time the region is entered; each object of it is an operation then.
  uint64_t collections;
  uint64_t mutators;   // each on a carrier and thread of its own; 1: on the caller's thread
  uint64_t operations; // of each mutator, each time the region is entered
};

// What a right run of these parameters makes, over all mutators.
struct ht_workload_expectation {
  uint64_t checksum;
  uint64_t allocations; // calls of alloc, filling included
  uint64_t operations;  // in the measured region
  uint64_t bytes;       // asked for in all those allocations
  uint64_t live_bytes;  // at most at once
  uint64_t cycles;      // that the heap was told to make in the region, by a mutator alone
};

struct ht_workload {
  const char *name, *help;
  const char *operation;             // what one is, for whoever shows a time for it
  const char *uses;                  // its parameters, with spaces between
  uint64_t needs;                    // one of these capabilities; 0: it means something on any heap
  bool latencies;                    // takes the time of each operation, if given room for samples
  struct ht_workload_params initial; // full length
  struct ht_workload_params least;   // that still does everything; what ht_workload_shrink stops at
  // NULL: the parameters are good. Otherwise one line that says what is wrong.
  const char *(*check)(const struct ht_workload_params *params);
  void (*expect)(const struct ht_workload_params *params, uint64_t entries,
                 struct ht_workload_expectation *expectation);
  size_t (*slots)(const struct ht_workload_params *params); // of a mutator's frame
};

extern const struct ht_workload ht_workloads[]; // ends with a name of NULL
const struct ht_workload *ht_workload_find(const char *name);

// Parameters by name. `get` and `set` work on any of ht_workload_param_names (ends with NULL); set is false
// for a name that is none, and `uses` says whether the workload looks at it.
extern const char *const ht_workload_param_names[];
bool ht_workload_param_set(struct ht_workload_params *params, const char *name, uint64_t value);
uint64_t ht_workload_param_get(const struct ht_workload_params *params, const char *name);
bool ht_workload_param_uses(const struct ht_workload *workload, const char *name);

// Takes "size=64,live=4096" into `params`. False with a message.
bool ht_workload_params_read(const struct ht_workload *workload, const char *text,
                             struct ht_workload_params *params, char *message, size_t message_size);

// A step down to shorter runs of the same kind (an eighth of the operations, two levels of trees). False:
// this is the shortest. Steps are coarse so that heaps of nearly one speed stay at the same parameters.
bool ht_workload_shrink(const struct ht_workload *workload, struct ht_workload_params *params);

// Shrinks until a heap of these capabilities can hold what is allocated: one that never frees gets at most
// this much.
#define HT_WORKLOAD_NEVER_FREED_BYTES ((uint64_t)64 << 20)
void ht_workload_fit(const struct ht_workload *workload, uint64_t capabilities,
                     struct ht_workload_params *params);

// Suites: standard variants, each as a plan takes it, "churn:size=64,live=4096".
struct ht_workload_suite {
  const char *name, *help;
};
extern const struct ht_workload_suite ht_workload_suites[]; // "quick", "full", "instructions"; ends with NULL

// Writes the variant at `index` (0, 1, ...) of the suite with this name, at most size - 1 characters.
// False: no such suite, or none left. The same in every process on a machine; what is several times the last
// cache is asked of the system.
enum { HT_WORKLOAD_VARIANT_SIZE = 128 };
bool ht_workload_variant(const char *suite, size_t index, char *text, size_t size);

// All workloads compiled one way.
struct ht_workload_code;
struct ht_workload_set {
  const char *calls; // "direct", "table", "hand"
  const struct ht_workload_code *const *codes;
};
extern const struct ht_workload_set ht_workloads_direct; // in the library bench_workloads_<heap>
extern const struct ht_workload_set ht_workloads_table;  // in bench_workloads_table
extern const struct ht_workload_set ht_workloads_hand;   // in bench_workloads_hand, on malloc

// Times of single operations, for workloads that take them; the first `capacity` are kept.
struct ht_workload_samples {
  uint32_t *ns;
  size_t count, capacity;
};

struct ht_workload_job {
  const struct ht_workload *workload;
  const struct ht_workload_set *set;
  struct ht_heap *heap;
  struct ht_workload_params params;
  struct ht_workload_samples *samples; // NULL: not wanted
  // Called when all mutators are filled. Calls ht_measured_region(region, argument) as often as it likes and
  // returns how often that was; what it does around is not the workload's.
  uint64_t (*around)(void *context, void (*region)(void *argument), void *argument);
  void *context;
};

enum ht_workload_status {
  HT_WORKLOAD_OK,
  HT_WORKLOAD_FAILED,   // no memory, no thread
  HT_WORKLOAD_CHECKSUM, // wrong checksum, or fewer allocations or collections than asked for
  HT_WORKLOAD_CANNOT,   // the heap or the set cannot run it: it lacks what is needed, not written by hand
};

struct ht_workload_result {
  enum ht_workload_status status;
  char reason[200];     // one line, empty if HT_WORKLOAD_OK
  uint64_t checksum;    // what was read back
  uint64_t allocations; // that returned true
  uint64_t operations;  // in the region
  uint64_t live_bytes;  // at most at once, as asked for
};

// Runs a workload on a heap that has no mutators, on the thread that created it.
void ht_workload_run(const struct ht_workload_job *run, struct ht_workload_result *result);

// Where the measured work happens, and nothing else: callgrind counts it by name.
void ht_measured_region(void (*region)(void *argument), void *argument);

#endif
