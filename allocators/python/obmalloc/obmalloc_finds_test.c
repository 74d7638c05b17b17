// What obmalloc finds broken: guards, blocks that are misused; its check, structures that were broken by
// hand.
#include "allocators/python/obmalloc/medium_internal.h"
#include "allocators/python/obmalloc/obmalloc_test.h"

#include <string.h>
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

// The same of the medium level. `block` lies between a free stretch and another block.

static struct medium_border *border_of(char *block) {
  return (struct medium_border *)block - 1;
}

static void break_length(struct medium *m, char *block) {
  (void)m;
  border_of(block)->bytes += 8;
}
static void break_before(struct medium *m, char *block) {
  (void)m;
  border_of(block)->before = 0;
}
static void break_join(struct medium *m, char *block) {
  (void)m;
  border_of(block)->asked = MEDIUM_FREE;
}
static void break_asked(struct medium *m, char *block) {
  (void)m;
  border_of(block)->asked += 1000;
}
static void break_first(struct medium *m, char *block) {
  (void)m;
  medium_region_of(border_of(block))->first[medium_offset(block) / HT_PAGE_SIZE]++;
}
static void break_dirty(struct medium *m, char *block) {
  (void)m;
  base_bitmap_clear(medium_region_of(border_of(block))->dirty, medium_offset(block) / HT_PAGE_SIZE);
}
static void break_known(struct medium *m, char *block) {
  *address_map_make(&m->map, (uintptr_t)block) = 0;
}
static void break_bin(struct medium *m, char *block) {
  struct medium_free *before = (struct medium_free *)medium_before(border_of(block));
  base_link_remove(&before->link);
  base_list_push_first(&m->bins[0], &before->link);
  base_bitmap_set(m->stocked, 0);
}
static void break_stock(struct medium *m, char *block) {
  (void)block;
  m->stocked[0] ^= 1;
}
static void break_blocks(struct medium *m, char *block) {
  (void)block;
  m->count++;
}
static void break_idle(struct medium *m, char *block) {
  (void)block;
  m->idle_pages++;
}
static void break_regions(struct medium *m, char *block) {
  (void)block;
  m->free_regions++;
}

static void test_medium_finds(void) {
  static const struct fault {
    void (*plant)(struct medium *m, char *block);
    const char *wrong;
  } faults[] = {
      {break_length, "a length that cannot be"},
      {break_before, "lead back"},
      {break_join, "free behind a free one"},
      {break_asked, "shorter than"},
      {break_first, "first border"},
      {break_dirty, "not committed"},
      {break_known, "known by its address"},
      {break_bin, "does not belong"},
      {break_stock, "a bin"},
      {break_blocks, "other blocks"},
      {break_idle, "other idle pages"},
      {break_regions, "other regions"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    struct trial trial, *t = &trial;
    trial_begin(t, &(struct obmalloc_options){.geometry = OBMALLOC_3_10}, 0);
    char *before = trial_take(t, 6000), *block = trial_take(t, 1000);
    trial_take(t, 700);
    obmalloc_give(&t->o, before, 6000);
    trial_look(t);
    faults[i].plant(&t->o.medium, block);
    obmalloc_check(&t->o, &t->examination);
    CHECK(t->examination.broken && strstr(t->message, faults[i].wrong));
  }
}

int main(void) {
  test_misuse();
  test_medium_finds();
  for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) test_check_finds(geometry);
  return 0;
}
