#include "allocators/go/globals.h"

static bool add(struct ht_heap *heap, struct base_list *list, const void *word) {
  struct go_heap *h = (struct go_heap *)heap;
  base_mutex_lock(&h->lists);
  struct go_global *global = records_take(&h->small.records);
  if (global) {
    global->word = word;
    base_list_push_last(list, &global->link);
  }
  base_mutex_unlock(&h->lists);
  return global != NULL;
}

static void drop(struct ht_heap *heap, struct base_list *list, const void *word) {
  struct go_heap *h = (struct go_heap *)heap;
  base_mutex_lock(&h->lists);
  base_list_each_removable(link, list) {
    if (go_global_at(link)->word != word) continue;
    base_link_remove(link);
    records_give(&h->small.records, go_global_at(link));
    break;
  }
  base_mutex_unlock(&h->lists);
}

bool go_global_root_add(struct ht_heap *heap, ht_ref *global) {
  return add(heap, &((struct go_heap *)heap)->globals, global);
}

void go_global_root_remove(struct ht_heap *heap, ht_ref *global) {
  drop(heap, &((struct go_heap *)heap)->globals, global);
}

bool go_ambiguous_root_add(struct ht_heap *heap, const uintptr_t *word) {
  return add(heap, &((struct go_heap *)heap)->ambiguous, word);
}

void go_ambiguous_root_remove(struct ht_heap *heap, const uintptr_t *word) {
  drop(heap, &((struct go_heap *)heap)->ambiguous, word);
}
