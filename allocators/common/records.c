#include "allocators/common/records.h"

#include "base/bits.h"

#include <string.h>

struct record_page {
  struct base_link link;
  size_t used;
  void *free;   // a list through the first words of the free records
  size_t fresh; // offset of the first byte that was never handed out
};

enum { RECORD_UNIT = 16 };

void records_init(struct records *records, struct pages *pages, size_t size) {
  records->pages = pages;
  records->size = base_round_up(size, RECORD_UNIT);
  base_list_init(&records->open);
  base_list_init(&records->full);
}

static void drop_page(struct records *records, struct record_page *page) {
  base_link_remove(&page->link);
  pages_release(records->pages, page, HT_PAGE_SIZE, HT_PAGE_SIZE);
}

void records_finish(struct records *records) {
  base_list_append(&records->open, &records->full);
  base_list_each_removable(link, &records->open)
      drop_page(records, base_container_of(link, struct record_page, link));
}

static struct record_page *add_page(struct records *records) {
  struct record_page *page = pages_map(records->pages, HT_PAGE_SIZE, 0);
  if (!page) return NULL;
  page->fresh = base_round_up(sizeof *page, RECORD_UNIT);
  base_list_push_first(&records->open, &page->link);
  return page;
}

void *records_take(struct records *records) {
  struct base_link *link = base_list_first(&records->open);
  struct record_page *page = link ? base_container_of(link, struct record_page, link) : add_page(records);
  if (!page) return NULL;
  void *record = page->free;
  if (record) {
    page->free = *(void **)record;
  } else {
    record = (char *)page + page->fresh;
    page->fresh += records->size;
  }
  page->used++;
  if (!page->free && page->fresh + records->size > HT_PAGE_SIZE) {
    base_link_remove(&page->link);
    base_list_push_first(&records->full, &page->link);
  }
  return memset(record, 0, records->size);
}

void records_give(struct records *records, void *record) {
  struct record_page *page = (struct record_page *)base_round_down((uintptr_t)record, HT_PAGE_SIZE);
  *(void **)record = page->free;
  page->free = record;
  page->used--;
  base_link_remove(&page->link);
  base_list_push_first(&records->open, &page->link);
  if (!page->used && page->link.next != &records->open.head) drop_page(records, page);
}
