// Specials: what an object has beside its memory. A span lists those of its objects by offset and kind; of a
// kind an object has one at most.
//
// An object that a cycle finds unreachable and that has a finalizer is revived: it is marked by the sweep,
// its finalizers are due, its weak references clear. What it reaches was marked, as what objects with
// finalizers hold are roots; the object itself is none, or it would never be found unreachable. Without a
// finalizer the specials end with the object.
//
// Objects that share a tiny block are one object here: they end together.
//
// (Go 1.26, runtime/mheap.go, mfinal.go.)
#ifndef GO_SPECIALS_H
#define GO_SPECIALS_H

#include "allocators/go/go.h"

enum go_special_kind { GO_SPECIAL_FINALIZER, GO_SPECIAL_WEAK, GO_SPECIAL_PIN };

// What waits for run_finalizers begins with this.
struct go_due {
  struct base_link link;
  bool finalizes; // a finalizer's special; else a weak reference
};

struct go_special {
  struct go_due due;
  struct go_special *next;
  size_t offset; // of what it belongs to, in the span
  enum go_special_kind kind;
  union {
    struct {
      ht_finalizer *finalizer;
      void *data;
      uintptr_t object; // once it is due
    };
    struct base_list weaks; // of struct ht_weak
    size_t pins;
  };
};

struct ht_weak {
  struct go_due due;
  struct base_link link;      // in its special's list, until it is clear
  struct go_special *special; // NULL: it is clear, or of an object of size 0
  uintptr_t object;           // 0: clear
  ht_weak_callback *callback; // may be NULL
  void *data;
};

// All need `lists` and a span that is swept. go_special_at: NULL if there is none.
struct go_special **go_special_at(struct go_span *span, size_t offset, enum go_special_kind kind);
// NULL: no memory.
struct go_special *go_special_add(struct go_heap *h, struct go_span *span, size_t offset,
                                  enum go_special_kind kind);
void go_special_remove(struct go_heap *h, struct go_span *span, struct go_special **at);

#endif
