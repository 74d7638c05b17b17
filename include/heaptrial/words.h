#ifndef HEAPTRIAL_WORDS_H
#define HEAPTRIAL_WORDS_H

// For heaps whose references are plain words: the moves of slots, fields, globals and cells, and the shadow
// stack. A heap without barriers and counts needs nothing else here; one with them builds on these.
//
// Fields may be used by several carriers at once, so each word is moved by one atomic access. Relaxed order
// is enough: the program orders what it shares (rule 4), and a cell orders what goes through it.

#include <heaptrial/heap.h>

// A collector may stop this thread anywhere and walk its frames: a frame is whole before it is seen, and out
// of sight before its memory is used for something else. That costs no instruction.
static inline void ht_frames_push(struct ht_mutator *m, struct ht_frame *frame) {
  frame->previous = m->frames;
  __atomic_store_n(&m->frames, frame, __ATOMIC_RELEASE);
}

static inline void ht_frames_pop(struct ht_mutator *m) {
  __atomic_store_n(&m->frames, m->frames->previous, __ATOMIC_RELEASE);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline ht_ref ht_word_load(const ht_ref *field) {
  return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static inline void ht_word_store(ht_ref *field, ht_ref value) {
  __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

// Does a copy of `words` words have to go from the first to the last, so that overlapping runs come out
// right?
static inline bool ht_words_go_up(const ht_ref *to, const ht_ref *from, size_t words) {
  return (uintptr_t)to - (uintptr_t)from >= words * HT_WORD;
}

// Word by word, so that nobody who looks meanwhile sees half a reference; memmove does not promise that.
static inline void ht_words_copy(ht_ref *to, const ht_ref *from, size_t words) {
  if (ht_words_go_up(to, from, words))
    for (size_t i = 0; i < words; i++) ht_word_store(&to[i], ht_word_load(&from[i]));
  else
    for (size_t i = words; i-- > 0;) ht_word_store(&to[i], ht_word_load(&from[i]));
}

static inline void ht_words_clear(ht_ref *field, size_t words) {
  for (size_t i = 0; i < words; i++) ht_word_store(&field[i], NULL);
}

static inline bool ht_cell_send(ht_ref *cell, ht_ref object) {
  ht_ref empty = NULL;
  return __atomic_compare_exchange_n(cell, &empty, object, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

// The object that was in the cell, or NULL.
static inline ht_ref ht_cell_take(ht_ref *cell) {
  return __atomic_exchange_n(cell, NULL, __ATOMIC_ACQUIRE);
}

#endif
