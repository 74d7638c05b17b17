#include "fuzz/runner/runner_internal.h"

#include "allocators/base/memory.h"

#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  POOL_BYTES = 512 << 20, // address space kept from one heap to the next
  REPEAT_ONE_IN = 16,     // programs that are run twice to compare addresses
};

void run_broken(struct ht_runner *r, size_t invariant, const char *format, ...) {
  if (!ht_invariant_in(&r->options.only, invariant)) return;
  // The run that could be left is the parent's. As far as that can see, nobody noticed anything.
  if (r->forked) _exit(0);
  struct ht_verdict *verdict = r->verdict;
  verdict->kind = HT_BROKEN;
  verdict->invariant = invariant;
  verdict->operation = r->operation;
  verdict->code = r->code;
  va_list list;
  va_start(list, format);
  vsnprintf(verdict->message, sizeof verdict->message, format, list);
  va_end(list);
  if (run_is_beside(r)) r->options.beside->broken(r->options.beside->context);
  longjmp(*r->broken, 1);
}

void ht_verdict_print(const struct ht_verdict *verdict, const struct ht_heap_table *table, FILE *out) {
  switch (verdict->kind) {
  case HT_KEPT:
    fprintf(out, "KEPT heap %s\n", table->name);
    break;
  case HT_NO_VERDICT:
    fprintf(out, "NO-VERDICT heap %s: %s\n", table->name, verdict->message);
    break;
  case HT_BROKEN:
    fprintf(out, "INVARIANT %s operation %zu %s heap %s: %s\n",
            ht_invariant_entry(table, verdict->invariant)->name, verdict->operation,
            ht_operation_name(verdict->code), table->name, verdict->message);
    break;
  }
}

// Between the heap and the metered memory while addresses are recorded: remembers where reservations lie.
static void *recorder_reserve(void *context, size_t bytes, size_t alignment) {
  struct ht_runner *r = context;
  const struct ht_memory *below = ht_metered_memory(r->metered);
  void *address = below->reserve(below->context, bytes, alignment);
  if (address && r->reservation_count < RESERVATIONS_MAX)
    r->reservations[r->reservation_count++] =
        (struct run_reservation){.address = (uintptr_t)address, .bytes = bytes};
  return address;
}

static bool recorder_commit(void *context, void *address, size_t bytes) {
  const struct ht_memory *below = ht_metered_memory(((struct ht_runner *)context)->metered);
  return below->commit(below->context, address, bytes);
}

static void recorder_decommit(void *context, void *address, size_t bytes) {
  const struct ht_memory *below = ht_metered_memory(((struct ht_runner *)context)->metered);
  below->decommit(below->context, address, bytes);
}

static bool recorder_protect_none(void *context, void *address, size_t bytes) {
  const struct ht_memory *below = ht_metered_memory(((struct ht_runner *)context)->metered);
  return below->protect_none(below->context, address, bytes);
}

static void recorder_release(void *context, void *address, size_t bytes) {
  struct ht_runner *r = context;
  const struct ht_memory *below = ht_metered_memory(r->metered);
  // The numbers of the other reservations stay; this one covers nothing any more.
  for (uint32_t i = 0; i < r->reservation_count; i++)
    if (r->reservations[i].address == (uintptr_t)address) r->reservations[i].bytes = 0;
  below->release(below->context, address, bytes);
}

static enum ht_status create_heap(struct ht_runner *r, char *message, size_t message_size) {
  const struct ht_memory *memory = r->recording ? &r->recorder : ht_metered_memory(r->metered);
  struct ht_config config = {
      .memory = r->hooked ? memory : NULL,
      .settings = r->options.settings,
      .setting_count = r->options.setting_count,
      .sink = {r, run_event},
      .examiner = {r, run_examined},
      .message = message,
      .message_size = message_size,
  };
  return r->table->create(&config, &r->heap);
}

struct ht_runner *ht_runner_open(const struct ht_runner_options *options, char *message,
                                 size_t message_size) {
  if (!ht_invariants_check(options->table, message, message_size)) return NULL;
  struct ht_runner *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (r == MAP_FAILED) goto no_runner;
  r->options = *options;
  r->table = options->table;
  r->moves = r->table->capabilities & HT_MOVES;
  r->releases = r->table->capabilities & HT_RELEASES;
  r->hooked = r->table->capabilities & HT_MEMORY_HOOK;
  r->own_count = ht_invariant_count(r->table) - HT_INVARIANTS;
  base_mutex_init(&r->elsewhere.mutex);
  base_mutex_init(&r->turn);
  r->recorder = (struct ht_memory){
      r, recorder_reserve, recorder_commit, recorder_decommit, recorder_protect_none, recorder_release};
  r->shadow = shadow_create();
  if (!r->shadow) goto no_shadow;
  // A world of its own has its own way to make the next run like the last.
  size_t pool = run_is_beside(r) ? 0 : POOL_BYTES;
  r->metered =
      ht_metered_create(base_memory_os(), &(struct ht_metered_options){.pool_bytes = pool, .dirty = true});
  if (!r->metered) goto no_metered;
  // Whether the heap can be made here at all is known before the first program. What it says of its
  // invariants meanwhile decides nothing: each program makes it again.
  snprintf(message, message_size, "the heap does not say why");
  if (create_heap(r, message, message_size) != HT_OK) goto no_heap;
  r->table->destroy(r->heap);
  ht_metered_reset(r->metered);
  return r;

no_heap:
  ht_metered_destroy(r->metered);
  shadow_destroy(r->shadow);
  munmap(r, sizeof *r);
  return NULL;
no_metered:
  shadow_destroy(r->shadow);
no_shadow:
  munmap(r, sizeof *r);
no_runner:
  snprintf(message, message_size, "no memory for the runner");
  return NULL;
}

void ht_runner_close(struct ht_runner *r) {
  run_is_here(NULL);
  run_threads_end(r);
  ht_metered_destroy(r->metered);
  shadow_destroy(r->shadow);
  munmap(r, sizeof *r);
}

const struct ht_runner_counts *ht_runner_counts(const struct ht_runner *r) {
  return &r->counts;
}

static void queues_init(struct run_queues *queues, const struct ht_program *program) {
  size_t end = program->operation_count;
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++) queues->head[m] = end;
  for (size_t i = end; i-- > 0;) {
    unsigned m = program->operations[i].mutator;
    queues->next[i] = (uint16_t)queues->head[m];
    queues->head[m] = i;
  }
}

// In two parts, so that a heap that crashes leaves the operation it crashed in as the last thing said.
static void trace_before(struct ht_runner *r, const struct ht_operation *operation) {
  fprintf(r->options.trace, "%5zu  ", r->operation);
  ht_operation_print(operation, r->options.trace);
  fflush(r->options.trace);
}

static void trace_after(struct ht_runner *r, bool done) {
  fprintf(r->options.trace, "%s\n", done ? "" : "    (nothing to do it on)");
  fflush(r->options.trace);
}

// What comes with an operation: collections by the header's rule, comparisons.
static void after(struct ht_runner *r, unsigned index) {
  const struct ht_program_header *header = &r->program->header;
  r->under_way++;
  if (r->collect_due)
    run_operation(
        r, &(struct ht_operation){.code = HT_OP_COLLECT, .a = r->allocations / header->collect_period & 1});
  bool asks = !run_is_beside(r);
  if (r->options.every || (header->zeal && index % header->zeal == 0)) run_compare(r, asks);
  r->under_way--;
}

static void operate(struct ht_runner *r, unsigned index) {
  const struct ht_program_header *header = &r->program->header;
  uint32_t allocations = r->allocations;
  r->under_way++;
  r->done = run_operation(r, &r->program->operations[index]);
  r->under_way--;
  r->collect_due =
      header->collect_period && r->allocations != allocations && r->allocations % header->collect_period == 0;
}

static bool has_ended(struct ht_runner *r) {
  if (r->work.ended || !run_is_spent(r)) return r->work.ended;
  if (r->options.trace) fputs("       the rest is more work than a program may make\n", r->options.trace);
  return r->work.ended = true;
}

void run_step(struct ht_runner *r, size_t index) {
  if (has_ended(r)) return;
  unsigned mutator = r->program->operations[index].mutator;
  r->operation = index;
  r->code = r->program->operations[index].code;
  // A mutator that has ended, or for which there is no memory, has nothing to say.
  const struct run_mutator *m = &r->mutators[mutator];
  r->done = r->collect_due = false;
  if (r->options.trace) trace_before(r, &r->program->operations[index]);
  if (run_switch(r, mutator, m->handle ? m->carrier : mutator % r->carrier_count))
    run_on(r, m->carrier, operate, (unsigned)index);
  if (r->options.trace) trace_after(r, r->done);
  run_elsewhere_look(r);
  if (r->running != HT_MUTATORS_MAX) run_on(r, r->mutators[r->running].carrier, after, (unsigned)index);
}

// With several mutators: as the schedule says; where it ends, the mutator with the earliest operation that is
// left, for switch_period operations.
static void run_scheduled(struct ht_runner *r) {
  const struct ht_program *program = r->program;
  size_t end = program->operation_count, choice = 0;
  queues_init(&r->queues, program);
  for (;;) {
    unsigned mutator = 0, operations = program->header.switch_period ? program->header.switch_period : 1;
    if (choice < program->header.schedule_length) {
      mutator = ht_schedule_mutator(program->schedule[choice]) % program->header.mutators;
      operations = ht_schedule_operations(program->schedule[choice++]);
      for (unsigned i = 0; i < program->header.mutators && r->queues.head[mutator] == end; i++)
        mutator = (mutator + 1) % program->header.mutators;
    } else {
      for (unsigned m = 1; m < program->header.mutators; m++)
        if (r->queues.head[m] < r->queues.head[mutator]) mutator = m;
    }
    if (r->queues.head[mutator] == end) return;
    for (; operations > 0 && r->queues.head[mutator] != end; operations--) {
      size_t index = r->queues.head[mutator];
      r->queues.head[mutator] = r->queues.next[index];
      run_step(r, index);
    }
  }
}

static void begin(struct ht_runner *r, const struct ht_program *program) {
  shadow_reset(r->shadow);
  r->program = program;
  r->heap = NULL;
  r->running = HT_MUTATORS_MAX;
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++) {
    r->mutators[m].handle = NULL;
    r->mutators[m].ended = false;
  }
  for (unsigned i = 0; i < HT_WEAKS; i++) r->weak_table[i] = -1;
  r->carrier_count = 0;
  base_mutex_init(&r->turn);
  r->operation = r->depth = r->under_way = r->allocations = r->made = r->released_at = r->resized =
      r->callbacks = r->call_count = 0;
  r->allocated = 0;
  r->work = (struct run_work){0};
  r->collected = 0;
  r->live = r->peak = (struct run_amount){0, 0};
  r->bulk = r->tired = r->tried_invalid = r->crossed = false;
  r->judgements = r->judged.number = 0;
  r->globals_added = r->cells_added = 0;
  r->told.pause_end = r->told.cycles = 0;
  r->told.fault = NULL;
  atomic_store_explicit(&r->elsewhere.broken, false, memory_order_relaxed);
  r->address_fold = 0;
  r->reservation_count = r->reservations_used = 0;
}

static void open_carrier(struct ht_runner *r, unsigned carrier) {
  if (r->table->carrier_open(r->heap, &r->carriers[carrier]))
    r->carrier_count++;
  else
    run_refused(r, "carrier_open");
}

static void close_carrier(struct ht_runner *r, unsigned carrier) {
  r->table->carrier_close(r->carriers[carrier]);
}

void run_close_carriers(struct ht_runner *r, unsigned left) {
  for (; r->carrier_count > left; r->carrier_count--)
    run_on(r, r->carrier_count - 1, close_carrier, r->carrier_count - 1);
}

// Opens carriers; false: a page request was refused, and the run ends with that.
static bool open_carriers(struct ht_runner *r, unsigned wanted) {
  if (run_is_beside(r))
    wanted = r->program->header.mutators < HT_CARRIERS_MAX ? r->program->header.mutators : HT_CARRIERS_MAX;
  if (r->options.carriers && wanted > r->options.carriers) wanted = r->options.carriers;
  if (r->table->carriers && wanted > r->table->carriers) wanted = r->table->carriers;
  r->threaded = wanted > 1 && r->table->capabilities & HT_THREAD_BOUND;
  if (r->threaded) wanted = run_threads(r, wanted);
  for (unsigned c = 0; c < wanted && r->carrier_count == c; c++) run_on(r, c, open_carrier, c);
  if (r->threaded) run_gather(r);
  return r->carrier_count > 0;
}

static void end(struct ht_runner *r) {
  for (unsigned i = 0; i < HT_WEAKS; i++) run_weak_drop(r, i);
  run_detach(r, r->last);
  for (unsigned i = 0; i < HT_GLOBALS; i++)
    if (r->globals_added >> i & 1) r->table->global_root_remove(r->heap, &r->globals[i]);
  for (unsigned i = 0; i < HT_CELLS; i++)
    if (r->cells_added >> i & 1) r->table->global_root_remove(r->heap, &r->cells[i]);
}

static void compare_returned(struct ht_runner *r) {
  const char *misuse = ht_metered_misuse(r->metered);
  HOLDS(r, HT_GEN_10, misuse == NULL, "the heap misused its memory: %s", misuse);
  struct ht_metered_counts counts = ht_metered_read(r->metered);
  HOLDS(r, HT_GEN_10, counts.reserved == 0,
        "after destroy %zu bytes are still reserved, %zu of them committed", counts.reserved,
        counts.committed);
}

static void run_once(struct ht_runner *r, const struct ht_program *program) {
  begin(r, program);
  if (r->hooked && program->header.refuse) ht_metered_refuse(r->metered, program->header.refuse, 0);
  char message[256] = "";
  enum ht_status status = create_heap(r, message, sizeof message);
  if (status == HT_OK) {
    r->apart = r->table->exchanges && !r->table->exchanges(r->heap);
    if (open_carriers(r, program->header.carriers)) {
      if (run_is_beside(r))
        run_beside(r);
      else if (program->header.mutators == 1)
        for (size_t i = 0; i < program->operation_count; i++) run_step(r, i);
      else
        run_scheduled(r);
      run_finish(r);
      end(r);
    }
    run_close_carriers(r, 0);
    run_scatter(r);
    r->table->destroy(r->heap);
    run_elsewhere_look(r);
  } else {
    run_refused(r, "create");
  }
  if (r->hooked) {
    compare_returned(r);
    ht_metered_reset(r->metered);
  }
}

// One program in so many is run twice, chosen by what it says.
static bool is_repeated(const struct ht_runner *r, const struct ht_program *program) {
  if (!(r->table->capabilities & HT_REPEATABLE) || run_is_beside(r)) return false;
  uint64_t fold = program->operation_count;
  for (size_t i = 0; i < program->operation_count && i < 64; i++)
    fold = (fold ^ program->operations[i].code ^ program->operations[i].c) * 0x9e3779b97f4a7c15u;
  return (fold >> 32) % REPEAT_ONE_IN == 0;
}

void ht_runner_run(struct ht_runner *r, const struct ht_program *program, struct ht_verdict *verdict) {
  verdict->kind = HT_KEPT;
  verdict->message[0] = 0;
  r->verdict = verdict;
  r->counts.programs++;
  jmp_buf here;
  r->broken = &here;
  r->on = 0;
  run_is_here(r);
  // A schedule may have been abandoned.
  if (run_is_beside(r) && r->hooked) ht_metered_reset(r->metered);
  if (setjmp(here)) {
    run_scatter(r);
    return;
  }
  r->recording = is_repeated(r, program);
  run_once(r, program);
  if (r->own_count) run_elsewhere_count(r);
  if (!r->recording) return;
  uint64_t fold = r->address_fold;
  run_once(r, program);
  HOLDS(r, HT_GEN_13, r->address_fold == fold, "a second run of the program allocated at other addresses");
}
