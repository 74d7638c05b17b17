// Every operation of a heap program, on the running mutator. One that meets nothing to work on is reduced to
// nothing.
#include "fuzz/runner/runner_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// The slots of the running mutator that an operand can mean.
static uint32_t slot_count(const struct ht_runner *r) {
  return r->shadow->mutators[r->running].frames * HT_FRAME_SLOTS;
}

static shadow_number *shadow_slot(struct ht_runner *r, uint32_t slot) {
  return &r->shadow->mutators[r->running].slots[slot];
}

static ht_ref address_of(struct ht_runner *r, shadow_number number) {
  return number ? shadow_address(run_object(r, number)) : NULL;
}

// Puts an object into a slot's shadow and returns what it held, for run_drop after the heap has done the
// same.
static shadow_number put(struct ht_runner *r, shadow_number *where, shadow_number number) {
  shadow_number old = *where;
  run_hold(r, number);
  *where = number;
  return old;
}

static shadow_number put_field(struct ht_runner *r, struct shadow_object *object, uint32_t k,
                               shadow_number number) {
  run_hold(r, number);
  return shadow_field_set(r->shadow, object, k, number);
}

static void root_set(struct ht_runner *r, uint32_t slot, shadow_number number) {
  shadow_number old = put(r, shadow_slot(r, slot), number);
  r->table->root_set(run_handle(r), run_slot(r, r->running, slot), address_of(r, number));
  run_drop(r, old);
}

static bool alloc(struct ht_runner *r, const struct ht_operation *op, uint32_t slot) {
  size_t limit = (size_t)1 << r->program->header.size_limit;
  size_t bytes = ht_size_of_code(op->c);
  if (bytes > limit) bytes = limit;
  size_t element = ht_program_types[op->b].size;
  size_t count = bytes == 0 ? 0 : bytes < element ? 1 : bytes / element;
  if (!run_alloc(r, slot, op->b, count, ht_operation_alignment(op->d), ht_operation_zeroed(op->d)))
    return false;
  r->allocations++;
  return true;
}

static bool alloc_huge(struct ht_runner *r, const struct ht_operation *op, uint32_t slot) {
  const struct ht_type *type = &ht_program_types[op->b];
  // Even: a size just below the largest. Odd: a count whose product with the size wraps around.
  size_t most = SIZE_MAX / type->size,
         count = op->c & 1 && type->size > 1 ? most + 1 + op->c / 2 : most - op->c / 2;
  run_look(r, slot);
  ht_ref *real = run_slot(r, r->running, slot), before = *real;
  bool done = r->table->alloc(run_handle(r), real, type, count, 0, 0);
  run_safepoint(r);
  HOLDS(r, HT_GEN_6, !done, "an alloc of %zu elements of %zu bytes succeeded", count, type->size);
  HOLDS(r, HT_GEN_6, r->moves || *real == before, "a failed alloc changed slot %u from %p to %p", slot,
        before, *real);
  run_look(r, slot);
  return true;
}

static bool load(struct ht_runner *r, const struct ht_operation *op, uint32_t to, uint32_t from) {
  shadow_number number = run_look(r, from);
  if (!number || run_object(r, number)->tracked == 0) return false;
  struct shadow_object *object = run_object(r, number);
  uint32_t k = op->c % object->tracked;
  ht_ref address = shadow_address(object);
  ht_ref *field = shadow_field(r->shadow, object, address, k);
  shadow_number value = r->shadow->fields[object->fields + k];
  run_observe(r, value, r->table->load(run_handle(r), address, field), "load of field", k);
  shadow_number old = put(r, shadow_slot(r, to), value);
  r->table->root_load(run_handle(r), run_slot(r, r->running, to), address, field);
  run_drop(r, old);
  if (*shadow_slot(r, to) == value) run_look(r, to);
  return true;
}

static bool store(struct ht_runner *r, const struct ht_operation *op, uint32_t to, shadow_number value) {
  shadow_number number = run_look(r, to);
  if (!number || run_object(r, number)->tracked == 0) return false;
  struct shadow_object *object = run_object(r, number);
  uint32_t k = op->c % object->tracked;
  ht_ref address = shadow_address(object);
  shadow_number old = put_field(r, object, k, value);
  r->table->store(run_handle(r), address, shadow_field(r->shadow, object, address, k), address_of(r, value));
  run_drop(r, old);
  return true;
}

enum { RUN_MAX = 16 };

// How many fields from k on lie side by side, at most RUN_MAX.
static uint32_t run_length(struct ht_runner *r, const struct shadow_object *object, ht_ref address,
                           uint32_t k, uint32_t words) {
  ht_ref *first = shadow_field(r->shadow, object, address, k);
  uint32_t n = 1;
  while (n < words && k + n < object->tracked && shadow_field(r->shadow, object, address, k + n) == first + n)
    n++;
  return n;
}

// Replaces a run of fields from k on by others (NULL: by nothing), in the shadow; `dropped` gets what was
// there.
static void replace_run(struct ht_runner *r, struct shadow_object *object, uint32_t k,
                        const shadow_number *values, uint32_t words, shadow_number *dropped) {
  shadow_number copy[RUN_MAX] = {0};
  if (values) memcpy(copy, values, words * sizeof *copy);
  for (uint32_t i = 0; i < words; i++) dropped[i] = put_field(r, object, k + i, copy[i]);
}

static bool copy(struct ht_runner *r, const struct ht_operation *op, uint32_t to_slot, uint32_t from_slot) {
  shadow_number to = run_look(r, to_slot), from = run_look(r, from_slot);
  if (!to || !from || !run_object(r, to)->tracked || !run_object(r, from)->tracked) return false;
  struct shadow_object *target = run_object(r, to), *source = run_object(r, from);
  ht_ref target_address = shadow_address(target), source_address = shadow_address(source);
  uint32_t k = op->c % target->tracked, l = (op->d & 0xfffu) % source->tracked;
  uint32_t words = run_length(r, source, source_address, l, (op->d >> 12) + 1u);
  words = run_length(r, target, target_address, k, words);
  shadow_number dropped[RUN_MAX];
  replace_run(r, target, k, &r->shadow->fields[source->fields + l], words, dropped);
  r->bulk = true;
  r->table->copy(run_handle(r), target_address, shadow_field(r->shadow, target, target_address, k),
                 source_address, shadow_field(r->shadow, source, source_address, l), words);
  r->bulk = false;
  for (uint32_t i = 0; i < words; i++) run_drop(r, dropped[i]);
  return true;
}

static bool clear(struct ht_runner *r, const struct ht_operation *op, uint32_t slot) {
  shadow_number number = run_look(r, slot);
  if (!number || run_object(r, number)->tracked == 0) return false;
  struct shadow_object *object = run_object(r, number);
  ht_ref address = shadow_address(object);
  uint32_t k = op->c % object->tracked;
  uint32_t words = run_length(r, object, address, k, (op->d & 15u) + 1);
  shadow_number dropped[RUN_MAX];
  replace_run(r, object, k, NULL, words, dropped);
  r->bulk = true;
  r->table->clear(run_handle(r), address, shadow_field(r->shadow, object, address, k), words);
  r->bulk = false;
  for (uint32_t i = 0; i < words; i++) run_drop(r, dropped[i]);
  return true;
}

// Announces a word outside the heap as a root the first time it is used.
static bool root_added(struct ht_runner *r, uint32_t *added, ht_ref *roots, unsigned which) {
  if (*added >> which & 1) return true;
  roots[which] = NULL;
  if (!r->table->global_root_add(r->heap, &roots[which])) {
    run_refused(r, "global_root_add");
    return false;
  }
  *added |= 1u << which;
  return true;
}

static bool global_store(struct ht_runner *r, unsigned global, shadow_number value) {
  if (!root_added(r, &r->globals_added, r->globals, global)) return true;
  shadow_number old = put(r, &r->shadow->globals[global], value);
  r->table->store(run_handle(r), NULL, &r->globals[global], address_of(r, value));
  run_drop(r, old);
  return true;
}

bool run_global_clear(struct ht_runner *r, unsigned global) {
  return (r->globals_added >> global & 1) && global_store(r, global, 0);
}

static bool global_load(struct ht_runner *r, uint32_t slot, unsigned global) {
  if (!(r->globals_added >> global & 1)) return false;
  shadow_number value = r->shadow->globals[global];
  run_observe(r, value, r->table->load(run_handle(r), NULL, &r->globals[global]), "global", global);
  shadow_number old = put(r, shadow_slot(r, slot), value);
  r->table->root_load(run_handle(r), run_slot(r, r->running, slot), NULL, &r->globals[global]);
  run_drop(r, old);
  if (*shadow_slot(r, slot) == value) run_look(r, slot);
  return true;
}

static bool send(struct ht_runner *r, unsigned cell, uint32_t slot) {
  shadow_number value = run_look(r, slot);
  if (!value || !root_added(r, &r->cells_added, r->cells, cell)) return false;
  bool full = r->shadow->cells[cell] != 0;
  if (!full) put(r, &r->shadow->cells[cell], value);
  bool sent = r->table->send(run_handle(r), &r->cells[cell], address_of(r, value));
  HOLDS(r, HT_REF_1, sent == !full, "send to %s cell %u said %s", full ? "full" : "empty", cell,
        sent ? "yes" : "no");
  run_observe(r, r->shadow->cells[cell], r->cells[cell], "cell", cell);
  return true;
}

static bool recv(struct ht_runner *r, uint32_t slot, unsigned cell) {
  if (!(r->cells_added >> cell & 1)) return false;
  shadow_number value = r->shadow->cells[cell], old = 0;
  run_look(r, slot);
  if (value) {
    old = *shadow_slot(r, slot);
    *shadow_slot(r, slot) = value;
    r->shadow->cells[cell] = 0;
  }
  bool received = r->table->recv(run_handle(r), &r->cells[cell], run_slot(r, r->running, slot));
  HOLDS(r, HT_REF_1, received == (value != 0), "recv from %s cell %u said %s", value ? "full" : "empty", cell,
        received ? "yes" : "no");
  run_observe(r, r->shadow->cells[cell], r->cells[cell], "cell", cell);
  if (value) run_drop(r, old);
  if (*shadow_slot(r, slot) == value) run_look(r, slot);
  return true;
}

void run_collect(struct ht_runner *r, bool full) {
  if (r->depth == 0) r->judged.number = 0;
  uint64_t cycles = r->told.cycles, refused = r->hooked ? ht_metered_read(r->metered).refused : 0;
  r->table->collect(run_handle(r), full);
  run_charge_collection(r);
  run_safepoint(r);
  if (full) r->collected = r->shadow->epoch;
  // In a callback a cycle may be under way already, this mutator's or another's that waits in one; and one
  // that is refused memory need not take place.
  bool certain = full && r->depth == 0 && run_is_quiet(r) && r->table->capabilities & HT_COLLECTS_CYCLES &&
                 (!r->hooked || ht_metered_read(r->metered).refused == refused);
  if (certain) HOLDS(r, HT_TELL_1, r->told.cycles > cycles, "a full collection told of no cycle");
}

size_t run_finalizers(struct ht_runner *r) {
  r->judged.number = 0;
  uint32_t before = r->callbacks;
  size_t said = r->table->run_finalizers(run_handle(r));
  run_safepoint(r);
  // Beside each other mutators count together.
  uint32_t ran = r->callbacks - before;
  HOLDS(r, HT_FIN_1, said == ran || (run_is_beside(r) && said < ran),
        "run_finalizers said %zu callbacks ran, %u did", said, ran);
  return said;
}

bool run_weak_drop(struct ht_runner *r, unsigned weak) {
  int32_t at = r->weak_table[weak];
  if (at < 0) return false;
  struct shadow_weak *entry = &r->shadow->weaks[at];
  entry->dropped = true;
  run_object(r, entry->object)->weaks--;
  r->weak_table[weak] = -1;
  r->table->weak_drop(run_handle(r), r->weak_handles[at]);
  return true;
}

static bool weak_create(struct ht_runner *r, unsigned weak, uint32_t slot, bool callback) {
  shadow_number number = run_look(r, slot);
  if (!number || r->shadow->weak_count == SHADOW_WEAKS_MAX) return false;
  run_weak_drop(r, weak);
  uint32_t at = r->shadow->weak_count;
  r->weak_calls[at] = (struct run_call){.runner = r, .weak = at};
  r->shadow->weaks[at] = (struct shadow_weak){.object = number, .callback = callback};
  if (!r->table->weak_create(run_handle(r), address_of(r, number), callback ? run_weak_callback : NULL,
                             &r->weak_calls[at], &r->weak_handles[at])) {
    run_refused(r, "weak_create");
    return true;
  }
  r->shadow->weak_count++;
  r->weak_table[weak] = (int32_t)at;
  run_object(r, number)->weaks++;
  return true;
}

static bool weak_load(struct ht_runner *r, uint32_t slot, unsigned weak) {
  if (r->weak_table[weak] < 0) return false;
  // A callback for what the slot held would find a slot whose new content is not known yet; so it comes
  // before.
  if (r->table->capabilities & HT_IMMEDIATE) root_set(r, slot, 0);
  int32_t at = r->weak_table[weak];
  if (at < 0 || (r->table->capabilities & HT_IMMEDIATE && *shadow_slot(r, slot))) return true;
  struct shadow_weak *entry = &r->shadow->weaks[at];
  shadow_number number = entry->object;
  struct shadow_object *object = run_object(r, number);
  // What it will give is not known before: until then the slot is nobody's.
  shadow_number old = *shadow_slot(r, slot);
  *shadow_slot(r, slot) = 0;
  ht_ref *real = run_slot(r, r->running, slot);
  r->table->weak_load(run_handle(r), r->weak_handles[at], real);
  if (*real) {
    HOLDS(r, HT_WEAK_2, !entry->cleared && object->state != SHADOW_RECLAIMED,
          "weak reference %d gives %p after object %u %s", at, *real, number,
          entry->cleared ? "was found cleared" : "was reclaimed");
    for (shadow_number n = 1; n <= r->shadow->count; n++) run_object(r, n)->lost = false;
    if (*shadow_slot(r, slot) == 0) {
      put(r, shadow_slot(r, slot), number);
      run_look(r, slot);
    }
  } else {
    bool excused = entry->cleared || object->lost_once || object->state == SHADOW_RECLAIMED;
    if (!excused && shadow_trace(r->shadow, false) == object->mark)
      HOLDS(r, HT_WEAK_1, false, "weak reference %d is clear, but object %u is reachable", at, number);
    entry->cleared = true;
  }
  r->counts.evaluations[HT_WEAK_1]++;
  run_drop(r, old);
  return true;
}

static bool finalizer_set(struct ht_runner *r, const struct ht_operation *op, uint32_t slot) {
  shadow_number number = run_look(r, slot);
  if (!number || r->call_count == SHADOW_CALLS_MAX) return false;
  struct shadow_object *object = run_object(r, number);
  if (object->finalizer == SHADOW_RAN) return false;
  r->finalizer_calls[r->call_count] =
      (struct run_call){.runner = r, .object = number, .first = op->c, .operations = op->b};
  if (!r->table->finalizer_set(run_handle(r), address_of(r, number), run_finalizer,
                               &r->finalizer_calls[r->call_count])) {
    // What came back once may not be finalized again.
    if (!object->lost_once) run_refused(r, "finalizer_set");
    return true;
  }
  object->call = r->call_count++;
  object->due = false;
  object->finalizer = SHADOW_ARMED;
  return true;
}

static bool pin(struct ht_runner *r, uint32_t slot, bool on) {
  shadow_number number = run_look(r, slot);
  if (!number || !(r->table->capabilities & HT_PINS)) return false;
  struct shadow_object *object = run_object(r, number);
  if (on ? object->pins == 3 : object->pins == 0) return false;
  if (!on) {
    object->pins--;
    r->table->unpin(run_handle(r), address_of(r, number));
  } else if (r->table->pin(run_handle(r), address_of(r, number))) {
    object->pins++;
  } else {
    run_refused(r, "pin");
  }
  return true;
}

// In a child, because it is to end the process. Once a program: a fork costs more than the rest of it.
static bool free_invalid(struct ht_runner *r, const struct ht_operation *op, uint32_t slot) {
  shadow_number number = run_look(r, slot);
  if (!number || r->depth || r->tried_invalid || run_is_beside(r) ||
      !(r->table->capabilities & HT_DIAGNOSES_FREE))
    return false;
  size_t bytes = run_object(r, number)->bytes;
  if (bytes < 2 * HT_WORD) return false;
  r->tried_invalid = true;
  char *address = (char *)address_of(r, number) + HT_WORD * (1 + op->b % (bytes / HT_WORD - 1));
  pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    close(STDERR_FILENO);
    alarm(5);
    r->forked = true;
    r->table->free_invalid(run_handle(r), address);
    _exit(0);
  }
  // An engine's timer may interrupt the wait.
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  HOLDS(r, HT_GEN_12,
        !(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
            !(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM),
        "freeing %p, inside object %u, went unnoticed", (void *)address, number);
  return true;
}

// What would leave the shadow stack or the carrier other than a callback found it is not done in one.
static bool dispatch(struct ht_runner *r, const struct ht_operation *op, uint32_t slots) {
  uint64_t can = r->table->capabilities;
  uint32_t a = op->a % slots, b = op->b % slots;
  switch (r->code) {
  case HT_OP_ALLOC:
    return alloc(r, op, a);
  case HT_OP_ALLOC_HUGE:
    return alloc_huge(r, op, a);
  case HT_OP_LOAD:
    return load(r, op, a, b);
  case HT_OP_STORE:
    return store(r, op, a, run_look(r, b));
  case HT_OP_CLEAR_FIELD:
    return store(r, op, a, 0);
  case HT_OP_COPY:
    return copy(r, op, a, b);
  case HT_OP_CLEAR:
    return clear(r, op, a);
  case HT_OP_ROOT_SET:
    root_set(r, a, run_look(r, b));
    return true;
  case HT_OP_RELEASE:
  case HT_OP_ROOT_CLEAR:
    if (!run_look(r, a)) return false;
    root_set(r, a, 0);
    return true;
  case HT_OP_PUSH:
    if (r->depth || r->shadow->mutators[r->running].frames == HT_FRAMES_MAX) return false;
    run_push(r);
    return true;
  case HT_OP_POP:
    if (r->depth || r->shadow->mutators[r->running].frames == 1) return false;
    run_pop(r);
    return true;
  case HT_OP_GLOBAL_STORE:
    return global_store(r, run_share(r, op->a, HT_GLOBALS), run_look(r, b));
  case HT_OP_GLOBAL_LOAD:
    return global_load(r, a, run_share(r, op->b, HT_GLOBALS));
  case HT_OP_GLOBAL_CLEAR:
    return run_global_clear(r, run_share(r, op->a, HT_GLOBALS));
  case HT_OP_SEND:
    return !r->apart && send(r, op->a, b);
  case HT_OP_RECV:
    return !r->apart && recv(r, a, op->b);
  case HT_OP_ATTACH:
    r->mutators[op->a].ended = false;
    return true;
  case HT_OP_DETACH:
    if (r->depth) return false;
    r->mutators[r->running].ended = true;
    run_detach(r, r->running);
    return true;
  case HT_OP_BLOCK:
    if (r->depth) return false;
    run_block(r, run_is_beside(r) ? r->mutators[r->running].carrier : op->a % r->carrier_count);
    return true;
  case HT_OP_POLL:
    r->table->poll(run_handle(r));
    run_safepoint(r);
    return true;
  case HT_OP_COLLECT:
    run_collect(r, op->a & 1);
    if (!r->depth) run_compare_collected(r);
    return true;
  case HT_OP_WEAK:
    return (can & HT_WEAK) && weak_create(r, run_share(r, op->a, HT_WEAKS), b, op->c & 1);
  case HT_OP_WEAK_LOAD:
    return (can & HT_WEAK) && weak_load(r, a, run_share(r, op->b, HT_WEAKS));
  case HT_OP_WEAK_DROP:
    return run_weak_drop(r, run_share(r, op->a, HT_WEAKS));
  case HT_OP_FINALIZER:
    return (can & HT_FINALIZERS) && finalizer_set(r, op, a);
  case HT_OP_RUN_FINALIZERS:
    if (r->depth || !(can & HT_FINALIZERS)) return false;
    run_finalizers(r);
    return true;
  case HT_OP_PIN:
    return pin(r, a, true);
  case HT_OP_UNPIN:
    return pin(r, a, false);
  case HT_OP_RESIZE: {
    size_t limit = (size_t)1 << r->program->header.size_limit, bytes = ht_size_of_code(op->c);
    shadow_number number = *shadow_slot(r, a);
    if (!number) return false;
    size_t element = ht_program_types[run_object(r, number)->type].size;
    return run_resize(r, a, (bytes < limit ? bytes : limit) / element, ht_operation_zeroed(op->d));
  }
  case HT_OP_REFUSE:
    if (!r->hooked) return false;
    ht_metered_refuse(r->metered, op->a, 0);
    return true;
  case HT_OP_FREE_INVALID:
    return free_invalid(r, op, a);
  case HT_OP_CHECK:
    if (r->depth) return false;
    run_compare(r, !run_is_beside(r));
    return true;
  case HT_OP_NOTHING:
  case HT_OPERATION_CODES:
    break;
  }
  return false;
}

bool run_operation(struct ht_runner *r, const struct ht_operation *operation) {
  uint32_t slots = slot_count(r);
  if (slots == 0) return false;
  // In a callback: what this operation lets the heap find is judged by itself, and then it goes on as before.
  struct run_judgement outer = r->judged;
  r->judged.number = 0;
  r->code = operation->code;
  bool turn = run_is_beside(r) && run_takes_turns(r, r->code);
  if (turn) base_mutex_lock(&r->turn);
  bool done = dispatch(r, operation, slots);
  if (turn) base_mutex_unlock(&r->turn);
  r->judged = outer;
  r->counts.operations += done;
  return done;
}
