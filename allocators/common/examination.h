// A heap's own invariants, looked after: each look is told to the examiner that the heap was created with,
// and the first that is broken is what `check` says.
//
// A look is EXAMINE(examination, invariant, condition, format, ...): the condition is evaluated once, the
// rest only if it is broken. It gives the condition, so that what cannot be gone through is left:
//
//   if (!EXAMINE(e, PY_29, pool->next, "the pool %p is in no ring", (void *)pool)) return;
//
// The examiner may not return from one that is broken: nothing is held here that would have to be given back.
#ifndef COMMON_EXAMINATION_H
#define COMMON_EXAMINATION_H

#include <heaptrial/heap.h>

struct examination {
  const struct ht_heap_invariant *invariants; // of the heap's table
  struct ht_examiner examiner;
  char *message; // where the first that is broken is said; NULL: nowhere
  size_t message_size;
  bool broken;
};

// Whether anybody wants to know: an examiner, or a check that runs.
static inline bool examination_is_wanted(const struct examination *e) {
  return e->examiner.examined || e->message;
}

bool examination_holds(struct examination *e, size_t invariant);

// Of no name if `invariant` is EXAMINATION_UNNAMED: then only `check` says it.
#define EXAMINATION_UNNAMED SIZE_MAX
__attribute__((format(printf, 3, 4), cold)) bool examination_broken(struct examination *e, size_t invariant,
                                                                    const char *format, ...);

#define EXAMINE(e, invariant, condition, ...)                             \
  (__builtin_expect(!!(condition), 1) ? examination_holds((e), invariant) \
                                      : examination_broken((e), invariant, __VA_ARGS__))

#endif
