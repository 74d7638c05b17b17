#include "allocators/peers/peers.h"

#include <dlfcn.h>
#include <stdlib.h>

bool peers_words_add(struct peers_words *table, const void *word) {
  if (table->count == table->capacity) {
    size_t capacity = table->capacity ? 2 * table->capacity : 64;
    void **words = realloc(table->words, capacity * sizeof *words);
    if (!words) return false;
    table->words = words;
    table->capacity = capacity;
  }
  table->words[table->count++] = (void *)word;
  return true;
}

void peers_words_remove(struct peers_words *table, const void *word) {
  // What came last goes first more often than not.
  for (size_t i = table->count; i-- > 0;)
    if (table->words[i] == word) {
      table->words[i] = table->words[--table->count];
      return;
    }
}

void peers_words_free(struct peers_words *table) {
  free(table->words);
  *table = (struct peers_words){0};
}

const char *peers_library_of(const char *symbol) {
  Dl_info info;
  void *address = dlsym(RTLD_DEFAULT, symbol);
  return address && dladdr(address, &info) && info.dli_fname ? info.dli_fname : NULL;
}
