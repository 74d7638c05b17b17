// The page allocator against a plain model, one byte a page, driven by random operations on memory that lies
// across the boundaries of every level.
//
//   go_page_alloc_test [SEED]
#include "allocators/go/pages/page_alloc_test.h"

#include <string.h>
#include <time.h>

enum {
  STEPS = 6000,
  LOOK_EVERY = 25,
  RUNS = 400,
  CACHES = 4,
  WINDOWS = 2,
  CHUNKS = 20, // of a window, whose middle is a boundary
  WINDOW_PAGES = CHUNKS * 512,
  PAGES = WINDOWS * WINDOW_PAGES,
};

enum state { UNKNOWN, FREE, USED, CACHED };

struct page {
  uint8_t state;
  bool scavenged; // free, or cached
};

struct run {
  size_t page, npages; // an index into the model
};

struct model {
  struct trial trial;
  uint64_t random;
  size_t start[WINDOWS]; // first chunk of each
  struct page pages[PAGES];
  struct run runs[RUNS];
  size_t run_count;
  struct go_page_cache caches[CACHES];
};

static uint64_t draw(struct model *m, uint64_t below) {
  // Numerical Recipes' 64-bit linear congruence, upper half.
  m->random = m->random * 6364136223846793005u + 1442695040888963407u;
  return (m->random >> 33) % below;
}

static uintptr_t address_of(const struct model *m, size_t page) {
  return go_address_of(m->start[page / WINDOW_PAGES] * GO_CHUNK_PAGES + page % WINDOW_PAGES);
}

static size_t index_of(const struct model *m, uintptr_t address) {
  size_t window = WINDOWS - 1;
  while (address < address_of(m, window * WINDOW_PAGES)) window--;
  return window * WINDOW_PAGES + (address - address_of(m, window * WINDOW_PAGES)) / GO_PAGE_SIZE;
}

// The lowest fit, or PAGES.
static size_t lowest(const struct model *m, size_t npages) {
  size_t run = 0;
  for (size_t i = 0; i < PAGES; i++) {
    if (i % WINDOW_PAGES == 0) run = 0;
    run = m->pages[i].state == FREE ? run + 1 : 0;
    if (run == npages) return i + 1 - npages;
  }
  return PAGES;
}

static size_t set(struct model *m, size_t page, size_t npages, enum state from, struct page to) {
  size_t scavenged = 0;
  for (size_t i = page; i < page + npages; i++) {
    CHECK(m->pages[i].state == from);
    scavenged += m->pages[i].scavenged;
    m->pages[i] = to;
  }
  return scavenged;
}

static void keep_run(struct model *m, uintptr_t address, size_t npages) {
  m->runs[m->run_count++] = (struct run){index_of(m, address), npages};
}

static size_t draw_npages(struct model *m) {
  switch (draw(m, 12)) {
  case 0:
    return 1 + draw(m, 5 * GO_CHUNK_PAGES);
  case 1:
    return 1 + draw(m, GO_CHUNK_PAGES);
  case 2:
  case 3:
    return 60 + draw(m, 10);
  case 4:
  case 5:
    return 1 + draw(m, 100);
  default:
    return 1 + draw(m, 8);
  }
}

static void alloc(struct model *m) {
  if (m->run_count == RUNS) return;
  size_t npages = draw_npages(m), scavenged, expected = lowest(m, npages);
  uintptr_t address = trial_alloc(&m->trial, npages, &scavenged);
  if (expected == PAGES) {
    CHECK(address == 0 && scavenged == 0);
    return;
  }
  CHECK(address == address_of(m, expected));
  CHECK(scavenged == set(m, expected, npages, FREE, (struct page){USED, false}));
  keep_run(m, address, npages);
}

// A run that is in use, or a part of one, so that what is left is two.
static void release(struct model *m) {
  if (m->run_count == 0) return;
  struct run *run = &m->runs[draw(m, m->run_count)], freed = *run;
  bool scavenged = draw(m, 4) == 0;
  if (draw(m, 4) == 0) {
    freed.page += draw(m, run->npages);
    freed.npages = 1 + draw(m, run->page + run->npages - freed.page);
  }
  struct run after = {freed.page + freed.npages, run->page + run->npages - freed.page - freed.npages};
  run->npages = freed.page - run->page;
  if (run->npages == 0) *run = m->runs[--m->run_count];
  if (after.npages && m->run_count < RUNS)
    m->runs[m->run_count++] = after;
  else
    freed.npages += after.npages; // there is no place to note it
  set(m, freed.page, freed.npages, USED, (struct page){FREE, scavenged});
  go_pages_free(&m->trial.p, address_of(m, freed.page), freed.npages, scavenged);
}

static void fill_cache(struct model *m, struct go_page_cache *cache) {
  size_t first = lowest(m, 1);
  *cache = go_pages_to_cache(&m->trial.p);
  if (first == PAGES) {
    CHECK(cache->pages == 0);
    return;
  }
  first -= first % BASE_WORD_BITS;
  CHECK(cache->base == address_of(m, first));
  for (size_t i = 0; i < BASE_WORD_BITS; i++) {
    struct page *page = &m->pages[first + i];
    CHECK((cache->pages >> i & 1) == (page->state == FREE));
    CHECK((cache->scavenged >> i & 1) == (page->state == FREE && page->scavenged));
    if (page->state == FREE) page->state = CACHED;
  }
}

static void alloc_from_cache(struct model *m, struct go_page_cache *cache) {
  size_t npages = 1 + draw(m, draw(m, 4) ? 6 : 66), scavenged, at = 0, run = 0;
  if (m->run_count == RUNS) return;
  while (at < BASE_WORD_BITS && run < npages) run = cache->pages >> at++ & 1 ? run + 1 : 0;
  uintptr_t address = go_page_cache_alloc(cache, npages, &scavenged);
  CHECK((address != 0) == (run == npages));
  if (!address) return;
  CHECK(address == cache->base + (at - npages) * GO_PAGE_SIZE);
  CHECK(scavenged == set(m, index_of(m, address), npages, CACHED, (struct page){USED, false}));
  keep_run(m, address, npages);
}

static void flush(struct model *m, struct go_page_cache *cache) {
  for (size_t i = 0; i < BASE_WORD_BITS; i++)
    if (cache->pages >> i & 1) {
      struct page *page = &m->pages[index_of(m, cache->base) + i];
      CHECK(page->state == CACHED && page->scavenged == (cache->scavenged >> i & 1));
      page->state = FREE;
    }
  go_page_cache_flush(&m->trial.p, cache);
  CHECK(cache->pages == 0 && cache->scavenged == 0);
}

static void cache_step(struct model *m) {
  struct go_page_cache *cache = &m->caches[draw(m, CACHES)];
  if (cache->pages == 0)
    fill_cache(m, cache);
  else if (draw(m, 8) == 0)
    flush(m, cache);
  else
    alloc_from_cache(m, cache);
}

static void grow(struct model *m) {
  size_t window = draw(m, WINDOWS), first = draw(m, CHUNKS), count = 0, most = 1 + draw(m, 4);
  size_t page = window * WINDOW_PAGES + first * GO_CHUNK_PAGES;
  while (count < most && first + count < CHUNKS && m->pages[page + count * GO_CHUNK_PAGES].state == UNKNOWN)
    count++;
  if (count == 0) return;
  set(m, page, count * GO_CHUNK_PAGES, UNKNOWN, (struct page){FREE, true});
  CHECK(go_pages_grow(&m->trial.p, address_of(m, page), count * GO_CHUNK_BYTES));
}

// All of what the model says holds.
static void compare(struct model *m) {
  size_t free_pages = 0, released = 0;
  for (size_t i = 0; i < PAGES; i++) {
    uintptr_t address = address_of(m, i);
    CHECK(go_pages_is_known(&m->trial.p, address) == (m->pages[i].state != UNKNOWN));
    CHECK(go_pages_is_allocated(&m->trial.p, address) == (m->pages[i].state >= USED));
    free_pages += m->pages[i].state == FREE;
    released += m->pages[i].state == FREE && m->pages[i].scavenged;
  }
  CHECK(m->trial.p.free_pages == free_pages && m->trial.p.released_pages == released);
}

// One chunk's bitmap, made of runs that often are about as long as a word.
static void test_chunk(uint64_t seed) {
  struct model *m = &(struct model){.random = seed};
  for (size_t round = 0; round < 2000; round++) {
    struct go_chunk chunk = {0};
    size_t usual = draw(m, 3) ? 56 : draw(m, 3) * 10;
    for (size_t page = draw(m, 70); page < GO_CHUNK_PAGES;
         page += draw(m, 3) ? usual + draw(m, 9) : draw(m, 9)) {
      size_t end = page + (draw(m, 4) ? 1 : draw(m, 80));
      base_bitmap_set_range(chunk.allocated, page, end < GO_CHUNK_PAGES ? end : GO_CHUNK_PAGES);
      page = end;
    }

    // Page by page. A length that a run reaches before any other has is at its lowest there.
    struct go_runs runs = {0};
    size_t run = 0, first = GO_CHUNK_PAGES, lowest_of[GO_CHUNK_PAGES + 1];
    for (size_t i = 0; i <= GO_CHUNK_PAGES; i++) lowest_of[i] = GO_CHUNK_PAGES;
    for (size_t page = 0; page < GO_CHUNK_PAGES; page++) {
      run = base_bitmap_test(chunk.allocated, page) ? 0 : run + 1;
      if (run && first == GO_CHUNK_PAGES) first = page;
      if (run == page + 1) runs.start = run;
      if (run <= runs.max) continue;
      runs.max = run;
      lowest_of[run] = page + 1 - run;
    }
    runs.end = run;

    CHECK(go_chunk_summarize(&chunk) == go_summary_pack(runs));
    for (size_t npages = 1; npages <= GO_CHUNK_PAGES; npages++) {
      size_t seen, from = draw(m, first + 1) % GO_CHUNK_PAGES;
      size_t found = go_chunk_find(&chunk, npages, from, &seen);
      CHECK(found == lowest_of[npages]);
      CHECK(found == GO_CHUNK_PAGES || seen == first);
    }
  }
}

// `low` and `high`: chunks that begin an entry of some level. Phases of much and little in use follow one
// another.
static void test_model(uint64_t seed, size_t low, size_t high) {
  static struct model model, *m = &model;
  *m = (struct model){.random = seed, .start = {low - CHUNKS / 2, high - CHUNKS / 2}};
  trial_begin(&m->trial);
  alloc(m);
  cache_step(m);
  for (size_t i = 0; i < STEPS; i++) {
    bool filling = i / 500 % 2 == 0;
    size_t what = draw(m, 100);
    if (what < 2)
      grow(m);
    else if (what < 40)
      cache_step(m);
    else if (what < (filling ? 85 : 55))
      alloc(m);
    else
      release(m);
    if (i % LOOK_EVERY == 0) {
      trial_look(&m->trial);
      compare(m);
    }
  }
  for (size_t i = 0; i < CACHES; i++) flush(m, &m->caches[i]);
  while (m->run_count) release(m);
  trial_look(&m->trial);
  compare(m);
  trial_end(&m->trial);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
  printf("seed %llu\n", (unsigned long long)seed);
  fflush(stdout);
  test_chunk(seed);
  // In the middle of a leaf block, and where entries of level 3, 2, 1 and the root begin, and a block.
  const size_t boundaries[] = {12,
                               ((size_t)3 << 13) + 500,
                               ((size_t)5 << 13) + (7 << 3),
                               ((size_t)6 << 13) + (7 << 6),
                               ((size_t)7 << 13) + (7 << 9),
                               ((size_t)8 << 13) + (1 << 12),
                               (size_t)9 << 13,
                               GO_CHUNKS - CHUNKS / 2};
  for (size_t i = 0; i + 1 < sizeof boundaries / sizeof *boundaries; i++)
    test_model(seed + i, boundaries[i], boundaries[i + 1]);
  return 0;
}
