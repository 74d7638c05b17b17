#include "fuzz/schedule/shared_words.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

static bool is_shared(const struct shared_word *entry) {
  return entry->written && (entry->users & (entry->users - 1));
}

static struct shared_word *slot(struct shared_word *table, size_t capacity, uintptr_t word) {
  size_t i = (word * 0x9e3779b97f4a7c15u) >> 32 & (capacity - 1);
  while (table[i].word && table[i].word != word) i = (i + 1) & (capacity - 1);
  return &table[i];
}

static bool grow(struct shared_words *words) {
  size_t capacity = words->capacity ? 2 * words->capacity : FIRST_CAPACITY;
  struct shared_word *table = calloc(capacity, sizeof *table);
  if (!table) return false;
  for (size_t i = 0; i < words->capacity; i++)
    if (words->table[i].word) *slot(table, capacity, words->table[i].word) = words->table[i];
  free(words->table);
  words->table = table;
  words->capacity = capacity;
  return true;
}

// NULL: no memory.
static struct shared_word *find(struct shared_words *words, uintptr_t word) {
  if (2 * words->count >= words->capacity && !grow(words)) {
    words->all = true;
    return NULL;
  }
  struct shared_word *entry = slot(words->table, words->capacity, word);
  if (!entry->word) {
    entry->word = word;
    words->count++;
  }
  return entry;
}

void shared_words_free(struct shared_words *words) {
  free(words->table);
  *words = (struct shared_words){0};
}

bool shared_words_use(struct shared_words *words, uintptr_t word, unsigned fiber, bool written) {
  struct shared_word *entry = words->all ? NULL : find(words, word);
  if (!entry) return false;
  entry->users |= 1u << fiber;
  entry->written |= written;
  bool late = entry->passed && is_shared(entry);
  if (late) entry->passed = false;
  return late;
}

bool shared_words_pass(struct shared_words *words, uintptr_t word) {
  struct shared_word *entry = words->all ? NULL : find(words, word);
  if (!entry || is_shared(entry)) return true;
  entry->passed = true;
  return false;
}
