// Span sets against a queue, with memory that is refused, and with threads that pass spans through several
// sets (GOA-18; under ThreadSanitizer also that what was written before is seen).
//
//   span_set_test [SEED]
#include "allocators/go/sets/internal.h"

#include "base/check.h"
#include "base/thread.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct go_span {
  uint64_t passed; // plain: of who has the span
};

enum {
  SPANS = 5000,
  SETS = 3,
  STEPS = 60000,
  LOOK_EVERY = 500,
  THREADS = 4,
  THREAD_STEPS = 100000,
};

static struct go_span spans[SPANS];

// The system's memory, of which the n-th request may be refused.
struct source {
  struct ht_memory memory;
  size_t requests, refuse_at, reserved; // refuse_at 0: none
};

static void *reserve(void *context, size_t bytes, size_t alignment) {
  struct source *source = context;
  if (++source->requests == source->refuse_at) return NULL;
  source->reserved++;
  return base_reserve(base_memory_os(), bytes, alignment);
}

static bool commit(void *context, void *address, size_t bytes) {
  struct source *source = context;
  return ++source->requests != source->refuse_at && base_commit(base_memory_os(), address, bytes);
}

static void release(void *context, void *address, size_t bytes) {
  struct source *source = context;
  source->reserved--;
  base_release(base_memory_os(), address, bytes);
}

struct trial {
  struct source source;
  struct pages pages;
  struct go_set_memory memory;
  struct go_span_set sets[SETS];
};

static void begin(struct trial *t) {
  *t = (struct trial){.source.memory = {.reserve = reserve, .commit = commit, .release = release}};
  t->source.memory.context = &t->source;
  pages_init(&t->pages, &(struct ht_config){.memory = &t->source.memory});
  go_set_memory_init(&t->memory, &t->pages);
  for (int i = 0; i < SETS; i++) go_span_set_init(&t->sets[i], &t->memory);
}

static void check(const struct trial *t) {
  size_t blocks = 0;
  for (int i = 0; i < SETS; i++) {
    const char *wrong = go_span_set_check(&t->sets[i]);
    if (wrong) fprintf(stderr, "set %d: %s\n", i, wrong);
    CHECK(!wrong);
    blocks += go_span_set_blocks(&t->sets[i]);
  }
  CHECK(blocks == go_set_memory_blocks(&t->memory));
}

static void end(struct trial *t) {
  check(t);
  go_set_memory_finish(&t->memory);
  CHECK(t->source.reserved == 0 && atomic_load(&t->pages.committed) == 0);
}

static uint64_t draw(uint64_t *random, uint64_t below) {
  // Numerical Recipes' 64-bit linear congruence, upper half.
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return (*random >> 33) % below;
}

// What one set holds, in order: nobody else is there, so it is a queue.
struct queue {
  struct go_span *spans[STEPS];
  size_t first, end, seen;
};
static struct queue queues[SETS];

static bool see(void *context, struct go_span *span) {
  struct queue *queue = context;
  return queue->first + queue->seen < queue->end && queue->spans[queue->first + queue->seen++] == span;
}

static bool see_two(void *context, struct go_span *span) {
  (void)span;
  return ++*(size_t *)context < 2;
}

static void look(struct trial *t) {
  check(t);
  for (int i = 0; i < SETS; i++) {
    struct queue *queue = &queues[i];
    size_t held = queue->end - queue->first, two = 0;
    queue->seen = 0;
    CHECK(go_span_set_each(&t->sets[i], see, queue) && queue->seen == held);
    CHECK(go_span_set_each(&t->sets[i], see_two, &two) == (held < 2) && two == (held < 2 ? held : 2));
    CHECK(go_span_set_is_empty(&t->sets[i]) == (held == 0));
  }
}

static void against_a_queue(uint64_t seed) {
  struct trial t;
  begin(&t);
  memset(queues, 0, sizeof queues);
  uint64_t random = seed;
  unsigned adds = 5; // of 10 steps
  for (int step = 0; step < STEPS; step++) {
    if (step % 1000 == 0) adds = 3 + (unsigned)draw(&random, 5);
    int number = (int)draw(&random, SETS);
    struct queue *queue = &queues[number];
    struct go_span_set *set = &t.sets[number];
    if (draw(&random, 10) < adds) {
      struct go_span *span = &spans[draw(&random, SPANS)];
      CHECK(go_span_set_push(set, span));
      queue->spans[queue->end++] = span;
    } else {
      struct go_span *span = go_span_set_pop(set);
      CHECK(span == (queue->first < queue->end ? queue->spans[queue->first] : NULL));
      if (span) queue->first++;
    }
    if (queue->first == queue->end && draw(&random, 8) == 0) go_span_set_reset(set);
    if (step % LOOK_EVERY == 0) look(&t);
  }
  look(&t);
  for (int i = 0; i < SETS; i++) {
    while (go_span_set_pop(&t.sets[i])) queues[i].first++;
    CHECK(queues[i].first == queues[i].end);
    go_span_set_reset(&t.sets[i]);
  }
  CHECK(go_set_memory_blocks(&t.memory) == 0);
  end(&t);
}

// A set that is filled and emptied again and again takes no more memory than the first time.
static void memory_is_used_again(void) {
  struct trial t;
  size_t requests = 0;
  begin(&t);
  for (int round = 0; round < 20; round++) {
    struct go_span_set *set = &t.sets[round % SETS];
    for (int i = 0; i < SPANS; i++) CHECK(go_span_set_push(set, &spans[i]));
    for (int i = 0; i < SPANS; i++) CHECK(go_span_set_pop(set) == &spans[i]);
    CHECK(!go_span_set_pop(set));
    go_span_set_reset(set);
    // Each set has a spine of its own.
    if (round < SETS) requests = t.source.requests;
    CHECK(t.source.requests == requests);
  }
  end(&t);
}

// Each request for memory is refused once: the set is as it was, and the next time goes well.
static void refusal_changes_nothing(void) {
  bool refused = true;
  for (size_t refuse_at = 1; refused; refuse_at++) {
    struct trial t;
    begin(&t);
    t.source.refuse_at = refuse_at;
    refused = false;
    struct queue *queue = &queues[0];
    queue->first = queue->end = 0;
    for (int i = 0; i < SPANS; i++) {
      if (!go_span_set_push(&t.sets[0], &spans[i])) {
        CHECK(!refused);
        refused = true;
        check(&t);
        queue->seen = 0;
        CHECK(go_span_set_each(&t.sets[0], see, queue) && queue->seen == queue->end);
        CHECK(go_span_set_push(&t.sets[0], &spans[i]));
      }
      queue->spans[queue->end++] = &spans[i];
    }
    for (int i = 0; i < SPANS; i++) CHECK(go_span_set_pop(&t.sets[0]) == &spans[i]);
    end(&t);
    CHECK(refused || refuse_at > 2);
  }
}

// A tail at its end does not run into the head.
static void tail_has_an_end(void) {
  struct trial t;
  begin(&t);
  struct go_span_set *set = &t.sets[0];
  uint32_t blocks = UINT32_MAX / GO_SET_BLOCK;
  uint64_t last = (uint64_t)blocks * GO_SET_BLOCK, index = last << 32 | last;
  atomic_store(&set->index, index);
  atomic_store(&set->length, blocks);
  CHECK(!go_span_set_push(set, &spans[0]));
  CHECK(atomic_load(&set->index) == index && go_span_set_is_empty(set) && !go_span_set_pop(set));
  go_span_set_reset(set);
  CHECK(go_span_set_push(set, &spans[0]) && go_span_set_pop(set) == &spans[0]);
  end(&t);
}

static void reset_of_what_is_not_empty_traps(void) {
  struct trial t;
  begin(&t);
  CHECK(go_span_set_push(&t.sets[0], &spans[0]));
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    go_span_set_reset(&t.sets[0]);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && !(WIFEXITED(status) && WEXITSTATUS(status) == 0));
  end(&t);
}

struct runner {
  struct base_thread thread;
  struct trial *trial;
  uint64_t random, passed;
};

// Takes a span, which is its own then, and puts it into some set.
static void pass_spans(void *argument) {
  struct runner *r = argument;
  for (int step = 0; step < THREAD_STEPS; step++) {
    struct go_span *held[4];
    size_t count = 1 + draw(&r->random, 4);
    for (size_t i = 0; i < count; i++) {
      held[i] = go_span_set_pop(&r->trial->sets[draw(&r->random, SETS)]);
      if (!held[i]) continue;
      held[i]->passed++;
      r->passed++;
    }
    for (size_t i = 0; i < count; i++)
      if (held[i]) CHECK(go_span_set_push(&r->trial->sets[draw(&r->random, SETS)], held[i]));
  }
}

static void with_threads(uint64_t seed, size_t count) {
  struct trial t;
  struct runner runners[THREADS];
  begin(&t);
  memset(spans, 0, sizeof spans);
  for (size_t i = 0; i < count; i++) CHECK(go_span_set_push(&t.sets[i % SETS], &spans[i]));
  for (int i = 0; i < THREADS; i++) {
    runners[i] = (struct runner){.trial = &t, .random = seed + (uint64_t)i};
    CHECK(base_thread_start(&runners[i].thread, pass_spans, &runners[i]));
  }
  uint64_t passed = 0;
  for (int i = 0; i < THREADS; i++) {
    base_thread_join(&runners[i].thread);
    passed += runners[i].passed;
  }
  check(&t);
  static bool back[SPANS];
  memset(back, 0, sizeof back);
  size_t found = 0;
  for (int i = 0; i < SETS; i++) {
    for (struct go_span *span; (span = go_span_set_pop(&t.sets[i])); found++) {
      CHECK(!back[span - spans]);
      back[span - spans] = true;
      passed -= span->passed;
    }
    go_span_set_reset(&t.sets[i]);
  }
  CHECK(found == count && passed == 0 && go_set_memory_blocks(&t.memory) == 0);
  end(&t);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  against_a_queue(seed);
  memory_is_used_again();
  refusal_changes_nothing();
  tail_has_an_end();
  reset_of_what_is_not_empty_traps();
  with_threads(seed, 3);
  with_threads(seed, SPANS);
  return 0;
}
