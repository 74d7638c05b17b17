// Pages: what each one finds, who has it, and what the page allocator makes of them.

#include "allocators/go/check.h"

#include "allocators/go/contiguous.h"

static bool is_cached(struct go_heap *h, uintptr_t address) {
  base_list_each(link, &h->carriers) {
    const struct go_page_cache *cache = &go_carrier_at(link)->pages;
    uintptr_t page = (address - cache->base) >> GO_PAGE_SHIFT;
    if (cache->pages && page < 64 && cache->pages >> page & 1) return true;
  }
  return false;
}

static void check_page(struct go_heap *h, struct go_arena *arena, size_t page) {
  struct examination *e = &h->examination;
  uintptr_t address = arena->base + (page << GO_PAGE_SHIFT);
  const struct go_span *span = atomic_load_explicit(&arena->spans[page], memory_order_relaxed);
  uint16_t word = atomic_load_explicit(&arena->pages[page], memory_order_relaxed);
  bool first = go_page_set_test(arena->in_use, page);
  if (span) {
    size_t offset = (address - span->base) >> GO_PAGE_SHIFT;
    EXAMINE(e, GOA_26,
            address >= span->base && offset < span->page_count && first == (offset == 0) &&
                atomic_load_explicit(&span->state, memory_order_relaxed) == GO_SPAN_IN_USE &&
                word == go_page_word(span->span_class, offset),
            "page %p finds span %p of %zu pages, and its word is %x", (void *)address, (void *)span->base,
            span->page_count, word);
  } else {
    EXAMINE(e, GOA_26, word == 0 && !first, "page %p finds no span, and its word is %x", (void *)address,
            word);
  }
  bool allocated = go_pages_is_allocated(&h->pages, address);
  if (go_pages_is_known(&h->pages, address))
    EXAMINE(e, GOA_22, allocated == (span != NULL || is_cached(h, address)),
            "page %p is %s, and %s span has it", (void *)address, allocated ? "allocated" : "free",
            span ? "a" : "no");
}

// Which bits of its byte a word has, tried; the byte is put back.
static bool bits_are_right(const struct go_arena *arena, size_t word) {
  uint8_t *byte = go_nibbles(arena, word), before = *byte;
  *byte = 0;
  go_nibble_set(arena, word, true, false);
  bool right = *byte == 1u << word % 4 && go_nibble_is_reference(arena, word);
  go_nibble_set(arena, word, false, true);
  right &= *byte == 16u << word % 4 && go_nibble_has_more(arena, word);
  *byte = before;
  return right;
}

// The words at an arena's ends and around a page.
static void check_nibbles(struct go_heap *h, const struct go_arena *arena) {
  static const size_t words[] = {0, 1, 4, 7, GO_PAGE_SIZE / HT_WORD, GO_ARENA_BYTES / HT_WORD - 1};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    uintptr_t start = h->arenas.contiguous.start, w = (arena->base - start) / HT_WORD + words[i];
    bool there = (uintptr_t)go_nibbles(arena, words[i]) == start - w / 4 - 1;
    bool used = arena->base + words[i] * HT_WORD < start + h->arenas.contiguous.used;
    EXAMINE(&h->examination, CL_1, there && (!used || bits_are_right(arena, words[i])),
            "the bits of word %zu of arena %p are at %p", words[i], (void *)arena->base,
            (void *)go_nibbles(arena, words[i]));
  }
}

void go_check_pages(struct go_heap *h) {
  struct examination *e = &h->examination;
  char wrong[160] = "";
  for (struct go_arena *arena = h->arenas.first; arena; arena = arena->next)
    for (size_t page = 0; page < arena->committed >> GO_PAGE_SHIFT; page++) check_page(h, arena, page);
  for (struct go_arena *arena = h->arenas.first; arena && arena->nibbles; arena = arena->next)
    check_nibbles(h, arena);
  bool right = go_pages_check_summaries(&h->pages, wrong, sizeof wrong);
  EXAMINE(e, GOA_23, right, "%s", wrong);
  right = go_pages_check_search(&h->pages, wrong, sizeof wrong);
  EXAMINE(e, GOA_24, right, "%s", wrong);
  right = go_pages_check_scavenged(&h->pages, wrong, sizeof wrong);
  EXAMINE(e, GOA_29, right, "%s", wrong);
}
