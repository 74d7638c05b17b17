// obmalloc against a table of the blocks that are in use, driven by random operations, and its rules one by
// one: where arenas go back, what the address map knows, what resizing keeps.
//
//   obmalloc_test [SEED]
#include "allocators/python/obmalloc/obmalloc_test.h"

#include <string.h>
#include <unistd.h>

enum {
  BLOCKS = 3000,
  STEPS = 20000,
  LOOK_EVERY = 2500,
  SHIFT = 0x54000, // a multiple of each geometry's pool
};

struct block {
  unsigned char *address;
  size_t bytes;
  unsigned char fill;
  bool aligned, record;
};

struct table {
  struct trial trial;
  uint64_t random;
  struct block blocks[BLOCKS];
};

static uint64_t draw(struct table *t, uint64_t below) {
  // Numerical Recipes' 64-bit linear congruence, upper half.
  t->random = t->random * 6364136223846793005u + 1442695040888963407u;
  return (t->random >> 33) % below;
}

static void fill(struct block *b, size_t from) {
  memset(b->address + from, b->fill, b->bytes - from);
}

static void verify(const struct block *b, size_t bytes) {
  CHECK(bytes == 0 || (*b->address == b->fill && memcmp(b->address, b->address + 1, bytes - 1) == 0));
}

static size_t draw_size(struct table *t) {
  switch (draw(t, 16)) {
  case 0:
    return draw(t, 3) ? t->trial.o.threshold - GUARDS_BYTES + draw(t, 60) : 0;
  case 1:
    return draw(t, 20000);
  case 2:
    return draw(t, 8) ? draw(t, 100000) : draw(t, 3000000);
  default:
    return 1 + draw(t, t->trial.o.threshold);
  }
}

static void give(struct table *t, struct block *b) {
  struct obmalloc *o = &t->trial.o;
  verify(b, b->bytes);
  CHECK(obmalloc_is_block(o, b->address) && obmalloc_room(o, b->address) >= b->bytes);
  if (b->record)
    obmalloc_give_record(o, b->address, b->bytes);
  else if (draw(t, 4) == 0)
    obmalloc_give_outline(o, b->address);
  else if (b->aligned)
    obmalloc_give_aligned(o, b->address, b->bytes);
  else
    obmalloc_give(o, b->address, b->bytes);
  CHECK(!obmalloc_is_block(o, b->address));
  b->address = NULL;
}

// False: refused.
static bool take(struct table *t, struct block *b) {
  struct obmalloc *o = &t->trial.o;
  size_t head = draw(t, 5) * 16, alignment = (size_t)1 << draw(t, 13);
  *b = (struct block){.bytes = draw_size(t), .fill = (unsigned char)draw(t, 256)};
  b->aligned = draw(t, 40) == 0;
  b->record = !b->aligned && draw(t, 20) == 0;
  b->address = b->aligned        ? obmalloc_take_aligned(o, b->bytes, head, alignment)
               : b->record       ? obmalloc_take_record(o, b->bytes)
               : draw(t, 4) == 0 ? obmalloc_take_outline(o, b->bytes)
                                 : obmalloc_take(o, b->bytes);
  if (!b->address) return false;
  CHECK((uintptr_t)b->address % OBMALLOC_ALIGNMENT == 0);
  if (b->aligned) CHECK(((uintptr_t)b->address + head) % alignment == 0);
  CHECK(obmalloc_owns(o, b->address) && obmalloc_is_block(o, b->address));
  CHECK(b->bytes == 0 || obmalloc_owns(o, b->address + b->bytes - 1));
  fill(b, 0);
  return true;
}

static bool resize(struct table *t, struct block *b) {
  size_t bytes = draw(t, 3) ? draw_size(t) : b->bytes + draw(t, 40) - draw(t, b->bytes < 40 ? 1 : 40);
  size_t kept = bytes < b->bytes ? bytes : b->bytes;
  unsigned char *moved = obmalloc_resize(&t->trial.o, b->address, b->bytes, bytes);
  verify(&(struct block){moved ? moved : b->address, 0, b->fill, 0, 0}, moved ? kept : b->bytes);
  if (!moved) return false;
  b->address = moved;
  b->bytes = bytes;
  b->aligned = false;
  fill(b, kept);
  return true;
}

// One step on one of the first `blocks`. False: refused.
static bool step(struct table *t, size_t blocks) {
  struct block *b = &t->blocks[draw(t, blocks)];
  if (!b->address) return take(t, b);
  if (!b->record && draw(t, 8) == 0) return resize(t, b);
  give(t, b);
  return true;
}

struct seen {
  struct table *t;
  size_t blocks, bytes;
};

static bool see(void *context, void *address, size_t bytes) {
  struct seen *seen = context;
  const struct obmalloc *o = &seen->t->trial.o;
  CHECK(obmalloc_is_block(o, address) && bytes == obmalloc_room(o, address));
  seen->blocks++;
  return true;
}

static size_t in_use(const struct table *t) {
  size_t count = 0;
  for (size_t i = 0; i < BLOCKS; i++) count += t->blocks[i].address != NULL;
  return count;
}

static int compare_blocks(const void *a, const void *b) {
  const struct block *left = *(struct block *const *)a, *right = *(struct block *const *)b;
  return left->address < right->address ? -1 : left->address > right->address;
}

// All of what the table says holds.
static void compare(struct table *t) {
  struct obmalloc_counts counts;
  struct seen seen = {.t = t};
  struct block *sorted[BLOCKS];
  size_t used = 0;
  trial_look(&t->trial);
  CHECK(obmalloc_each(&t->trial.o, see, &seen));
  obmalloc_count(&t->trial.o, &counts);
  CHECK(seen.blocks == in_use(t) && counts.pool_blocks + counts.run_blocks == in_use(t));
  for (size_t i = 0; i < BLOCKS; i++)
    if (t->blocks[i].address) sorted[used++] = &t->blocks[i];
  qsort(sorted, used, sizeof *sorted, compare_blocks);
  for (size_t i = 0; i < used; i++) {
    verify(sorted[i], sorted[i]->bytes);
    CHECK(i == 0 || sorted[i - 1]->address + sorted[i - 1]->bytes <= sorted[i]->address);
  }
}

static void give_all(struct table *t) {
  for (size_t i = 0; i < BLOCKS; i++)
    if (t->blocks[i].address) give(t, &t->blocks[i]);
}

static struct table *table_new(uint64_t seed) {
  struct table *t = calloc(1, sizeof *t);
  CHECK(t);
  t->random = seed;
  return t;
}

static void table_end(struct table *t) {
  trial_end(&t->trial);
  free(t);
}

static void test_random(const struct obmalloc_options *options, size_t shift, uint64_t seed) {
  struct table *t = table_new(seed);
  trial_begin(&t->trial, options, shift);
  for (size_t i = 0; i < STEPS; i++) {
    CHECK(step(t, i % (2 * LOOK_EVERY) < LOOK_EVERY ? BLOCKS : BLOCKS / 10));
    if (i % LOOK_EVERY == 0) compare(t);
  }
  compare(t);
  give_all(t);
  compare(t);
  CHECK(t->trial.pages.committed <= OBMALLOC_KEPT_BYTES);
  table_end(t);
}

// A refusal of any one request changes nothing, and what comes after it succeeds.
static void test_refusals(const struct obmalloc_options *options, uint64_t seed) {
  enum { SHORT = 600 };
  for (size_t refused = 1;; refused++) {
    struct table *t = table_new(seed);
    struct source *source = &t->trial.source;
    source->refuse_at = refused;
    if (!trial_open(&t->trial, options)) {
      CHECK(source->requests == refused && source->reserved == 0 && t->trial.pages.committed == 0);
      CHECK(trial_open(&t->trial, options));
    }
    for (size_t i = 0; i < SHORT; i++) {
      bool before = source->requests < refused;
      if (step(t, BLOCKS / 5)) continue;
      CHECK(before && source->requests >= refused);
      compare(t);
    }
    bool reached = source->requests >= refused;
    compare(t);
    give_all(t);
    trial_look(&t->trial);
    table_end(t);
    if (!reached) break;
  }
}

// Blocks of one size until there is no pool left in the first arena.
static size_t fill_arena(struct trial *t, void **blocks, size_t bytes) {
  size_t count = 0, class_index = (bytes - 1 + (t->o.guards ? GUARDS_BYTES : 0)) / OBMALLOC_ALIGNMENT;
  blocks[count++] = trial_take(t, bytes);
  while (t->o.usable_arenas || t->o.used[class_index].next->free) blocks[count++] = trial_take(t, bytes);
  return count;
}

// The map knows an arena from its first byte to its last, wherever it lies, and no address that looks like
// one.
static void test_edges(const struct obmalloc_options *options) {
  const size_t shifts[] = {0, 4 * HT_PAGE_SIZE, 12 * HT_PAGE_SIZE, SHIFT, ROOM - 4 * HT_PAGE_SIZE};
  for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
    struct trial trial, *t = &trial;
    trial_begin(t, options, shifts[i]);
    char *block = trial_take(t, 16);
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
    char *large = trial_take(t, 5 * ROOM), *behind = (char *)runs_of(large) + 5 * ROOM + HT_PAGE_SIZE;
    CHECK(obmalloc_owns(&t->o, large + 5 * ROOM - 1) && !obmalloc_owns(&t->o, behind));
    trial_look(t);
    obmalloc_give(&t->o, large, 5 * ROOM);
    obmalloc_give(&t->o, block, 16);
    CHECK(!obmalloc_owns(&t->o, large));
    trial_end(t);
  }
}

// Arenas go back, but for the last; a loop about the edge of one asks the system for nothing.
static void test_arenas(const struct obmalloc_options *options) {
  enum { SIZE = 512 - GUARDS_BYTES, MOST = 4096, ARENAS = 3 };
  void *blocks[ARENAS][MOST];
  size_t counts[ARENAS];
  struct trial trial, *t = &trial;
  trial_begin(t, options, SHIFT);
  for (size_t i = 0; i < ARENAS; i++) counts[i] = fill_arena(t, blocks[i], SIZE);
  CHECK(t->o.arena_count == ARENAS && counts[0] <= MOST);
  trial_look(t);
  obmalloc_give(&t->o, trial_take(t, SIZE), SIZE);
  size_t requests = t->source.requests, reserved = t->source.reserved;
  for (size_t i = 0; i < 100; i++) obmalloc_give(&t->o, trial_take(t, SIZE), SIZE);
  CHECK(t->source.requests == requests && t->source.reserved == reserved);
  CHECK(t->o.arena_count == ARENAS + 1);
  const void *first = blocks[0][0];
  for (size_t i = 0; i < ARENAS; i++) {
    for (size_t k = 0; k < counts[i]; k++) obmalloc_give(&t->o, blocks[i][k], SIZE);
    trial_look(t);
    CHECK(t->o.arena_count == ARENAS - i);
  }
  CHECK(!obmalloc_owns(&t->o, first));
  // The pools that are left serve another class, the blocks of which are laid out anew.
  counts[0] = fill_arena(t, blocks[0], SIZE / 2);
  for (size_t k = 0; k < counts[0]; k++) memset(blocks[0][k], 0x5a, SIZE / 2);
  CHECK(t->o.arena_count == 1);
  trial_look(t);
  for (size_t k = 0; k < counts[0]; k++) obmalloc_give(&t->o, blocks[0][k], SIZE / 2);
  trial_look(t);
  trial_end(t);
}

// What comes free at the page level is used again without asking for it, and is bounded.
static void test_runs(const struct obmalloc_options *options) {
  enum { MANY = 64 };
  const size_t sizes[] = {600, 5000, 300000, 900000, 1500000, 3500000};
  void *blocks[MANY];
  struct trial trial, *t = &trial;
  trial_begin(t, options, 0);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    obmalloc_give(&t->o, trial_take(t, sizes[i]), sizes[i]);
    size_t requests = t->source.requests, committed = t->pages.committed;
    for (size_t k = 0; k < 50; k++) obmalloc_give(&t->o, trial_take(t, sizes[i]), sizes[i]);
    CHECK(t->source.requests == requests && t->pages.committed == committed);
    for (size_t k = 0; k < MANY; k++) memset(blocks[k] = trial_take(t, sizes[i]), 1, sizes[i]);
    trial_look(t);
    for (size_t k = 0; k < MANY; k++) obmalloc_give(&t->o, blocks[k], sizes[i]);
    trial_look(t);
    CHECK(t->pages.committed <= OBMALLOC_KEPT_BYTES);
  }
  CHECK(!obmalloc_take(&t->o, SIZE_MAX) && !obmalloc_take(&t->o, SIZE_MAX - GUARDS_BYTES) &&
        !obmalloc_take_aligned(&t->o, SIZE_MAX - 100, 64, 4096));
  trial_end(t);
}

static void test_resizing(enum obmalloc_geometry geometry) {
  struct trial trial, *t = &trial;
  trial_begin(t, &(struct obmalloc_options){.geometry = geometry}, 0);
  struct obmalloc *o = &t->o;
  char *block = trial_take(t, 100); // of 112
  CHECK(obmalloc_resize(o, block, 100, 112) == block && obmalloc_resize(o, block, 112, 85) == block);
  char *less = obmalloc_resize(o, block, 85, 84); // a quarter is wasted
  CHECK(less != block && obmalloc_room(o, less) == 96 && !obmalloc_is_block(o, block));
  char *more = obmalloc_resize(o, less, 84, 97);
  CHECK(more != less && obmalloc_room(o, more) == 112);
  char *medium = obmalloc_resize(o, more, 97, 600);
  CHECK(obmalloc_room(o, medium) >= 600 && obmalloc_resize(o, medium, 600, 30000) == medium);
  CHECK(obmalloc_resize(o, medium, 30000, 600) == medium && obmalloc_room(o, medium) < 1200);
  char *next = trial_take(t, 600);
  char *run = obmalloc_resize(o, medium, 600, 100000);
  CHECK(run != medium && !obmalloc_is_block(o, medium) && obmalloc_resize(o, run, 100000, 150000) == run);
  char *behind = trial_take(t, 40000);
  char *moved = obmalloc_resize(o, run, 150000, 300000);
  CHECK(moved && moved != run && obmalloc_resize(o, moved, 300000, 50000) == moved);
  CHECK(!obmalloc_resize(o, moved, 50000, SIZE_MAX) && obmalloc_is_block(o, moved));
  char *small = obmalloc_resize(o, moved, 50000, 50);
  CHECK(obmalloc_room(o, small) == 64 && !obmalloc_is_block(o, moved));
  // One that is not ours is never adopted.
  char *foreign = base_map(base_memory_os(), HT_PAGE_SIZE, 0);
  CHECK(!obmalloc_resize(o, foreign + HT_PAGE_SIZE - 16, 16, 32));
  base_release(base_memory_os(), foreign, HT_PAGE_SIZE);
  trial_look(t);
  obmalloc_give(o, small, 50);
  obmalloc_give(o, next, 600);
  obmalloc_give(o, behind, 40000);
  trial_end(t);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)getpid();
  printf("seed %llu\n", (unsigned long long)seed);
  fflush(stdout);
  for (int guards = 0; guards < 2; guards++)
    for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) {
      struct obmalloc_options options = {.geometry = geometry, .guards = guards};
      test_random(&options, 0, seed);
      options.wide = true;
      test_random(&options, SHIFT, seed);
      options.wide = false;
      test_refusals(&options, seed);
      test_edges(&options);
      test_arenas(&options);
      test_runs(&options);
    }
  for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) test_resizing(geometry);
  return 0;
}
