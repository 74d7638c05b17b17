#ifndef OBMALLOC_OBMALLOC_TEST_H
#define OBMALLOC_OBMALLOC_TEST_H

// What the tests of this folder share: an obmalloc on memory that can be refused and shifted, with an
// examination of its own.

#include "allocators/python/invariants.h"
#include "allocators/python/obmalloc/internal.h"

#include "base/check.h"

// The system's memory, of which the n-th request may be refused, and which may lie a page beside where it
// would.
struct source {
  struct ht_memory memory;
  size_t requests, refuse_at; // refuse_at: the number of the request that is refused; 0: none
  size_t reserved;            // ranges not released
  size_t shift;               // bytes beside a multiple of 1 MB at which arenas lie: of the larger pool's
};

static inline bool is_refused(struct source *s) {
  return ++s->requests == s->refuse_at;
}

enum { ROOM = 1 << 20 };

static inline void *source_reserve(void *context, size_t bytes, size_t alignment) {
  struct source *s = context;
  if (is_refused(s)) return NULL;
  // Of what is so large only arenas are aligned to less: to a pool.
  bool arena = alignment < ROOM && bytes >= ROOM / 4, shifted = arena && s->shift;
  char *address = base_reserve(base_memory_os(), shifted ? bytes + ROOM : bytes, arena ? ROOM : alignment);
  CHECK(address);
  s->reserved++;
  return shifted ? address + s->shift : address;
}

static inline bool source_commit(void *context, void *address, size_t bytes) {
  return !is_refused(context) && base_commit(base_memory_os(), address, bytes);
}

static inline void source_decommit(void *context, void *address, size_t bytes) {
  (void)context;
  base_decommit(base_memory_os(), address, bytes);
}

static inline void source_release(void *context, void *address, size_t bytes) {
  struct source *s = context;
  bool shifted = s->shift && (uintptr_t)address % ROOM == s->shift && bytes >= ROOM / 4;
  s->reserved--;
  base_release(base_memory_os(), (char *)address - (shifted ? s->shift : 0), shifted ? bytes + ROOM : bytes);
}

struct trial {
  struct obmalloc o;
  struct source source;
  struct pages pages;
  struct examination examination;
  char message[256];
};

static inline bool trial_open(struct trial *t, const struct obmalloc_options *options) {
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

static inline void trial_begin(struct trial *t, const struct obmalloc_options *options, size_t shift) {
  *t = (struct trial){.source.shift = shift};
  CHECK(trial_open(t, options));
}

static inline void trial_end(struct trial *t) {
  obmalloc_finish(&t->o);
  CHECK(t->source.reserved == 0 && t->pages.committed == 0);
}

static inline void trial_look(struct trial *t) {
  obmalloc_check(&t->o, &t->examination);
  if (t->examination.broken) fprintf(stderr, "%s\n", t->message);
  CHECK(!t->examination.broken);
}

static inline void *trial_take(struct trial *t, size_t bytes) {
  void *block = obmalloc_take(&t->o, bytes);
  CHECK(block);
  return block;
}

#endif
