#include "allocators/go/specials.h"

#include "allocators/go/examine.h"

// Where a special of this offset and kind is, or would be.
static struct go_special **place(struct go_span *span, size_t offset, enum go_special_kind kind) {
  struct go_special **at = &span->specials;
  while (*at && ((*at)->offset < offset || ((*at)->offset == offset && (*at)->kind < kind)))
    at = &(*at)->next;
  return at;
}

struct go_special **go_special_at(struct go_span *span, size_t offset, enum go_special_kind kind) {
  struct go_special **at = place(span, offset, kind);
  return *at && (*at)->offset == offset && (*at)->kind == kind ? at : NULL;
}

struct go_special *go_special_add(struct go_heap *h, struct go_span *span, size_t offset,
                                  enum go_special_kind kind) {
  struct go_special *special = records_take(&h->small.records), **at;
  if (!special) return NULL;
  special->offset = offset;
  special->kind = kind;
  special->due.finalizes = kind == GO_SPECIAL_FINALIZER;
  if (kind == GO_SPECIAL_WEAK) base_list_init(&special->weaks);
  at = place(span, offset, kind);
  special->next = *at;
  *at = special;
  go_page_set_add(span->arena->specials, span->first_page);
  return special;
}

static void unlink_special(struct go_span *span, struct go_special **at) {
  *at = (*at)->next;
  if (!span->specials) go_page_set_remove(span->arena->specials, span->first_page);
}

void go_special_remove(struct go_heap *h, struct go_span *span, struct go_special **at) {
  struct go_special *special = *at;
  unlink_special(span, at);
  records_give(&h->small.records, special);
}

static void make_due(struct go_heap *h, struct go_due *due) {
  base_list_push_last(&h->due, &due->link);
  h->due_count++;
}

static void clear_weaks(struct go_heap *h, struct go_special *special) {
  struct base_link *link;
  while ((link = base_list_pop_first(&special->weaks))) {
    struct ht_weak *weak = base_container_of(link, struct ht_weak, link);
    weak->object = 0;
    weak->special = NULL;
    if (weak->callback) make_due(h, &weak->due);
  }
}

static bool has_finalizer(struct go_span *span, const struct go_special *special, size_t index) {
  for (; special && go_span_index(span, span->base + special->offset) == index; special = special->next)
    if (special->kind == GO_SPECIAL_FINALIZER) return true;
  return false;
}

// The specials from *at on that belong to this object, which nothing reaches. Returns where the next
// object's are.
static struct go_special **end_object(struct go_heap *h, struct go_span *span, struct go_special **at,
                                      size_t index, bool revived) {
  while (*at && go_span_index(span, span->base + (*at)->offset) == index) {
    struct go_special *special = *at;
    if (special->kind == GO_SPECIAL_FINALIZER) {
      special->object = span->base + special->offset;
      unlink_special(span, at);
      make_due(h, &special->due);
    } else if (special->kind == GO_SPECIAL_PIN && revived) {
      at = &special->next;
    } else {
      if (special->kind == GO_SPECIAL_WEAK) clear_weaks(h, special);
      go_special_remove(h, span, at);
    }
  }
  return at;
}

void go_specials_sweep(struct go_heap *h, struct go_span *span, unsigned marks) {
  base_mutex_lock(&h->lists);
  for (struct go_special **at = &span->specials; *at;) {
    size_t index = go_span_index(span, span->base + (*at)->offset);
    if (go_span_bit(span, marks, index)) {
      at = &(*at)->next;
      continue;
    }
    bool revived = has_finalizer(span, *at, index);
    if (revived) {
      uint64_t *word = go_span_bits(span, marks, index / 64);
      go_bits_store(word, *word | (uint64_t)1 << index % 64);
      atomic_fetch_add_explicit(&h->live, span->elem_size, memory_order_relaxed);
    }
    at = end_object(h, span, at, index, revived);
    if (revived) go_examine_revived(h, span, go_span_object(span, index), marks);
  }
  base_mutex_unlock(&h->lists);
}
