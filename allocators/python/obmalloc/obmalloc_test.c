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

enum { BLOCKS = 3000, STEPS = 40000, LOOK_EVERY = 4000 };

// The system's memory, of which the n-th request may be refused, and which may lie a page beside where it
// would.
struct source {
  struct ht_memory memory;
  size_t requests, refuse_at; // refuse_at: the number of the request that is refused; 0: none
  size_t reserved;            // ranges not released
  size_t shift;               // bytes beside a multiple of 1 MB at which arenas lie
};

static bool is_refused(struct source *s) {
  return ++s->requests == s->refuse_at;
}

enum { ROOM = 1 << 20 };

static void *source_reserve(void *context, size_t bytes, size_t alignment) {
  struct source *s = context;
  if (is_refused(s)) return NULL;
  // Only arenas have no alignment of their own and are so large.
  bool shifted = s->shift && alignment == 0 && bytes >= ROOM / 4;
  char *address = base_reserve(base_memory_os(), shifted ? bytes + ROOM : bytes, shifted ? ROOM : alignment);
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
  for (size_t i = 0; i < bytes; i++) CHECK(b->address[i] == b->fill);
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

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)getpid();
  printf("seed %llu\n", (unsigned long long)seed);
  fflush(stdout);
  for (int guards = 0; guards < 2; guards++)
    for (int geometry = OBMALLOC_3_9; geometry <= OBMALLOC_3_10; geometry++) {
      struct obmalloc_options options = {.geometry = geometry, .guards = guards};
      for (size_t shift = 0; shift <= 0x53000; shift += 0x53000) test_random(&options, shift, seed);
    }
  return 0;
}
