// obmalloc against a table of the blocks that are in use, driven by random operations, and its rules one by
// one: where arenas go back, what the address map knows, what resizing keeps, what guards find.
//
//   obmalloc_test [SEED]
#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/internal.h"

#include "base/check.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 3000, STEPS = 20000, LOOK_EVERY = 2500 };

// The system's memory, of which the n-th request may be refused, and which may lie a page beside where it
// would.
struct source {
  struct ht_memory memory;
  size_t requests, refuse_at; // refuse_at: the number of the request that is refused; 0: none
  size_t reserved;            // ranges not released
  size_t shift;               // bytes beside a multiple of 1 MB at which arenas lie: of the larger pool's
};

static bool is_refused(struct source *s) {
  return ++s->requests == s->refuse_at;
}

enum { ROOM = 1 << 20 };

static void *source_reserve(void *context, size_t bytes, size_t alignment) {
  struct source *s = context;
  if (is_refused(s)) return NULL;
  // Of what is so large only arenas are aligned to less: to a pool.
  bool arena = alignment < ROOM && bytes >= ROOM / 4, shifted = arena && s->shift;
  char *address = base_reserve(base_memory_os(), shifted ? bytes + ROOM : bytes, arena ? ROOM : alignment);
  CHECK(address);
  s->reserved++;
  return shifted ? address + s->shift : address;
}

static bool source_commit(void *context, void *address, size_t bytes) {
  return !is_refused(context) && base_commit(base_memory_os(), address, bytes);
}

static void source_decommit(void *context, void *address, size_t bytes) {
  (void)context;
  base_decommit(base_memory_os(), address, bytes);
}

static void source_release(void *context, void *address, size_t bytes) {
  struct source *s = context;
  bool shifted = s->shift && (uintptr_t)address % ROOM == s->shift && bytes >= ROOM / 4;
  s->reserved--;
  base_release(base_memory_os(), (char *)address - (shifted ? s->shift : 0), shifted ? bytes + ROOM : bytes);
}

struct block {
  unsigned char *address;
  size_t bytes;
  unsigned char fill;
  bool aligned, record;
};

struct trial {
  struct obmalloc o;
  struct source source;
  struct pages pages;
  struct examination examination;
  char message[256];
  uint64_t random;
  struct block blocks[BLOCKS];
};

static uint64_t draw(struct trial *t, uint64_t below) {
  // Numerical Recipes' 64-bit linear congruence, upper half.
  t->random = t->random * 6364136223846793005u + 1442695040888963407u;
  return (t->random >> 33) % below;
}

static bool open(struct trial *t, const struct obmalloc_options *options) {
  t->source.memory = (struct ht_memory){.context = &t->source,
                                        .reserve = source_reserve,
                                        .commit = source_commit,
                                        .decommit = source_decommit,
                                        .release = source_release};
  pages_init(&t->pages, &(struct ht_config){.memory = &t->source.memory});
  t->examination = (struct examination){
      .invariants = python_invariants, .message = t->message, .message_size = sizeof t->message};
  return obmalloc_init(&t->o, &t->pages, &t->examination, options);
}

static struct trial *begin(const struct obmalloc_options *options, size_t shift, uint64_t seed) {
  struct trial *t = calloc(1, sizeof *t);
  CHECK(t);
  t->random = seed;
  t->source.shift = shift;
  CHECK(open(t, options));
  return t;
}

static void end(struct trial *t) {
  obmalloc_finish(&t->o);
  CHECK(t->source.reserved == 0 && t->pages.committed == 0);
  free(t);
}

static void look(struct trial *t) {
  obmalloc_check(&t->o, &t->examination);
  if (t->examination.broken) fprintf(stderr, "%s\n", t->message);
  CHECK(!t->examination.broken);
}

static void fill(struct block *b, size_t from) {
  memset(b->address + from, b->fill, b->bytes - from);
}

static void verify(const struct block *b, size_t bytes) {
  CHECK(bytes == 0 || (*b->address == b->fill && memcmp(b->address, b->address + 1, bytes - 1) == 0));
}

static size_t draw_size(struct trial *t) {
  switch (draw(t, 16)) {
  case 0:
    return draw(t, 3) ? OBMALLOC_THRESHOLD - GUARDS_BYTES + draw(t, 60) : 0;
  case 1:
    return draw(t, 20000);
  case 2:
    return draw(t, 8) ? draw(t, 100000) : draw(t, 3000000);
  default:
    return 1 + draw(t, OBMALLOC_THRESHOLD);
  }
}

static void give(struct trial *t, struct block *b) {
  verify(b, b->bytes);
  CHECK(obmalloc_is_block(&t->o, b->address) && obmalloc_room(&t->o, b->address) >= b->bytes);
  if (b->record)
    obmalloc_give_record(&t->o, b->address, b->bytes);
  else if (draw(t, 4) == 0)
    obmalloc_give_outline(&t->o, b->address);
  else if (b->aligned)
    obmalloc_give_aligned(&t->o, b->address, b->bytes);
  else
    obmalloc_give(&t->o, b->address, b->bytes);
  CHECK(!obmalloc_is_block(&t->o, b->address));
  b->address = NULL;
}

// False: refused.
static bool take(struct trial *t, struct block *b) {
  size_t head = draw(t, 5) * 16, alignment = (size_t)1 << draw(t, 13);
  *b = (struct block){.bytes = draw_size(t), .fill = (unsigned char)draw(t, 256)};
  b->aligned = draw(t, 40) == 0;
  b->record = !b->aligned && draw(t, 20) == 0;
  b->address = b->aligned        ? obmalloc_take_aligned(&t->o, b->bytes, head, alignment)
               : b->record       ? obmalloc_take_record(&t->o, b->bytes)
               : draw(t, 4) == 0 ? obmalloc_take_outline(&t->o, b->bytes)
                                 : obmalloc_take(&t->o, b->bytes);
  if (!b->address) return false;
  CHECK((uintptr_t)b->address % OBMALLOC_ALIGNMENT == 0);
  if (b->aligned) CHECK(((uintptr_t)b->address + head) % alignment == 0);
  CHECK(obmalloc_owns(&t->o, b->address) && obmalloc_is_block(&t->o, b->address));
  CHECK(b->bytes == 0 || obmalloc_owns(&t->o, b->address + b->bytes - 1));
  fill(b, 0);
  return true;
}

static bool resize(struct trial *t, struct block *b) {
  size_t bytes = draw(t, 3) ? draw_size(t) : b->bytes + draw(t, 40) - draw(t, b->bytes < 40 ? 1 : 40);
  size_t kept = bytes < b->bytes ? bytes : b->bytes;
  unsigned char *moved = obmalloc_resize(&t->o, b->address, b->bytes, bytes);
  verify(&(struct block){moved ? moved : b->address, 0, b->fill, 0, 0}, moved ? kept : b->bytes);
  if (!moved) return false;
  b->address = moved;
  b->bytes = bytes;
  b->aligned = false;
  fill(b, kept);
  return true;
}

// One step on one of the first `blocks`. False: refused.
static bool step(struct trial *t, size_t blocks) {
  struct block *b = &t->blocks[draw(t, blocks)];
  if (!b->address) return take(t, b);
  if (!b->record && draw(t, 8) == 0) return resize(t, b);
  give(t, b);
  return true;
}

struct seen {
  struct trial *t;
  size_t blocks, bytes;
};

static bool see(void *context, void *address, size_t bytes) {
  struct seen *seen = context;
  CHECK(obmalloc_is_block(&seen->t->o, address) && bytes == obmalloc_room(&seen->t->o, address));
  seen->blocks++;
  return true;
}

static size_t in_use(const struct trial *t) {
  size_t count = 0;
  for (size_t i = 0; i < BLOCKS; i++) count += t->blocks[i].address != NULL;
  return count;
}

static int compare_blocks(const void *a, const void *b) {
  const struct block *left = *(struct block *const *)a, *right = *(struct block *const *)b;
  return left->address < right->address ? -1 : left->address > right->address;
}

// All of what the table says holds.
static void compare(struct trial *t) {
  struct obmalloc_counts counts;
  struct seen seen = {.t = t};
  struct block *sorted[BLOCKS];
  size_t used = 0;
  look(t);
  CHECK(obmalloc_each(&t->o, see, &seen));
  obmalloc_count(&t->o, &counts);
  CHECK(seen.blocks == in_use(t) && counts.pool_blocks + counts.run_blocks == in_use(t));
  for (size_t i = 0; i < BLOCKS; i++)
    if (t->blocks[i].address) sorted[used++] = &t->blocks[i];
  qsort(sorted, used, sizeof *sorted, compare_blocks);
  for (size_t i = 0; i < used; i++) {
    verify(sorted[i], sorted[i]->bytes);
    CHECK(i == 0 || sorted[i - 1]->address + sorted[i - 1]->bytes <= sorted[i]->address);
  }
}

static void give_all(struct trial *t) {
  for (size_t i = 0; i < BLOCKS; i++)
    if (t->blocks[i].address) give(t, &t->blocks[i]);
}

static void test_random(const struct obmalloc_options *options, size_t shift, uint64_t seed) {
  struct trial *t = begin(options, shift, seed);
  for (size_t i = 0; i < STEPS; i++) {
    CHECK(step(t, i % (2 * LOOK_EVERY) < LOOK_EVERY ? BLOCKS : BLOCKS / 10));
    if (i % LOOK_EVERY == 0) compare(t);
  }
  compare(t);
  give_all(t);
  compare(t);
  CHECK(t->pages.committed <= OBMALLOC_KEPT_BYTES);
  end(t);
}

// A refusal of any one request changes nothing, and what comes after it succeeds.
static void test_refusals(const struct obmalloc_options *options, uint64_t seed) {
  enum { SHORT = 600 };
  for (size_t refused = 1;; refused++) {
    struct trial *t = calloc(1, sizeof *t);
    CHECK(t);
    t->random = seed;
    t->source.refuse_at = refused;
    if (!open(t, options)) {
      CHECK(t->source.requests == refused && t->source.reserved == 0 && t->pages.committed == 0);
      CHECK(open(t, options));
    }
    for (size_t i = 0; i < SHORT; i++) {
      bool before = t->source.requests < refused;
      if (step(t, BLOCKS / 5)) continue;
      CHECK(before && t->source.requests >= refused);
      compare(t);
    }
    bool reached = t->source.requests >= refused;
    compare(t);
    give_all(t);
    look(t);
    end(t);
    if (!reached) break;
  }
}

static void *take_one(struct trial *t, size_t bytes) {
  void *block = obmalloc_take(&t->o, bytes);
  CHECK(block);
  return block;
}

// Blocks of one size until there is no pool left in the first arena.
static size_t fill_arena(struct trial *t, void **blocks, size_t bytes) {
  size_t count = 0, class_index = (bytes - 1 + (t->o.guards ? GUARDS_BYTES : 0)) / OBMALLOC_ALIGNMENT;
  blocks[count++] = take_one(t, bytes);
  while (t->o.usable_arenas || t->o.used[class_index].next->free) blocks[count++] = take_one(t, bytes);
  return count;
}

// The map knows an arena from its first byte to its last, wherever it lies, and no address that looks like
// one.
static void test_edges(const struct obmalloc_options *options) {
  const size_t shifts[] = {0, 4 * HT_PAGE_SIZE, 12 * HT_PAGE_SIZE, 0x54000, ROOM - 4 * HT_PAGE_SIZE};
  for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
    struct trial *t = begin(options, shifts[i], 1);
    char *block = take_one(t, 16);
    const struct obmalloc_arena *arena = obmalloc_arena_of(&t->o, block);
    CHECK(arena && arena->address && (uintptr_t)arena->address % ROOM == shifts[i]);
    char *first = arena->address, *end_of = first + t->o.arena_bytes;
    for (size_t at = 0; at < t->o.arena_bytes; at += HT_PAGE_SIZE)
      CHECK(obmalloc_arena_of(&t->o, first + at) == arena);
    CHECK(obmalloc_arena_of(&t->o, end_of - 1) == arena && !obmalloc_arena_of(&t->o, end_of) &&
          !obmalloc_arena_of(&t->o, first - 1));
    CHECK(arena->pool_count ==
          t->o.arena_bytes / t->o.pool_bytes - ((uintptr_t)first % t->o.pool_bytes != 0));
    for (unsigned bit = 12; bit < 64; bit++) {
      char *other = (char *)((uintptr_t)block ^ (uintptr_t)1 << bit);
      bool within = other >= first && other < end_of;
      CHECK((obmalloc_arena_of(&t->o, other) != NULL) == within);
      CHECK(obmalloc_owns(&t->o, other) <= within && !obmalloc_is_block(&t->o, other));
    }
    CHECK(!obmalloc_owns(&t->o, NULL) && !obmalloc_owns(&t->o, &t) && !obmalloc_is_block(&t->o, block + 1));
    char *large = take_one(t, 5 * ROOM), *behind = (char *)runs_of(large) + 5 * ROOM + HT_PAGE_SIZE;
    CHECK(obmalloc_owns(&t->o, large + 5 * ROOM - 1) && !obmalloc_owns(&t->o, behind));
    look(t);
    obmalloc_give(&t->o, large, 5 * ROOM);
    obmalloc_give(&t->o, block, 16);
    CHECK(!obmalloc_owns(&t->o, large));
    end(t);
  }
}

// Arenas go back, but for the last; a loop about the edge of one asks the system for nothing.
static void test_arenas(const struct obmalloc_options *options) {
  enum { SIZE = 512 - GUARDS_BYTES, MOST = 4096, ARENAS = 3 };
  void *blocks[ARENAS][MOST];
  size_t counts[ARENAS];
  struct trial *t = begin(options, 0x54000, 1);
  for (size_t i = 0; i < ARENAS; i++) counts[i] = fill_arena(t, blocks[i], SIZE);
  CHECK(t->o.arena_count == ARENAS && counts[0] <= MOST);
  look(t);
  obmalloc_give(&t->o, take_one(t, SIZE), SIZE);
  size_t requests = t->source.requests, reserved = t->source.reserved;
  for (size_t i = 0; i < 100; i++) obmalloc_give(&t->o, take_one(t, SIZE), SIZE);
  CHECK(t->source.requests == requests && t->source.reserved == reserved);
  CHECK(t->o.arena_count == ARENAS + 1);
  const void *first = blocks[0][0];
  for (size_t i = 0; i < ARENAS; i++) {
    for (size_t k = 0; k < counts[i]; k++) obmalloc_give(&t->o, blocks[i][k], SIZE);
    look(t);
    CHECK(t->o.arena_count == ARENAS - i);
  }
  CHECK(!obmalloc_owns(&t->o, first));
  // The pools that are left serve another class, the blocks of which are laid out anew.
  counts[0] = fill_arena(t, blocks[0], SIZE / 2);
  for (size_t k = 0; k < counts[0]; k++) memset(blocks[0][k], 0x5a, SIZE / 2);
  CHECK(t->o.arena_count == 1);
  look(t);
  for (size_t k = 0; k < counts[0]; k++) obmalloc_give(&t->o, blocks[0][k], SIZE / 2);
  look(t);
  end(t);
}

// What comes free at the page level is used again without asking for it, and is bounded.
static void test_runs(const struct obmalloc_options *options) {
  enum { MANY = 64 };
  const size_t sizes[] = {600, 5000, 300000, 900000, 1500000, 3500000};
  void *blocks[MANY];
  struct trial *t = begin(options, 0, 1);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    obmalloc_give(&t->o, take_one(t, sizes[i]), sizes[i]);
    size_t requests = t->source.requests, committed = t->pages.committed;
    for (size_t k = 0; k < 50; k++) obmalloc_give(&t->o, take_one(t, sizes[i]), sizes[i]);
    CHECK(t->source.requests == requests && t->pages.committed == committed);
    for (size_t k = 0; k < MANY; k++) memset(blocks[k] = take_one(t, sizes[i]), 1, sizes[i]);
    look(t);
    for (size_t k = 0; k < MANY; k++) obmalloc_give(&t->o, blocks[k], sizes[i]);
    look(t);
    CHECK(t->pages.committed <= OBMALLOC_KEPT_BYTES);
  }
  CHECK(!obmalloc_take(&t->o, SIZE_MAX) && !obmalloc_take(&t->o, SIZE_MAX - GUARDS_BYTES) &&
        !obmalloc_take_aligned(&t->o, SIZE_MAX - 100, 64, 4096));
  end(t);
}

static void test_resizing(enum obmalloc_geometry geometry) {
  enum { LARGE = OBMALLOC_THRESHOLD + 1 };
  struct trial *t = begin(&(struct obmalloc_options){.geometry = geometry}, 0, 1);
  struct obmalloc *o = &t->o;
  char *block = take_one(t, 100); // of 112
  CHECK(obmalloc_resize(o, block, 100, 112) == block && obmalloc_resize(o, block, 112, 85) == block);
  char *less = obmalloc_resize(o, block, 85, 84); // a quarter is wasted
  CHECK(less != block && obmalloc_room(o, less) == 96 && !obmalloc_is_block(o, block));
  char *more = obmalloc_resize(o, less, 84, 97);
  CHECK(more != less && obmalloc_room(o, more) == 112);
  char *run = obmalloc_resize(o, more, 97, LARGE);
  CHECK(obmalloc_room(o, run) >= LARGE && obmalloc_resize(o, run, LARGE, 100000) == run);
  char *behind = take_one(t, LARGE);
  char *moved = obmalloc_resize(o, run, 100000, 200000);
  CHECK(moved && moved != run && obmalloc_resize(o, moved, 200000, 5000) == moved);
  CHECK(!obmalloc_resize(o, moved, 5000, SIZE_MAX) && obmalloc_is_block(o, moved));
  char *small = obmalloc_resize(o, moved, 5000, 50);
  CHECK(obmalloc_room(o, small) == 64 && !obmalloc_is_block(o, moved));
  // One that is not ours is never adopted.
  char *foreign = base_map(base_memory_os(), HT_PAGE_SIZE, 0);
  CHECK(!obmalloc_resize(o, foreign + HT_PAGE_SIZE - 16, 16, 32));
  base_release(base_memory_os(), foreign, HT_PAGE_SIZE);
  look(t);
  obmalloc_give(o, small, 50);
  obmalloc_give(o, behind, LARGE);
  end(t);
}

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
    struct trial *t = begin(&(struct obmalloc_options){.geometry = OBMALLOC_3_10, .guards = true}, 0, 1);
    if (examined) t->examination.examiner.examined = told;
    misuse(&t->o, take_one(t, 40));
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
    struct trial *t = begin(&(struct obmalloc_options){.geometry = geometry, .guards = true}, 0, 1);
    struct findings findings = {{false}};
    char *block = take_one(t, 40);
    take_one(t, 400);
    obmalloc_give(&t->o, take_one(t, 40), 40);
    look(t);
    t->examination.examiner = (struct ht_examiner){.context = &findings, .examined = find};
    faults[i].plant(&t->o, block);
    obmalloc_check(&t->o, &t->examination);
    CHECK(findings.broken[faults[i].invariant] && t->examination.broken);
    free(t); // what it holds cannot be given back any more
  }
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)getpid();
  printf("seed %llu\n", (unsigned long long)seed);
  fflush(stdout);
  for (int guards = 0; guards < 2; guards++)
    for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) {
      struct obmalloc_options options = {.geometry = geometry, .guards = guards};
      for (size_t shift = 0; shift <= 0x54000; shift += 0x54000) test_random(&options, shift, seed);
      test_refusals(&options, seed);
      test_edges(&options);
      test_arenas(&options);
      test_runs(&options);
    }
  for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) {
    test_resizing(geometry);
    test_check_finds(geometry);
  }
  test_misuse();
  return 0;
}
