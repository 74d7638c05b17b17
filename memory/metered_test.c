// Metered memory against a model that keeps one state and one byte a page, driven by random calls, in all
// modes: counts, refusals, contents, and what is left at the end of a run.

#include "memory/metered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { RANGES = 6, PAGES = 40, RUNS = 40, STEPS = 400 };

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                      \
    }                                                                               \
  } while (0)

// The memory below: mapped at once and accessible from its commit on, with a count of what is out.
struct below {
  struct ht_memory memory;
  size_t reserved;
  bool refuse; // the next commit
};

static void *below_reserve(void *context, size_t bytes, size_t alignment) {
  CHECK(alignment == HT_PAGE_SIZE);
  void *start = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(start != MAP_FAILED);
  ((struct below *)context)->reserved += bytes;
  return start;
}

static bool below_commit(void *context, void *address, size_t bytes) {
  struct below *below = context;
  bool refuse = below->refuse;
  below->refuse = false;
  return !refuse && mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

static void below_decommit(void *context, void *address, size_t bytes) {
  (void)context;
  CHECK(madvise(address, bytes, MADV_DONTNEED) == 0 && mprotect(address, bytes, PROT_NONE) == 0);
}

static bool below_protect_none(void *context, void *address, size_t bytes) {
  (void)context;
  return mprotect(address, bytes, PROT_NONE) == 0;
}

static void below_release(void *context, void *address, size_t bytes) {
  ((struct below *)context)->reserved -= bytes;
  CHECK(munmap(address, bytes) == 0);
}

static void below_init(struct below *below) {
  *below = (struct below){.memory = {.context = below,
                                     .reserve = below_reserve,
                                     .commit = below_commit,
                                     .decommit = below_decommit,
                                     .protect_none = below_protect_none,
                                     .release = below_release}};
}

struct page {
  bool committed, protected, seen;
  char content;
};

struct model {
  char *start[RANGES];
  size_t pages[RANGES];
  struct page page[RANGES][PAGES];
  size_t reserved, committed, reserved_peak, committed_peak;
  uint64_t reserves, commits, decommits, protects, releases, refused;
};

static uint64_t random_state = 1;

static size_t below_number(size_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (random_state >> 33) % limit;
}

static bool page_holds(const char *start, char content) {
  for (size_t i = 0; i < HT_PAGE_SIZE; i += 64)
    if (start[i] != content) return false;
  return start[HT_PAGE_SIZE - 1] == content;
}

static void model_release(struct model *model, size_t r) {
  for (size_t p = 0; p < model->pages[r]; p++) model->committed -= model->page[r][p].committed * HT_PAGE_SIZE;
  model->reserved -= model->pages[r] * HT_PAGE_SIZE;
  model->start[r] = NULL;
}

static void step(struct ht_metered *metered, struct model *model, struct below *below, bool dirty,
                 bool pooled) {
  const struct ht_memory *memory = ht_metered_memory(metered);
  size_t r = below_number(RANGES);
  if (!model->start[r]) {
    model->pages[r] = PAGES / 4 * (1 + below_number(4));
    size_t bytes = model->pages[r] * HT_PAGE_SIZE;
    model->reserves++;
    model->start[r] = memory->reserve(memory->context, bytes, 0);
    CHECK(model->start[r]);
    memset(model->page[r], 0, sizeof(model->page[r]));
    model->reserved += bytes;
    if (model->reserved > model->reserved_peak) model->reserved_peak = model->reserved;
    return;
  }
  size_t first = below_number(model->pages[r]), end = first + 1 + below_number(model->pages[r] - first);
  char *start = model->start[r] + first * HT_PAGE_SIZE;
  size_t bytes = (end - first) * HT_PAGE_SIZE;
  bool accessible = true;
  for (size_t p = first; p < end; p++)
    accessible = accessible && model->page[r][p].committed && !model->page[r][p].protected;
  CHECK(ht_metered_holds(metered, start + 1, bytes - 2) == accessible);
  CHECK(!ht_metered_holds(metered, start, (model->pages[r] - first) * HT_PAGE_SIZE + 1));

  switch (below_number(8)) {
  case 0:
    model->releases++;
    memory->release(memory->context, model->start[r], model->pages[r] * HT_PAGE_SIZE);
    model_release(model, r);
    break;
  case 1:
  case 2:
    model->decommits++;
    memory->decommit(memory->context, start, bytes);
    for (size_t p = first; p < end; p++) {
      model->committed -= model->page[r][p].committed * HT_PAGE_SIZE;
      model->page[r][p].committed = model->page[r][p].protected = false;
    }
    break;
  case 3:
    model->protects++;
    CHECK(memory->protect_none(memory->context, start, bytes));
    for (size_t p = first; p < end; p++) model->page[r][p].protected = model->page[r][p].committed;
    break;
  case 4: // a commit refused by order, or below when it gets there
    model->commits++;
    below->refuse = !accessible && !pooled;
    if (!below->refuse) ht_metered_refuse(metered, 1, 0);
    CHECK(!memory->commit(memory->context, start, bytes));
    model->refused++;
    break;
  default:
    model->commits++;
    CHECK(memory->commit(memory->context, start, bytes));
    for (size_t p = first; p < end; p++) {
      struct page *page = &model->page[r][p];
      char *content = model->start[r] + p * HT_PAGE_SIZE;
      if (page->committed || !page->seen)
        CHECK(page_holds(content, page->content));
      else if (dirty)
        CHECK(page_holds(content, (char)HT_METERED_DIRT));
      model->committed += !page->committed * HT_PAGE_SIZE;
      page->content = (char)below_number(256);
      memset(content, page->content, HT_PAGE_SIZE);
      page->committed = page->seen = true;
      page->protected = false;
    }
    if (model->committed > model->committed_peak) model->committed_peak = model->committed;
  }
}

static void check_counts(struct ht_metered *metered, const struct model *model) {
  struct ht_metered_counts counts = ht_metered_read(metered);
  CHECK(counts.reserved == model->reserved && counts.reserved_peak == model->reserved_peak);
  CHECK(counts.committed == model->committed && counts.committed_peak == model->committed_peak);
  CHECK(counts.reserves == model->reserves && counts.commits == model->commits);
  CHECK(counts.decommits == model->decommits && counts.protects == model->protects);
  CHECK(counts.releases == model->releases && counts.refused == model->refused);
  CHECK(counts.requests == counts.reserves + counts.commits);
  CHECK(counts.misuses == 0 && !ht_metered_misuse(metered));
}

static void test_against_model(size_t pool_bytes, bool dirty) {
  struct below below;
  below_init(&below);
  struct ht_metered *metered = ht_metered_create(
      &below.memory, &(struct ht_metered_options){.pool_bytes = pool_bytes, .dirty = dirty});
  CHECK(metered);
  for (int run = 0; run < RUNS; run++) {
    struct model model = {0};
    for (int i = 0; i < STEPS; i++) {
      step(metered, &model, &below, dirty, pool_bytes != 0);
      check_counts(metered, &model);
    }
    CHECK(ht_metered_reset(metered) == model.reserved);
    CHECK(below.reserved <= pool_bytes);
    CHECK(pool_bytes == 0 || below.reserved > 0);
    check_counts(metered, &(struct model){0});
  }
  ht_metered_destroy(metered);
  CHECK(below.reserved == 0);
}

// Which of the next requests is refused.
static void test_refusals(void) {
  struct below below;
  below_init(&below);
  struct ht_metered *metered = ht_metered_create(&below.memory, NULL);
  const struct ht_memory *memory = ht_metered_memory(metered);
  char *start = memory->reserve(memory->context, HT_PAGE_SIZE, 0);
  CHECK(start);
  ht_metered_refuse(metered, 3, 2);
  for (int request = 1; request <= 9; request++)
    CHECK(memory->commit(memory->context, start, HT_PAGE_SIZE) == !(request >= 3 && request % 2));
  ht_metered_refuse(metered, 2, 0);
  CHECK(memory->commit(memory->context, start, HT_PAGE_SIZE));
  CHECK(!memory->reserve(memory->context, HT_PAGE_SIZE, 0));
  CHECK(memory->commit(memory->context, start, HT_PAGE_SIZE));
  ht_metered_refuse(metered, 1, 1);
  CHECK(!memory->commit(memory->context, start, HT_PAGE_SIZE));
  CHECK(!memory->commit(memory->context, start, HT_PAGE_SIZE));
  ht_metered_refuse(metered, 0, 0);
  CHECK(memory->commit(memory->context, start, HT_PAGE_SIZE));
  CHECK(ht_metered_reset(metered) == HT_PAGE_SIZE && below.reserved == 0);
  ht_metered_destroy(metered);
}

static void test_misuses(void) {
  struct below below;
  below_init(&below);
  struct ht_metered *metered = ht_metered_create(&below.memory, NULL);
  const struct ht_memory *memory = ht_metered_memory(metered);
  char *start = memory->reserve(memory->context, 4 * HT_PAGE_SIZE, 0);
  CHECK(start && !ht_metered_misuse(metered));
  CHECK(!memory->commit(memory->context, start + HT_PAGE_SIZE, 4 * HT_PAGE_SIZE));
  CHECK(strstr(ht_metered_misuse(metered), "commit of 16384 bytes"));
  CHECK(!memory->commit(memory->context, start + 1, HT_PAGE_SIZE));
  CHECK(!memory->commit(memory->context, start - HT_PAGE_SIZE, HT_PAGE_SIZE));
  CHECK(!memory->protect_none(memory->context, start, 0));
  CHECK(!memory->reserve(memory->context, 1, 0));
  CHECK(!memory->reserve(memory->context, HT_PAGE_SIZE, 3 * HT_PAGE_SIZE));
  memory->decommit(memory->context, start, HT_PAGE_SIZE + 1);
  memory->release(memory->context, start, HT_PAGE_SIZE);
  CHECK(below.reserved == 4 * HT_PAGE_SIZE);
  memory->release(memory->context, start, 4 * HT_PAGE_SIZE);
  CHECK(ht_metered_read(metered).misuses == 8 && below.reserved == 0);
  memory->release(memory->context, start, 4 * HT_PAGE_SIZE);
  CHECK(ht_metered_read(metered).misuses == 9);
  ht_metered_destroy(metered);
}

// A pool hands out the same addresses in every run, and zeroed pages however many of them are committed at
// once.
static void test_pool_repeats(void) {
  enum { BIG = 1024, POOL_RUNS = 9 };
  struct below below;
  below_init(&below);
  struct ht_metered *metered =
      ht_metered_create(&below.memory, &(struct ht_metered_options){.pool_bytes = 3 * BIG * HT_PAGE_SIZE});
  const struct ht_memory *memory = ht_metered_memory(metered);
  static const size_t stride[POOL_RUNS] = {1, 1, 5, 7, 11, 1, 100, 3, 1};
  char *before[2] = {0};
  for (int run = 0; run < POOL_RUNS; run++) {
    char *start[2];
    for (int i = 0; i < 2; i++) start[i] = memory->reserve(memory->context, BIG * HT_PAGE_SIZE, 0);
    CHECK(start[0] && start[1]);
    if (run > 0) CHECK(start[0] == before[0] && start[1] == before[1]);
    // One range in full, of the other one page more each time, so that clean and used pages mix.
    for (int i = 0; i < 2; i++) {
      size_t pages = i ? (size_t)200 + (size_t)run : BIG;
      CHECK(memory->commit(memory->context, start[i], pages * HT_PAGE_SIZE));
      // Some runs touch few pages, so that touched and untouched ones mix in the next.
      for (size_t p = 0; p < pages; p += stride[run]) {
        CHECK(page_holds(start[i] + p * HT_PAGE_SIZE, 0));
        memset(start[i] + p * HT_PAGE_SIZE, 0x77, HT_PAGE_SIZE);
      }
    }
    before[0] = start[0], before[1] = start[1];
    for (int i = 0; i < 2; i++)
      memory->release(memory->context, start[run % 2 ? 1 - i : i], BIG * HT_PAGE_SIZE);
    CHECK(ht_metered_reset(metered) == 0);
    // The first run takes them as they come, from then on the lower address is first.
    if (run == 0 && before[0] > before[1]) {
      char *higher = before[0];
      before[0] = before[1];
      before[1] = higher;
    }
  }
  ht_metered_destroy(metered);
  CHECK(below.reserved == 0);
}

int main(void) {
  for (int dirty = 0; dirty < 2; dirty++) {
    test_against_model(0, dirty);
    test_against_model(64 * PAGES * HT_PAGE_SIZE, dirty);
    test_against_model(2 * PAGES * HT_PAGE_SIZE, dirty); // too small to keep all
  }
  test_refusals();
  test_misuses();
  test_pool_repeats();
  return 0;
}
