// The bitmaps of a chunk, and what is looked for in them.
#ifndef GO_CHUNK_H
#define GO_CHUNK_H

#include "allocators/go/pages/page_alloc.h"
#include "allocators/go/pages/summary.h"

#include "base/bits.h"

#define GO_CHUNK_WORDS (GO_CHUNK_PAGES / BASE_WORD_BITS)

struct go_chunk {
  uint64_t allocated[GO_CHUNK_WORDS];
  uint64_t scavenged[GO_CHUNK_WORDS]; // only of pages that are not allocated
};

// Where `length` bits of `word` are 1 in a row: their lowest. `length` is 1 to 64.
static inline uint64_t go_rows_of(uint64_t word, unsigned length) {
  unsigned done = 1;
  while (done < length) {
    unsigned step = done < length - done ? done : length - done;
    word &= word >> step;
    done += step;
  }
  return word;
}

// The lowest run of `npages` free pages; GO_CHUNK_PAGES: there is none. No page below `from` is free. *first:
// the first one that is, or GO_CHUNK_PAGES if there is no run.
size_t go_chunk_find(const struct go_chunk *chunk, size_t npages, size_t from, size_t *first);

// The summary of its pages.
go_summary go_chunk_summarize(const struct go_chunk *chunk);

#endif
