// A heap's own small structures (mutators, carriers, weak references, globals), from the same memory as its
// objects.
//
// All records of a heap have one size. They lie in pages; each page counts its records and keeps its own free
// list, and the page of a record is the record's address rounded down. A page without records goes back
// unless it is the only one with room, so that a heap which makes and drops one record in turn does not map
// and unmap a page each time.
//
// Nothing here locks.
#ifndef COMMON_RECORDS_H
#define COMMON_RECORDS_H

#include "base/list.h"
#include "allocators/common/pages.h"

struct records {
  struct pages *pages;
  size_t size;
  struct base_list open, full; // pages with room, pages without
};

// `size`: at most an eighth of a page.
void records_init(struct records *records, struct pages *pages, size_t size);

// Gives back every page, whatever is still in it.
void records_finish(struct records *records);

// Zeroed. NULL: no memory.
void *records_take(struct records *records);
void records_give(struct records *records, void *record);

#endif
