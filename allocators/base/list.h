// Doubly linked lists whose links lie inside what they link, so that a list never allocates and an element
// leaves in constant time. A list is a circle through its own head: no end is NULL, no case is special.
//
//      +--> list.head <--> link of first <--> link of last <--+
//      +------------------------------------------------------+
//
// A list must not be moved or copied while in use. Nothing here locks.
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct base_link {
  struct base_link *next, *previous; // both NULL: in no list
};

struct base_list {
  struct base_link head;
};

// The structure of `type` whose `member` is *link.
#define base_container_of(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

// for (each link of the list) ...; the body may not remove `link`.
#define base_list_each(link, list) \
  for (struct base_link *link = (list)->head.next; link != &(list)->head; link = link->next)

// The same; the body may remove (and free) `link`, and no other.
#define base_list_each_removable(link, list)                                                         \
  for (struct base_link *link = (list)->head.next, *link##_next = link->next; link != &(list)->head; \
       link = link##_next, link##_next = link->next)

static inline void base_list_init(struct base_list *list) {
  list->head.next = list->head.previous = &list->head;
}

// Zeroed memory is a link in no list too.
static inline void base_link_init(struct base_link *link) {
  link->next = link->previous = NULL;
}

static inline bool base_link_is_listed(const struct base_link *link) {
  return link->next != NULL;
}

static inline bool base_list_is_empty(const struct base_list *list) {
  return list->head.next == &list->head;
}

// NULL when the list is empty.
static inline struct base_link *base_list_first(const struct base_list *list) {
  return base_list_is_empty(list) ? NULL : list->head.next;
}

static inline struct base_link *base_list_last(const struct base_list *list) {
  return base_list_is_empty(list) ? NULL : list->head.previous;
}

// `link` is in no list; `place` is in one, or is a list's head.
static inline void base_link_insert_after(struct base_link *place, struct base_link *link) {
  link->next = place->next;
  link->previous = place;
  place->next->previous = link;
  place->next = link;
}

static inline void base_list_push_first(struct base_list *list, struct base_link *link) {
  base_link_insert_after(&list->head, link);
}

static inline void base_list_push_last(struct base_list *list, struct base_link *link) {
  base_link_insert_after(list->head.previous, link);
}

// Takes a listed link out of whichever list it is in.
static inline void base_link_remove(struct base_link *link) {
  link->previous->next = link->next;
  link->next->previous = link->previous;
  base_link_init(link);
}

// Takes the first link out and returns it; NULL when the list is empty.
static inline struct base_link *base_list_pop_first(struct base_list *list) {
  struct base_link *link = base_list_first(list);
  if (link) base_link_remove(link);
  return link;
}

// Moves all of `from` behind the last of `to`; `from` is empty then.
static inline void base_list_append(struct base_list *to, struct base_list *from) {
  if (base_list_is_empty(from)) return;
  to->head.previous->next = from->head.next;
  from->head.next->previous = to->head.previous;
  from->head.previous->next = &to->head;
  to->head.previous = from->head.previous;
  base_list_init(from);
}

#endif
