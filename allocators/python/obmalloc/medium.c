#include "allocators/python/obmalloc/medium_internal.h"

enum {
  TRIES = 8,         // stretches of a bin that may be too short
  FIRST_COMMIT = 16, // pages of a new region
  AHEAD = 16,        // pages that are committed beyond what is needed, if something is
  IDLE_PAGES = MEDIUM_IDLE_BYTES / HT_PAGE_SIZE,
};

bool medium_init(struct medium *m, struct pages *pages) {
  if (!address_map_init(&m->map, pages, MEDIUM_REGION_SHIFT)) return false;
  m->pages = pages;
  base_list_init(&m->regions);
  for (size_t bin = 0; bin < MEDIUM_BINS; bin++) base_list_init(&m->bins[bin]);
  return true;
}

static void release(struct medium *m, struct medium_region *region) {
  size_t committed = base_bitmap_count(region->dirty, 0, MEDIUM_REGION_PAGES) * HT_PAGE_SIZE;
  pages_release(m->pages, region, MEDIUM_REGION_BYTES, committed);
}

void medium_finish(struct medium *m) {
  base_list_each_removable(link, &m->regions) release(m, medium_region_at(link));
  address_map_finish(&m->map);
}

// The first border of each page is known, so that a block is found by any address in it.

static void enter_border(struct medium_border *border) {
  size_t offset = medium_offset(border);
  uint16_t *first = &medium_region_of(border)->first[offset / HT_PAGE_SIZE];
  if (!*first || medium_mark_of(offset) < *first) *first = medium_mark_of(offset);
}

// It is a border no more; the next is the one behind its stretch.
static void leave_border(struct medium_border *border) {
  size_t offset = medium_offset(border), next = offset + border->bytes;
  uint16_t *first = &medium_region_of(border)->first[offset / HT_PAGE_SIZE];
  if (*first == medium_mark_of(offset))
    *first = next / HT_PAGE_SIZE == offset / HT_PAGE_SIZE ? medium_mark_of(next) : 0;
}

static size_t first_border(const struct medium_region *region, size_t page) {
  return page * HT_PAGE_SIZE + (size_t)(region->first[page] - 1) * sizeof(struct medium_border);
}

// Free stretches.

static void list(struct medium *m, struct medium_border *border) {
  unsigned bin = medium_bin_of(border->bytes);
  border->asked = MEDIUM_FREE;
  base_list_push_first(&m->bins[bin], &((struct medium_free *)border)->link);
  base_bitmap_set(m->stocked, bin);
  m->idle_pages += medium_idle_pages(border);
}

static void unlist(struct medium *m, struct medium_border *border) {
  unsigned bin = medium_bin_of(border->bytes);
  base_link_remove(&((struct medium_free *)border)->link);
  if (base_list_is_empty(&m->bins[bin])) base_bitmap_clear(m->stocked, bin);
  m->idle_pages -= medium_idle_pages(border);
}

static bool is_whole_region(const struct medium_border *border) {
  return !border->before && !medium_behind(border);
}

static void drop_region(struct medium *m, struct medium_region *region) {
  *address_map_make(&m->map, (uintptr_t)region) = 0; // it is there, so it is not refused
  address_map_drop(&m->map, (uintptr_t)region);
  base_link_remove(&region->link);
  release(m, region);
}

// The only stretch of a new region, free. NULL: refused.
static struct medium_border *new_region(struct medium *m) {
  struct medium_region *region = base_reserve(m->pages->memory, MEDIUM_REGION_BYTES, MEDIUM_REGION_BYTES);
  size_t committed = 0;
  if (!region) return NULL;
  if (!pages_commit_prefix(m->pages, region, FIRST_COMMIT * HT_PAGE_SIZE, &committed)) goto release;
  uint64_t *entry = address_map_make(&m->map, (uintptr_t)region);
  if (!entry) goto release;
  *entry = (uintptr_t)region;
  *region = (struct medium_region){.dirty = {0}};
  base_bitmap_set_range(region->dirty, 0, FIRST_COMMIT);
  base_list_push_last(&m->regions, &region->link);
  struct medium_border *border = medium_first(region);
  *border = (struct medium_border){.bytes = (uint32_t)(MEDIUM_REGION_BYTES - medium_offset(border))};
  enter_border(border);
  m->free_regions++;
  list(m, border);
  return border;

release:
  pages_release(m->pages, region, MEDIUM_REGION_BYTES, committed);
  return NULL;
}

static struct medium_border *find_free(const struct medium *m, size_t bytes) {
  unsigned tries = 0, bin = medium_bin_of(bytes);
  base_list_each(link, &m->bins[bin]) {
    if (medium_at(link)->bytes >= bytes) return medium_at(link);
    if (++tries == TRIES) break;
  }
  size_t larger = base_bitmap_find_set(m->stocked, bin + 1, MEDIUM_BINS);
  return larger < MEDIUM_BINS ? medium_at(base_list_first(&m->bins[larger])) : NULL;
}

// Commits what a block of so many bytes needs at the start of a stretch that is in no list, with what stays
// with it, or else the place for the next border. False: refused.
static bool commit(struct medium *m, struct medium_border *border, size_t bytes, size_t stretch) {
  struct medium_region *region = medium_region_of(border);
  size_t offset = medium_offset(border), end = offset + stretch, most = end / HT_PAGE_SIZE;
  size_t needed = stretch - bytes < MEDIUM_LEAST ? end : offset + bytes + sizeof(struct medium_free);
  size_t first = offset / HT_PAGE_SIZE, last = base_page_round(needed) / HT_PAGE_SIZE;
  if (base_bitmap_find_clear(region->dirty, first, last) == last) return true;
  if (last < most) last = most - last < AHEAD ? most : last + AHEAD;
  if (!base_commit(m->pages->memory, (char *)region + first * HT_PAGE_SIZE, (last - first) * HT_PAGE_SIZE))
    return false;
  size_t before = base_bitmap_count(region->dirty, first, last);
  pages_count_committed(m->pages, (last - first - before) * HT_PAGE_SIZE);
  base_bitmap_set_range(region->dirty, first, last);
  return true;
}

static void decommit(struct medium *m, struct medium_border *border) {
  struct medium_region *region = medium_region_of(border);
  size_t end, first = medium_inner_pages(border, &end);
  while ((first = base_bitmap_find_set(region->dirty, first, end)) < end) {
    size_t last = base_bitmap_find_clear(region->dirty, first, end), bytes = (last - first) * HT_PAGE_SIZE;
    base_decommit(m->pages->memory, (char *)region + first * HT_PAGE_SIZE, bytes);
    pages_count_returned(m->pages, bytes);
    base_bitmap_clear_range(region->dirty, first, last);
    m->idle_pages -= last - first;
    first = last;
  }
}

// More than half goes back at once, so that the next time is not soon; the longest stretches first.
static void bound_idle(struct medium *m) {
  if (m->idle_pages <= IDLE_PAGES) return;
  for (size_t bin = MEDIUM_BINS; bin-- > 0;) base_list_each(link, &m->bins[bin]) {
      if (m->idle_pages <= IDLE_PAGES / 2) return;
      decommit(m, medium_at(link));
    }
}

// The stretch behind one becomes part of it.
static void join(struct medium_border *border, struct medium_border *next) {
  leave_border(next);
  border->bytes += next->bytes;
  medium_tell_behind(border);
}

// A stretch that is in no list and nobody's.
static void make_free(struct medium *m, struct medium_border *border) {
  struct medium_border *next = medium_behind(border), *previous = medium_before(border);
  if (next && next->asked == MEDIUM_FREE) {
    unlist(m, next);
    join(border, next);
  }
  if (previous && previous->asked == MEDIUM_FREE) {
    unlist(m, previous);
    join(previous, border);
    border = previous;
  }
  if (is_whole_region(border)) {
    if (m->free_regions) {
      drop_region(m, medium_region_of(border));
      return;
    }
    m->free_regions++;
  }
  list(m, border);
}

// Leaves a stretch that is in no list so many bytes. The rest, if it is long enough for one, is free.
static void cut(struct medium *m, struct medium_border *border, size_t bytes) {
  size_t rest = border->bytes - bytes;
  if (rest < MEDIUM_LEAST) return;
  struct medium_border *cut_off = (struct medium_border *)((char *)border + bytes);
  *cut_off = (struct medium_border){.bytes = (uint32_t)rest, .before = (uint32_t)bytes};
  border->bytes = (uint32_t)bytes;
  medium_tell_behind(cut_off);
  enter_border(cut_off);
  make_free(m, cut_off);
}

static size_t stretch_for(size_t bytes) {
  size_t stretch = base_round_up(sizeof(struct medium_border) + bytes, sizeof(struct medium_border));
  return stretch < MEDIUM_LEAST ? MEDIUM_LEAST : stretch;
}

void *medium_take(struct medium *m, size_t bytes) {
  size_t stretch = stretch_for(bytes);
  struct medium_border *border = find_free(m, stretch);
  if (!border && !(border = new_region(m))) return NULL;
  unlist(m, border);
  if (!commit(m, border, stretch, border->bytes)) {
    list(m, border);
    return NULL;
  }
  if (is_whole_region(border)) m->free_regions--;
  border->asked = (uint32_t)bytes;
  cut(m, border, stretch);
  m->count++;
  m->bytes += bytes;
  return border + 1;
}

void medium_give(struct medium *m, void *block) {
  struct medium_border *border = (struct medium_border *)block - 1;
  m->count--;
  m->bytes -= border->asked;
  make_free(m, border);
  bound_idle(m);
}

bool medium_resize(struct medium *m, void *block, size_t bytes) {
  struct medium_border *border = (struct medium_border *)block - 1, *next = medium_behind(border);
  size_t stretch = stretch_for(bytes);
  if (stretch > border->bytes) {
    if (!next || next->asked != MEDIUM_FREE || stretch > border->bytes + next->bytes) return false;
    unlist(m, next);
    if (!commit(m, border, stretch, border->bytes + next->bytes)) {
      list(m, next);
      return false;
    }
    join(border, next);
  }
  cut(m, border, stretch);
  bound_idle(m);
  m->bytes += bytes - border->asked;
  border->asked = (uint32_t)bytes;
  return true;
}

const struct medium_border *medium_find(const struct medium *m, const void *address) {
  const struct medium_region *region =
      (struct medium_region *)(uintptr_t)address_map_find(&m->map, (uintptr_t)address);
  size_t offset = medium_offset(address), page = offset / HT_PAGE_SIZE;
  if (!region || offset < medium_offset(medium_first(region))) return NULL;
  while (!region->first[page] || first_border(region, page) > offset) page--;
  const struct medium_border *border =
      (const struct medium_border *)((const char *)region + first_border(region, page));
  for (const struct medium_border *next; (next = medium_behind(border)) && medium_offset(next) <= offset;)
    border = next;
  return border->asked == MEDIUM_FREE ? NULL : border;
}

const struct medium_border *medium_of(const struct medium *m, const void *block) {
  const struct medium_border *border = medium_find(m, block);
  return border && (const void *)(border + 1) == block ? border : NULL;
}

bool medium_each(const struct medium *m, medium_visitor *visit, void *context) {
  base_list_each(
      link, &m->regions) for (struct medium_border *border = medium_first(medium_region_at(link)); border;
                              border = medium_behind(border)) if (border->asked != MEDIUM_FREE &&
                                                                  !visit(context, border + 1,
                                                                         medium_room(border))) return false;
  return true;
}
