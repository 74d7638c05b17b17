#include "memory/metered.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory/ranges.h"

enum {
  // A page cleaned by hand costs about 50 ns, one that goes back and is faulted in again 500 to 2000; but to
  // look which pages of a part hold anything is a system call, too much for a few pages.
  LOOK_FROM_PAGES = 32,
  LOOK_AT_PAGES = 512, // at once
  // At most so many of these are cleaned in place at every run: what one large run has touched does not slow
  // down all later ones.
  CLEAN_PAGES = 256
};

struct ht_metered {
  struct ht_memory memory;
  const struct ht_memory *below;
  struct ht_metered_options options;
  pthread_mutex_t mutex;
  struct range_table live, pool;
  size_t pooled; // bytes in the pool
  struct ht_metered_counts counts;
  uint64_t refuse_next, refuse_every; // the request number refused next (0: none), and then after so many
  char misuse[160];
};

__attribute__((format(printf, 2, 3))) static void misused(struct ht_metered *metered, const char *format,
                                                          ...) {
  if (metered->counts.misuses++ == 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(metered->misuse, sizeof(metered->misuse), format, arguments);
    va_end(arguments);
  }
}

// Counts a request; true: it is one to refuse.
static bool refuse_by_order(struct ht_metered *metered) {
  uint64_t request = ++metered->counts.requests;
  if (request != metered->refuse_next) return false;
  metered->refuse_next = metered->refuse_every ? request + metered->refuse_every : 0;
  metered->counts.refused++;
  return true;
}

static void count_bytes(size_t *now, size_t *peak, size_t added) {
  *now += added;
  if (*now > *peak) *peak = *now;
}

// After this all pages read zero when they are open.
static void discard_content(struct range *range, size_t first, size_t end) {
  if (madvise(range->start + first * HT_PAGE_SIZE, (end - first) * HT_PAGE_SIZE, MADV_DONTNEED) != 0)
    __builtin_trap(); // locked pages, or not anonymous memory: the pool was not to be used
  for (size_t page = first; page < end; page++) range->state[page] &= (uint8_t)~PAGE_USED;
}

// The pooled range of this size at the lowest address: the same requests get the same addresses in every run.
static struct range *take_from_pool(struct ht_metered *metered, size_t bytes, size_t alignment) {
  for (size_t i = 0; i < metered->pool.count; i++) {
    struct range *range = metered->pool.ranges[i];
    if (range_bytes(range) == bytes && ((uintptr_t)range->start & (alignment - 1)) == 0) {
      metered->pooled -= bytes;
      return range_table_remove(&metered->pool, i);
    }
  }
  return NULL;
}

static void give_below(struct ht_metered *metered, struct range *range) {
  metered->below->release(metered->below->context, range->start, range_bytes(range));
  range_free(range);
}

// Takes a range out of the heap's hands.
static void give_back(struct ht_metered *metered, size_t index) {
  struct range *range = range_table_remove(&metered->live, index);
  size_t bytes = range_bytes(range);
  for (size_t page = range->touched_first; page < range->touched_end; page++)
    metered->counts.committed -= range->state[page] & PAGE_COMMITTED ? HT_PAGE_SIZE : 0;
  metered->counts.reserved -= bytes;

  if (bytes > metered->options.pool_bytes - metered->pooled || !range_table_grow(&metered->pool)) {
    give_below(metered, range);
    return;
  }
  range_forget(range);
  range_table_insert(&metered->pool, range);
  metered->pooled += bytes;
}

// A part of one live range, in pages.
struct part {
  struct range *range;
  size_t first, end;
};

// Finds the part; false: there is no such part, and it has been noted.
static bool find_part(struct ht_metered *metered, const char *verb, void *address, size_t bytes,
                      struct part *part) {
  if (bytes == 0 || bytes % HT_PAGE_SIZE || (uintptr_t)address % HT_PAGE_SIZE) {
    misused(metered, "%s of %zu bytes at %p: not whole pages", verb, bytes, address);
    return false;
  }
  size_t index = range_table_find(&metered->live, address);
  if (index == metered->live.count) {
    misused(metered, "%s of %zu bytes at %p: not in a reserved range", verb, bytes, address);
    return false;
  }
  struct range *range = metered->live.ranges[index];
  size_t first = (size_t)((char *)address - range->start) / HT_PAGE_SIZE;
  if (bytes / HT_PAGE_SIZE > range->pages - first) {
    misused(metered, "%s of %zu bytes at %p: beyond the end of the reserved range", verb, bytes, address);
    return false;
  }
  *part = (struct part){range, first, first + bytes / HT_PAGE_SIZE};
  return true;
}

static void touch(const struct part *part) {
  struct range *range = part->range;
  if (part->first < range->touched_first) range->touched_first = part->first;
  if (part->end > range->touched_end) range->touched_end = part->end;
}

// Opens below what is not open of the part.
static bool open_part(struct ht_metered *metered, const struct part *part) {
  const uint8_t *state = part->range->state;
  size_t first = part->first, end = part->end;
  while (first < end && state[first] & PAGE_OPEN) first++;
  while (end > first && state[end - 1] & PAGE_OPEN) end--;
  if (first == end) return true;
  return metered->below->commit(metered->below->context, part->range->start + first * HT_PAGE_SIZE,
                                (end - first) * HT_PAGE_SIZE);
}

// Makes all pages of the part, which are open, read zero. Few of them were touched as a rule: only those have
// memory, and are cleaned in place. The others are discarded all the same, since memory may have been swapped
// out.
static void clean_large_part(struct range *range, size_t first, size_t end) {
  unsigned char resident[LOOK_AT_PAGES];
  for (size_t count; first < end; first += count) {
    count = end - first < LOOK_AT_PAGES ? end - first : LOOK_AT_PAGES;
    bool known = mincore(range->start + first * HT_PAGE_SIZE, count * HT_PAGE_SIZE, resident) == 0;
    size_t held = 0;
    for (size_t page = 0; known && page < count; page++) held += resident[page] & 1;
    if (!known || held > CLEAN_PAGES) {
      discard_content(range, first, first + count);
      continue;
    }
    for (size_t page = 0, next; page < count; page = next) {
      bool here = resident[page] & 1;
      for (next = page + 1; next < count && (resident[next] & 1) == here; next++) continue;
      if (here)
        memset(range->start + (first + page) * HT_PAGE_SIZE, 0, (next - page) * HT_PAGE_SIZE);
      else
        discard_content(range, first + page, first + next);
    }
  }
}

static bool needs_cleaning(uint8_t state) {
  return (state & (PAGE_SEEN | PAGE_USED)) == PAGE_USED;
}

// Gives the open pages the content that the heap is to find: zero where it sees the page for the first time.
static void fill_part(const struct ht_metered *metered, const struct part *part) {
  struct range *range = part->range;
  for (size_t page = part->first, next; page < part->end; page = next) {
    uint8_t state = range->state[page];
    bool clean = needs_cleaning(state);
    for (next = page + 1; next < part->end && clean && needs_cleaning(range->state[next]); next++) continue;
    char *start = range->start + page * HT_PAGE_SIZE;
    if (clean && next - page >= LOOK_FROM_PAGES)
      clean_large_part(range, page, next);
    else if (clean)
      memset(start, 0, (next - page) * HT_PAGE_SIZE);
    else if (metered->options.dirty && (state & (PAGE_SEEN | PAGE_COMMITTED)) == PAGE_SEEN)
      memset(start, HT_METERED_DIRT, HT_PAGE_SIZE);
  }
}

static struct range *reserve_range(struct ht_metered *metered, size_t bytes, size_t alignment) {
  if (!range_table_grow(&metered->live)) return NULL;
  struct range *range = take_from_pool(metered, bytes, alignment);
  if (range) return range;
  void *start = metered->below->reserve(metered->below->context, bytes, alignment);
  if (!start) return NULL;
  range = range_new(start, bytes);
  if (!range) metered->below->release(metered->below->context, start, bytes);
  return range;
}

static void *metered_reserve(void *context, size_t bytes, size_t alignment) {
  struct ht_metered *metered = context;
  struct range *range = NULL;
  pthread_mutex_lock(&metered->mutex);
  metered->counts.reserves++;
  if (alignment < HT_PAGE_SIZE && !(alignment & (alignment - 1))) alignment = HT_PAGE_SIZE;
  if (bytes == 0 || bytes % HT_PAGE_SIZE || alignment & (alignment - 1)) {
    misused(metered, "reserve of %zu bytes at a multiple of %zu: not whole pages, or no power of two", bytes,
            alignment);
  } else if (!refuse_by_order(metered)) {
    range = reserve_range(metered, bytes, alignment);
    if (range) {
      range_table_insert(&metered->live, range);
      count_bytes(&metered->counts.reserved, &metered->counts.reserved_peak, bytes);
    } else {
      metered->counts.refused++;
    }
  }
  pthread_mutex_unlock(&metered->mutex);
  return range ? range->start : NULL;
}

static bool commit_part(struct ht_metered *metered, const struct part *part) {
  if (refuse_by_order(metered)) return false;
  if (!open_part(metered, part)) {
    metered->counts.refused++;
    return false;
  }
  fill_part(metered, part);
  size_t added = 0;
  for (size_t page = part->first; page < part->end; page++) {
    uint8_t *state = &part->range->state[page];
    added += !(*state & PAGE_COMMITTED);
    *state = PAGE_COMMITTED | PAGE_SEEN | PAGE_OPEN | PAGE_USED;
  }
  touch(part);
  count_bytes(&metered->counts.committed, &metered->counts.committed_peak, added * HT_PAGE_SIZE);
  return true;
}

static bool metered_commit(void *context, void *address, size_t bytes) {
  struct ht_metered *metered = context;
  struct part part;
  pthread_mutex_lock(&metered->mutex);
  metered->counts.commits++;
  bool committed = find_part(metered, "commit", address, bytes, &part) && commit_part(metered, &part);
  pthread_mutex_unlock(&metered->mutex);
  return committed;
}

static void metered_decommit(void *context, void *address, size_t bytes) {
  struct ht_metered *metered = context;
  struct part part;
  pthread_mutex_lock(&metered->mutex);
  metered->counts.decommits++;
  if (find_part(metered, "decommit", address, bytes, &part)) {
    // With a pool the pages keep their content, which the rules allow, and are not faulted in again.
    bool keep = metered->options.pool_bytes != 0;
    if (!keep) metered->below->decommit(metered->below->context, address, bytes);
    for (size_t page = part.first; page < part.end; page++) {
      uint8_t *state = &part.range->state[page];
      metered->counts.committed -= *state & PAGE_COMMITTED ? HT_PAGE_SIZE : 0;
      *state &= (uint8_t) ~(PAGE_COMMITTED | PAGE_PROTECTED | (keep ? 0 : PAGE_OPEN));
    }
  }
  pthread_mutex_unlock(&metered->mutex);
}

static bool metered_protect_none(void *context, void *address, size_t bytes) {
  struct ht_metered *metered = context;
  struct part part;
  pthread_mutex_lock(&metered->mutex);
  metered->counts.protects++;
  bool done = find_part(metered, "protect_none", address, bytes, &part);
  if (done && !metered->below->protect_none(metered->below->context, address, bytes)) {
    metered->counts.refused++;
    done = false;
  }
  if (done) {
    for (size_t page = part.first; page < part.end; page++) {
      uint8_t *state = &part.range->state[page];
      *state = (uint8_t)((*state & ~PAGE_OPEN) | (*state & PAGE_COMMITTED ? PAGE_PROTECTED : 0));
    }
  }
  pthread_mutex_unlock(&metered->mutex);
  return done;
}

static void metered_release(void *context, void *address, size_t bytes) {
  struct ht_metered *metered = context;
  struct part part;
  pthread_mutex_lock(&metered->mutex);
  metered->counts.releases++;
  if (find_part(metered, "release", address, bytes, &part)) {
    if (part.first == 0 && part.end == part.range->pages)
      give_back(metered, range_table_find(&metered->live, address));
    else
      misused(metered, "release of %zu bytes at %p: a part of a reserved range", bytes, address);
  }
  pthread_mutex_unlock(&metered->mutex);
}

struct ht_metered *ht_metered_create(const struct ht_memory *below,
                                     const struct ht_metered_options *options) {
  struct ht_metered *metered = calloc(1, sizeof(*metered));
  if (!metered) return NULL;
  metered->memory = (struct ht_memory){
      .context = metered,
      .reserve = metered_reserve,
      .commit = metered_commit,
      .decommit = metered_decommit,
      .protect_none = metered_protect_none,
      .release = metered_release,
  };
  metered->below = below;
  if (options) metered->options = *options;
  pthread_mutex_init(&metered->mutex, NULL); // cannot fail without attributes
  return metered;
}

void ht_metered_destroy(struct ht_metered *metered) {
  ht_metered_reset(metered);
  while (metered->pool.count)
    give_below(metered, range_table_remove(&metered->pool, metered->pool.count - 1));
  pthread_mutex_destroy(&metered->mutex);
  free(metered->pool.ranges);
  free(metered->live.ranges);
  free(metered);
}

const struct ht_memory *ht_metered_memory(const struct ht_metered *metered) {
  return &metered->memory;
}

void ht_metered_refuse(struct ht_metered *metered, uint64_t first, uint64_t every) {
  pthread_mutex_lock(&metered->mutex);
  metered->refuse_next = first ? metered->counts.requests + first : 0;
  metered->refuse_every = every;
  pthread_mutex_unlock(&metered->mutex);
}

struct ht_metered_counts ht_metered_read(struct ht_metered *metered) {
  pthread_mutex_lock(&metered->mutex);
  struct ht_metered_counts counts = metered->counts;
  pthread_mutex_unlock(&metered->mutex);
  return counts;
}

const char *ht_metered_misuse(struct ht_metered *metered) {
  pthread_mutex_lock(&metered->mutex);
  const char *misuse = metered->counts.misuses ? metered->misuse : NULL;
  pthread_mutex_unlock(&metered->mutex);
  return misuse;
}

bool ht_metered_holds(struct ht_metered *metered, const void *address, size_t bytes) {
  pthread_mutex_lock(&metered->mutex);
  size_t index = range_table_find(&metered->live, address);
  bool holds = index < metered->live.count;
  if (holds) {
    const struct range *range = metered->live.ranges[index];
    size_t offset = (size_t)((const char *)address - range->start);
    holds = bytes <= range_bytes(range) - offset;
    for (size_t page = offset / HT_PAGE_SIZE; holds && page * HT_PAGE_SIZE < offset + bytes; page++)
      holds = (range->state[page] & (PAGE_COMMITTED | PAGE_PROTECTED)) == PAGE_COMMITTED;
  }
  pthread_mutex_unlock(&metered->mutex);
  return holds;
}

size_t ht_metered_reset(struct ht_metered *metered) {
  pthread_mutex_lock(&metered->mutex);
  size_t forgotten = metered->counts.reserved;
  while (metered->live.count) give_back(metered, metered->live.count - 1);
  metered->counts = (struct ht_metered_counts){0};
  metered->refuse_next = metered->refuse_every = 0;
  pthread_mutex_unlock(&metered->mutex);
  return forgotten;
}
