// One cycle: copy what is reached, clear weak references to what is not, find finalizers that are due, swap.

#include "tests/heaps/semispace/semispace_internal.h"

#include "base/clock.h"

enum {
  // Pages are committed in steps, so that a heap whose size goes up and down by a page does not ask for one
  // and give it back at every safepoint.
  COMMIT_STEP = 16 * 4096,
  SMALLEST_SPACE = 256 << 10,
};

// Makes the first `bytes` of a space accessible; a space that is too small is replaced by a larger one.
static bool prepare(struct semispace_heap *h, struct semispace *space, size_t bytes) {
  struct pages *pages = &h->rooted.small.pages;
  if (bytes > space->size) {
    size_t size = base_power_of_two_ceil(2 * bytes);
    if (size < SMALLEST_SPACE) size = SMALLEST_SPACE;
    char *base = base_reserve(pages->memory, size, 0);
    if (!base) return false;
    if (space->size) pages_release(pages, space->base, space->size, space->committed);
    *space = (struct semispace){.base = base, .size = size};
  }
  pages_trim(pages, space->base, bytes, &space->committed);
  return pages_commit_prefix(pages, space->base, bytes, &space->committed);
}

// A header whose object has moved holds the new address, made odd, where the type was.
static ht_ref new_address(const struct run_header *header) {
  uintptr_t word = (uintptr_t)header->type;
  return word & 1 ? (ht_ref)(word & ~(uintptr_t)1) : NULL;
}

static ht_ref move(struct semispace_heap *h, ht_ref object) {
  struct run_header *header = run_header_of(object);
  ht_ref moved = new_address(header);
  if (moved) return moved;
  size_t bytes = run_bytes(header), alignment = run_align(run_alignment(header));
  moved = run_place(&h->next, header->type, bytes, alignment);
  run_header_of(moved)->shape = header->shape;
  memcpy(moved, object, bytes);
  h->bound += run_need(bytes, alignment);
  h->held_bytes += bytes;
  h->statistics.live_objects++;
  header->type = (const struct ht_type *)((uintptr_t)moved | 1);
  return moved;
}

static void move_reference(void *context, ht_ref *reference) {
  if (*reference) *reference = move(context, *reference);
}

// Moves what the objects from `scanned` on refer to; gives the end of what is scanned then.
static char *scan(struct semispace_heap *h, char *scanned) {
  struct run_header *header;
  while ((header = run_first(scanned, h->next))) {
    rooted_each_field(header->type, header + 1, run_bytes(header), move_reference, h);
    scanned = run_after(header);
  }
  return scanned;
}

static void make_due(struct semispace_heap *h, struct ht_weak *watch) {
  base_link_remove(&watch->link);
  base_list_push_last(&h->due, &watch->link);
  h->due_count++;
}

static void clear_weak_references(struct semispace_heap *h) {
  base_list_each_removable(link, &h->watches) {
    struct ht_weak *watch = base_container_of(link, struct ht_weak, link);
    if (watch->finalizes || !watch->object) continue;
    watch->object = new_address(run_header_of(watch->object));
    if (!watch->object && watch->callback) make_due(h, watch);
  }
}

// What a finalizer is due for stays whole, with all it reaches, until the finalizer has run.
static void find_due_finalizers(struct semispace_heap *h) {
  base_list_each_removable(link, &h->watches) {
    struct ht_weak *watch = base_container_of(link, struct ht_weak, link);
    if (!watch->finalizes) continue;
    bool due = !new_address(run_header_of(watch->object));
    watch->object = move(h, watch->object);
    if (!due) continue;
    run_header_of(watch->object)->shape &= ~(size_t)RUN_WATCHED;
    make_due(h, watch);
  }
}

static void tell(struct semispace_heap *h, uint64_t start, uint64_t start_cpu, uint64_t reclaimed,
                 const char *label) {
  const struct pages *pages = &h->rooted.small.pages;
  uint64_t end = base_clock_ns();
  h->statistics.collector_ns += base_clock_thread_ns() - start_cpu;
  h->statistics.cycles++;
  pages_event(pages, HT_EVENT_PAUSE, start, end, 0, label);
  pages_event(pages, HT_EVENT_MARKED, end, end, h->held_bytes, NULL);
  pages_event(pages, HT_EVENT_SWEPT, end, end, reclaimed, NULL);
  pages_event(pages, HT_EVENT_CYCLE, start, end, reclaimed, label);
}

bool semispace_cycle(struct semispace_heap *h, size_t need, const char *label) {
  uint64_t start = base_clock_ns(), start_cpu = base_clock_thread_ns(), held = h->held_bytes;
  if (!prepare(h, &h->left, base_round_up(h->bound + need + 1, COMMIT_STEP))) return false;
  struct semispace from = h->current;
  h->current = h->left;
  h->next = h->current.base;
  h->bound = 0;
  h->held_bytes = 0;
  h->statistics.live_objects = 0;

  rooted_each(&h->rooted, move_reference, h);
  base_list_each(link, &h->due) move_reference(h, &base_container_of(link, struct ht_weak, link)->object);
  char *scanned = scan(h, h->current.base);
  clear_weak_references(h);
  find_due_finalizers(h);
  scan(h, scanned);
  h->limit = h->next;

  h->statistics.live_bytes = h->held_bytes;
  // Should protection be refused, the pages go back, which cannot be refused.
  if (from.committed && !base_protect_none(h->rooted.small.pages.memory, from.base, from.committed))
    pages_trim(&h->rooted.small.pages, from.base, 0, &from.committed);
  h->left = from;
  tell(h, start, start_cpu, held - h->held_bytes, label);
  return true;
}
