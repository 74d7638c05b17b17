// Where mutators exchange nothing the runner passes nothing from one to another: apart_test COUNTING
//
// The heap "counting" with each call looked at: an object is used by the mutator that made it only, a global
// and a weak reference by the one that used it first. As it is, programs do pass them on; when the heap says
// that it does not exchange, they do not, whatever the generator makes of it, and leave nothing behind.
#include "fuzz/runner/runner.h"

#include <dlfcn.h>
#include <string.h>

enum { PROGRAMS = 200, OPERATIONS = 200, OWNED_MAX = 1 << 16 };

static const struct ht_heap_table *honest;
// Callbacks may use what an allocation just made, where another's lay that is dead.
static unsigned allocating;
static unsigned foreign;    // uses of what is another's
static uint64_t made_by[2]; // objects, by the first mutator of their program and by others

// Who made, or first used, what has that address.
static struct owned {
  const void *address;
  struct ht_mutator *owner;
} owned[OWNED_MAX];
static struct ht_mutator *first;

static struct owned *find(const void *address) {
  size_t at = (uintptr_t)address / HT_WORD % OWNED_MAX;
  while (owned[at].address && owned[at].address != address) at = (at + 1) % OWNED_MAX;
  return &owned[at];
}

static void own(struct ht_mutator *m, const void *address) {
  *find(address) = (struct owned){address, m};
}

static void use(struct ht_mutator *m, const void *address) {
  struct owned *o = find(address);
  if (!address || !o->address) return;
  if (!o->owner || allocating) o->owner = m;
  if (o->owner != m) foreign++;
}

// A word of an object, or a global, which is the first user's.
static void use_word(struct ht_mutator *m, const void *object, const void *word) {
  if (!object && !find(word)->address) own(m, word);
  use(m, object ? object : word);
}

// A program may be run twice.
static enum ht_status create(const struct ht_config *config, struct ht_heap **heap) {
  memset(owned, 0, sizeof owned);
  first = NULL;
  return honest->create(config, heap);
}

static bool attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator) {
  bool attached = honest->attach(heap, carrier, mutator);
  if (attached && !first) first = *mutator;
  return attached;
}

// What it leaves behind is the next one's.
static void detach(struct ht_mutator *m) {
  honest->detach(m);
  for (size_t i = 0; i < OWNED_MAX; i++)
    if (owned[i].owner == m) owned[i].owner = NULL;
}

static bool alloc(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t count,
                  size_t alignment, unsigned flags) {
  allocating++;
  bool made = honest->alloc(m, slot, type, count, alignment, flags);
  allocating--;
  if (made) {
    own(m, *slot);
    made_by[m != first]++;
  }
  return made;
}

static bool resize(struct ht_mutator *m, ht_ref *slot, const struct ht_type *type, size_t old_count,
                   size_t count, unsigned flags) {
  use(m, *slot);
  bool done = honest->resize(m, slot, type, old_count, count, flags);
  own(m, *slot);
  return done;
}

static void root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  use(m, object);
  honest->root_set(m, slot, object);
}

static void root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  use_word(m, object, field);
  honest->root_load(m, slot, object, field);
}

static void store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  use_word(m, object, field);
  use(m, value);
  honest->store(m, object, field, value);
}

static bool send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  foreign++;
  return honest->send(m, cell, object);
}

static bool weak_create(struct ht_mutator *m, ht_ref object, ht_weak_callback *callback, void *data,
                        struct ht_weak **weak) {
  use(m, object);
  bool created = honest->weak_create(m, object, callback, data, weak);
  if (created) own(m, *weak);
  return created;
}

static void weak_load(struct ht_mutator *m, struct ht_weak *weak, ht_ref *slot) {
  use(m, weak);
  honest->weak_load(m, weak, slot);
}

static void weak_drop(struct ht_mutator *m, struct ht_weak *weak) {
  use(m, weak);
  honest->weak_drop(m, weak);
}

static bool exchanges_nothing(const struct ht_heap *heap) {
  return (void)heap, false;
}

// False: an invariant is broken.
static bool run(const struct ht_heap_table *table) {
  static struct ht_program program;
  char message[256];
  struct ht_runner_options options = {.table = table, .only = HT_INVARIANTS_ALL};
  struct ht_runner *runner = ht_runner_open(&options, message, sizeof message);
  if (!runner) return printf("%s\n", message), false;
  struct ht_verdict verdict = {.kind = HT_KEPT};
  foreign = 0;
  made_by[0] = made_by[1] = 0;
  for (uint64_t seed = 0; seed < PROGRAMS && verdict.kind == HT_KEPT; seed++) {
    ht_program_generate(&program, OPERATIONS, seed);
    ht_runner_run(runner, &program, &verdict);
  }
  if (verdict.kind != HT_KEPT) return ht_verdict_print(&verdict, table, stdout), false;
  ht_runner_close(runner);
  return true;
}

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library || !(honest = dlsym(library, "heaptrial_heap"))) {
    fprintf(stderr, "usage: apart_test COUNTING\n");
    return 2;
  }
  struct ht_heap_table table = *honest;
  table.create = create;
  table.attach = attach;
  table.detach = detach;
  table.alloc = alloc;
  table.resize = resize;
  table.root_set = root_set;
  table.root_load = root_load;
  table.store = store;
  table.send = send;
  table.weak_create = weak_create;
  table.weak_load = weak_load;
  table.weak_drop = weak_drop;
  bool together = run(&table);
  if (!together || foreign == 0) return printf("nothing is passed on where it may be\n"), 1;
  table.exchanges = exchanges_nothing;
  bool apart = run(&table);
  printf("apart: %u times passed on; the first mutators made %llu objects, others %llu\n", foreign,
         (unsigned long long)made_by[0], (unsigned long long)made_by[1]);
  return apart && foreign == 0 && made_by[1] > made_by[0] / 4 ? 0 : 1;
}
