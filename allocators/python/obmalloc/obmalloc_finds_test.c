// What obmalloc finds broken: guards, blocks that are misused; its check, structures that were broken by
// hand.
#include "allocators/python/obmalloc/obmalloc_test.h"

#include <sys/wait.h>
#include <unistd.h>

// Misuse of guarded blocks: each ends a child, and an examiner is told of PY-33 before.

enum { TOLD = 40 };

static void told(void *context, size_t invariant, const char *broken) {
  (void)context;
  if (broken) _exit(invariant == PY_33 ? TOLD : 1);
}

static void overrun(struct obmalloc *o, char *block) {
  block[40] = 0;
  obmalloc_give(o, block, 40);
}
static void underrun(struct obmalloc *o, char *block) {
  block[-1] = 0;
  obmalloc_give(o, block, 40);
}
static void wrong_size(struct obmalloc *o, char *block) {
  obmalloc_give(o, block, 41);
}
static void size_written(struct obmalloc *o, char *block) {
  block[-16] = 1;
  obmalloc_give_outline(o, block);
}
static void twice(struct obmalloc *o, char *block) {
  obmalloc_give(o, block, 40);
  obmalloc_give(o, block, 40);
}
static void wrong_family(struct obmalloc *o, char *block) {
  obmalloc_give_record(o, block, 40);
}
static void resized_overrun(struct obmalloc *o, char *block) {
  block[47] = 0;
  obmalloc_resize(o, block, 40, 400);
}
static void not_ours(struct obmalloc *o, char *block) {
  (void)block;
  obmalloc_give_outline(o, (char *)o);
}

static int ended(void (*misuse)(struct obmalloc *o, char *block), bool examined) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(STDERR_FILENO);
    struct trial trial, *t = &trial;
    trial_begin(t, &(struct obmalloc_options){.geometry = OBMALLOC_3_10, .guards = true}, 0);
    if (examined) t->examination.examiner.examined = told;
    misuse(&t->o, trial_take(t, 40));
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

static void test_misuse(void) {
  void (*const all[])(struct obmalloc *, char *) = {overrun, underrun,     wrong_size,      size_written,
                                                    twice,   wrong_family, resized_overrun, not_ours};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    int status = ended(all[i], true);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == TOLD);
    CHECK(WIFSIGNALED(ended(all[i], false)));
  }
}

// What the check is for: each structure broken by hand is told as what it is.

static struct obmalloc_pool *pool_of(const struct obmalloc *o, const void *block) {
  return (struct obmalloc_pool *)((uintptr_t)block & o->pool_mask);
}

static void break_count(struct obmalloc *o, char *block) {
  pool_of(o, block)->ring.count++;
}
static void break_list(struct obmalloc *o, char *block) {
  *(void **)pool_of(o, block)->ring.free = pool_of(o, block)->ring.free; // a circle
}
static void break_ring(struct obmalloc *o, char *block) {
  struct obmalloc_ring *ring = &pool_of(o, block)->ring;
  ring->previous->next = ring->next;
  ring->next->previous = ring->previous;
}
static void break_back(struct obmalloc *o, char *block) {
  pool_of(o, block)->ring.previous->previous = NULL;
}
static void break_link(struct obmalloc *o, char *block) {
  pool_of(o, block)->ring.next = (struct obmalloc_ring *)16;
}
static void break_order(struct obmalloc *o, char *block) {
  o->nfp2lasta[obmalloc_arena_of(o, block)->free_count] = NULL;
}
static void break_usable(struct obmalloc *o, char *block) {
  (void)block;
  o->usable_arenas = NULL;
}
static void break_map(struct obmalloc *o, char *block) {
  *address_map_make(&o->arena_map, (uintptr_t)block) = 0;
}
static void break_unused(struct obmalloc *o, char *block) {
  (void)block;
  o->unused_arenas = o->unused_arenas->next;
}
static void break_layout(struct obmalloc *o, char *block) {
  pool_of(o, block)->ring.class_index++;
}
static void break_pad(struct obmalloc *o, char *block) {
  (void)o;
  block[40]++;
}
static void break_counts(struct obmalloc *o, char *block) {
  (void)block;
  o->runs.count++;
}

struct findings {
  bool broken[PYTHON_INVARIANTS];
};

static void find(void *context, size_t invariant, const char *broken) {
  struct findings *f = context;
  if (broken) f->broken[invariant] = true;
}

static void test_check_finds(enum obmalloc_geometry geometry) {
  static const struct fault {
    void (*plant)(struct obmalloc *o, char *block);
    enum python_invariant invariant;
  } faults[] = {
      {break_count, PY_28},  {break_list, PY_28},   {break_ring, PY_29},   {break_back, PY_29},
      {break_link, PY_29},   {break_order, PY_30},  {break_usable, PY_30}, {break_map, PY_31},
      {break_unused, PY_31}, {break_layout, PY_32}, {break_pad, PY_33},    {break_counts, PY_35},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    struct trial trial, *t = &trial;
    trial_begin(t, &(struct obmalloc_options){.geometry = geometry, .guards = true}, 0);
    struct findings findings = {{false}};
    char *block = trial_take(t, 40);
    trial_take(t, 400);
    obmalloc_give(&t->o, trial_take(t, 40), 40);
    trial_look(t);
    t->examination.examiner = (struct ht_examiner){.context = &findings, .examined = find};
    faults[i].plant(&t->o, block);
    obmalloc_check(&t->o, &t->examination);
    CHECK(findings.broken[faults[i].invariant] && t->examination.broken);
    // What it holds cannot be given back any more.
  }
}

int main(void) {
  test_misuse();
  for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) test_check_finds(geometry);
  return 0;
}
