// The page allocator at its edges: counts that 21 bits do not hold, memory that is refused, how little of 8
// GB a search looks at; and what is found broken, by its checks and by traps.
#include "allocators/go/pages/page_alloc_test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB ((size_t)1 << 20)
#define GB ((size_t)1 << 30)
// Where the memory is that the allocator is handed: an entry of the root begins here.
#define BASE (96 * 16 * GB)

static void grow(struct trial *t, uintptr_t base, size_t bytes) {
  CHECK(go_pages_grow(&t->p, base, bytes));
}

static uintptr_t take(struct trial *t, size_t npages) {
  size_t scavenged;
  uintptr_t got = trial_alloc(t, npages, &scavenged);
  CHECK(got);
  return got;
}

static void give(struct trial *t, uintptr_t base, size_t npages) {
  go_pages_free(&t->p, base, npages, false);
}

static void test_nothing(void) {
  struct trial trial, *t = &trial;
  size_t scavenged;
  go_pages_finish(&(struct go_page_alloc){0});
  trial_begin(t);
  trial_look(t);
  CHECK(go_pages_alloc(&t->p, 1, &scavenged) == 0 && scavenged == 0);
  CHECK(go_pages_to_cache(&t->p).pages == 0);
  struct go_page_cache whole = {BASE, ~(uint64_t)0, 0};
  for (size_t npages = 65; npages < 300; npages++) CHECK(!go_page_cache_alloc(&whole, npages, &scavenged));
  CHECK(go_page_cache_alloc(&whole, 64, &scavenged) == BASE && whole.pages == 0);
  CHECK(go_pages_lowest_fit(&t->p, 1) == 0 && !go_pages_is_known(&t->p, BASE));
  CHECK(!go_pages_grow(&t->p, (uintptr_t)1 << GO_ADDRESS_BITS, GO_CHUNK_BYTES));
  CHECK(go_pages_grow(&t->p, BASE, 0) && t->p.free_pages == 0);
  trial_end(t);
}

// Three entries of the root that are wholly free, and a chunk on each side.
static void test_overflow(void) {
  struct trial trial, *t = &trial;
  const size_t entry = GO_SUMMARY_MAX, total = 3 * entry + 2 * GO_CHUNK_PAGES;
  const uintptr_t base = BASE - GO_CHUNK_BYTES;
  trial_begin(t);
  grow(t, base, total * GO_PAGE_SIZE);
  trial_look(t);
  for (size_t i = 0; i < 3; i++) CHECK(t->p.top->root[BASE / (16 * GB) + i] == GO_SUMMARY_WHOLE);
  const size_t sizes[] = {1,         GO_CHUNK_PAGES + 1, entry - 1,     entry,
                          entry + 1, 2 * entry,          3 * entry + 7, total};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    CHECK(take(t, sizes[i]) == base);
    trial_look(t);
    give(t, base, sizes[i]);
    trial_look(t);
    CHECK(go_pages_lowest_fit(&t->p, total + 1) == 0 && t->p.free_pages == total);
  }
  size_t scavenged;
  CHECK(go_pages_alloc(&t->p, total + 1, &scavenged) == 0);
  uintptr_t last = base + (total - 1) * GO_PAGE_SIZE;
  CHECK(take(t, total - 1) == base && take(t, 1) == last);
  give(t, base + GO_CHUNK_BYTES, entry);
  CHECK(t->p.top->root[BASE / (16 * GB)] == GO_SUMMARY_WHOLE);
  CHECK(take(t, entry) == BASE);
  trial_look(t);
  trial_end(t);
}

// A cache that ends where known memory does leaves the search in known memory (golang/go#38605).
static void test_search(void) {
  struct trial trial, *t = &trial;
  size_t scavenged;
  trial_begin(t);
  grow(t, BASE, GO_CHUNK_BYTES);
  for (size_t i = 0; i < GO_CHUNK_WORDS; i++) {
    struct go_page_cache cache = go_pages_to_cache(&t->p);
    CHECK(cache.pages == ~(uint64_t)0 && cache.base == BASE + i * BASE_WORD_BITS * GO_PAGE_SIZE);
    trial_look(t);
  }
  CHECK(t->p.search_addr == BASE + GO_CHUNK_BYTES - GO_PAGE_SIZE);
  CHECK(go_pages_alloc(&t->p, 2, &scavenged) == 0 && t->p.search_addr != GO_PAGES_NOWHERE);
  CHECK(go_pages_alloc(&t->p, 1, &scavenged) == 0 && t->p.search_addr == GO_PAGES_NOWHERE);
  trial_look(t);
  go_pages_free(&t->p, BASE, BASE_WORD_BITS, false);
  CHECK(go_pages_to_cache(&t->p).pages == ~(uint64_t)0 && t->p.search_addr != GO_PAGES_NOWHERE);
  CHECK(go_pages_to_cache(&t->p).pages == 0 && t->p.search_addr == GO_PAGES_NOWHERE);
  trial_end(t);

  // What is found across a boundary leaves it there too, though the entry where the first free page was seen
  // begins in unknown memory.
  const uintptr_t boundary = BASE + 32 * GB;
  trial_begin(t);
  grow(t, BASE, GO_CHUNK_BYTES);
  CHECK(take(t, GO_CHUNK_PAGES) == BASE && t->p.search_addr == BASE);
  grow(t, boundary - GO_CHUNK_BYTES, 2 * GO_CHUNK_BYTES);
  CHECK(take(t, GO_CHUNK_PAGES + 5) == boundary - GO_CHUNK_BYTES);
  CHECK(t->p.search_addr == boundary - GO_CHUNK_BYTES);
  trial_look(t);

  // It goes as far as is known, and what fits where it then is needs no search from the root.
  const uintptr_t free = boundary + 5 * GO_PAGE_SIZE;
  CHECK(take(t, 1) == free && t->p.search_addr == free);
  CHECK(take(t, 2) == free + GO_PAGE_SIZE);
  const size_t left = GO_CHUNK_PAGES - 8;
  const uint64_t before = t->p.visited;
  CHECK(take(t, left) == free + 3 * GO_PAGE_SIZE && t->p.visited == before);
  trial_look(t);
  trial_end(t);
}

// 8 GB in one piece, and in arenas that lie apart: a search looks at no more than the entries of the root
// that they have, and eight of each level below.
static void test_visited(size_t apart, size_t roots) {
  enum { ARENAS = 128, ROUNDS = 2000 };
  const size_t arena_pages = 64 * MB / GO_PAGE_SIZE, most = roots + GO_LEAF * GO_CHILDREN;
  struct trial trial, *t = &trial;
  uint64_t random = 1, seen = 0;
  trial_begin(t);
  for (size_t i = 0; i < ARENAS; i++) grow(t, BASE + i * apart, 64 * MB);
  CHECK(t->p.free_pages == 8 * GB / GO_PAGE_SIZE);
  for (size_t i = 0; i < ARENAS; i++) take(t, arena_pages);
  // Every other page is free, so that what is longer than one has to be looked for, and is far away.
  for (size_t i = 0; i < ARENAS; i++)
    for (size_t page = 0; page < arena_pages; page += 2) give(t, BASE + i * apart + page * GO_PAGE_SIZE, 1);
  give(t, BASE + (ARENAS - 1) * apart + (arena_pages - 1) * GO_PAGE_SIZE, 1);
  for (size_t i = 0; i < ROUNDS; i++) {
    for (size_t npages = 1; npages <= 4; npages++) {
      size_t scavenged;
      uint64_t before = t->p.visited;
      uintptr_t got = go_pages_alloc(&t->p, npages, &scavenged);
      CHECK(t->p.visited - before <= most);
      CHECK(got || npages > 2);
      if (got) give(t, got, npages);
      seen += t->p.visited > before;
    }
    random = random * 6364136223846793005u + 1442695040888963407u;
    size_t page = (random >> 33) % (arena_pages / 2) * 2 + 1;
    uintptr_t between = BASE + (random >> 50) % ARENAS * apart + page * GO_PAGE_SIZE;
    if (go_pages_is_allocated(&t->p, between)) give(t, between, 1);
  }
  CHECK(seen > ROUNDS);
  trial_look(t);
  trial_end(t);
}

// Each request is refused once: then nothing has changed, and it succeeds when asked again.

static const struct {
  uintptr_t base;
  size_t bytes;
} grown[] = {{BASE, 64 * MB},
             {BASE + 128 * MB - 4 * MB, 8 * MB},
             {BASE + 32 * GB - 4 * MB, 8 * MB},
             {BASE + (1000 + 62) * GB, 34 * GB},
             {BASE + 100000 * GB, 4 * MB},
             {BASE - 1500 * GB, 4 * MB}};
enum { GROWN = sizeof grown / sizeof *grown };

// False: no request has that number. If not `again`, a refusal is the end.
static bool refuse(size_t number, bool again) {
  struct trial trial, *t = &trial;
  *t = (struct trial){.source.refuse_at = number};
  if (!trial_open(t)) {
    CHECK(!t->p.top && t->pages.committed == 0 && t->source.reserved == 0);
    CHECK(trial_open(t));
  }
  for (size_t i = 0; i < GROWN; i++) {
    struct go_page_alloc before = t->p;
    if (!go_pages_grow(&t->p, grown[i].base, grown[i].bytes)) {
      CHECK(t->p.free_pages == before.free_pages && t->p.released_pages == before.released_pages);
      CHECK(t->p.search_addr == before.search_addr);
      for (size_t at = 0; at < grown[i].bytes; at += GO_CHUNK_BYTES)
        CHECK(!go_pages_is_known(&t->p, grown[i].base + at));
      trial_look(t);
      if (!again) break;
      if (i) give(t, take(t, 1), 1);
      grow(t, grown[i].base, grown[i].bytes);
    }
    CHECK(t->p.free_pages == before.free_pages + grown[i].bytes / GO_PAGE_SIZE);
    trial_look(t);
  }
  bool refused = t->source.requests >= number;
  trial_end(t);
  return refused;
}

static void test_refusal(void) {
  size_t number = 1;
  while (refuse(number, false) && refuse(number, true)) number++;
  CHECK(number > 4 * GROWN);
}

// What the checks are for: each structure broken by hand is told as what it is.

static go_summary *leaf(struct go_page_alloc *p, uintptr_t address) {
  return go_summary_at(p, GO_LEAF, address / GO_CHUNK_BYTES);
}
static struct go_chunk *chunk_at(struct go_page_alloc *p, uintptr_t address) {
  return go_chunk_at(p, address / GO_CHUNK_BYTES);
}

static void break_leaf(struct go_page_alloc *p) {
  *leaf(p, BASE) += 1;
}
static void break_unknown_leaf(struct go_page_alloc *p) {
  *leaf(p, BASE + 3 * GO_CHUNK_BYTES) = 1;
}
static void break_level_3(struct go_page_alloc *p) {
  *go_summary_at(p, 3, BASE / (32 * MB)) = 0;
}
static void break_level_1(struct go_page_alloc *p) {
  *go_summary_at(p, 1, BASE / (2 * GB)) -= (go_summary)1 << GO_SUMMARY_BITS;
}
static void break_root(struct go_page_alloc *p) {
  p->top->root[BASE / (16 * GB)] = GO_SUMMARY_WHOLE;
}
static void break_bitmap(struct go_page_alloc *p) {
  chunk_at(p, BASE)->allocated[7] = 1;
}
static void search_late(struct go_page_alloc *p) {
  p->search_addr += 2 * GO_PAGE_SIZE;
}
static void search_beyond(struct go_page_alloc *p) {
  p->search_addr = BASE + 3 * GO_CHUNK_BYTES;
}
static void search_nowhere(struct go_page_alloc *p) {
  p->search_addr = GO_PAGES_NOWHERE;
}
static void search_between(struct go_page_alloc *p) {
  p->search_addr -= 1;
}
static void search_below(struct go_page_alloc *p) {
  p->search_addr = BASE - GO_CHUNK_BYTES;
}
static void scavenge_allocated(struct go_page_alloc *p) {
  chunk_at(p, BASE)->scavenged[0] |= 1;
}
static void scavenge_uncounted(struct go_page_alloc *p) {
  chunk_at(p, BASE)->scavenged[7] = 0;
}
static void count_free(struct go_page_alloc *p) {
  p->free_pages++;
}
static void count_released(struct go_page_alloc *p) {
  p->released_pages--;
}

typedef bool check(const struct go_page_alloc *p, char *wrong, size_t size);

// Three chunks, of which the first hundred pages are allocated.
static void begin_three(struct trial *t) {
  trial_begin(t);
  grow(t, BASE, 3 * GO_CHUNK_BYTES);
  CHECK(take(t, 100) == BASE);
  CHECK(take(t, 1) == BASE + 100 * GO_PAGE_SIZE); // where the search begins next
  trial_look(t);
}

static void test_finds(void) {
  static const struct {
    void (*damage)(struct go_page_alloc *);
    check *finds;
    const char *says;
  } all[] = {
      {break_leaf, go_pages_check_summaries, "the summary of level 4 at 0x18000000000 says 1, 411, 411"},
      {break_unknown_leaf, go_pages_check_summaries, "the summary of level 4 at 0x18000c00000 says 1, 0, 0"},
      {break_level_3, go_pages_check_summaries, "the summary of level 3"},
      {break_level_1, go_pages_check_summaries, "the summary of level 1"},
      {break_root, go_pages_check_summaries, "the summary of level 0 at 0x18000000000 says 2097152"},
      {break_bitmap, go_pages_check_summaries, "the summary of level 4"},
      {break_bitmap, go_pages_check_scavenged, "the page at 0x18000380000 is allocated and scavenged"},
      {search_late, go_pages_check_search,
       "the search starts at 0x180000cc000, and the page at 0x180000ca000"},
      {search_beyond, go_pages_check_search, "the search starts at 0x18000c00000, which is no page of known"},
      {search_nowhere, go_pages_check_search, "the search starts at 0xffffffffffffffff, and the page at"},
      {search_between, go_pages_check_search, "the search starts at 0x180000c7fff, which is no page"},
      {search_below, go_pages_check_search, "the search starts at 0x17fffc00000, which is no page"},
      {scavenge_allocated, go_pages_check_scavenged, "the page at 0x18000000000 is allocated and scavenged"},
      {scavenge_uncounted, go_pages_check_scavenged, "1435 pages are free and 1371 of them scavenged, and"},
      {count_free, go_pages_check_scavenged, "1435 pages are free and 1435 of them scavenged, and 1436"},
      {count_released, go_pages_check_scavenged,
       "1435 pages are free and 1435 of them scavenged, and 1435 and"},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    struct trial trial, *t = &trial;
    begin_three(t);
    all[i].damage(&t->p);
    bool found = !all[i].finds(&t->p, t->wrong, sizeof t->wrong) &&
                 strncmp(t->wrong, all[i].says, strlen(all[i].says)) == 0;
    if (!found) fprintf(stderr, "said is \"%s\", and not \"%s\"\n", t->wrong, all[i].says);
    CHECK(found);
    trial_end(t);
  }
}

// A summary that hides what fits: what is found is not the lowest.
static void test_lowest(void) {
  struct trial trial, *t = &trial;
  size_t scavenged;
  begin_three(t);
  *leaf(&t->p, BASE) = 0;
  uintptr_t lowest = go_pages_lowest_fit(&t->p, 500);
  CHECK(lowest == BASE + 101 * GO_PAGE_SIZE);
  CHECK(go_pages_alloc(&t->p, 10, &scavenged) > lowest);
  trial_end(t);
}

// Misuse, and damage that a search runs into, trap.

static void free_twice(struct go_page_alloc *p) {
  go_pages_free(p, BASE, 1, false);
  go_pages_free(p, BASE, 1, false);
}
static void free_too_many(struct go_page_alloc *p) {
  go_pages_free(p, BASE, GO_CHUNK_PAGES, false);
}
static void free_unknown(struct go_page_alloc *p) {
  go_pages_free(p, BASE + 4 * GO_CHUNK_BYTES, 1, false);
}
static void free_far_away(struct go_page_alloc *p) {
  go_pages_free(p, BASE + 1000 * GB, 1, false);
}
static void grow_twice(struct go_page_alloc *p) {
  go_pages_grow(p, BASE + 2 * GO_CHUNK_BYTES, 2 * GO_CHUNK_BYTES);
}
static void grow_crooked(struct go_page_alloc *p) {
  go_pages_grow(p, BASE + GO_PAGE_SIZE, GO_CHUNK_BYTES);
}
static void flush_freed(struct go_page_alloc *p) {
  struct go_page_cache cache = go_pages_to_cache(p);
  go_pages_free(p, cache.base + 40 * GO_PAGE_SIZE, 1, false);
  go_page_cache_flush(p, &cache);
}
static void find_in_full_chunk(struct go_page_alloc *p) {
  size_t scavenged;
  memset(chunk_at(p, BASE)->allocated, 0xff, sizeof chunk_at(p, BASE)->allocated);
  go_pages_alloc(p, 1, &scavenged);
}
static void find_in_zero_leaves(struct go_page_alloc *p) {
  size_t scavenged;
  for (size_t i = 0; i < 3; i++) *leaf(p, BASE + i * GO_CHUNK_BYTES) = 0;
  go_pages_alloc(p, 1, &scavenged);
}
static void find_allocated(struct go_page_alloc *p) {
  size_t scavenged;
  chunk_at(p, BASE + GO_CHUNK_BYTES)->allocated[0] = 1;
  go_pages_alloc(p, GO_CHUNK_PAGES, &scavenged);
}

static void test_traps(void) {
  void (*const all[])(struct go_page_alloc *) = {
      free_twice,   free_too_many, free_unknown,       free_far_away,       grow_twice,
      grow_crooked, flush_freed,   find_in_full_chunk, find_in_zero_leaves, find_allocated};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      struct trial trial, *t = &trial;
      begin_three(t);
      close(STDERR_FILENO);
      all[i](&t->p);
      _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    bool trapped = WIFSIGNALED(status) && WTERMSIG(status) != SIGSEGV;
    if (!trapped) fprintf(stderr, "misuse %zu does not trap\n", i);
    CHECK(trapped);
  }
}

int main(void) {
  test_nothing();
  test_overflow();
  test_search();
  test_visited(64 * MB, 2);
  test_visited(4 * GB, 128 / 4);
  test_refusal();
  test_finds();
  test_lowest();
  test_traps();
  return 0;
}
