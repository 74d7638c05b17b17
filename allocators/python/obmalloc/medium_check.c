// Whether the medium level is as its header says: stretches fill their regions, and every free one is in its
// bin.

#include "allocators/python/obmalloc/medium_internal.h"

#include <string.h>

struct seen {
  size_t used, bytes, free, idle, free_regions;
};

static bool is_committed(const struct medium_region *region, size_t offset, size_t end) {
  size_t first = offset / HT_PAGE_SIZE, last = base_page_round(end) / HT_PAGE_SIZE;
  return base_bitmap_find_clear(region->dirty, first, last) == last;
}

// One stretch, the one before it and where it begins.
static const char *stretch_wrong(const struct medium_region *region, const struct medium_border *border,
                                 const struct medium_border *previous) {
  size_t offset = medium_offset(border);
  bool free = border->asked == MEDIUM_FREE;
  if (border->bytes < MEDIUM_LEAST || border->bytes % sizeof *border ||
      border->bytes > MEDIUM_REGION_BYTES - offset)
    return "has a length that cannot be";
  if (border->before != (previous ? previous->bytes : 0)) return "does not lead back";
  if (free && previous && previous->asked == MEDIUM_FREE) return "is free behind a free one";
  if (!free && border->asked > medium_room(border)) return "is shorter than it was asked for";
  if (!is_committed(region, offset, offset + (free ? sizeof(struct medium_free) : border->bytes)))
    return "is not committed";
  return NULL;
}

static const char *region_wrong(struct medium_region *region, struct seen *seen, const void **where) {
  uint16_t first[MEDIUM_REGION_PAGES] = {0};
  const struct medium_border *previous = NULL;
  size_t had_used = seen->used;
  *where = region;
  if (!is_committed(region, 0, sizeof *region)) return "is not committed";
  for (struct medium_border *border = medium_first(region); border;
       previous = border, border = medium_behind(border)) {
    size_t offset = medium_offset(border), page = offset / HT_PAGE_SIZE;
    *where = border;
    if (!is_committed(region, offset, offset + sizeof *border)) return "is not committed";
    const char *wrong = stretch_wrong(region, border, previous);
    if (wrong) return wrong;
    if (!first[page]) first[page] = medium_mark_of(offset);
    if (border->asked == MEDIUM_FREE) {
      seen->free++;
      seen->idle += medium_idle_pages(border);
    } else {
      seen->used++;
      seen->bytes += border->asked;
    }
  }
  seen->free_regions += seen->used == had_used;
  *where = region;
  return memcmp(first, region->first, sizeof first) ? "does not know the first border of each page" : NULL;
}

// Of all bins together no more may be listed than there are.
static const char *bins_wrong(const struct medium *m, size_t free, const void **where) {
  size_t listed = 0;
  for (size_t bin = 0; bin < MEDIUM_BINS; bin++) {
    if (base_bitmap_test(m->stocked, bin) == base_list_is_empty(&m->bins[bin]))
      return "has a bin too many or too few";
    base_list_each(link, &m->bins[bin]) {
      *where = medium_at(link);
      if (++listed > free ||
          address_map_find(&m->map, (uintptr_t)link) != (uintptr_t)medium_region_of(*where) ||
          medium_at(link)->asked != MEDIUM_FREE || medium_bin_of(medium_at(link)->bytes) != bin)
        return "is in a bin where it does not belong";
    }
  }
  *where = m;
  return listed != free ? "has free stretches that are in no bin" : NULL;
}

const char *medium_wrong(const struct medium *m, const void **where) {
  struct seen seen = {0};
  base_list_each(link, &m->regions) {
    struct medium_region *region = medium_region_at(link);
    *where = region;
    if (address_map_find(&m->map, (uintptr_t)region) != (uintptr_t)region)
      return "is not known by its address";
    const char *wrong = region_wrong(region, &seen, where);
    if (wrong) return wrong;
  }
  *where = m;
  const char *wrong = bins_wrong(m, seen.free, where);
  if (wrong) return wrong;
  if (m->count != seen.used || m->bytes != seen.bytes) return "counts other blocks than there are";
  if (m->idle_pages != seen.idle) return "counts other idle pages than there are";
  return m->free_regions != seen.free_regions || m->free_regions > 1 ? "keeps other regions than it counts"
                                                                     : NULL;
}
