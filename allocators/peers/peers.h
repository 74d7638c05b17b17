#ifndef PEERS_H
#define PEERS_H

// Other people's heaps behind the heap interface, and what they share.
//
// A peer is a library that was written long before the interface and is not changed for it: the files of a
// peer say in the library's own words what the interface asks. What a library cannot do is left out of the
// capability bits, never imitated, since then the imitation would be on trial and not the library.
//
// Each folder holds one peer: <peer>_inline.h with the heap_ functions, <peer>.c that makes the table of
// them, tests. Only peers may call malloc, pthreads and the like: their memory comes from their libraries.

#include <stdbool.h>
#include <stddef.h>

// Addresses of words that a heap was told of. Zeroed memory is an empty table; nothing here locks.
struct peers_words {
  void **words;
  size_t count, capacity;
};

bool peers_words_add(struct peers_words *table, const void *word);
void peers_words_remove(struct peers_words *table, const void *word);
void peers_words_free(struct peers_words *table);

// The path of the library whose `symbol` the dynamic linker gave this process.
const char *peers_library_of(const char *symbol);

#endif
