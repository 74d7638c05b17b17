#ifndef HEAPTRIAL_PLAIN_H
#define HEAPTRIAL_PLAIN_H

// The heap_ functions of frames, slots, fields and cells for a heap whose references are plain words: every
// one is a move. For a heap's inline header to include, beside the functions that are its own.

#include <heaptrial/words.h>

static inline void heap_push(struct ht_mutator *m, struct ht_frame *frame) {
  ht_frames_push(m, frame);
}

static inline void heap_pop(struct ht_mutator *m) {
  ht_frames_pop(m);
}

static inline void heap_root_set(struct ht_mutator *m, ht_ref *slot, ht_ref object) {
  (void)m;
  *slot = object;
}

static inline void heap_root_load(struct ht_mutator *m, ht_ref *slot, ht_ref object, const ht_ref *field) {
  (void)m, (void)object;
  *slot = ht_word_load(field);
}

static inline ht_ref heap_load(struct ht_mutator *m, ht_ref object, const ht_ref *field) {
  (void)m, (void)object;
  return ht_word_load(field);
}

static inline void heap_store(struct ht_mutator *m, ht_ref object, ht_ref *field, ht_ref value) {
  (void)m, (void)object;
  ht_word_store(field, value);
}

static inline void heap_copy(struct ht_mutator *m, ht_ref to, ht_ref *to_field, ht_ref from,
                             const ht_ref *from_field, size_t words) {
  (void)m, (void)to, (void)from;
  ht_words_copy(to_field, from_field, words);
}

static inline void heap_clear(struct ht_mutator *m, ht_ref object, ht_ref *field, size_t words) {
  (void)m, (void)object;
  ht_words_clear(field, words);
}

static inline bool heap_send(struct ht_mutator *m, ht_ref *cell, ht_ref object) {
  (void)m;
  return ht_cell_send(cell, object);
}

static inline bool heap_recv(struct ht_mutator *m, ht_ref *cell, ht_ref *slot) {
  (void)m;
  ht_ref object = ht_cell_take(cell);
  if (object) *slot = object;
  return object != NULL;
}

#endif
