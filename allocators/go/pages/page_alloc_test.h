#ifndef GO_PAGE_ALLOC_TEST_H
#define GO_PAGE_ALLOC_TEST_H

// What the tests of this folder share: a page allocator on memory that can be refused. What it is handed is
// addresses alone: it never touches the pages it gives out.

#include "allocators/go/pages/internal.h"

#include "base/check.h"

// The system's memory, of which the n-th request may be refused.
struct source {
  struct ht_memory memory;
  size_t requests, refuse_at; // refuse_at: the number of the request that is refused; 0: none
  size_t reserved;            // ranges not released
};

static inline bool is_refused(struct source *s) {
  return ++s->requests == s->refuse_at;
}

static inline void *source_reserve(void *context, size_t bytes, size_t alignment) {
  struct source *s = context;
  if (is_refused(s)) return NULL;
  s->reserved++;
  return base_reserve(base_memory_os(), bytes, alignment);
}

static inline bool source_commit(void *context, void *address, size_t bytes) {
  return !is_refused(context) && base_commit(base_memory_os(), address, bytes);
}

static inline void source_release(void *context, void *address, size_t bytes) {
  struct source *s = context;
  s->reserved--;
  base_release(base_memory_os(), address, bytes);
}

struct trial {
  struct go_page_alloc p;
  struct source source;
  struct pages pages;
  char wrong[256];
};

static inline bool trial_open(struct trial *t) {
  t->source.memory = (struct ht_memory){
      .context = &t->source, .reserve = source_reserve, .commit = source_commit, .release = source_release};
  pages_init(&t->pages, &(struct ht_config){.memory = &t->source.memory});
  return go_pages_init(&t->p, &t->pages);
}

static inline void trial_begin(struct trial *t) {
  *t = (struct trial){0};
  CHECK(trial_open(t));
}

static inline void trial_end(struct trial *t) {
  go_pages_finish(&t->p);
  CHECK(t->source.reserved == 0 && t->pages.committed == 0);
}

static inline void trial_look(struct trial *t) {
  *t->wrong = '\0';
  bool whole = go_pages_check_summaries(&t->p, t->wrong, sizeof t->wrong) &&
               go_pages_check_search(&t->p, t->wrong, sizeof t->wrong) &&
               go_pages_check_scavenged(&t->p, t->wrong, sizeof t->wrong);
  if (!whole) fprintf(stderr, "%s\n", t->wrong);
  CHECK(whole && !*t->wrong);
}

// The next answer is the one that a slow search gives.
static inline uintptr_t trial_alloc(struct trial *t, size_t npages, size_t *scavenged) {
  uintptr_t lowest = go_pages_lowest_fit(&t->p, npages);
  uintptr_t got = go_pages_alloc(&t->p, npages, scavenged);
  CHECK(got == lowest);
  return got;
}

#endif
