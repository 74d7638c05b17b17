#ifndef HEAPTRIAL_HEAP_H
#define HEAPTRIAL_HEAP_H

// The heap interface: the one contract between a heap and everything that tries it. Version 0: it may still
// change.
//
// A heap exports one constant, `heaptrial_heap`, of type `struct ht_heap_table`: what it is, what it can do
// (capability bits), and a function for everything that may be asked of it. The contract is the same for a
// moving collector, a concurrent one, a reference counter and a malloc: the caller does what the most
// demanding of them needs, and for the others those calls are plain moves.
//
// The words are the field's: a *mutator* is a task that allocates and writes references; a *carrier* is what
// runs mutators, one at a time (an OS thread, Go's P). A *slot* is a root word in a frame, a *field* a
// reference word in an object, a *global* a reference word outside the heap that was announced as a root.
//
//   carrier        mutator               frames                         heap
//   +------+  runs +---------+  frames   +-----------+  slots           +----------+
//   |      |------>| m       |---------->| a b c ... |----------------->| object   |--field-->
//   +------+       +---------+           +-----------+                  +----------+
//                                          | previous                       ^
//                                        +-----------+      +---------+     |
//                                        | ...       |      | globals |-----+
//                                        +-----------+      +---------+
//
// Rules
//  1. A raw pointer to an object is good only while a root slot holds the object and no safepoint has
//     passed. Safepoints are: alloc, resize, poll, attach, detach, unblock, collect, run_finalizers.
//     Nothing else is.
//  2. Slots change only through root_set, root_load, weak_load, recv, alloc, resize and pop; fields and
//     globals only through store, copy, clear, send and recv. Initialising stores are stores.
//  3. A mutator's frames are touched by its own carrier, or by the collector while the mutator is blocked
//     or at a safepoint. unblock looks again.
//  4. References pass from one mutator to another only through send and recv, or through objects and
//     globals that the program itself orders.
//  5. A slot, field or global that several carriers use at once is read and written word by word, never
//     torn.
//  6. Exhaustion is told by the return value and changes nothing the caller sees. Corruption ends the
//     process (a trap).
//  7. Calls on one mutator come from one carrier at a time, and a carrier runs one mutator at a time: the
//     others on it are blocked. Calls on different mutators may come at once, as far as `carriers` in the
//     table allows. More carriers may be open than may run at once.
//  8. All memory comes from the caller's `struct ht_memory` if the heap has HT_MEMORY_HOOK, the heap's own
//     tables included. A heap has no writable global and no thread-local variable unless it says
//     HT_SINGLETON or HT_THREAD_BOUND.
//  9. A callback (a finalizer, a weak callback) may call whatever the program may, on the mutator it was
//     given; it leaves that mutator attached, and its frames as they were. With HT_IMMEDIATE it may so
//     change the very slot, field or global whose change it comes from: the heap writes first and calls
//     back last.

#include <heaptrial/memory.h>
#include <heaptrial/types.h>

#define HT_INTERFACE_VERSION 0u

// What a heap can do. A bit that is set is a claim: the harness checks it.
enum ht_capability {
  HT_COLLECTS = 1 << 0,        // reclaims objects that nothing reaches; without it only release reclaims
  HT_COLLECTS_CYCLES = 1 << 1, // ... also those that only reach each other
  HT_RELEASES = 1 << 2,        // obeys release; without it release does nothing
  HT_MOVES = 1 << 3,           // an object's address may change at a safepoint
  // Callbacks come from alloc, store, copy, clear, root_set, root_load, weak_load, recv and pop themselves.
  HT_IMMEDIATE = 1 << 4,
  HT_CONSERVATIVE = 1 << 5, // words that look like references may keep objects
  HT_INTERIOR = 1 << 6,     // references may point inside an object
  HT_AMBIGUOUS_ROOTS = 1 << 7,
  HT_READ_BARRIER = 1 << 8, // load is more than a move
  HT_RESIZES = 1 << 9,
  HT_TELLS_SIZE = 1 << 10,     // usable_size
  HT_TELLS_OWNER = 1 << 11,    // owns
  HT_DIAGNOSES_FREE = 1 << 12, // free_invalid ends the process
  HT_WEAK = 1 << 13,
  HT_FINALIZERS = 1 << 14,
  HT_PINS = 1 << 15,
  HT_MEMORY_LIMIT = 1 << 16,
  HT_MEMORY_HOOK = 1 << 17, // takes all memory from the caller
  HT_WALKS = 1 << 18,
  HT_CHECKS = 1 << 19,
  HT_COUNTS_LIVE = 1 << 20, // live_objects and live_bytes (as asked for) are exact after a full collection
  // A new heap given the same calls gives the same addresses, relative to its first memory.
  HT_REPEATABLE = 1 << 21,
  HT_SINGLETON = 1 << 22,    // one heap a process at a time
  HT_THREAD_BOUND = 1 << 23, // a carrier lives and dies on the OS thread that opened it
  HT_SHARES_EMPTY = 1 << 24, // objects of size 0 may share an address
  // A finalizer waits while an object with a finalizer, its own too, reaches its object: a cycle with one in
  // it stays for ever, and all it reaches.
  HT_ORDERS_FINALIZERS = 1 << 25,
};

enum ht_status {
  HT_OK,
  HT_NO_MEMORY,
  HT_BAD_OPTION,  // create: config->message says which and why
  HT_UNAVAILABLE, // create: this heap cannot run here (a preload that did not take, a second singleton)
};

// One option a heap understands, for `heaptrial list`. `values` is a human-readable set or range ("3.9|3.10",
// "1..64").
struct ht_option {
  const char *name, *values, *initial, *help;
};

struct ht_setting {
  const char *name, *value;
};

// Everything a heap tells of itself while it runs. Times are nanoseconds of the heap's monotonic clock.
enum ht_event_kind {
  HT_EVENT_CYCLE, // one collection: start, end; label "full" or the heap's own word; value: bytes reclaimed
  HT_EVENT_PHASE, // a phase of a cycle: start, end, label
  HT_EVENT_PAUSE, // mutators stopped: start, end, label: the reason; value: ns from the request until all had
                  // stopped
  HT_EVENT_MARKED,   // value: bytes found live
  HT_EVENT_SWEPT,    // value: bytes reclaimed
  HT_EVENT_MAPPED,   // value: bytes committed. All that was mapped, less
  HT_EVENT_RETURNED, // value: bytes decommitted or released, is committed_bytes
};

struct ht_event {
  enum ht_event_kind kind;
  uint64_t start, end; // equal for an instant
  uint64_t value;
  const char *label; // a constant string, or NULL
};

// May be called on any thread of the heap, also while mutators are stopped; must not call the heap.
struct ht_event_sink {
  void *context;
  void (*event)(void *context, const struct ht_event *event); // NULL: nobody listens
};

// An invariant of the heap's own, which it looks after itself: "PY-28", when it holds ("always"), a sentence.
struct ht_heap_invariant {
  const char *name, *phase, *sentence;
};

// Who wants to know whether the invariants that a heap's table lists hold. The heap says so wherever it
// looks: in `check`, and, of those that hold between two steps of a cycle only, there.
struct ht_examiner {
  void *context;
  // `invariant`: its index in the table. `broken`: NULL if it holds, else one line that says where it does
  // not; then this need not return. Called on any thread of the heap; must not call the heap.
  void (*examined)(void *context, size_t invariant, const char *broken);
};

struct ht_config {
  const struct ht_memory *memory; // outlives the heap; NULL: the operating system's
  const struct ht_setting *settings;
  size_t setting_count;
  struct ht_event_sink sink;
  struct ht_examiner examiner; // examined NULL: nobody asks, and nothing is looked at but by `check`
  char *message;               // where create says why it failed; may be NULL
  size_t message_size;
};

#define HT_UNKNOWN UINT64_MAX

// What the heap counts itself; HT_UNKNOWN where it does not count.
struct ht_statistics {
  uint64_t live_objects, live_bytes; // as of now for a malloc or a counter, as of the last cycle for a tracer
  uint64_t allocated_objects, allocated_bytes; // ever
  uint64_t committed_bytes;                    // of the memory hook: committed or protected
  uint64_t cycles;
  uint64_t collector_ns; // CPU time spent on collecting
};

// The public heads of a heap and of a mutator; a heap's own structures begin with them. Read-only for the
// caller.
struct ht_heap {
  const struct ht_heap_table *table;
};

struct ht_mutator {
  struct ht_heap *heap;
  struct ht_frame *frames; // the top of the shadow stack
};

struct ht_carrier; // the heap's own
struct ht_weak;    // the heap's own

// A finalizer: `slot` is a root slot that holds the object for the length of the call. Storing it elsewhere
// revives it.
typedef void ht_finalizer(struct ht_mutator *mutator, ht_ref *slot, void *data);

// The object of a weak reference is gone; the reference was cleared before this call and before the
// finalizer's.
typedef void ht_weak_callback(struct ht_mutator *mutator, struct ht_weak *weak, void *data);

// What a heap says of one object in a walk. A claim, compared with what the harness knows.
struct ht_claim {
  ht_ref object;
  size_t bytes;               // as asked for, or rounded up
  const struct ht_type *type; // NULL: the heap does not know
};
typedef bool ht_visitor(void *context, const struct ht_claim *claim); // false ends the walk

enum ht_alloc_flags {
  HT_ZEROED = 1, // every byte is zero; reference words are NULL with or without it
};

// An entry that belongs to a capability which the heap does not have may be NULL, as may one that says so;
// every other one is there.
struct ht_heap_table {
  uint32_t version; // HT_INTERFACE_VERSION of the headers it was built with
  uint32_t size;    // sizeof(struct ht_heap_table)
  const char *name, *description;
  uint64_t capabilities;
  const struct ht_option *options;            // ends with a name of NULL; NULL: none
  const struct ht_heap_invariant *invariants; // HT_CHECKS: likewise
  unsigned carriers;                          // how many may run at once; 0: any number
  unsigned collections; // an unreachable object is reclaimed after that many collect(full) calls; 0: no claim
  size_t minimum_alignment; // of every object
  size_t natural_alignment; // of every object whose size is a non-zero multiple of it
  size_t maximum_alignment; // that alloc takes
  // Objects without references that are smaller may share an aligned block of so many bytes, and then end
  // together; 0: no object shares its memory.
  size_t shared_block;
  // What committed_bytes is at most after `collections` full collections; 0: no claim. space_empty holds when
  // no object is alive. The others hold together, if space_percent is not 0: space_fixed, and space_percent %
  // of the most bytes, and space_object for each of the most objects that ever were alive at once. (A size of
  // 0 costs something too.) All hold for up to 256 carriers, mutators, globals, weak references and
  // finalizers together.
  size_t space_empty, space_fixed, space_object;
  unsigned space_percent;

  // The library that really serves allocations, as the dynamic linker resolved it; NULL: this heap itself.
  const char *(*provider)(void);

  // Life of a heap. destroy needs every mutator detached and every carrier closed; it ends what is left of
  // objects, globals and weak references, calls nothing back, and returns all memory.
  enum ht_status (*create)(const struct ht_config *config, struct ht_heap **heap);
  void (*destroy)(struct ht_heap *heap);
  bool (*carrier_open)(struct ht_heap *heap, struct ht_carrier **carrier);
  void (*carrier_close)(struct ht_carrier *carrier); // no mutator is on it

  // attach makes a mutator that runs on `carrier`; false: no memory. A mutator must have popped its frames to
  // detach. block leaves the carrier: until unblock, on this or another carrier, the mutator touches nothing
  // of the heap.
  bool (*attach)(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator);
  void (*detach)(struct ht_mutator *mutator);
  void (*block)(struct ht_mutator *mutator);
  void (*unblock)(struct ht_mutator *mutator, struct ht_carrier *carrier);
  void (*poll)(struct ht_mutator *mutator);
  // May references pass from one mutator of this heap to another, as it was set? NULL: they may. Where they
  // may not, a mutator uses only what it made and the globals and weak references that it alone uses, and
  // nobody sends. collect is of the mutator that asks, bounds of committed_bytes are of each that is
  // attached, and what one leaves behind when it detaches goes to the next that attaches.
  bool (*exchanges)(const struct ht_heap *heap);

  // Frames and slots. root_load reads the field of an object (or a global, with object NULL) into a slot.
  void (*push)(struct ht_mutator *mutator, struct ht_frame *frame);
  void (*pop)(struct ht_mutator *mutator);
  void (*root_set)(struct ht_mutator *mutator, ht_ref *slot, ht_ref object);
  void (*root_load)(struct ht_mutator *mutator, ht_ref *slot, ht_ref object, const ht_ref *field);

  // alloc puts a new object of `count` elements into a slot and drops what the slot held. Reference words are
  // NULL. alignment: a power of two up to maximum_alignment, or 0 for the natural one. A count of 0 gives an
  // object of size 0, never NULL. False: no memory, or a size no heap could give; the slot is as it was.
  bool (*alloc)(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type, size_t count,
                size_t alignment, unsigned flags);
  // The mutator says: dead. Nothing may still hold the object, nor use it again.
  void (*release)(struct ht_mutator *mutator, ht_ref object);
  // Changes the count of an object whose type has no references, that this slot alone holds and whose weak
  // references nobody uses meanwhile; it may move. The caller says what the object is, for not every heap
  // knows: the type it was made of and its count so far. The first min(old, new) bytes stay, as do weak
  // references, finalizer and pins; the alignment is what alloc gives if asked for none. With HT_ZEROED the
  // bytes that come new are zero. False: no memory, or a size no heap could give; all is as it was.
  bool (*resize)(struct ht_mutator *mutator, ht_ref *slot, const struct ht_type *type, size_t old_count,
                 size_t count, unsigned flags);

  // References in objects. `object` is what contains the field, NULL for a global. copy and clear take
  // `words` words from the fields on, references and data alike; copy's runs may overlap.
  ht_ref (*load)(struct ht_mutator *mutator, ht_ref object, const ht_ref *field);
  void (*store)(struct ht_mutator *mutator, ht_ref object, ht_ref *field, ht_ref value);
  void (*copy)(struct ht_mutator *mutator, ht_ref to, ht_ref *to_field, ht_ref from, const ht_ref *from_field,
               size_t words);
  void (*clear)(struct ht_mutator *mutator, ht_ref object, ht_ref *field, size_t words);

  // A word outside the heap, NULL when it is added and when it is removed.
  bool (*global_root_add)(struct ht_heap *heap, ht_ref *global);
  void (*global_root_remove)(struct ht_heap *heap, ht_ref *global);
  // A word that may hold anything and pins what it may point at. HT_AMBIGUOUS_ROOTS.
  bool (*ambiguous_root_add)(struct ht_heap *heap, const uintptr_t *word);
  void (*ambiguous_root_remove)(struct ht_heap *heap, const uintptr_t *word);

  // A cell is a global that one mutator fills and another empties. send: `object` is not NULL; false if the
  // cell is full. recv: false, with the slot as it was, if the cell is empty.
  bool (*send)(struct ht_mutator *mutator, ht_ref *cell, ht_ref object);
  bool (*recv)(struct ht_mutator *mutator, ht_ref *cell, ht_ref *slot);

  // HT_WEAK. weak_load gives the object or NULL; after NULL, NULL for ever. The callback may be NULL. A weak
  // reference is cleared when no root reaches its object; that a finalizer which is due reaches it may count
  // as reaching or not. It ends with weak_drop, which may come from its own callback and after which no
  // callback comes, or with the heap.
  bool (*weak_create)(struct ht_mutator *mutator, ht_ref object, ht_weak_callback *callback, void *data,
                      struct ht_weak **weak);
  void (*weak_load)(struct ht_mutator *mutator, struct ht_weak *weak, ht_ref *slot);
  void (*weak_drop)(struct ht_mutator *mutator, struct ht_weak *weak);
  // HT_FINALIZERS. Runs once, after nothing reaches the object; the object and all it reaches are whole then.
  // A second one replaces the first, NULL removes it; false: no memory, or none for an object that came back.
  // Of several that are due at once one may revive the object of another: that one still runs. run_finalizers
  // runs the callbacks, weak ones too, that are queued when it is called, and returns how many ran.
  bool (*finalizer_set)(struct ht_mutator *mutator, ht_ref object, ht_finalizer *finalizer, void *data);
  size_t (*run_finalizers)(struct ht_mutator *mutator);
  // HT_PINS. A pinned object keeps its address until unpinned as often as pinned; it is no root.
  bool (*pin)(struct ht_mutator *mutator, ht_ref object);
  void (*unpin)(struct ht_mutator *mutator, ht_ref object);

  // A cycle that starts after the call and is over, swept included, when it returns. Without `full` the heap
  // may do less. A cycle that is refused memory may not happen: all is as it was, statistics.cycles too, and
  // the call counts for no claim.
  void (*collect)(struct ht_mutator *mutator, bool full);
  bool (*memory_limit)(struct ht_heap *heap, size_t bytes); // HT_MEMORY_LIMIT

  // What the heap says of itself. statistics, walk and check need every other mutator blocked, and walk's
  // visitor calls nothing of the heap.
  void (*statistics)(struct ht_heap *heap, struct ht_statistics *statistics);
  size_t (*usable_size)(struct ht_heap *heap, ht_ref object); // HT_TELLS_SIZE: bytes the owner may use
  bool (*owns)(struct ht_heap *heap,
               const void *address); // HT_TELLS_OWNER: inside a live object yes, outside the heap's memory no
  void (*walk)(struct ht_mutator *mutator, ht_visitor *visitor,
               void *context); // HT_WALKS: every object not reclaimed
  // HT_CHECKS. False: the message says what is broken, the name of the invariant first if it has one. An
  // examiner was told of those that have one before.
  bool (*check)(struct ht_mutator *mutator, char *message, size_t size);
  void (*free_invalid)(struct ht_mutator *mutator, void *address); // HT_DIAGNOSES_FREE: does not return
};

// What a heap's library exports.
extern const struct ht_heap_table heaptrial_heap;

#endif
