// Words outside the heap that are roots: globals, and words that may hold anything.
#ifndef GO_GLOBALS_H
#define GO_GLOBALS_H

#include "allocators/go/go.h"

struct go_global {
  struct base_link link;
  union {
    ht_ref *global;
    const uintptr_t *word;
  };
};

static inline struct go_global *go_global_at(struct base_link *link) {
  return base_container_of(link, struct go_global, link);
}

bool go_global_root_add(struct ht_heap *heap, ht_ref *global);
void go_global_root_remove(struct ht_heap *heap, ht_ref *global);
bool go_ambiguous_root_add(struct ht_heap *heap, const uintptr_t *word);
void go_ambiguous_root_remove(struct ht_heap *heap, const uintptr_t *word);

#endif
