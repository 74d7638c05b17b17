#include "tests/contract/contract.h"

#include "base/memory.h"

const struct ht_type bytes_type = {"byte", 1, 0, NULL};
static const uint64_t pair_map[] = {1 << 1 | 1 << 2};
const struct ht_type pair_type = {"pair", sizeof(struct pair), 2, pair_map};
static const uint64_t link_map[] = {1};
const struct ht_type link_type = {"link", HT_WORD, 1, link_map};

enum { MADE_AT_MOST = 1 << 20 };

#define ROW_BYTES ((size_t)16 << 30)
#define ROW_ALIGNMENT ((size_t)64 << 20) // what a heap asks for at most

static void *row_reserve(void *context, size_t bytes, size_t alignment) {
  struct row *row = context;
  char *start = row->next + (-(uintptr_t)row->next & (alignment - 1));
  if (alignment > ROW_ALIGNMENT || bytes > (size_t)(row->start + ROW_BYTES - start)) return NULL;
  row->next = start + bytes;
  return start;
}

static bool row_commit(void *context, void *address, size_t bytes) {
  (void)context;
  return base_commit(base_memory_os(), address, bytes);
}

static void row_decommit(void *context, void *address, size_t bytes) {
  (void)context;
  base_decommit(base_memory_os(), address, bytes);
}

static bool row_protect_none(void *context, void *address, size_t bytes) {
  (void)context;
  return base_protect_none(base_memory_os(), address, bytes);
}

// Nothing is handed out again: whoever still touches what was released traps.
static void row_release(void *context, void *address, size_t bytes) {
  (void)context;
  base_decommit(base_memory_os(), address, bytes);
  CHECK(base_protect_none(base_memory_os(), address, bytes));
}

static void row_open(struct row *row) {
  row->start = row->next = base_reserve(base_memory_os(), ROW_BYTES, ROW_ALIGNMENT);
  CHECK(row->start);
  row->memory = (struct ht_memory){row, row_reserve, row_commit, row_decommit, row_protect_none, row_release};
}

static void hear(void *context, const struct ht_event *event) {
  struct trial *t = context;
  CHECK(event->start <= event->end);
  base_mutex_lock(&t->hearing);
  switch (event->kind) {
  case HT_EVENT_MAPPED:
    t->mapped += event->value;
    break;
  case HT_EVENT_RETURNED:
    t->returned += event->value;
    break;
  case HT_EVENT_CYCLE:
    t->cycles++;
    t->reclaimed += event->value;
    break;
  case HT_EVENT_PAUSE:
    CHECK(event->start >= t->last_end);
    t->last_end = event->end;
    break;
  default:
    break;
  }
  base_mutex_unlock(&t->hearing);
}

void trial_prepare(struct trial *t) {
  *t = (struct trial){0};
  struct ht_metered_options options = {.dirty = true};
  if (can(HT_MEMORY_HOOK)) {
    row_open(&t->row);
    t->metered = ht_metered_create(&t->row.memory, &options);
    CHECK(t->metered);
  }
  if (can(HT_RELEASES)) {
    t->made = malloc(MADE_AT_MOST * sizeof *t->made);
    CHECK(t->made);
  }
}

enum ht_status trial_create(struct trial *t, const struct ht_setting *settings, size_t setting_count,
                            char *message, size_t message_size) {
  struct ht_config config = {
      .memory = t->metered ? ht_metered_memory(t->metered) : NULL,
      .settings = settings,
      .setting_count = setting_count,
      .sink = {t, hear},
      .message = message,
      .message_size = message_size,
  };
  return heaptrial_heap.create(&config, &t->heap);
}

static void enter(struct trial *t) {
  CHECK(t->heap->table == &heaptrial_heap);
  CHECK(heaptrial_heap.carrier_open(t->heap, &t->carrier));
  CHECK(heap_attach(t->heap, t->carrier, &t->m));
  CHECK(t->m->heap == t->heap && !t->m->frames);
}

void trial_open(struct trial *t) {
  char message[200] = "";
  trial_prepare(t);
  enum ht_status status = trial_create(t, NULL, 0, message, sizeof message);
  if (status == HT_UNAVAILABLE) {
    fprintf(stderr, "heap %s cannot run here: %s\n", heaptrial_heap.name, message);
    exit(77);
  }
  CHECK(status == HT_OK);
  enter(t);
}

void trial_open_calm(struct trial *t) {
  const struct ht_setting full = {"move", "full"};
  trial_prepare(t);
  if (trial_create(t, &full, 1, NULL, 0) != HT_OK) CHECK(trial_create(t, NULL, 0, NULL, 0) == HT_OK);
  enter(t);
}

void trial_check(struct trial *t) {
  char message[200];
  if (!can(HT_CHECKS)) return;
  bool whole = heaptrial_heap.check(t->m, message, sizeof message);
  if (!whole) fprintf(stderr, "heap %s: %s\n", heaptrial_heap.name, message);
  CHECK(whole);
}

void trial_destroy(struct trial *t) {
  for (size_t i = 0; i < t->made_count; i++) heap_release(t->m, t->made[i]);
  t->made_count = 0;
  trial_check(t);
  struct ht_statistics statistics;
  heap_detach(t->m);
  heaptrial_heap.carrier_close(t->carrier);
  heaptrial_heap.statistics(t->heap, &statistics);
  if (t->metered) {
    CHECK(statistics.committed_bytes == ht_metered_read(t->metered).committed);
    CHECK(statistics.committed_bytes == t->mapped - t->returned);
  }
  if (statistics.cycles != HT_UNKNOWN && can(HT_COLLECTS)) CHECK(statistics.cycles == t->cycles);
  heaptrial_heap.destroy(t->heap);
}

void trial_finish(struct trial *t) {
  if (t->metered) {
    struct ht_metered_counts counts = ht_metered_read(t->metered);
    if (counts.misuses) fprintf(stderr, "heap %s: %s\n", heaptrial_heap.name, ht_metered_misuse(t->metered));
    CHECK(counts.misuses == 0);
    CHECK(counts.reserved == 0 && counts.committed == 0);
    CHECK(t->mapped == t->returned);
    ht_metered_destroy(t->metered);
    base_release(base_memory_os(), t->row.start, ROW_BYTES);
  }
  free(t->made);
}

void trial_close(struct trial *t) {
  trial_destroy(t);
  trial_finish(t);
}

bool trial_alloc(struct trial *t, struct ht_mutator *m, ht_ref *slot, const struct ht_type *type,
                 size_t count, size_t alignment, unsigned flags) {
  if (!heap_alloc(m, slot, type, count, alignment, flags)) return false;
  if (t->made) {
    CHECK(t->made_count < MADE_AT_MOST);
    t->made[t->made_count++] = *slot;
  }
  return true;
}

void trial_moved(struct trial *t, ht_ref from, ht_ref to) {
  for (size_t i = t->made_count; i-- > 0;)
    if (t->made[i] == from) {
      t->made[i] = to;
      return;
    }
}

void trial_drop(struct trial *t, ht_ref *slot) {
  ht_ref object = *slot;
  heap_root_set(t->m, slot, NULL);
  for (size_t i = t->made_count; i-- > 0;)
    if (t->made[i] == object) {
      t->made[i] = t->made[--t->made_count];
      heap_release(t->m, object);
      return;
    }
}

void trial_collect(struct trial *t) {
  for (unsigned i = 0; i == 0 || i < heaptrial_heap.collections; i++) heap_collect(t->m, true);
  heap_run_finalizers(t->m);
}

static bool count_one(void *context, const struct ht_claim *claim) {
  (void)claim;
  ++*(size_t *)context;
  return true;
}

size_t trial_count(struct trial *t) {
  size_t count = 0;
  heaptrial_heap.walk(t->m, count_one, &count);
  return count;
}

static unsigned char stamp_byte(size_t i, uint64_t id) {
  return (unsigned char)(id * 0x9e3779b97f4a7c15u >> (8 * (i % 8)) ^ i * 31 >> 3);
}

void stamp(void *memory, size_t bytes, uint64_t id) {
  for (size_t i = 0; i < bytes; i++) ((unsigned char *)memory)[i] = stamp_byte(i, id);
}

bool is_stamped(const void *memory, size_t bytes, uint64_t id) {
  for (size_t i = 0; i < bytes; i++)
    if (((const unsigned char *)memory)[i] != stamp_byte(i, id)) return false;
  return true;
}
