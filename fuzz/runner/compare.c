// Everything that is reachable, compared; then what the heap tells of itself; then what became unreachable.
#include "fuzz/runner/runner_internal.h"

#include <stdlib.h>

static int by_start(const void *one, const void *other) {
  uintptr_t a = ((const struct run_placed *)one)->start, b = ((const struct run_placed *)other)->start;
  return (a > b) - (a < b);
}

// Sorts what the last trace reached by address into r->placed and returns how many there are.
static size_t place_reached(struct ht_runner *r) {
  for (uint32_t i = 0; i < r->shadow->reached_count; i++) {
    const struct shadow_object *object = run_object(r, r->shadow->work[i]);
    uintptr_t start = (uintptr_t)shadow_address(object);
    r->placed[i] = (struct run_placed){.start = start,
                                       .end = start + object->bytes,
                                       .number = r->shadow->work[i],
                                       .type = &ht_program_types[object->type]};
  }
  qsort(r->placed, r->shadow->reached_count, sizeof *r->placed, by_start);
  return r->shadow->reached_count;
}

static void compare_overlaps(struct ht_runner *r, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const struct run_placed *one = &r->placed[i - 1], *other = &r->placed[i];
    bool apart =
        one->end <= other->start && (one->start < other->start || r->table->capabilities & HT_SHARES_EMPTY);
    HOLDS(r, HT_GEN_1, apart, "live object %u of %zu bytes at %p overlaps live object %u at %p", one->number,
          one->end - one->start, (void *)one->start, other->number, (void *)other->start);
  }
}

struct walk {
  struct ht_runner *runner;
  size_t count; // of r->placed that are live objects
  size_t claims;
};

// A claim for a block that objects share is one for each of them.
static void see_shared(struct walk *walk, uintptr_t start, uintptr_t end) {
  struct run_placed *placed = walk->runner->placed;
  size_t low = 0, high = walk->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (placed[middle].start < start)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < walk->count && placed[low].end <= end; low++)
    placed[low].seen |= run_may_share(walk->runner, placed[low].number);
}

static bool visit(void *context, const struct ht_claim *claim) {
  struct walk *walk = context;
  struct ht_runner *r = walk->runner;
  uintptr_t start = (uintptr_t)claim->object;
  if (walk->claims < WALK_CLAIMS_MAX)
    r->claims[walk->claims++] = (struct run_placed){.start = start, .end = start + claim->bytes};
  bool shared = claim->bytes > 0 && claim->bytes == r->table->shared_block;
  if (shared) see_shared(walk, start, start + claim->bytes);
  struct run_placed key = {.start = (uintptr_t)claim->object};
  struct run_placed *found = bsearch(&key, r->placed, walk->count, sizeof key, by_start);
  if (!found || (shared && run_may_share(r, found->number))) return true;
  size_t bytes = found->end - found->start;
  HOLDS(r, HT_WALK_1, !found->seen || bytes == 0, "the walk shows object %u at %p twice", found->number,
        claim->object);
  HOLDS(r, HT_WALK_1, claim->bytes >= bytes, "the walk says object %u has %zu bytes, it has %zu",
        found->number, claim->bytes, bytes);
  HOLDS(r, HT_WALK_1, claim->type == NULL || claim->type == found->type,
        "the walk says object %u is a %s, it is a %s", found->number, claim->type->name, found->type->name);
  found->seen = true;
  return true;
}

static void compare_walk(struct ht_runner *r, size_t count) {
  struct walk walk = {r, count, 0};
  r->table->walk(run_handle(r), visit, &walk);
  for (size_t i = 0; i < count; i++)
    if (r->placed[i].end > r->placed[i].start)
      HOLDS(r, HT_WALK_1, r->placed[i].seen, "the walk does not show live object %u at %p",
            r->placed[i].number, (void *)r->placed[i].start);
  qsort(r->claims, walk.claims, sizeof *r->claims, by_start);
  for (size_t i = 1; i < walk.claims; i++)
    HOLDS(r, HT_WALK_1, r->claims[i - 1].end <= r->claims[i].start,
          "the walk shows objects at %p and %p, which overlap", (void *)r->claims[i - 1].start,
          (void *)r->claims[i].start);
}

// An address that differs from an object's in one high bit is nobody's, unless the heap's memory reaches so
// far: it shows a lookup that leaves out part of the address.
static void compare_ownership_far(struct ht_runner *r, const void *address) {
  for (unsigned bit = 40; bit < 64; bit++) {
    const void *far = (const void *)((uintptr_t)address ^ (uintptr_t)1 << bit);
    if (!ht_metered_holds(r->metered, far, 1))
      HOLDS(r, HT_GEN_7, !r->table->owns(r->heap, far), "the heap claims foreign address %p", far);
  }
}

static void compare_ownership(struct ht_runner *r) {
  for (uint32_t i = 0; i < r->shadow->reached_count; i++) {
    const struct shadow_object *object = run_object(r, r->shadow->work[i]);
    if (object->bytes == 0) continue;
    const char *first = shadow_address(object), *last = first + object->bytes - 1;
    HOLDS(r, HT_GEN_7, r->table->owns(r->heap, first), "the heap disowns object %u at %p", r->shadow->work[i],
          (const void *)first);
    HOLDS(r, HT_GEN_7, r->table->owns(r->heap, last), "the heap disowns the last byte of object %u at %p",
          r->shadow->work[i], (const void *)last);
  }
  char local;
  const void *foreign[] = {&local, r, r->table, (const void *)HT_PAGE_SIZE, (const void *)UINTPTR_MAX};
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    HOLDS(r, HT_GEN_7, !r->table->owns(r->heap, foreign[i]), "the heap claims foreign address %p",
          foreign[i]);
  if (r->hooked && r->shadow->reached_count > 0)
    compare_ownership_far(r, shadow_address(run_object(r, r->shadow->work[0])));
}

static void compare_roots(struct ht_runner *r) {
  for (unsigned m = 0; m < HT_MUTATORS_MAX; m++)
    for (uint32_t i = 0; i < r->shadow->mutators[m].frames * HT_FRAME_SLOTS; i++)
      run_observe(r, r->shadow->mutators[m].slots[i], *run_slot(r, m, i), "slot", i);
  for (unsigned i = 0; i < HT_GLOBALS; i++)
    if (r->globals_added >> i & 1) run_observe(r, r->shadow->globals[i], r->globals[i], "global", i);
  for (unsigned i = 0; i < HT_CELLS; i++)
    if (r->cells_added >> i & 1) run_observe(r, r->shadow->cells[i], r->cells[i], "cell", i);
}

void run_compare(struct ht_runner *r, bool ask) {
  if (!run_is_quiet(r)) return;
  r->work.spent += r->work.alive; // all of it is read
  shadow_trace(r->shadow, false);
  if (r->table->capabilities & HT_COLLECTS_CYCLES)
    r->live = (struct run_amount){r->shadow->reached_bytes, r->shadow->reached_count};
  compare_roots(r);
  // An object is reached through its parent, whose comparison finds out where it lies now.
  for (uint32_t i = 0; i < r->shadow->reached_count; i++) run_compare_object(r, r->shadow->work[i], HT_GEN_3);
  bool walks = ask && r->table->capabilities & HT_WALKS;
  if (r->moves || walks) {
    size_t count = place_reached(r);
    if (r->moves) compare_overlaps(r, count);
    if (walks) compare_walk(r, count);
  }
  if (ask && r->table->capabilities & HT_TELLS_OWNER) compare_ownership(r);
  if (ask && r->table->capabilities & HT_CHECKS) {
    char message[256] = "";
    bool well = r->table->check(run_handle(r), message, sizeof message);
    HOLDS(r, HT_SELF_1, well, "the heap's own check says: %s", message);
  }
  HOLDS(r, HT_TELL_1, r->told.fault == NULL, "%s", r->told.fault);
  run_release_unreached(r);
}

void run_compare_collected(struct ht_runner *r) {
  if (!run_is_quiet(r)) return;
  if (r->table->capabilities & (HT_COLLECTS | HT_MOVES)) {
    run_compare(r, false);
    return;
  }
  // What waits for a trace grows with what is made: a trace for each half of what is alive costs each object
  // a fixed share.
  if (!r->releases || r->made - r->released_at < r->live.objects / 2) return;
  r->released_at = r->made;
  shadow_trace(r->shadow, false);
  run_release_unreached(r);
}
