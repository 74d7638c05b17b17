#include "allocators/python/obmalloc/runs.h"

#include "base/bits.h"

enum {
  TRIES = 8, // regions of a bin in which a gap may be too small
  IDLE_PAGES = RUNS_IDLE_BYTES / 4096,
};

static struct run_region *region_of_link(struct base_link *link) {
  return base_container_of(link, struct run_region, link);
}

bool runs_init(struct runs *runs, struct pages *pages) {
  if (!address_map_init(&runs->map, pages, RUNS_REGION_SHIFT)) return false;
  runs->pages = pages;
  records_init(&runs->regions, pages, sizeof(struct run_region));
  for (size_t bin = 0; bin < RUNS_BINS; bin++) base_list_init(&runs->bins[bin]);
  base_list_init(&runs->own);
  base_list_init(&runs->idle);
  return true;
}

static size_t committed_pages(const struct run_region *region) {
  return base_bitmap_count(region->dirty, 0, RUNS_REGION_PAGES);
}

static void release_region(struct runs *runs, const struct run_region *region) {
  size_t committed = region->committed + committed_pages(region) * HT_PAGE_SIZE;
  pages_release(runs->pages, region->address, region->bytes, committed);
}

void runs_finish(struct runs *runs) {
  for (size_t bin = 0; bin < RUNS_BINS; bin++) base_list_append(&runs->own, &runs->bins[bin]);
  base_list_each(link, &runs->own) release_region(runs, region_of_link(link));
  if (runs->spare) release_region(runs, runs->spare);
  records_finish(&runs->regions);
  address_map_finish(&runs->map);
}

// Regions, whether of their own or not.

// Says of each granule of a region that it is its, or of the first `bytes` that it is no longer.
static void forget(struct runs *runs, const struct run_region *region, size_t bytes) {
  for (size_t at = 0; at < bytes; at += RUNS_REGION_BYTES) {
    uintptr_t address = (uintptr_t)region->address + at;
    *address_map_make(&runs->map, address) = 0; // it is there, so it is not refused
    address_map_drop(&runs->map, address);
  }
}

static bool enter(struct runs *runs, struct run_region *region) {
  for (size_t at = 0; at < region->bytes; at += RUNS_REGION_BYTES) {
    uint64_t *entry = address_map_make(&runs->map, (uintptr_t)region->address + at);
    if (!entry) {
      forget(runs, region, at);
      return false;
    }
    *entry = (uintptr_t)region;
  }
  return true;
}

static struct run_region *new_region(struct runs *runs, size_t bytes) {
  struct run_region *region = records_take(&runs->regions);
  if (!region) return NULL;
  region->bytes = bytes;
  region->address = base_reserve(runs->pages->memory, bytes, RUNS_REGION_BYTES);
  if (region->address) {
    if (enter(runs, region)) return region;
    base_release(runs->pages->memory, region->address, bytes);
  }
  records_give(&runs->regions, region);
  return NULL;
}

// It is in no list.
static void drop_region(struct runs *runs, struct run_region *region) {
  forget(runs, region, region->bytes);
  release_region(runs, region);
  records_give(&runs->regions, region);
}

// Runs in shared regions.

static size_t bin_of(size_t pages) {
  return pages ? base_log2_floor(pages) + 1 : 0;
}

// The next gap at or behind page `at`: its first page, and in *end the first behind it. Behind the last gap:
// RUNS_REGION_PAGES.
static size_t next_gap(const struct run_region *region, size_t at, size_t *end) {
  size_t first = base_bitmap_find_clear(region->used, at, RUNS_REGION_PAGES);
  *end = base_bitmap_find_set(region->used, first, RUNS_REGION_PAGES);
  return first;
}

static size_t first_fit(const struct run_region *region, size_t pages) {
  size_t end, first = next_gap(region, 0, &end);
  while (end - first < pages) first = next_gap(region, end, &end);
  return first;
}

// After its pages changed hands.
static void sort_in(struct runs *runs, struct run_region *region) {
  size_t largest = 0, end;
  for (size_t first = next_gap(region, 0, &end); first < RUNS_REGION_PAGES;
       first = next_gap(region, end, &end))
    if (largest < end - first) largest = end - first;
  region->largest = (uint32_t)largest;
  base_link_remove(&region->link);
  base_list_push_first(&runs->bins[bin_of(largest)], &region->link);
}

static void add_idle(struct runs *runs, struct run_region *region, size_t pages) {
  region->idle += (uint32_t)pages;
  runs->idle_pages += pages;
  if (base_link_is_listed(&region->idle_link)) base_link_remove(&region->idle_link);
  if (region->idle) base_list_push_first(&runs->idle, &region->idle_link);
}

static void take_idle(struct runs *runs, struct run_region *region, size_t pages) {
  region->idle -= (uint32_t)pages;
  runs->idle_pages -= pages;
  if (!region->idle && base_link_is_listed(&region->idle_link)) base_link_remove(&region->idle_link);
}

// A region with a gap of so many pages; NULL: none.
static struct run_region *find_region(struct runs *runs, size_t pages) {
  unsigned tries = 0;
  base_list_each(link, &runs->bins[bin_of(pages)]) {
    if (region_of_link(link)->largest >= pages) return region_of_link(link);
    if (++tries == TRIES) break;
  }
  for (size_t bin = bin_of(pages) + 1; bin < RUNS_BINS; bin++) {
    struct base_link *link = base_list_first(&runs->bins[bin]);
    if (link) return region_of_link(link);
  }
  return NULL;
}

static bool is_free(const struct run_region *region) {
  return region->largest == RUNS_REGION_PAGES;
}

// Takes the pages, which nobody uses, and has them committed. False: refused.
static bool occupy(struct runs *runs, struct run_region *region, size_t first, size_t end) {
  size_t idle = base_bitmap_count(region->dirty, first, end), pages = end - first;
  if (idle < pages) {
    char *address = region->address + first * HT_PAGE_SIZE;
    if (!base_commit(runs->pages->memory, address, pages * HT_PAGE_SIZE)) return false;
    pages_count_committed(runs->pages, (pages - idle) * HT_PAGE_SIZE);
    base_bitmap_set_range(region->dirty, first, end);
  }
  if (idle) take_idle(runs, region, idle);
  base_bitmap_set_range(region->used, first, end);
  return true;
}

static struct run *take_shared(struct runs *runs, size_t pages) {
  struct run_region *region = find_region(runs, pages);
  bool fresh = !region;
  if (fresh && !(region = new_region(runs, RUNS_REGION_BYTES))) return NULL;
  size_t first = first_fit(region, pages);
  if (!occupy(runs, region, first, first + pages)) {
    if (fresh) drop_region(runs, region);
    return NULL;
  }
  base_bitmap_set(region->starts, first);
  if (fresh)
    base_list_push_first(&runs->bins[0], &region->link);
  else if (is_free(region))
    runs->free_regions--;
  sort_in(runs, region);
  struct run *run = (struct run *)(region->address + first * HT_PAGE_SIZE);
  run->region = region;
  return run;
}

static void decommit_idle(struct runs *runs, struct run_region *region) {
  for (size_t at = 0, end; (at = next_gap(region, at, &end)) < RUNS_REGION_PAGES; at = end) {
    for (size_t first, last = at; (first = base_bitmap_find_set(region->dirty, last, end)) < end;) {
      last = base_bitmap_find_clear(region->dirty, first, end);
      size_t bytes = (last - first) * HT_PAGE_SIZE;
      base_decommit(runs->pages->memory, region->address + first * HT_PAGE_SIZE, bytes);
      pages_count_returned(runs->pages, bytes);
      base_bitmap_clear_range(region->dirty, first, last);
    }
  }
  take_idle(runs, region, region->idle);
}

// More than half goes back at once, so that the next time is not soon. Those that came free long ago first.
static void bound_idle(struct runs *runs) {
  if (runs->idle_pages <= IDLE_PAGES) return;
  while (runs->idle_pages > IDLE_PAGES / 2)
    decommit_idle(runs, base_container_of(base_list_last(&runs->idle), struct run_region, idle_link));
}

static void vacate(struct runs *runs, struct run_region *region, size_t first, size_t end) {
  base_bitmap_clear_range(region->used, first, end);
  sort_in(runs, region);
  add_idle(runs, region, end - first);
  if (is_free(region) && runs->free_regions) {
    take_idle(runs, region, region->idle);
    base_link_remove(&region->link);
    drop_region(runs, region);
  } else if (is_free(region)) {
    runs->free_regions++;
  }
  bound_idle(runs);
}

// Runs in regions of their own. used[0] says whether there is one.

static struct run *take_own(struct runs *runs, size_t pages) {
  size_t bytes = pages * HT_PAGE_SIZE;
  struct run_region *region = runs->spare;
  bool spare = region && bytes <= region->bytes && region->committed <= 2 * bytes;
  if (!spare && !(region = new_region(runs, base_round_up(bytes, RUNS_REGION_BYTES)))) return NULL;
  if (region->committed < bytes &&
      !pages_commit_prefix(runs->pages, region->address, bytes, &region->committed)) {
    if (!spare) drop_region(runs, region);
    return NULL;
  }
  if (spare) runs->spare = NULL;
  base_bitmap_set(region->used, 0);
  base_bitmap_set(region->starts, 0);
  base_list_push_first(&runs->own, &region->link);
  struct run *run = (struct run *)region->address;
  run->region = region;
  return run;
}

static void give_own(struct runs *runs, struct run_region *region) {
  base_bitmap_clear(region->used, 0);
  base_bitmap_clear(region->starts, 0);
  base_link_remove(&region->link);
  if (region->committed > RUNS_SPARE_BYTES) {
    drop_region(runs, region);
    return;
  }
  if (runs->spare) drop_region(runs, runs->spare);
  runs->spare = region;
}

static bool is_own(const struct run_region *region) {
  return region->committed != 0;
}

// Either.

static size_t page_in(const struct run_region *region, const void *address) {
  return (size_t)((const char *)address - region->address) / HT_PAGE_SIZE;
}

static size_t pages_for(const struct run *run, size_t bytes) {
  return base_page_round((size_t)((const char *)run->block - (const char *)run) + bytes) / HT_PAGE_SIZE;
}

void *runs_take(struct runs *runs, size_t bytes, size_t head, size_t alignment) {
  if (bytes > SIZE_MAX / 4) return NULL;
  if (alignment < sizeof(void *) * 2) alignment = sizeof(void *) * 2;
  size_t before = base_round_up(sizeof(struct run) + head, alignment) - head;
  // One of no bytes begins in a page of its run too.
  size_t pages = base_page_round(before + (bytes ? bytes : 1)) / HT_PAGE_SIZE;
  struct run *run = pages <= RUNS_REGION_PAGES ? take_shared(runs, pages) : take_own(runs, pages);
  if (!run) return NULL;
  run->block = (char *)run + before;
  run->bytes = bytes;
  run->pages = pages;
  runs->count++;
  runs->bytes += bytes;
  return run->block;
}

void runs_give(struct runs *runs, void *block) {
  struct run *run = runs_of(block);
  struct run_region *region = run->region;
  runs->count--;
  runs->bytes -= run->bytes;
  if (is_own(region)) {
    give_own(runs, region);
    return;
  }
  size_t first = page_in(region, run);
  base_bitmap_clear(region->starts, first);
  vacate(runs, region, first, first + run->pages);
}

// Of a region of its own the pages at the end.
static bool resize_own(struct runs *runs, struct run_region *region, size_t pages) {
  size_t bytes = pages * HT_PAGE_SIZE;
  if (bytes > region->bytes) return false;
  if (bytes > region->committed)
    return pages_commit_prefix(runs->pages, region->address, bytes, &region->committed);
  pages_trim(runs->pages, region->address, bytes, &region->committed);
  return true;
}

static bool resize_shared(struct runs *runs, struct run_region *region, const struct run *run, size_t pages) {
  size_t first = page_in(region, run), end = first + run->pages, to = first + pages;
  if (to < end) vacate(runs, region, to, end);
  if (to <= end) return true;
  if (to > RUNS_REGION_PAGES || base_bitmap_find_set(region->used, end, to) < to ||
      !occupy(runs, region, end, to))
    return false;
  sort_in(runs, region);
  return true;
}

bool runs_resize(struct runs *runs, void *block, size_t bytes) {
  struct run *run = runs_of(block);
  if (bytes > SIZE_MAX / 4) return false;
  size_t pages = pages_for(run, bytes);
  bool resized = is_own(run->region) ? resize_own(runs, run->region, pages)
                                     : resize_shared(runs, run->region, run, pages);
  if (!resized) return false;
  runs->bytes += bytes - run->bytes;
  run->bytes = bytes;
  run->pages = pages;
  return true;
}

struct run *runs_find(const struct runs *runs, const void *address) {
  const struct run_region *region =
      (struct run_region *)(uintptr_t)address_map_find(&runs->map, (uintptr_t)address);
  if (!region) return NULL;
  size_t page = page_in(region, address), first = 0;
  if (is_own(region)) {
    if (!base_bitmap_test(region->used, 0) || page >= ((struct run *)region->address)->pages) return NULL;
  } else {
    if (!base_bitmap_test(region->used, page)) return NULL;
    first = page;
    while (!base_bitmap_test(region->starts, first)) first--;
  }
  return (struct run *)(region->address + first * HT_PAGE_SIZE);
}

static bool each_of(const struct run_region *region, runs_visitor *visit, void *context) {
  for (size_t at = 0; (at = base_bitmap_find_set(region->starts, at, RUNS_REGION_PAGES)) < RUNS_REGION_PAGES;
       at++) {
    const struct run *run = (struct run *)(region->address + at * HT_PAGE_SIZE);
    if (!visit(context, run->block, runs_room(run))) return false;
  }
  return true;
}

bool runs_each(const struct runs *runs, runs_visitor *visit, void *context) {
  for (size_t bin = 0; bin < RUNS_BINS; bin++)
    base_list_each(link, &runs->bins[bin]) if (!each_of(region_of_link(link), visit, context)) return false;
  base_list_each(link, &runs->own) if (!each_of(region_of_link(link), visit, context)) return false;
  return true;
}
