// What a program may cost a heap that collects is bounded, counted by the heap itself: cycles, and bytes that
// a heap copies that moves objects. And what an ordinary program does is not cut short.
//
//   work_test LIBRARY    of a heap that moves everything at every safepoint: semispace; or of one that moves
//                        nothing
#include "allocators/base/check.h"
#include "fuzz/runner/runner.h"

#include <dlfcn.h>
#include <string.h>

// Twice as much as a run is meant to take: the heap also moves within its own calls, and what is garbage.
enum { CYCLES_MOST = 620, COPIED_MOST = 24 << 20 };
// What is asked for while nothing to speak of is alive, and as many again by the finalizers of a run's end.
enum { ASKED_MOST = 600 };
enum { FINALIZERS = 500, BODY = 15, TYPE_BYTE = 0 };

static const struct ht_heap_table *honest;

static struct ht_event_sink sink;
static struct cost { uint64_t cycles, copied; } cost;

static void count(void *context, const struct ht_event *event) {
  (void)context;
  cost.cycles += event->kind == HT_EVENT_CYCLE;
  if (event->kind == HT_EVENT_MARKED) cost.copied += event->value;
  sink.event(sink.context, event);
}

static enum ht_status create_counted(const struct ht_config *config, struct ht_heap **heap) {
  struct ht_config counted = *config;
  sink = config->sink;
  counted.sink = (struct ht_event_sink){NULL, count};
  return honest->create(&counted, heap);
}

// A heap that runs one finalizer each time it is asked, and sets the others anew.
static struct postponed {
  ht_finalizer *finalizer;
  void *data;
} postponed[FINALIZERS];
static size_t postponed_count, ran;

static void postpone(struct ht_mutator *m, ht_ref *slot, void *data) {
  struct postponed *p = data;
  if (ran++ == 0)
    p->finalizer(m, slot, p->data);
  else
    honest->finalizer_set(m, *slot, postpone, p);
}

static bool finalizer_set_postponed(struct ht_mutator *m, ht_ref object, ht_finalizer *finalizer,
                                    void *data) {
  CHECK(postponed_count < FINALIZERS);
  struct postponed *p = &postponed[postponed_count++];
  *p = (struct postponed){finalizer, data};
  return honest->finalizer_set(m, object, postpone, p);
}

static size_t run_one_finalizer(struct ht_mutator *m) {
  ran = 0;
  honest->run_finalizers(m);
  return ran > 0;
}

static struct ht_program program;

static void begin(void) {
  memset(&program, 0, sizeof program);
  program.header = (struct ht_program_header){
      .mutators = 1, .carriers = 1, .switch_period = 1, .size_limit = HT_SIZE_LOG_MAX};
}

static void add(struct ht_operation operation) {
  program.operations[program.operation_count++] = operation;
}

static void add_alloc(uint8_t slot, size_t bytes) {
  add((struct ht_operation){.code = HT_OP_ALLOC, .a = slot, .b = TYPE_BYTE, .c = ht_code_of_size(bytes)});
}

// Objects of `bytes`, each with a finalizer that revives it and allocates as many more as a finalizer may,
// some of them with finalizers again.
static void write_reviving(size_t bytes) {
  begin();
  for (unsigned i = 0; i < FINALIZERS / 2; i++) {
    add_alloc(0, bytes);
    add((struct ht_operation){.code = HT_OP_FINALIZER, .a = 0, .b = BODY, .c = 0});
  }
}

// Each finalizer collects five times and makes five of its kind.
static void write_collecting(void) {
  begin();
  for (unsigned i = 0; i < FINALIZERS / 3; i++) {
    add_alloc(0, 16);
    add((struct ht_operation){.code = HT_OP_FINALIZER, .a = 0, .b = BODY, .c = 0});
    add((struct ht_operation){.code = HT_OP_COLLECT, .a = 1});
  }
}

static void write_holding(size_t bytes) {
  begin();
  for (uint8_t i = 0; i < HT_FRAME_SLOTS; i++) add_alloc(i, bytes);
  for (unsigned i = 0; i < 1000; i++) add((struct ht_operation){.code = HT_OP_POLL});
}

static void write_finalizers(unsigned count) {
  begin();
  for (unsigned i = 0; i < count; i++) {
    add_alloc(0, 16);
    add((struct ht_operation){.code = HT_OP_FINALIZER, .a = 0, .b = 0});
  }
}

static void write_mutators(void) {
  begin();
  program.header.mutators = HT_MUTATORS_MAX;
  for (unsigned i = 0; i < HT_OPERATIONS_MAX; i++)
    add((struct ht_operation){
        .code = HT_OP_ALLOC, .mutator = i % HT_MUTATORS_MAX, .a = 1, .c = ht_code_of_size(256 << 10)});
}

// Runs the program, twice, and returns how many operations it did.
static uint64_t run(const struct ht_heap_table *table, const char *what) {
  char message[256];
  struct ht_runner_counts counts[2];
  struct cost costs[2];
  for (int i = 0; i < 2; i++) {
    struct ht_verdict verdict;
    struct ht_runner *runner = ht_runner_open(
        &(struct ht_runner_options){.table = table, .only = HT_INVARIANTS_ALL}, message, sizeof message);
    CHECK(runner);
    cost = (struct cost){0};
    postponed_count = 0;
    ht_runner_run(runner, &program, &verdict);
    if (verdict.kind != HT_KEPT) ht_verdict_print(&verdict, table, stderr);
    CHECK(verdict.kind == HT_KEPT);
    counts[i] = *ht_runner_counts(runner);
    costs[i] = cost;
    ht_runner_close(runner);
  }
  printf("%-24s%5llu operations, %5llu cycles, %6.1f MB copied\n", what,
         (unsigned long long)counts[0].operations, (unsigned long long)costs[0].cycles,
         (double)costs[0].copied / (1 << 20));
  CHECK(counts[0].operations == counts[1].operations);
  CHECK(memcmp(&costs[0], &costs[1], sizeof *costs) == 0);
  bool moves = table->capabilities & HT_MOVES;
  CHECK(costs[0].cycles > 0 && costs[0].cycles <= (moves ? CYCLES_MOST : ASKED_MOST));
  CHECK(!moves || costs[0].copied <= COPIED_MOST);
  return counts[0].operations;
}

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  honest = library ? dlsym(library, "heaptrial_heap") : NULL;
  CHECK(honest && honest->capabilities & HT_FINALIZERS);
  struct ht_heap_table counted = *honest, slow;
  counted.create = create_counted;
  if (!(honest->capabilities & HT_MOVES)) {
    write_collecting();
    run(&counted, "collecting finalizers");
    write_finalizers(20);
    CHECK(run(&counted, "few finalizers") >= program.operation_count);
    return 0;
  }
  slow = counted;
  slow.finalizer_set = finalizer_set_postponed;
  slow.run_finalizers = run_one_finalizer;

  write_reviving(16);
  run(&counted, "small, revived");
  write_reviving(16 << 10);
  run(&counted, "large, revived");
  write_holding(256 << 10);
  run(&counted, "held");
  write_mutators();
  run(&counted, "mutators");

  // Nothing is lost of a program of this size, its finalizers included.
  write_finalizers(20);
  uint64_t done = run(&counted, "few finalizers");
  CHECK(done >= program.operation_count);
  CHECK(run(&slow, "few, one at a time") == done);
  // More rounds than anybody waits for, and no verdict on what is still to be finalized.
  write_finalizers(FINALIZERS);
  run(&counted, "many finalizers");
  run(&slow, "many, one at a time");
  return 0;
}
