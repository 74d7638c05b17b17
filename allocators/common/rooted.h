// The roots of a heap that runs one carrier at a time and looks at its roots itself: mutators with their
// frames, and globals. A carrier is nothing but a name here.
#ifndef COMMON_ROOTED_H
#define COMMON_ROOTED_H

#include "base/list.h"
#include "allocators/common/small_heap.h"
#include "allocators/common/watch.h"

struct rooted_heap {
  struct small_heap small;
  struct base_list mutators, globals;
};

// What a heap's own mutator begins with.
struct rooted_mutator {
  struct ht_mutator head;
  struct base_link link;
};

struct ht_carrier {
  struct rooted_heap *heap;
};

// As small_heap_create and small_heap_destroy. Records hold a watch too. A mutator takes `mutator_bytes`,
// zeroed when it is attached.
void *rooted_create(const struct ht_config *config, const struct ht_heap_table *table, size_t bytes,
                    size_t mutator_bytes);
void rooted_destroy(struct rooted_heap *heap);

// Entries of the table.
bool rooted_carrier_open(struct ht_heap *heap, struct ht_carrier **carrier);
void rooted_carrier_close(struct ht_carrier *carrier);
bool rooted_attach(struct ht_heap *heap, struct ht_carrier *carrier, struct ht_mutator **mutator);
void rooted_detach(struct ht_mutator *mutator);
bool rooted_global_add(struct ht_heap *heap, ht_ref *global);
void rooted_global_remove(struct ht_heap *heap, ht_ref *global);

typedef void rooted_visitor(void *context, ht_ref *reference);

// Shows every slot and global.
void rooted_each(struct rooted_heap *heap, rooted_visitor *visit, void *context);

// Shows every reference word of an object of `bytes`.
void rooted_each_field(const struct ht_type *type, ht_ref object, size_t bytes, rooted_visitor *visit,
                       void *context);

#endif
