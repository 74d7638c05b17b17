// service: requests, each of them many short-lived objects below 128 bytes, served by thousands of tasks on a
// few carriers, beside a cache that lives. What a server asks of a heap: garbage that dies young, a set that
// stays, roots on ten thousand stacks that hardly change, and tasks that come and go.
//
// A task is a mutator with a frame of its own; a carrier has ht_service_tasks(number) of them, of which one
// runs and the others are blocked. Request number r, from 0, goes to task r % tasks, has the word w = base +
// r and the draws x = mix(w), y = mix(x).
//
//   parts    8, chained, each referring to the one before it. Part j has 2 + x / 2^(8j) % 256 % 14 words,
//            the first of them the reference, the last w + j. Read back from the last to the first; their
//            sum s counts as checksum_add(checksum, 1, s). They die.
//   session  an object of the task, made at its first request, to whose last word s is added. When the task
//            has served 8 requests that word counts with the number of the task as position, and the task
//            ends and makes room for another. Those that are left count at the end.
//   cache    an array of `live` entries of 32 words: the first is its place, the last at first ~(base +
//            place). The request looks at place y % live, and the first word of what it finds counts with
//            the place as position. If y / 2^32 % 16 is 0 it puts a new entry there, the last word w. The
//            last word of an entry counts when it is replaced, or at the end, with its place as position.
#include "bench/workloads/choices.h"
#include HT_CALLS_HEADER

#include <sys/mman.h>

static const uint64_t first_map[] = {1};
static const struct ht_type reference_type = {"reference", HT_WORD, 1, first_map};
static const struct ht_type session_type = {"session", sizeof(uint64_t[HT_SERVICE_SESSION_WORDS]), 0, NULL};
static const struct ht_type entry_type = {"entry", sizeof(uint64_t[HT_SERVICE_ENTRY_WORDS]), 0, NULL};

#define TYPE(words) \
  { "part-" #words, (words)*HT_WORD, 1, first_map }
static const struct ht_type part_types[] = {
    TYPE(2), TYPE(3),  TYPE(4),  TYPE(5),  TYPE(6),  TYPE(7),  TYPE(8),
    TYPE(9), TYPE(10), TYPE(11), TYPE(12), TYPE(13), TYPE(14), TYPE(15),
};
#undef TYPE

enum { SESSION, PART, CHAIN, CACHE, ENTRY };

// One of the tasks that share a carrier.
struct client {
  struct ht_mutator *mutator; // NULL: none; otherwise blocked unless it is served
  struct ht_frame *frame;
  uint64_t served;
};

// In the task's state. The frames lie behind the clients.
struct service {
  size_t bytes;
  uint64_t count;
  struct client clients[];
};

static bool client_begin(struct ht_task *task, struct client *c) {
  if (!heap_attach(task->mutator->heap, task->carrier, &c->mutator)) {
    c->mutator = NULL;
    return false;
  }
  heap_push(c->mutator, c->frame);
  c->served = 0;
  return true;
}

static void client_end(struct client *c) {
  for (unsigned i = 0; i < HT_SERVICE_SLOTS; i++) heap_root_set(c->mutator, &c->frame->slots[i], NULL);
  heap_pop(c->mutator);
  heap_detach(c->mutator);
  c->mutator = NULL;
}

// Ends all that are there. The task's own mutator is blocked before and runs afterwards.
static void dismiss(struct ht_task *task) {
  struct service *s = task->state;
  for (uint64_t i = 0; i < s->count; i++)
    if (s->clients[i].mutator) {
      heap_unblock(s->clients[i].mutator, task->carrier);
      client_end(&s->clients[i]);
    }
  munmap(s, s->bytes);
  heap_unblock(task->mutator, task->carrier);
}

// Frames come straight from the system, as all do.
static bool employ(struct ht_task *task) {
  uint64_t count = ht_service_tasks(task->params, task->number);
  size_t frame_bytes = sizeof(struct ht_frame) + HT_SERVICE_SLOTS * sizeof(ht_ref);
  size_t bytes = sizeof(struct service) + count * (sizeof(struct client) + frame_bytes);
  struct service *s = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (s == MAP_FAILED) return false;
  s->bytes = bytes;
  s->count = count;
  task->state = s;
  char *frames = (char *)&s->clients[count];
  heap_block(task->mutator);
  for (uint64_t i = 0; i < count; i++) {
    struct client *c = &s->clients[i];
    c->frame = (struct ht_frame *)(frames + i * frame_bytes);
    c->frame->count = HT_SERVICE_SLOTS;
    if (!client_begin(task, c)) {
      dismiss(task);
      return false;
    }
    heap_block(c->mutator);
  }
  heap_unblock(task->mutator, task->carrier);
  return true;
}

static bool make_entry(struct ht_task *task, struct ht_mutator *m, ht_ref *slot, uint64_t place,
                       uint64_t word) {
  if (!heap_alloc(m, slot, &entry_type, 1, 0, 0)) return false;
  uint64_t *entry = *slot;
  entry[0] = place;
  entry[HT_SERVICE_ENTRY_WORDS - 1] = word;
  task->allocations++;
  return true;
}

static bool begin(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  ht_ref *slots = task->slots;
  if (!heap_alloc(m, &slots[CACHE], &reference_type, task->params->live, 0, 0)) return false;
  task->allocations++;
  heap_store(m, NULL, &task->shared[task->number], slots[CACHE]);
  for (uint64_t place = 0; place < task->params->live; place++) {
    if (!make_entry(task, m, &slots[ENTRY], place, ht_service_first(task->base, place))) return false;
    heap_store(m, slots[CACHE], (ht_ref *)slots[CACHE] + place, slots[ENTRY]);
  }
  heap_root_set(m, &slots[ENTRY], NULL);
  heap_root_set(m, &slots[CACHE], NULL);
  return employ(task);
}

static bool make_parts(struct ht_task *task, struct client *c, uint64_t word, uint64_t x) {
  struct ht_mutator *m = c->mutator;
  ht_ref *slots = c->frame->slots;
  for (unsigned j = 0; j < HT_SERVICE_PARTS; j++) {
    uint64_t words = ht_service_part_words(x, j);
    if (!heap_alloc(m, &slots[PART], &part_types[words - HT_SERVICE_PART_WORDS_LEAST], 1, 0, 0)) return false;
    ht_ref part = slots[PART];
    heap_store(m, part, part, slots[CHAIN]);
    ((uint64_t *)part)[words - 1] = word + j;
    heap_root_set(m, &slots[CHAIN], part);
    heap_root_set(m, &slots[PART], NULL);
    task->allocations++;
  }
  return true;
}

static uint64_t read_parts(struct client *c, uint64_t x) {
  struct ht_mutator *m = c->mutator;
  ht_ref *slots = c->frame->slots;
  uint64_t sum = 0;
  for (unsigned j = HT_SERVICE_PARTS; j-- > 0;) {
    ht_ref part = slots[CHAIN];
    sum += ((uint64_t *)part)[ht_service_part_words(x, j) - 1];
    heap_root_load(m, &slots[PART], part, part);
    heap_root_set(m, &slots[CHAIN], slots[PART]);
    heap_release(m, part);
  }
  heap_root_set(m, &slots[PART], NULL);
  return sum;
}

// Counts the entry in a slot, which nothing else holds, and lets it go.
static void drop_entry(struct ht_task *task, struct ht_mutator *m, ht_ref *slot, uint64_t place) {
  uint64_t *entry = *slot;
  task->checksum = ht_checksum_add(task->checksum, place, entry[HT_SERVICE_ENTRY_WORDS - 1]);
  heap_root_set(m, slot, NULL);
  heap_release(m, entry);
}

static bool use_cache(struct ht_task *task, struct client *c, uint64_t word, uint64_t y) {
  struct ht_mutator *m = c->mutator;
  ht_ref *slots = c->frame->slots;
  uint64_t place = y % task->params->live;
  bool renews = ht_service_renews(y);
  // A slot of its own for the new one: it is made before the others are looked at, for that may move them.
  if (renews && !make_entry(task, m, &slots[PART], place, word)) return false;
  heap_root_load(m, &slots[CACHE], NULL, &task->shared[task->number]);
  ht_ref *cache = slots[CACHE];
  heap_root_load(m, &slots[ENTRY], cache, &cache[place]);
  task->checksum = ht_checksum_add(task->checksum, place, *(uint64_t *)slots[ENTRY]);
  if (renews) {
    heap_store(m, cache, &cache[place], slots[PART]);
    heap_root_set(m, &slots[PART], NULL);
    drop_entry(task, m, &slots[ENTRY], place);
  }
  heap_root_set(m, &slots[ENTRY], NULL);
  heap_root_set(m, &slots[CACHE], NULL);
  return true;
}

static bool add_to_session(struct ht_task *task, struct client *c, uint64_t sum) {
  ht_ref *slot = &c->frame->slots[SESSION];
  if (c->served == 0) {
    if (!heap_alloc(c->mutator, slot, &session_type, 1, 0, HT_ZEROED)) return false;
    task->allocations++;
  }
  ((uint64_t *)*slot)[HT_SERVICE_SESSION_WORDS - 1] += sum;
  c->served++;
  return true;
}

static void close_session(struct ht_task *task, struct client *c, uint64_t number) {
  uint64_t *session = c->frame->slots[SESSION];
  task->checksum = ht_checksum_add(task->checksum, number, session[HT_SERVICE_SESSION_WORDS - 1]);
  heap_root_set(c->mutator, &c->frame->slots[SESSION], NULL);
  heap_release(c->mutator, session);
}

// One request. The client runs before and, if all went well, afterwards.
static bool serve(struct ht_task *task, struct client *c, uint64_t number) {
  uint64_t word = task->base + task->done, x = ht_mix(word);
  if (!make_parts(task, c, word, x)) return false;
  uint64_t sum = read_parts(c, x);
  task->checksum = ht_checksum_add(task->checksum, 1, sum);
  if (!add_to_session(task, c, sum) || !use_cache(task, c, word, ht_mix(x))) return false;
  task->done++;
  if (c->served < HT_SERVICE_LIFE) return true;
  close_session(task, c, number);
  client_end(c);
  return client_begin(task, c);
}

static bool body(struct ht_task *task) {
  struct service *s = task->state;
  uint64_t before = task->samples ? ht_task_clock() : 0;
  heap_block(task->mutator);
  for (uint64_t i = task->params->operations; i > 0; i--) {
    uint64_t number = task->done % s->count;
    struct client *c = &s->clients[number];
    heap_unblock(c->mutator, task->carrier);
    bool served = serve(task, c, number);
    if (c->mutator) heap_block(c->mutator);
    if (!served) {
      dismiss(task);
      return false;
    }
    if (ht_task_samples(task)) before = ht_task_sample(task, before);
  }
  heap_unblock(task->mutator, task->carrier);
  return true;
}

static void end(struct ht_task *task) {
  struct ht_mutator *m = task->mutator;
  struct service *s = task->state;
  ht_ref *slots = task->slots;
  heap_block(m);
  for (uint64_t i = 0; i < s->count; i++) {
    struct client *c = &s->clients[i];
    if (c->served == 0) continue;
    heap_unblock(c->mutator, task->carrier);
    close_session(task, c, i);
    heap_block(c->mutator);
  }
  dismiss(task);
  heap_root_load(m, &slots[CACHE], NULL, &task->shared[task->number]);
  ht_ref *cache = slots[CACHE];
  for (uint64_t place = 0; place < task->params->live; place++) {
    heap_root_load(m, &slots[ENTRY], cache, &cache[place]);
    heap_store(m, cache, &cache[place], NULL);
    drop_entry(task, m, &slots[ENTRY], place);
  }
  heap_store(m, NULL, &task->shared[task->number], NULL);
  heap_root_set(m, &slots[CACHE], NULL);
  heap_release(m, cache);
}

HT_WORKLOAD_CODE(service, "service");
