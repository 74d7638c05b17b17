#ifndef FUZZ_RUNNER_RUNNER_INTERNAL_H
#define FUZZ_RUNNER_RUNNER_INTERNAL_H

// What the files of the runner share: the state of one run, the check macro, and who defines what.
//
// Order of every operation that changes a reference: first the shadow, then the heap, then what the change
// let go of. A heap with HT_IMMEDIATE calls back from within the heap's call, and those callbacks run
// operations of their own; they must find a shadow that already says what the heap is about to do.

#include "fuzz/oracle/shadow.h"
#include "fuzz/runner/runner.h"
#include "memory/metered.h"

#include "allocators/base/mutex.h"
#include "allocators/base/park.h"
#include "allocators/base/thread.h"

#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>

enum {
  ALLOCATED_MAX = 64 << 20,                 // bytes one program may allocate; see work.c for heaps that move
  BESIDE_MAX = 256 << 10,                   // the same, where every word that is cleared is a step
  WORK_SAFEPOINT = 40 << 10,                // what a safepoint costs beside copying, in bytes copied
  CALLBACK_OPERATIONS = 16,                 // that one finalizer may run
  CALLBACK_DEPTH = 2,                       // of callbacks within callbacks that run operations
  SETTLE_ROUNDS = SHADOW_OBJECTS_MAX,       // collections and finalizers until nothing happens any more
  LIVELY_ROUNDS = 8,                        // of these, in which finalizers still run operations
  WALK_CLAIMS_MAX = 2 * SHADOW_OBJECTS_MAX, // looked at in one walk of a heap
  RESERVATIONS_MAX = 512,                   // remembered to compare addresses of two runs
};

// One mutator of the run. Its frames live in the runner, where a heap reads them through the mutator's shadow
// stack.
union run_frame {
  struct {
    struct ht_frame *previous;
    size_t count;
    ht_ref slots[HT_FRAME_SLOTS];
  } sized;
  struct ht_frame frame;
};

struct run_mutator {
  struct ht_mutator *handle; // NULL: not attached
  unsigned carrier;
  bool ended; // by detach: only attach starts it again
  union run_frame frames[HT_FRAMES_MAX];
};

// What a heap is handed as a callback's data.
struct run_call {
  struct ht_runner *runner;
  shadow_number object; // of a finalizer
  uint32_t weak;        // of a weak callback
  uint16_t first;       // operations to run
  uint8_t operations;
};

// An object, or a claim of the heap's walk, by address.
struct run_placed {
  uintptr_t start, end;
  shadow_number number;
  const struct ht_type *type;
  bool seen; // by the walk
};

struct run_reservation {
  uintptr_t address;
  size_t bytes;
  uint32_t number; // in the order in which objects came to lie in them; 0: none did
};

// Which operations are left: a list a mutator, in the order of the program.
struct run_queues {
  uint16_t next[HT_OPERATIONS_MAX]; // of the same mutator; the number of operations: none
  size_t head[HT_MUTATORS_MAX];
};

typedef void run_task(struct ht_runner *r, unsigned argument);

// The thread of a carrier, kept from run to run.
struct run_thread {
  struct ht_runner *runner; // NULL: not started, or the caller's
  struct run_job *job;      // handed to it and not yet begun
  bool ending;
  unsigned cpu; // where it is, plus one
  struct base_thread thread;
  struct base_parker wake;
};

// What the heap found on threads of its own, until the run comes by.
struct run_elsewhere {
  struct base_mutex mutex;
  _Atomic bool broken;
  size_t invariant;
  char message[256];
  uint64_t evaluations[HT_INVARIANTS_MAX];
};

struct ht_runner {
  struct run_thread threads[HT_CARRIERS_MAX];
  struct ht_runner_options options;
  const struct ht_heap_table *table;
  bool moves, releases, hooked;
  bool apart;             // of this run's heap: its mutators exchange nothing
  size_t own_count;       // invariants that the table lists
  bool forked;            // this process is a child that tries what ends it
  struct base_mutex turn; // beside each other: of who reads or writes slots
  struct ht_runner_counts counts;
  struct run_elsewhere elsewhere;
  struct ht_metered *metered;
  struct shadow *shadow;

  // This run.
  struct run_queues queues;
  const struct ht_program *program;
  struct ht_verdict *verdict;
  jmp_buf *broken;    // of the thread that the run is on
  bool threaded;      // carriers are threads
  bool gathered;      // the caller's thread is bound to one CPU
  cpu_set_t anywhere; // where it may be otherwise
  unsigned on;        // the carrier whose thread the run is on
  struct ht_heap *heap;
  unsigned carrier_count;
  struct ht_carrier *carriers[HT_CARRIERS_MAX];
  struct run_mutator mutators[HT_MUTATORS_MAX];
  unsigned last;      // at the end of the run, the one that is left
  unsigned running;   // the mutator that is not blocked; HT_MUTATORS_MAX: none
  unsigned under_way; // operations that have begun and not ended
  size_t operation;   // index of the one being done
  enum ht_operation_code code;
  unsigned depth; // of callbacks
  uint32_t allocations;
  size_t allocated; // bytes, ever
  struct run_work {
    size_t spent;     // bytes copied, or looked at by collections, or what costs as much
    size_t alive;     // bytes, at most
    size_t looked_at; // how much was spent when it was last traced what is alive
    bool ended;       // no more operations are done
  } work;             // work.c
  struct run_amount {
    size_t bytes, objects;
  } live, peak;         // at least what is alive, and the most that ever was
  uint32_t made;        // objects, ever
  uint32_t released_at; // how many were made when it was last looked for garbage that holds itself
  uint32_t resized;     // how often
  uint32_t callbacks;   // that came
  bool bulk;            // in a bulk operation: fields are changed one by one, nobody may look at them
  bool done;            // the operation was not reduced to nothing
  bool collect_due;     // by the header's rule
  uint32_t collected;   // the epoch that the last full collection began
  bool tired;           // finalizers run no operations any more
  uint32_t judgements;  // how often it was traced what is reachable, for callbacks
  struct run_judgement {
    uint32_t number;     // of the trace that the operation being done made; 0: none yet
    shadow_number count; // objects there were then
  } judged;
  bool tried_invalid;
  bool crossed; // the end of something came on another carrier than it was made on
  struct {
    uint64_t pause_end; // of the last pause
    uint64_t cycles;
    const char *fault; // what was wrong with an event; NULL: nothing
  } told;

  ht_ref globals[HT_GLOBALS], cells[HT_CELLS];
  uint32_t globals_added, cells_added;        // bit sets
  shadow_number releasing[SHADOW_FIELDS_MAX]; // work of release
  int32_t weak_table[HT_WEAKS];               // index into the shadow's weaks, or -1
  struct ht_weak *weak_handles[SHADOW_WEAKS_MAX];
  struct run_call weak_calls[SHADOW_WEAKS_MAX];
  struct run_call finalizer_calls[SHADOW_CALLS_MAX];
  uint32_t call_count;

  struct run_placed placed[SHADOW_OBJECTS_MAX], claims[WALK_CLAIMS_MAX];

  // For GEN-13: the addresses of the run, each as (which reservation, where in it), folded to one number.
  bool recording;
  uint64_t address_fold;
  struct ht_memory recorder;
  uint32_t reservation_count, reservations_used;
  struct run_reservation reservations[RESERVATIONS_MAX];
};

// Reports a broken invariant and leaves the run, unless the options leave this invariant out.
void run_broken(struct ht_runner *r, size_t invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold, noinline));

#define HOLDS(r, which, condition, ...)                                       \
  do {                                                                        \
    (r)->counts.evaluations[which]++;                                         \
    if (__builtin_expect(!(condition), 0)) run_broken(r, which, __VA_ARGS__); \
  } while (0)

static inline struct shadow_object *run_object(struct ht_runner *r, shadow_number number) {
  return &r->shadow->objects[number];
}

// Whether the heap may lay this object into a block that others share.
static inline bool run_may_share(const struct ht_runner *r, shadow_number number) {
  const struct shadow_object *object = &r->shadow->objects[number];
  return object->bytes > 0 && object->bytes < r->table->shared_block &&
         ht_program_types[object->type].references == 0;
}

static inline struct ht_mutator *run_handle(struct ht_runner *r) {
  return r->mutators[r->running].handle;
}

static inline ht_ref *run_slot(struct ht_runner *r, unsigned mutator, uint32_t slot) {
  return &r->mutators[mutator].frames[slot / HT_FRAME_SLOTS].sized.slots[slot % HT_FRAME_SLOTS];
}

// Which of the globals or weak references that are numbered for all mutators an operand means to the running
// one. Where they exchange nothing, each has its share of them.
static inline unsigned run_share(const struct ht_runner *r, unsigned index, unsigned count) {
  if (!r->apart) return index;
  unsigned own = index - index % r->program->header.mutators + r->running;
  return own < count ? own : r->running;
}
static inline bool run_is_own(const struct ht_runner *r, unsigned index, unsigned count) {
  return run_share(r, index, count) == index;
}

static inline void run_safepoint(struct ht_runner *r) {
  if (!r->moves) return;
  r->shadow->epoch++;
  r->work.spent += WORK_SAFEPOINT + r->work.alive;
}

// work.c: a collection that the program asked for. (One that moves is charged as a safepoint.)
void run_charge_collection(struct ht_runner *r);
// Has the program done all it may?
bool run_is_spent(struct ht_runner *r);
// Far more than that: what is left is not waited for.
bool run_is_exhausted(const struct ht_runner *r);
// May it allocate so many bytes more?
bool run_affords(struct ht_runner *r, size_t bytes);

// observe.c: what the heap gave, held against the shadow.
void run_bind(struct ht_runner *r, shadow_number number, ht_ref value);
static inline void run_observe(struct ht_runner *r, shadow_number number, ht_ref value, const char *where,
                               uint32_t index) {
  if (number == 0) {
    HOLDS(r, HT_REF_1, value == NULL, "%s %u holds %p and should be empty", where, index, value);
    return;
  }
  const struct shadow_object *object = run_object(r, number);
  if (__builtin_expect(object->epoch == r->shadow->epoch && object->state == SHADOW_ALIVE, 1))
    HOLDS(r, HT_REF_1, value == shadow_address(object), "%s %u holds %p and should hold object %u at %p",
          where, index, value, number, shadow_address(object));
  else
    run_bind(r, number, value);
}
// The object in a slot of the running mutator, observed; 0 if the slot is empty.
shadow_number run_look(struct ht_runner *r, uint32_t slot);
// Compares the contents and fields of one object.
void run_compare_object(struct ht_runner *r, shadow_number number, enum ht_invariant contents);

// compare.c: everything that is reachable, what the heap tells of it, and what became unreachable.
void run_compare(struct ht_runner *r, bool ask);
// After a collection. Where nothing collects but release, only the garbage that holds itself is released.
void run_compare_collected(struct ht_runner *r);

// life.c: making and losing objects.
bool run_resize(struct ht_runner *r, uint32_t slot, size_t count, bool zeroed);
bool run_alloc(struct ht_runner *r, uint32_t slot, unsigned type, size_t count, size_t alignment,
               bool zeroed);
void run_hold(struct ht_runner *r, shadow_number number);
void run_drop(struct ht_runner *r, shadow_number number);
void run_reclaimed(struct ht_runner *r, shadow_number number);
// For a heap that only release reclaims from: gives back what the last trace did not reach.
void run_release_unreached(struct ht_runner *r);
// A heap's function said no: only a refused page request explains that.
void run_refused(struct ht_runner *r, const char *what);

// baton.c: carriers that are threads. Does a task on the thread of a carrier and returns when it is done.
void run_hand_over(struct ht_runner *r, unsigned carrier, run_task *task, unsigned argument);
static inline void run_on(struct ht_runner *r, unsigned carrier, run_task *task, unsigned argument) {
  if (__builtin_expect(r->threaded && carrier != r->on, 0))
    run_hand_over(r, carrier, task, argument);
  else
    task(r, argument);
}
// Sees that the threads of so many carriers stand ready; returns how many do.
unsigned run_threads(struct ht_runner *r, unsigned wanted);
void run_threads_end(struct ht_runner *r);
// Puts the threads of a run on one CPU, and lets the caller's go again.
void run_gather(struct ht_runner *r);
void run_scatter(struct ht_runner *r);

// mutators.c: who is on which carrier. Makes a mutator run on a carrier; false: it has ended, or there is no
// memory to attach it.
bool run_switch(struct ht_runner *r, unsigned mutator, unsigned carrier);
void run_detach(struct ht_runner *r, unsigned mutator); // the running one
void run_block(struct ht_runner *r, unsigned carrier);  // off its carrier, and on again on this one
void run_stop(struct ht_runner *r);                     // off its carrier, if one runs
void run_push(struct ht_runner *r);
void run_pop(struct ht_runner *r);

// beside.c: mutators beside each other.
void run_beside(struct ht_runner *r);
static inline bool run_is_beside(const struct ht_runner *r) {
  return __builtin_expect(r->options.beside != NULL, 0);
}
// Nothing is half done but what the running mutator does: everything may be compared.
static inline bool run_is_quiet(const struct ht_runner *r) {
  return r->under_way <= 1;
}
bool run_takes_turns(const struct ht_runner *r, enum ht_operation_code code);
// runner.c: the operation with that index, on its mutator.
void run_step(struct ht_runner *r, size_t index);

// callbacks.c
ht_finalizer run_finalizer;
ht_weak_callback run_weak_callback;
bool run_weak_is_clear(struct ht_runner *r, struct ht_mutator *mutator, struct ht_weak *weak);

// operations.c: does one operation on the running mutator; false: it was reduced to nothing.
bool run_operation(struct ht_runner *r, const struct ht_operation *operation);
void run_collect(struct ht_runner *r, bool full);
size_t run_finalizers(struct ht_runner *r);
bool run_global_clear(struct ht_runner *r, unsigned global);
bool run_weak_drop(struct ht_runner *r, unsigned weak);

// finish.c: the end of a run: settles, drops everything, settles again.
void run_finish(struct ht_runner *r);

// Closes carriers, the last one first, until so many are left; no mutator is on the others.
void run_close_carriers(struct ht_runner *r, unsigned left);

// examine.c: what the heap says of its own invariants. Every thread that the run may be on says so first.
void run_is_here(const struct ht_runner *r);
void run_examined(void *runner, size_t own, const char *broken);
void run_elsewhere_count(struct ht_runner *r);
// Reports what a thread of the heap's own found broken since the run began.
void run_elsewhere_broken(struct ht_runner *r);
static inline void run_elsewhere_look(struct ht_runner *r) {
  if (__builtin_expect(atomic_load_explicit(&r->elsewhere.broken, memory_order_acquire), 0))
    run_elsewhere_broken(r);
}

// events.c
void run_event(void *runner, const struct ht_event *event);

#endif
