// Which words of memory more than one fiber uses, one of them writing: between steps on others, who goes
// first makes no difference.
//
// A table that grows over all runs of a search. `passed` marks words that a search has taken for one fiber's
// alone, and left ways out for: if such a word turns out to be shared, the search has to begin anew.
#ifndef FUZZ_SCHEDULE_SHARED_WORDS_H
#define FUZZ_SCHEDULE_SHARED_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_word {
  uintptr_t word; // 0: none
  uint32_t users; // fibers
  bool written, passed;
};

struct shared_words {
  struct shared_word *table;
  size_t count, capacity;
  bool all; // somebody used more than could be told, or there was no memory: everything is shared
};

void shared_words_free(struct shared_words *words);

// True: a word that was passed is shared now.
bool shared_words_use(struct shared_words *words, uintptr_t word, unsigned fiber, bool written);
// Does more than one use it? If not, it is marked as passed.
bool shared_words_pass(struct shared_words *words, uintptr_t word);

#endif
