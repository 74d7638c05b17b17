#include "allocators/common/pages.h"

#include "base/clock.h"

void pages_init(struct pages *pages, const struct ht_config *config) {
  pages->memory = config->memory ? config->memory : base_memory_os();
  pages->sink = config->sink;
  atomic_init(&pages->committed, 0);
}

void pages_event(const struct pages *pages, enum ht_event_kind kind, uint64_t start, uint64_t end,
                 uint64_t value, const char *label) {
  struct ht_event event = {.kind = kind, .start = start, .end = end, .value = value, .label = label};
  if (pages->sink.event) pages->sink.event(pages->sink.context, &event);
}

static void tell_now(const struct pages *pages, enum ht_event_kind kind, uint64_t value) {
  if (!pages->sink.event) return;
  uint64_t now = base_clock_ns();
  pages_event(pages, kind, now, now, value, NULL);
}

void pages_count_committed(struct pages *pages, size_t bytes) {
  atomic_fetch_add_explicit(&pages->committed, bytes, memory_order_relaxed);
  tell_now(pages, HT_EVENT_MAPPED, bytes);
}

void pages_count_returned(struct pages *pages, size_t bytes) {
  atomic_fetch_sub_explicit(&pages->committed, bytes, memory_order_relaxed);
  tell_now(pages, HT_EVENT_RETURNED, bytes);
}

void *pages_map(struct pages *pages, size_t bytes, size_t alignment) {
  void *address = base_map(pages->memory, bytes, alignment);
  if (address) pages_count_committed(pages, bytes);
  return address;
}

void pages_release(struct pages *pages, void *address, size_t bytes, size_t committed) {
  if (committed) pages_count_returned(pages, committed);
  base_release(pages->memory, address, bytes);
}

bool pages_commit_prefix(struct pages *pages, void *address, size_t bytes, size_t *committed) {
  if (!base_commit(pages->memory, address, bytes)) return false;
  if (bytes > *committed) {
    pages_count_committed(pages, bytes - *committed);
    *committed = bytes;
  }
  return true;
}

void pages_trim(struct pages *pages, void *address, size_t bytes, size_t *committed) {
  if (bytes >= *committed) return;
  base_decommit(pages->memory, (char *)address + bytes, *committed - bytes);
  pages_count_returned(pages, *committed - bytes);
  *committed = bytes;
}
